"""A multi-node parallel job waits in a queue that has only Spot compute environments."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.elsewhere import could_run_now
from batchmedic.model.fit import enabled_environments
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """Not supported (AWS Batch user guide, "Compute environment considerations for MNP")."""
    environments = enabled_environments(queue, snapshot)
    if not environments or any(environment.kind != "SPOT" for environment in environments):
        return
    names = ", ".join(environment.name for environment in environments)
    for group in queue.blocking_groups(lambda group: group.requirements.multi_node):
        wanted = group.requirements
        yield Evidence(
            message=f"Multi-node parallel jobs of {wanted.nodes} nodes wait in job queue {queue.name}, which has only "
            f"Spot compute environments ({names}): AWS Batch does not run multi-node parallel jobs on Spot Instances.",
            facts={"nodes": wanted.nodes, "compute_environments": [one.arn for one in environments]},
            jobs=tuple(job.arn for job in group.jobs),
            recommendation="Submit the jobs to a job queue with an On-Demand compute environment (type EC2), or give "
            f"{queue.name} one." + could_run_now(wanted, queue, snapshot),
            steps=(
                f"aws batch describe-compute-environments --region {snapshot.region} --query "
                "'computeEnvironments[?computeResources.type==`EC2`].[computeEnvironmentName,state,status]' "
                "--output text",
                f"aws batch update-job-queue --region {snapshot.region} --job-queue {queue.name} "
                "--compute-environment-order order=1,computeEnvironment=COMPUTE_ENVIRONMENT",
            ),
        )


DIAGNOSIS = Diagnosis(
    id="multi_node_job_on_spot",
    title="Multi-node parallel job on Spot Instances",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/mnp-ce.html",
    check_queue=check,
    explains=("job_exceeds_vcpus", "job_exceeds_memory", "job_needs_gpu", "job_exceeds_max_vcpus"),
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs"),
)

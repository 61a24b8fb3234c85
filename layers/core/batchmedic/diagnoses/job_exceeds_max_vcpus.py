"""The job asks for more vCPUs than any compute environment of its queue may reach."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.elsewhere import could_run_now
from batchmedic.model.fit import enabled_environments
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """`maxvCpus` decides; unmanaged environments have none, and of kinds not known here it may mean something else."""
    environments = enabled_environments(queue, snapshot)
    if not environments or not all(one.launches_instances or one.fargate for one in environments):
        return
    largest = max(environments, key=lambda environment: environment.max_vcpus)
    for group in queue.blocking_groups(lambda group: group.requirements.total_vcpus > largest.max_vcpus):
        wanted = group.requirements
        whole = int(-(-wanted.total_vcpus // 1))
        smaller = f", or submit the jobs with at most {largest.max_vcpus} vCPUs" if largest.max_vcpus else ""
        need = f"{wanted.total_vcpus:g} vCPUs" + (f" on {wanted.nodes} nodes together" if wanted.multi_node else "")
        yield Evidence(
            message=f"Jobs in job queue {queue.name} need {need}; the largest maxvCpus of its enabled compute "
            f"environments is {largest.max_vcpus} ({largest.name}).",
            facts={"vcpus": wanted.total_vcpus, "largest_max_vcpus": largest.max_vcpus},
            jobs=tuple(job.arn for job in group.jobs),
            recommendation=f"Raise maxvCpus of {largest.name} to at least {whole}{smaller}."
            + could_run_now(wanted, queue, snapshot),
            steps=(update_environment(largest, snapshot.region, f"maxvCpus={whole}"),),
        )


DIAGNOSIS = Diagnosis(
    id="job_exceeds_max_vcpus",
    title="Job needs more vCPUs than its compute environments may grow to",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_misconfiguration.html",
    check_queue=check,
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs"),
)

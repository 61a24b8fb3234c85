"""The job is of a kind that no compute environment of its queue runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import describe_job
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fargate import SIZES, next_size
from batchmedic.model.fit import enabled_environments
from batchmedic.model.job import JobGroup, Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import overdue

TO_ON_DEMAND = "Submit the jobs to a job queue with a managed On-Demand compute environment (type EC2)."

Environments = tuple[ComputeEnvironment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """`what` completes "Jobs in job queue x ..."."""

    what: str
    recommendation: str
    confidence: Confidence = Confidence.CERTAIN


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """What the documents do not settle is told only once the wait is too long; what may just be new, only once AWS
    Batch itself says that the queue is blocked."""
    environments = enabled_environments(queue, snapshot)
    if not environments:
        return
    late = overdue(queue, snapshot)
    told = {Confidence.CERTAIN: True, Confidence.PROBABLE: late, Confidence.POSSIBLE: late and bool(queue.aws_reason)}

    def complaint_about(group: JobGroup) -> Complaint | None:
        complaint = _complaint(group.requirements, environments)
        return complaint if complaint and told[complaint.confidence] else None

    for group in queue.blocking_groups(lambda group: complaint_about(group) is not None):
        complaint = complaint_about(group)
        if complaint is None:
            continue
        kinds = ", ".join(f"{environment.name} ({environment.kind or 'UNMANAGED'})" for environment in environments)
        yield Evidence(
            message=f"Jobs in job queue {queue.name} {complaint.what}. Its enabled compute environments: {kinds}.",
            facts={"compute_environments": [one.arn for one in environments], "kinds": [e.kind for e in environments]},
            confidence=complaint.confidence,
            jobs=tuple(job.arn for job in group.jobs),
            recommendation=complaint.recommendation,
            steps=(
                describe_job(group.jobs[0].id, snapshot.region),
                f"aws batch describe-job-queues --region {snapshot.region} --query "
                "'jobQueues[?state==`ENABLED`].[jobQueueName,jobQueueType]' --output text",
            ),
        )


def _complaint(wanted: Requirements, environments: Environments) -> Complaint | None:
    if all(environment.fargate for environment in environments):
        return _on_fargate(wanted, environments)
    if all(environment.launches_instances for environment in environments):
        return _on_instances(wanted)
    if all(environment.unmanaged for environment in environments) and wanted.multi_node:
        return Complaint(
            what=f"are multi-node parallel jobs ({wanted.nodes} nodes), which AWS Batch does not run in UNMANAGED "
            "compute environments",
            recommendation=TO_ON_DEMAND,
        )
    return None


def _on_fargate(wanted: Requirements, environments: Environments) -> Complaint | None:
    """AWS Batch API reference: RuntimePlatform, ResourceRequirement, JobDetail."""
    if wanted.multi_node:
        return Complaint(
            what=f"are multi-node parallel jobs ({wanted.nodes} nodes), which AWS Fargate does not run",
            recommendation=TO_ON_DEMAND,
        )
    if wanted.gpus:
        return Complaint(
            what=f"ask for {wanted.gpus} GPU{'s' if wanted.gpus > 1 else ''}, which AWS Fargate does not have",
            recommendation="Submit the jobs to a job queue whose compute environments launch EC2 GPU instances.",
        )
    if wanted.windows and all(environment.kind == "FARGATE_SPOT" for environment in environments):
        return Complaint(
            what="are Windows jobs, which AWS Fargate Spot does not run",
            recommendation="Submit the jobs to a job queue with a compute environment of type FARGATE.",
        )
    if wanted.platform == "EC2":
        return Complaint(
            what="require the platform EC2, but the queue has only AWS Fargate",
            recommendation="Submit the jobs to a job queue with EC2 compute environments, or register the job "
            "definition with platformCapabilities FARGATE.",
            confidence=Confidence.PROBABLE,
        )
    return _size(wanted, environments)


def _on_instances(wanted: Requirements) -> Complaint | None:
    if wanted.platform != "FARGATE":
        return None
    return Complaint(
        what="require the platform FARGATE, but the queue has only EC2 instances",
        recommendation="Submit the jobs to a job queue with Fargate compute environments, or register the job "
        "definition with platformCapabilities EC2.",
        confidence=Confidence.PROBABLE,
    )


def _size(wanted: Requirements, environments: Environments) -> Complaint | None:
    """A size that is not documented may be a new one; one above maxvCpus is another diagnosis."""
    listed = wanted.memory in SIZES.get(wanted.vcpus, ())
    if listed or not wanted.memory or wanted.vcpus > max(environment.max_vcpus for environment in environments):
        return None
    larger = next_size(wanted.vcpus, wanted.memory)
    use = (
        f"with {larger[0]:g} vCPUs and {larger[1]:,} MiB" if larger else "to a job queue with EC2 compute environments"
    )
    return Complaint(
        what=f"ask for {wanted.vcpus:g} vCPUs with {wanted.memory:,} MiB, which is none of the sizes that AWS Batch "
        "documents for AWS Fargate",
        recommendation=f"Submit the jobs {use}.",
        confidence=Confidence.POSSIBLE,
    )


DIAGNOSIS = Diagnosis(
    id="job_kind_not_supported_by_queue",
    title="No compute environment of the job queue runs this kind of job",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/fargate.html",
    check_queue=check,
    explains=("job_exceeds_max_vcpus",),
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs"),
)

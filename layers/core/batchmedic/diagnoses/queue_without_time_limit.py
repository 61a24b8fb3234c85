"""A job that can never run holds up its queue for ever, because no time limit is set."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot

KINDS = ("", "ECS", "ECS_FARGATE", "EKS")  # queues of other kinds have other reasons and actions
REASONS = ("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """Any time limit shows that the owner thought of it."""
    if queue.kind not in KINDS or queue.time_limited_reasons:
        return
    limits = " ".join(f"reason={reason},state=RUNNABLE,maxTimeSeconds=3600,action=CANCEL" for reason in REASONS)
    yield Evidence(
        message=f"Job queue {queue.name} has no jobStateTimeLimitActions: a job at its head that can never run holds "
        "up all jobs behind it until somebody cancels it.",
        recommendation="If jobs that cannot run may be canceled by themselves, let AWS Batch do so after an hour at "
        "the head of the queue.",
        steps=(
            f"aws batch update-job-queue --region {snapshot.region} --job-queue {queue.name} "
            f"--job-state-time-limit-actions {limits}",
        ),
    )


DIAGNOSIS = Diagnosis(
    id="queue_without_time_limit",
    title="Job queue has no time limit for blocked jobs",
    severity=Severity.INFO,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_queue=check,
    blind_spot=True,
    reads=("batch:DescribeJobQueues",),
)

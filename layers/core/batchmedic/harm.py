"""Signs a finding with what it means for the job queues: who waits, and how bad that is."""

from batchmedic.findings import Diagnosis, Evidence, Finding, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot

SAMPLE = 10


def sign(
    snapshot: Snapshot, card: Diagnosis, subject: str, asked: list[str], evidence: tuple[Evidence, ...]
) -> Finding:
    """`asked` are the environments or the queue (ARNs) that the diagnosis was asked about."""
    sick = [one for arn in asked if (one := snapshot.compute_environment(arn)) is not None]
    queues = _queues(snapshot, asked, sick)
    jobs = tuple(job for piece in evidence for job in piece.jobs)
    listed = dict.fromkeys(arn for queue in queues for arn in queue.compute_environments)
    return Finding(
        diagnosis=card.id,
        title=card.title,
        docs=card.docs,
        subject=subject,
        asked=tuple(asked),
        severity=card.severity.at_most(_ceiling(sick, queues, snapshot)),
        patience=min(card.patience if piece.patience is None else piece.patience for piece in evidence),
        evidence=evidence,
        job_queues=tuple(queue.arn for queue in queues),
        compute_environments=tuple(one.arn for one in sick) or tuple(listed),
        sample_jobs=(jobs or tuple(job.arn for queue in queues for job in queue.front or ()))[:SAMPLE],
        job_count=sum(queue.front_count for queue in queues),
        job_count_is_exact=all(queue.waiting_is_exact for queue in queues),
        all_queues_seen=all(queue.front is not None for queue in queues),
        aws_reason=_aws_reason(sick, queues),
    )


def _queues(snapshot: Snapshot, asked: list[str], sick: list[ComputeEnvironment]) -> tuple[JobQueue, ...]:
    """The queues asked about, or those that list an environment asked about."""
    arns = set(asked) | {queue.arn for one in sick for queue in snapshot.queues_of(one)}
    return tuple(queue for queue in snapshot.job_queues if queue.arn in arns)


def _aws_reason(sick: list[ComputeEnvironment], queues: tuple[JobQueue, ...]) -> str | None:
    """What AWS says of an INVALID environment says more than what it says of the job at the head."""
    for one in sick:
        if one.status == "INVALID" and one.status_reason:
            return one.status_reason
    return next((queue.aws_reason for queue in queues if queue.aws_reason), None)


def _ceiling(sick: list[ComputeEnvironment], queues: tuple[JobQueue, ...], snapshot: Snapshot) -> Severity:
    """Severity falls with harm: on no queue, info; where no job waits or another environment serves, warning."""
    if not queues:
        return Severity.INFO
    arns = {one.arn for one in sick}
    harmed = any(queue.head is not None and not (sick and _served(queue, arns, snapshot)) for queue in queues)
    return Severity.CRITICAL if harmed else Severity.WARNING


def _served(queue: JobQueue, sick: set[str], snapshot: Snapshot) -> bool:
    return any(other.usable for other in snapshot.environments_of(queue) if other.arn not in sick)

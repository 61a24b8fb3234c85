"""The cheap look that decides whether anything is stuck: Q + 3 calls of AWS Batch for Q job queues."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from batchmedic.aws import parse_batch
from batchmedic.aws.answering import read
from batchmedic.errors import ReadError
from batchmedic.model.job import Job
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import queues_at
from batchmedic.ports import Clock

JOBS_AT_ONCE = 100  # DescribeJobs takes up to 100 ids (AWS Batch API reference)


@dataclass(frozen=True, slots=True)
class Front:
    """The first jobs of a queue with the time since when each is at its position, or why nobody knows."""

    positions: Mapping[str, datetime | None]  # job ARN → since when, in dispatch order
    unread: str | None = None
    soon: bool = False  # whether asking again may help


OUT_OF_TIME = Front(positions={}, unread="no time was left", soon=True)


def triage(
    batch: Any, places: frozenset[str] | None, *, account: str, region: str, clock: Clock, until: datetime
) -> Snapshot:
    """All queues and environments; the fronts of the queues of these places (None: all) that can be read until then.

    ReadError if Batch lists neither queues nor environments.
    """
    found = all_pages("batch:DescribeJobQueues", batch.describe_job_queues, "jobQueues")
    environments = all_pages(
        "batch:DescribeComputeEnvironments", batch.describe_compute_environments, "computeEnvironments"
    )
    job_queues = [parse_batch.job_queue(described) for described in found]
    known = tuple(parse_batch.compute_environment(described) for described in environments)
    meant = None if places is None else queues_at(places, job_queues, known)
    named = [queue.arn for queue in job_queues if meant is None or queue.arn in meant]
    fronts = {arn: _front(batch, arn) if clock() < until else OUT_OF_TIME for arn in named}
    jobs = _jobs(batch, fronts)
    return Snapshot(
        at=clock(),
        account=account,
        region=region,
        job_queues=tuple(_with_front(queue, fronts.get(queue.arn), jobs) for queue in job_queues),
        compute_environments=known,
    )


def all_pages(call: str, operation: Callable[..., dict[str, Any]], member: str) -> list[dict[str, Any]]:
    """Every page; an account's 50 queues or environments are one page."""
    items: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = read(call, lambda token=token: operation(**token))  # type: ignore[misc]
        items += page.get(member) or ()
        if not page.get("nextToken"):
            return items
        token = {"nextToken": page["nextToken"]}


def _front(batch: Any, queue: str) -> Front:
    try:
        answer = read("batch:GetJobQueueSnapshot", lambda: batch.get_job_queue_snapshot(jobQueue=queue))
    except ReadError as error:
        return Front(positions={}, unread=error.because, soon=error.retryable)
    listed = (answer.get("frontOfQueue") or {}).get("jobs") or ()
    return Front(
        {job["jobArn"]: parse_batch.moment(job.get("earliestTimeAtPosition")) for job in listed if "jobArn" in job}
    )


def _jobs(batch: Any, fronts: Mapping[str, Front]) -> Mapping[str, Job] | str:
    """One DescribeJobs over the first jobs of every queue, by ARN; or why there is none."""
    share = max(JOBS_AT_ONCE // len(fronts), 1) if fronts else 0
    positions = {arn: since for front in fronts.values() for arn, since in list(front.positions.items())[:share]}
    if not positions:
        return {}
    ids = [arn.rpartition("/")[2] for arn in positions][:JOBS_AT_ONCE]
    try:
        answer = read("batch:DescribeJobs", lambda: batch.describe_jobs(jobs=ids))
    except ReadError as error:
        return error.because
    described = (parse_batch.job(each, at_position_since=None) for each in answer.get("jobs") or ())
    return {job.arn: replace(job, at_position_since=positions.get(job.arn)) for job in described}


def _with_front(queue: JobQueue, front: Front | None, jobs: Mapping[str, Job] | str) -> JobQueue:
    """Jobs that left RUNNABLE since the snapshot are no longer waiting."""
    if front is None:
        return queue
    if front.unread is not None or isinstance(jobs, str):
        return replace(queue, front_unread=front.unread or str(jobs), worth_another_look=front.soon)
    waiting = tuple(jobs[arn] for arn in front.positions if arn in jobs and jobs[arn].status == "RUNNABLE")
    left = sum(arn in jobs and jobs[arn].status != "RUNNABLE" for arn in front.positions)
    return replace(queue, front=waiting, front_count=len(front.positions) - left)

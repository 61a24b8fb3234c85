"""Whether the job at the head of a queue has waited longer than a start normally takes, and not on purpose."""

from datetime import timedelta

from batchmedic.model.fit import enabled_environments
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import normal_start


def normal_wait(queue: JobQueue, snapshot: Snapshot) -> timedelta:
    wanted = queue.head.requirements if queue.head else None
    return normal_start(enabled_environments(queue, snapshot), wanted)


def overdue(queue: JobQueue, snapshot: Snapshot) -> bool:
    return queue.head_has_waited(snapshot.at) > normal_wait(queue, snapshot)


def size_is_shown(queue: JobQueue, snapshot: Snapshot) -> bool:
    """Whether an uncertain size is worth telling: Batch blames the size itself, or the wait is overdue."""
    return "JOB_RESOURCE_REQUIREMENT" in (queue.aws_reason or "") or overdue(queue, snapshot)


def held_back_on_purpose(queue: JobQueue) -> bool:
    """Fair-share scheduling and used-up consumable resources let a job wait beside free capacity (Batch user guide,
    "Fair-share scheduling policies" and "Resource-aware scheduling"); neither shows in the job itself."""
    return queue.scheduling_policy is not None or (queue.head is not None and bool(queue.head.consumable_resources))


def minutes(time: timedelta) -> str:
    return f"{int(time.total_seconds() // 60)} minutes"

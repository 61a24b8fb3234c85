"""Whether the job at the head of a queue has waited longer than a start normally takes, and not on purpose."""

from datetime import timedelta

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import enabled_environments
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import normal_join, normal_start


def normal_wait(queue: JobQueue, snapshot: Snapshot) -> timedelta:
    wanted = queue.head.requirements if queue.head else None
    return normal_start(enabled_environments(queue, snapshot), wanted)


def overdue(queue: JobQueue, snapshot: Snapshot) -> bool:
    return queue.head_has_waited(snapshot.at) > normal_wait(queue, snapshot)


def is_stalled(environment: ComputeEnvironment, snapshot: Snapshot) -> bool:
    """Whether a job waits longer than normal, or than an instance needs to join, after which it may soon be gone; or
    AWS Batch itself says that it cannot start."""
    queues = [queue for queue in snapshot.queues_of(environment) if queue.head]
    late = any(queue.head_has_waited(snapshot.at) > normal_join(environment) for queue in queues)
    return late or any(overdue(queue, snapshot) or queue.aws_reason for queue in queues)


def size_is_shown(queue: JobQueue, snapshot: Snapshot) -> bool:
    """Whether an uncertain size is worth telling: Batch blames the size itself, or the wait is overdue."""
    return "JOB_RESOURCE_REQUIREMENT" in (queue.aws_reason or "") or overdue(queue, snapshot)


def held_back_on_purpose(queue: JobQueue) -> bool:
    """Fair-share scheduling and used-up consumable resources let a job wait beside free capacity (Batch user guide,
    "Fair-share scheduling policies" and "Resource-aware scheduling"); neither shows in the job itself."""
    return queue.scheduling_policy is not None or (queue.head is not None and bool(queue.head.consumable_resources))


def late_on_its_cluster(environment: ComputeEnvironment, snapshot: Snapshot) -> tuple[JobQueue, ...]:
    """The queues whose head waits too long, and not on purpose, while instances of its ECS cluster could take it."""
    if not environment.usable or environment.fargate or environment.orchestration != "ECS":
        return ()
    queues = snapshot.queues_of(environment)
    return tuple(queue for queue in queues if overdue(queue, snapshot) and not held_back_on_purpose(queue))


def minutes(time: timedelta) -> str:
    return f"{int(time.total_seconds() // 60)} minutes"

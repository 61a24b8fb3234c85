"""Whether a job could run elsewhere: in a disabled environment or in another queue, as far as sizes are known."""

from dataclasses import replace

from batchmedic.errors import NotReadError
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import Room, enabled_environments, rooms_of
from batchmedic.model.job import Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot


def could_run_now(wanted: Requirements, queue: JobQueue, snapshot: Snapshot) -> str:
    """A sentence that names such a place, with a space before it; empty where none is known."""
    for environment in snapshot.environments_of(queue):
        enabled = replace(environment, state="ENABLED")
        if environment.state == "DISABLED" and _room_now(wanted, enabled, queue, snapshot):
            return f" Compute environment {environment.name} of the same queue could run the jobs, but is DISABLED."
    for other in snapshot.job_queues:
        if other.arn == queue.arn or not _open(other):
            continue
        for environment in enabled_environments(other, snapshot):
            room = _room_now(wanted, environment, queue, snapshot)
            if room is not None:
                left = environment.max_vcpus - environment.desired_vcpus
                return (
                    f" Job queue {other.name} could run the jobs now: its compute environment {environment.name} "
                    f"allows {room.instance.name} ({room.instance.vcpus} vCPUs, {room.instance.memory:,} MiB), and "
                    f"{left} of its {environment.max_vcpus} vCPUs are free."
                )
    return ""


def _open(queue: JobQueue) -> bool:
    """Takes new jobs, and none waits in it."""
    return queue.state == "ENABLED" and queue.status == "VALID" and queue.front == ()


def _room_now(
    wanted: Requirements, environment: ComputeEnvironment, queue: JobQueue, snapshot: Snapshot
) -> Room | None:
    """An instance type that takes the job within what `maxvCpus` leaves, on the processors the job was made for."""
    homes = enabled_environments(queue, snapshot)
    alike = all(home.orchestration == environment.orchestration for home in homes)
    spot_forbids = wanted.multi_node and environment.kind == "SPOT"
    if not (environment.usable and environment.launches_instances and alike) or spot_forbids:
        return None
    processors = _architectures(homes, snapshot)
    left = environment.max_vcpus - environment.desired_vcpus
    try:
        rooms = [room for room in rooms_of(environment, snapshot) if room.exact and room.takes(wanted)]
    except NotReadError:  # sizes are read only where a job waits; this sentence is an offer, not a check
        return None
    fitting = [
        room
        for room in rooms
        if room.instance.vcpus * wanted.nodes <= left and processors & set(room.instance.architectures)
    ]
    return min(fitting, key=lambda room: room.instance.vcpus, default=None)


def _architectures(environments: tuple[ComputeEnvironment, ...], snapshot: Snapshot) -> set[str]:
    try:
        rooms = [room for environment in environments for room in rooms_of(environment, snapshot)]
    except NotReadError:
        return set()
    return {architecture for room in rooms for architecture in room.instance.architectures}

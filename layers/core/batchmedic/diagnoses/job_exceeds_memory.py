"""The job asks for more memory than any instance of its queue offers to jobs."""

from collections.abc import Iterator
from dataclasses import dataclass

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.capacity import KEYWORD_FAMILIES, InstanceType, patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job import Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import normal_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one instance type offers, in MiB: up to `surely` fits, above `at_most` cannot; between, nobody knows."""

    instance: InstanceType
    surely: int
    at_most: int
    measured: bool
    exact: bool  # False where the environment lists a keyword whose instance types AWS chooses

    @property
    def source(self) -> str:
        if self.measured:
            return f"measured on a registered {self.instance.name} container instance"
        return "an estimate with the 5 % that AWS advises to leave to the system; no registered instance was seen"


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """Registered memory decides where an instance is there to tell; EC2's nominal size, and patience, elsewhere."""
    environments = snapshot.environments_of(queue)
    if not queue.groups or not environments or not all(one.launches_instances for one in environments):
        return
    rooms = [room for environment in environments for room in _rooms(environment, snapshot)]
    for group in queue.blocking_groups(lambda group: _too_big(group.requirements, rooms)):
        wanted = group.requirements.memory
        able = _able(group.requirements, rooms)
        best = max(able, key=lambda room: room.surely)
        certain = all(room.exact and wanted > room.at_most for room in able)
        if not certain and not _shown(queue, snapshot, environments):
            return
        largest = max(able, key=lambda room: room.instance.memory).instance
        yield Evidence(
            message=f"Jobs in job queue {queue.name} need {wanted:,} MiB; the largest instance type that its compute "
            f"environments allow, {largest.name}, has {largest.memory:,} MiB, of which {best.surely:,} MiB fit a job "
            f"({best.source}).",
            facts={
                "memory": wanted,
                "fits": best.surely,
                "measured": best.measured,
                "instance_type": best.instance.name,
                "nominal": largest.memory,
            },
            confidence=Confidence.CERTAIN if certain else Confidence.PROBABLE,
            jobs=tuple(job.arn for job in group.jobs),
            recommendation=f"Submit the jobs with at most {best.surely:,} MiB, or allow a larger instance type than "
            f"{largest.name} in {environments[0].name}.",
        )


def _rooms(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Room]:
    registered = snapshot.capacity.container_instances.found.get(environment.ecs_cluster or "", ())
    exact = bool(environment.instance_types) and not KEYWORD_FAMILIES.keys() & set(environment.instance_types)
    for instances in snapshot.capacity.instance_types.known(patterns_of(environment.instance_types)):
        for instance in instances:
            measured = [one.registered_memory for one in registered if one.instance_type == instance.name]
            yield Room(
                instance=instance,
                surely=max(measured, default=_estimate(instance.memory)),
                at_most=max(measured, default=instance.memory),
                measured=bool(measured),
                exact=exact,
            )


def _estimate(nominal: int) -> int:
    """MiB that surely fit: AWS's 5 % buffer (Batch user guide, "Memory management"), or more on small instances,
    where the fixed part of the loss weighs more (ours: 3 % and 200 MiB)."""
    return max(int(min(nominal * 0.95, nominal * 0.97 - 200)), 0)


def _able(wanted: Requirements, rooms: list[Room]) -> list[Room]:
    """Only types with the vCPUs and GPUs that the job also needs; lacking those is another diagnosis."""
    return [r for r in rooms if r.instance.vcpus >= wanted.vcpus and r.instance.gpus >= wanted.gpus]


def _too_big(wanted: Requirements, rooms: list[Room]) -> bool:
    able = _able(wanted, rooms)
    return bool(able) and all(wanted.memory > (room.surely if room.exact else room.at_most) for room in able)


def _shown(queue: JobQueue, snapshot: Snapshot, environments: tuple[ComputeEnvironment, ...]) -> bool:
    """Whether an uncertain size is worth telling: Batch blames the size itself, or the wait is past its normal time."""
    blamed = "JOB_RESOURCE_REQUIREMENT" in (queue.aws_reason or "")
    return blamed or queue.head_has_waited(snapshot.at) > normal_start(environments)


DIAGNOSIS = Diagnosis(
    id="job_exceeds_memory",
    title="Job needs more memory than its instances offer",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html",
    check_queue=check,
)

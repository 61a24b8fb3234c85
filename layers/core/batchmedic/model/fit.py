"""What the instance types of a job queue's compute environments offer to a job, and whether it fits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from batchmedic.errors import NotReadError
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.capacity import KEYWORD_FAMILIES, ContainerInstance, InstanceType, patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job import Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one instance type offers; in MiB, up to `surely` fits, above `at_most` cannot; between, nobody knows."""

    environment: ComputeEnvironment
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

    def has_cores(self, wanted: Requirements) -> bool:
        """Whether it has the vCPUs and GPUs."""
        return self.instance.vcpus >= wanted.vcpus and self.instance.gpus >= wanted.gpus

    def takes(self, wanted: Requirements) -> bool:
        """Whether the job surely fits an instance that is empty."""
        return self.has_cores(wanted) and wanted.memory <= self.surely


def enabled_environments(queue: JobQueue, snapshot: Snapshot) -> tuple[ComputeEnvironment, ...]:
    """Those that Batch would look at; a DISABLED one offers nothing, whatever its size."""
    return tuple(one for one in snapshot.environments_of(queue) if one.state == "ENABLED")


def rooms_of_queue(queue: JobQueue, snapshot: Snapshot) -> tuple[Room, ...]:
    """None at all unless every enabled environment launches instances: others take jobs by other rules."""
    environments = enabled_environments(queue, snapshot)
    if not all(environment.launches_instances for environment in environments):
        return ()
    return tuple(room for environment in environments for room in rooms_of(environment, snapshot))


def rooms_of(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Room]:
    """One for each allowed instance type; NotReadError where its sizes were not read."""
    own = snapshot.capacity.container_instances.found.get(environment.ecs_cluster or "", ())
    everywhere = [one for some in snapshot.capacity.container_instances.found.values() for one in some]
    exact = bool(environment.instance_types) and not KEYWORD_FAMILIES.keys() & set(environment.instance_types)
    for instance in _types_of(environment, snapshot):
        seen_earlier = snapshot.recorded.registered_memory.get(instance.name)
        measured = (
            _registered(own, instance) or _registered(everywhere, instance) or ([seen_earlier] if seen_earlier else [])
        )
        yield Room(
            environment=environment,
            instance=instance,
            surely=max(measured, default=_estimate(instance.memory)),
            at_most=max(measured, default=instance.memory),
            measured=bool(measured),
            exact=exact,
        )


def _registered(instances: Iterable[ContainerInstance], kind: InstanceType) -> list[int]:
    return [one.registered_memory for one in instances if one.instance_type == kind.name]


def with_room(
    instances: tuple[ContainerInstance, ...], wanted: Requirements, environment: ComputeEnvironment, snapshot: Snapshot
) -> tuple[ContainerInstance, ...]:
    """Those registered instances on which the job would fit beside what runs there; GPUs in use are not known."""
    gpus = {room.instance.name: room.instance.gpus for room in rooms_of(environment, snapshot)} if wanted.gpus else {}
    return tuple(
        one
        for one in instances
        if one.remaining_vcpus >= wanted.vcpus
        and one.remaining_memory >= wanted.memory
        and gpus.get(one.instance_type, wanted.gpus) >= wanted.gpus
    )


def _types_of(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[InstanceType]:
    answers = snapshot.capacity.instance_types
    for pattern in patterns_of(environment.instance_types):
        listed = answers.get(pattern)
        if listed is None:
            raise NotReadError(answers.call, NOT_ASKED)
        for instance in listed:
            if not instance.vcpus or not instance.memory:
                raise NotReadError(answers.call, f"EC2 states no size of {instance.name}")
            yield instance


def _estimate(nominal: int) -> int:
    """MiB that surely fit: AWS's 5 % buffer (Batch user guide, "Memory management"), or more on small instances,
    where the fixed part of the loss weighs more (ours: 3 % and 200 MiB)."""
    return max(int(min(nominal * 0.95, nominal * 0.97 - 200)), 0)

"""Which instance types a compute environment allows by name, and in which Availability Zones EC2 offers them."""

from batchmedic.model.capacity import InstanceType, patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot


def allowed_types(environment: ComputeEnvironment, snapshot: Snapshot) -> tuple[str, ...] | None:
    """Their names; None where a family or a keyword stands for types that were not read."""
    names: list[str] = []
    for pattern in patterns_of(environment.instance_types):
        listed = snapshot.capacity.instance_types.found.get(pattern)
        if "*" not in pattern:
            names.append(pattern)
        elif listed:
            names += [one.name for one in listed]
        else:
            return None
    return tuple(dict.fromkeys(names))


def smallest_for(
    environment: ComputeEnvironment, queues: tuple[JobQueue, ...], snapshot: Snapshot
) -> InstanceType | None:
    """The smallest allowed type that could take the job at the head of one of these queues; None where sizes are not
    known: it is only said where it is, so an unread size is no gap."""
    known = snapshot.capacity.instance_types.found
    listed = [known.get(pattern) for pattern in patterns_of(environment.instance_types)]
    types = [one for each in listed for one in each or () if one.vcpus]
    wanted = [queue.head.requirements for queue in queues if queue.head and queue.head.requirements]
    able = [
        one
        for one in types
        if any(one.vcpus >= each.vcpus and one.memory >= each.memory and one.gpus >= each.gpus for each in wanted)
    ]
    return min(able or types, key=lambda one: one.vcpus) if types and all(listed) else None


def zones_of(environment: ComputeEnvironment, snapshot: Snapshot) -> frozenset[str]:
    """Those of its subnets; none at all unless all of them are known."""
    found = snapshot.network.subnets.found
    zones = frozenset(found[each].zone if each in found else "" for each in environment.subnets)
    return frozenset() if "" in zones else zones


def zones_offering(instance_type: str, snapshot: Snapshot) -> frozenset[str] | None:
    """None where nobody asked."""
    offerings = snapshot.launching.offerings
    asked = offerings.asked is None or instance_type in offerings.asked
    return None if offerings.unread or not asked else offerings.found.get(instance_type, frozenset())


def further_zones(environment: ComputeEnvironment, types: tuple[str, ...], snapshot: Snapshot) -> tuple[str, ...]:
    """Zones that offer one of the types, and in which the environment has no subnet."""
    own = zones_of(environment, snapshot)
    offering = {zone for each in types for zone in zones_offering(each, snapshot) or ()}
    return tuple(sorted(offering - own)) if own else ()


def in_words(names: tuple[str, ...], *, last: str = "and", at_most: int = 4) -> str:
    """A list as people say it; the rest is counted."""
    shown, rest = names[:at_most], len(names) - at_most
    if rest > 0:
        return f"{', '.join(shown)} {last} {rest} more"
    return f" {last} ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else "".join(shown)

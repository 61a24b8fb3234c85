"""Faults of instances that launch but do not join, or join and cannot take the job."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.job import Requirements
from batchmedic.model.launching import Instance
from batchmedic.model.network import AgentBlock, LaunchTemplateVersion
from batchmedic.model.routing import Route
from batchmedic.model.snapshot import Snapshot
from tests.factories import NOW
from tests.properties.faults import FAULTS, TYPES, Faulty, a_stuck_queue, fault, with_answer, with_environment

SMALL = Requirements(vcpus=1, memory=512)
RAN_FOR, YOUNG = timedelta(hours=1), timedelta(minutes=4)


def late_instances(
    world: Snapshot, chance: random.Random, *, ran_for: timedelta = RAN_FOR, **changes: Any
) -> tuple[Snapshot, ComputeEnvironment] | None:
    """A job has waited for two hours, and the instances that it got have run for one and are not registered."""
    found = a_stuck_queue(world, chance, SMALL, kinds=("EC2", "SPOT"))
    if found is None:
        return None
    world, _, environment = found
    environment = replace(environment, desired_vcpus=TYPES[environment.instance_types[0]].vcpus, **changes)
    public = {one.id for one in world.network.subnets.found.values() if one.public_addresses}
    instances = tuple(
        Instance(
            id=f"i-late-{subnet}",
            instance_type=environment.instance_types[0],
            launched_at=NOW - ran_for,
            subnet=subnet,
            public_address=subnet in public,
            security_groups=chance.choice((environment.security_groups, ())),
        )
        for subnet in environment.subnets
    )
    world = with_answer(with_environment(world, environment), "launching", "instances", **{environment.arn: instances})
    return with_registered(world, environment), environment


def with_registered(world: Snapshot, environment: ComputeEnvironment, *registered: ContainerInstance) -> Snapshot:
    return with_answer(world, "capacity", "container_instances", **{environment.ecs_cluster or "": registered})


@fault
def no_route_to_ecs(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = late_instances(world, chance)
    if found is None:
        return None
    world, sick = found
    gone = chance.choice(((), (Route(destination="0.0.0.0/0", target="nat-gone", blackhole=True),)))
    first = world.routing.tables.found[sick.subnets[0]]
    shared = dict.fromkeys(sick.subnets, replace(first, routes=gone))
    return Faulty(with_answer(world, "routing", "tables", **shared), "no_route_to_ecs", f"route-table/{first.id}")


@fault
def egress_blocked(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = late_instances(world, chance)
    if found is None:
        return None
    world, sick = found
    (group,) = world.network.security_groups.known(sick.security_groups)
    shut = replace(group, lets_https_out=False, lets_some_https_out=False)
    world = with_answer(world, "network", "security_groups", **{group.id: shut})
    return Faulty(world, "egress_blocked", f"security-group/{group.id}")


@fault
def instance_role_unusable(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = late_instances(world, chance)
    if found is None:
        return None
    (role,) = found[0].identity.join_denied.found
    return Faulty(
        with_answer(found[0], "identity", "join_denied", **{role: ("ecs:Poll",)}), "instance_role_unusable", role
    )


@fault
def user_data_blocks_agent(world: Snapshot, chance: random.Random) -> Faulty | None:
    reference = LaunchTemplateReference(template="lt-1", version="$Latest")
    found = late_instances(world, chance, launch_templates=(reference,))
    if found is None:
        return None
    version = LaunchTemplateVersion(
        id="lt-1", user_data_is_multipart=True, agent_blocks=(AgentBlock(line=9, kind="stop"),)
    )
    world = with_answer(found[0], "network", "launch_templates", **{reference.key: version})
    return Faulty(world, "user_data_blocks_agent", "launch-template/lt-1")


@fault
def instances_never_joined(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = late_instances(world, chance)
    return None if found is None else Faulty(found[0], "instances_never_joined", found[1].arn)


# --- what passes by itself: the same faults where an instance is young, or where the head moves


def young(name: str) -> Callable[[Snapshot, random.Random], Snapshot | None]:
    """The fault of this name, on instances that were launched a few minutes ago."""

    def inject(world: Snapshot, chance: random.Random) -> Snapshot | None:
        faulty = FAULTS[name](world, chance)
        return None if faulty is None else with_head_since(with_launches_since(faulty.snapshot, YOUNG), YOUNG)

    return inject


def moving(name: str) -> Callable[[Snapshot, random.Random], Snapshot | None]:
    """The fault of this name, where the job at the head came there a short while ago."""

    def inject(world: Snapshot, chance: random.Random) -> Snapshot | None:
        faulty = FAULTS[name](world, chance)
        return None if faulty is None else with_head_since(faulty.snapshot, YOUNG)

    return inject


def with_launches_since(world: Snapshot, ago: timedelta) -> Snapshot:
    found = world.launching.instances.found
    younger = {arn: tuple(replace(one, launched_at=NOW - ago) for one in some) for arn, some in found.items()}
    return with_answer(world, "launching", "instances", **younger)


def with_head_since(world: Snapshot, ago: timedelta) -> Snapshot:
    queues = tuple(
        replace(queue, front=tuple(replace(job, at_position_since=NOW - ago) for job in queue.front or ()))
        for queue in world.job_queues
    )
    return replace(world, job_queues=queues)


def with_room_on(diagnosis: str, **changes: Any) -> None:
    """A fault of the instances that have room for the job at the head."""

    def inject(world: Snapshot, chance: random.Random) -> Faulty | None:
        found = a_stuck_queue(world, chance, SMALL, kinds=("EC2", "SPOT"))
        if found is None:
            return None
        world, _, environment = found
        kind = TYPES[environment.instance_types[0]]
        free = ContainerInstance(
            instance_type=kind.name,
            registered_memory=int(kind.memory * 0.97),
            remaining_memory=int(kind.memory * 0.97),
            remaining_vcpus=kind.vcpus,
            instance_id="i-free",
            **changes,
        )
        environment = replace(environment, desired_vcpus=kind.vcpus)
        world = with_registered(with_environment(world, environment), environment, free)
        return Faulty(world, diagnosis, environment.arn)

    FAULTS[diagnosis] = inject


with_room_on("logging_driver_missing", takes_awslogs=False)
with_room_on("agent_disconnected", agent_connected=False)

TRANSIENTS = {
    **{
        f"{name} and young instances": young(name)
        for name in (
            "no_route_to_ecs",
            "egress_blocked",
            "instance_role_unusable",
            "user_data_blocks_agent",
            "instances_never_joined",
        )
    },
    **{f"{name} and a head that moves": moving(name) for name in ("logging_driver_missing", "agent_disconnected")},
}

"""Faults of instances that do not launch: what EC2 says of them, on the environment under a queue that waits."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.job import Requirements
from batchmedic.model.launching import Instance, Launch
from batchmedic.model.network import LaunchTemplateVersion
from batchmedic.model.quotas import quotas_of
from batchmedic.model.snapshot import Snapshot
from tests.factories import NOW
from tests.properties.faults import Faulty, a_stuck_queue, fault, with_answer, with_environment

SMALL = Requirements(vcpus=1, memory=512)
KEY = "arn:aws:kms:eu-west-1:444455556666:key/12ee9c11-3476-492c-b5cc-ed4a4d636337"
NO_CAPACITY = "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone})."
NO_SPOT = "There is no Spot capacity available that matches your request. Launching EC2 instance failed."
TOO_MANY = (
    "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket"
)
TOO_MANY_SPOT = "Max spot instance count exceeded. Launching EC2 instance failed."
NO_ADDRESS = "The specified subnet does not have enough free addresses to satisfy the request."
NOT_THERE = "Your requested instance type ({type}) is not supported in your requested Availability Zone ({zone})."
DEAR = "Your Spot request price of 0.1 is lower than the minimum required Spot request fulfillment price of 0.2."
OTHERS = (
    "The key pair align does not exist. Launching EC2 instance failed.",
    "The requested configuration is currently not supported.",
    "Something that nobody has documented.",
    "",
)


def failing(
    world: Snapshot,
    chance: random.Random,
    message: Callable[[ComputeEnvironment], str],
    kinds: tuple[str, ...] = ("EC2", "SPOT"),
) -> tuple[Snapshot, ComputeEnvironment] | None:
    """An environment that is asked for instances; for an hour, EC2 has refused every one with this message. Before
    that, one may have launched."""
    found = a_stuck_queue(world, chance, SMALL, kinds=kinds)
    if found is None:
        return None
    world, _, environment = found
    asked = replace(environment, desired_vcpus=64)
    every = timedelta(minutes=chance.choice((1, 5, 12)))
    subnet = asked.subnets[0]
    refused = [
        Launch(at=NOW - number * every, succeeded=False, message=message(asked), zone="a", subnet=subnet)
        for number in range(1, chance.randint(2, 10))
    ]
    before = Launch(at=refused[-1].at - every, succeeded=True, zone="a", subnet=subnet)
    launches = (*refused, before) if chance.random() < 0.5 else tuple(refused)
    world = with_answer(world, "launching", "launches", **{asked.arn: launches})
    world = with_answer(world, "launching", "instances", **{asked.arn: ()})
    world = with_answer(world, "capacity", "container_instances", **{asked.ecs_cluster or "": ()})
    return with_environment(world, asked), asked


def type_of(environment: ComputeEnvironment) -> str:
    return environment.instance_types[0]


@fault
def capacity_insufficient(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = failing(
        world,
        chance,
        lambda one: NO_SPOT if one.kind == "SPOT" else NO_CAPACITY.format(type=type_of(one), zone="a"),
    )
    return found and Faulty(found[0], "capacity_insufficient", found[1].arn)


@fault
def vcpu_quota_reached(world: Snapshot, chance: random.Random) -> Faulty | None:
    limit = chance.choice((0, 4, 64, 100))
    found = failing(world, chance, lambda one: TOO_MANY_SPOT if one.kind == "SPOT" else TOO_MANY.format(limit=limit))
    if found is None:
        return None
    (quota,) = quotas_of(found[1])
    assert quota is not None
    return Faulty(found[0], "vcpu_quota_reached", f":ec2/{quota.code}")


@fault
def vcpu_quota_of_fargate_reached(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = a_stuck_queue(world, chance, Requirements(vcpus=8, memory=16_384), kinds=("FARGATE",))
    if found is None:
        return None
    world = with_answer(found[0], "launching", "quotas", **{"L-3032A538": 6.0})
    return Faulty(world, "vcpu_quota_reached", ":fargate/L-3032A538")


@fault
def subnet_without_addresses(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = failing(world, chance, lambda _: NO_ADDRESS)
    if found is None:
        return None
    world, environment = found
    full = {
        each: replace(world.network.subnets.found[each], free_addresses=chance.choice((0, 0, None)))
        for each in environment.subnets
    }
    world = with_answer(world, "network", "subnets", **full)
    return Faulty(world, "subnet_without_addresses", f":subnet/{environment.subnets[0]}")


@fault
def instance_type_not_offered(world: Snapshot, chance: random.Random) -> Faulty | None:
    """EC2 names the type, or only calls the configuration unsupported; its list has the type elsewhere."""
    text = chance.choice((NOT_THERE, "The requested configuration is currently not supported."))
    found = failing(world, chance, lambda one: text.format(type=type_of(one), zone="a"))
    if found is None:
        return None
    world, environment = found
    world = with_answer(world, "launching", "offerings", **{type_of(environment): frozenset({"c"})})
    return Faulty(world, "instance_type_not_offered", environment.arn)


@fault
def volume_key_unusable(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = failing(world, chance, lambda _: "Client.InternalError: Client error on launch")
    if found is None:
        return None
    world, environment = found
    if chance.random() < 0.5:
        return Faulty(world, "volume_key_unusable", environment.arn)
    named = replace(environment, launch_templates=(LaunchTemplateReference(template="lt-1"),))
    version = LaunchTemplateVersion(id="lt-1", volume_keys=(KEY,))
    world = with_answer(with_environment(world, named), "network", "launch_templates", **{"lt-1@$Default": version})
    return Faulty(world, "volume_key_unusable", KEY)


@fault
def spot_price_too_low(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = failing(world, chance, lambda _: DEAR, kinds=("SPOT",))
    if found is None:
        return None
    world, environment = found
    world = with_environment(world, replace(environment, bid_percentage=chance.choice((None, 20, 80))))
    return Faulty(world, "spot_price_too_low", environment.arn)


@fault
def launch_failed(world: Snapshot, chance: random.Random) -> Faulty | None:
    text = chance.choice(OTHERS)
    found = failing(world, chance, lambda _: text)
    return found and Faulty(found[0], "launch_failed", found[1].arn)


@fault
def instances_that_end_at_once(world: Snapshot, chance: random.Random) -> Faulty | None:
    """Each launch succeeds, and its instance ends."""
    found = failing(world, chance, lambda _: "")
    if found is None:
        return None
    world, environment = found
    reason, diagnosis = chance.choice(
        (
            ("Server.InternalError", "launch_failed"),
            ("Client.VolumeLimitExceeded", "launch_failed"),
            ("Client.InternalError", "volume_key_unusable"),
            ("Server.InsufficientInstanceCapacity", "capacity_insufficient"),
        )
    )
    refused = world.launching.launches.found[environment.arn][:2]
    ended = tuple(
        Instance(
            id=f"i-{number}",
            instance_type=type_of(environment),
            state="terminated",
            state_reason=reason,
            launched_at=one.at + timedelta(seconds=chance.randint(0, 20)),
            subnet=environment.subnets[0],
        )
        for number, one in enumerate(refused)
    )
    launched = tuple(replace(one, succeeded=True) for one in refused)
    world = with_answer(world, "launching", "launches", **{environment.arn: launched})
    world = with_answer(world, "launching", "instances", **{environment.arn: ended})
    return Faulty(world, diagnosis, environment.arn)

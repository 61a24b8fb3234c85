"""What passes by itself is silence, or waits for its patience: failed launches that others make up for."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.engine import examine
from batchmedic.findings import Finding
from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.launch_trouble import PATIENCE
from batchmedic.model.launching import Launch
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import view_of
from batchmedic.plugins import all_diagnoses
from tests.factories import NOW
from tests.properties.faults import with_answer, with_queue
from tests.properties.faults_launching import (
    NO_ADDRESS,
    NO_CAPACITY,
    NO_SPOT,
    NOT_THERE,
    OTHERS,
    TOO_MANY,
    TOO_MANY_SPOT,
    failing,
    type_of,
)
from tests.properties.worlds import TYPES, healthy_world

WORLDS = 200
MINUTE = timedelta(minutes=1)
Failing = tuple[Snapshot, ComputeEnvironment]
TEXTS = (NO_CAPACITY, NO_SPOT, TOO_MANY, TOO_MANY_SPOT, NO_ADDRESS, NOT_THERE, "Client.InternalError", *OTHERS)


def moving(world: Snapshot, chance: random.Random, text: str) -> Failing | None:
    """The failing environment of a queue whose head came just now."""
    found = failing(world, chance, lambda one: text.format(type=type_of(one), zone="a", limit=64))
    if found is None:
        return None
    world, environment = found
    (queue,) = world.queues_of(environment)[-1:]
    front = tuple(replace(job, at_position_since=NOW - 2 * MINUTE) for job in queue.front or ())
    return with_queue(world, replace(queue, front=front)), environment


def delivered(found: Failing, ago: timedelta, zone: str) -> Snapshot:
    world, environment = found
    failures = world.launching.launches.found[environment.arn]
    launch = Launch(at=NOW - ago, succeeded=True, zone=zone, subnet=environment.subnets[-1])
    newest_first = sorted((launch, *failures), key=lambda one: one.at, reverse=True)
    return with_answer(world, "launching", "launches", **{environment.arn: tuple(newest_first)})


def another_zone_delivers(found: Failing) -> Snapshot:
    return delivered(found, MINUTE / 2, "b")


def the_failures_are_older_than_the_last_success(found: Failing) -> Snapshot:
    return delivered(found, timedelta(seconds=1), "a")


def jobs_run_on_it(found: Failing) -> Snapshot:
    """The quota is reached, say: instances are busy, jobs finish, and the next one waits for its turn."""
    world, environment = found
    kind = TYPES[type_of(environment)]
    busy = ContainerInstance(
        instance_type=kind.name, registered_memory=int(kind.memory * 0.97), running_tasks=2, instance_id="i-1"
    )
    return with_answer(world, "capacity", "container_instances", **{environment.ecs_cluster or "": (busy,)})


def a_later_environment_takes_the_jobs(found: Failing) -> Snapshot:
    world, environment = found
    (queue,) = world.queues_of(environment)[-1:]
    name = f"{environment.name}-spare"
    spare = replace(environment, arn=f"{environment.arn}-spare", name=name, desired_vcpus=16)
    both = replace(queue, compute_environments=(environment.arn, spare.arn))
    world = replace(with_queue(world, both), compute_environments=(*world.compute_environments, spare))
    launched = Launch(at=NOW - MINUTE, succeeded=True, zone="a", subnet=spare.subnets[0])
    world = with_answer(world, "launching", "launches", **{spare.arn: (launched,)})
    return with_answer(world, "launching", "instances", **{spare.arn: ()})


def findings(world: Snapshot) -> tuple[Finding, ...]:
    return examine(world, view_of(world, None), all_diagnoses()).findings


def failing_worlds(text: str, make: Callable[[Failing], Snapshot] | None = None) -> Iterator[tuple[int, Snapshot]]:
    made = seed = 0
    while made < WORLDS:
        seed += 1
        found = moving(healthy_world(seed), random.Random(seed), text)
        if found is not None:
            made += 1
            yield seed, make(found) if make else found[0]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "variant",
    [
        another_zone_delivers,
        the_failures_are_older_than_the_last_success,
        jobs_run_on_it,
        a_later_environment_takes_the_jobs,
    ],
)
def test_what_others_make_up_for_is_silence(variant: Callable[[Failing], Snapshot], text: str) -> None:
    noisy = {seed: said for seed, world in failing_worlds(text, variant) if (said := findings(world))}

    assert noisy == {}


@pytest.mark.parametrize("text", [NO_CAPACITY, NO_SPOT, TOO_MANY_SPOT, "Client.InternalError", *OTHERS])
def test_a_head_that_came_just_now_is_told_after_patience(text: str) -> None:
    said = [finding for _, world in failing_worlds(text) for finding in findings(world)]

    assert len(said) == WORLDS
    assert {finding.patience for finding in said} == {PATIENCE}

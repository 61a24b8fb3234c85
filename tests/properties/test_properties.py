"""Ten thousand healthy worlds are silence; one fault in any of them is found, and nothing else is said."""

import random
from collections import Counter

import pytest

from batchmedic.engine import Examination, examine
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import view_of
from batchmedic.plugins import all_diagnoses
from tests.properties.faults import FAULTS
from tests.properties.worlds import healthy_world

HEALTHY_WORLDS = 10_000
WORLDS_PER_FAULT = 200


def look(world: Snapshot) -> Examination:
    return examine(world, view_of(world, None), all_diagnoses())


def said(examination: Examination) -> list[tuple[str, str]]:
    return [(finding.diagnosis, finding.subject) for finding in examination.findings]


def test_healthy_worlds_are_silence() -> None:
    noisy = {seed: found for seed in range(HEALTHY_WORLDS) if (found := said(look(healthy_world(seed))))}

    assert noisy == {}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_one_fault_is_one_finding(name: str) -> None:
    wrong: dict[int, list[tuple[str, str]]] = {}
    injected = seed = 0
    while injected < WORLDS_PER_FAULT:
        seed += 1
        faulty = FAULTS[name](healthy_world(seed), random.Random(seed))
        if faulty is None:
            continue
        injected += 1
        found = said(look(faulty.snapshot))
        if not (len(found) == 1 and found[0][0] == faulty.diagnosis and found[0][1].endswith(faulty.subject)):
            wrong[seed] = found

    assert wrong == {}


def test_the_worlds_are_different_from_each_other() -> None:
    worlds = [healthy_world(seed) for seed in range(500)]

    assert len(set(map(repr, worlds))) == 500
    kinds = Counter(one.kind for world in worlds for one in world.compute_environments)
    assert min(kinds[kind] for kind in ("EC2", "SPOT", "FARGATE")) > 100
    assert sum(queue.head is not None for world in worlds for queue in world.job_queues) > 300

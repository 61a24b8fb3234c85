"""What passes by itself is silence in any world: instances that are young, a head that moves."""

import random

import pytest

from tests.properties.faults_joining import TRANSIENTS
from tests.properties.test_properties import WORLDS_PER_FAULT, look, said
from tests.properties.worlds import healthy_world


@pytest.mark.parametrize("name", sorted(TRANSIENTS))
def test_what_passes_by_itself_is_silence(name: str) -> None:
    noisy: dict[int, list[tuple[str, str]]] = {}
    injected = 0
    for seed in range(1, 2 * WORLDS_PER_FAULT + 1):
        world = TRANSIENTS[name](healthy_world(seed), random.Random(seed))
        if world is None:
            continue
        injected += 1
        if found := said(look(world)):
            noisy[seed] = found

    assert noisy == {}
    assert injected >= WORLDS_PER_FAULT

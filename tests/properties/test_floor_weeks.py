"""Random weeks of floors: none is lost, none sleeps that works, and each that may sleep does.

`scale_to_zero` in front of the in-memory twins, which tests/contract and tests/functions hold to what DynamoDB and the
simulated account do.
"""

import logging
import os
from collections.abc import Iterator

import pytest

from tests.properties.weeks import Week

WEEKS = 5_000 if "TORTURE" in os.environ else 200
PARTS = 4


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """A million lines of log are dear."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_week_passes_without_a_flaw(part: int) -> None:
    for seed in range(part * WEEKS // PARTS, (part + 1) * WEEKS // PARTS):
        week = Week(seed).run()

        assert week.flaws == [], f"seed {seed}"


def test_the_weeks_are_full_of_sleeps_and_wakes() -> None:
    weeks = [Week(seed).run() for seed in range(10)]

    assert sum(len(truth.sleeps) for week in weeks for truth in week.truths.values()) > 30
    assert sum(week.woken for week in weeks) > 15
    assert sum(len(truth.raises) for week in weeks for truth in week.truths.values()) > 3

"""A kill before and after any call of scale_to_zero ends as if it had not happened, within two runs.

Here a sample of them, drawn by a printed seed; `make torture` tries every one.
"""

import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.floor_lives import LIVES, Life, end_state, is_lost, said, sleep, wake
from tests.functions.platform import Platform
from tests.functions.wire import Calls, Killed

TORTURE = "TORTURE" in os.environ
SAMPLE, PAIRS = (10_000, 200) if TORTURE else (6, 2)
SEED = 20261127


def live(make_platforms: Callable[..., Platform], life: Life, *kills: tuple[int, bool]) -> Platform:
    """The life with these kills, each (number of the call, before its effect)."""
    platform = make_platforms(sweeps=False)
    calls = Calls()
    if kills:
        (number, before), *then = kills
        calls = Calls(kill_at=number, before=before, then=then)
    life(platform, calls)
    return platform


def first_run(platform: Platform) -> list[int]:
    """The numbers of the calls of the run that matters; each run begins with the memory."""
    numbers = platform.calls.numbers_of("scale_to_zero")
    starts = [number for number in numbers if platform.calls.made[number - 1] == "dynamodb:GetItem"]
    return [number for number in numbers if number < starts[1]]


def wrong(platform: Platform, undisturbed: Platform, expected: dict[str, Any]) -> str | None:
    """What is not as it should be; a word may be said again for each kill, none may be missing."""
    if any(not isinstance(crash, Killed) for crash in platform.crashes) or not platform.crashes:
        return f"crashed: {platform.crashes}"
    if because := is_lost(platform):
        return because
    if end_state(platform) != expected:
        return f"another end: {end_state(platform)}"
    heard, usual = said(platform), said(undisturbed)
    if heard.keys() != usual.keys() or any(heard[word] > usual[word] + len(platform.crashes) for word in usual):
        return f"said {heard}, not {usual}"
    updates = [call for call, _ in platform.writes].count("batch:UpdateComputeEnvironment")
    if updates > [call for call, _ in undisturbed.writes].count("batch:UpdateComputeEnvironment") + len(
        platform.crashes
    ):
        return f"{updates} updates"
    return f"written while {platform.written_while_updating}" if platform.written_while_updating else None


def kills_of(platform: Platform) -> list[tuple[int, bool]]:
    return [(number, before) for number in first_run(platform) for before in (True, False)]


@pytest.mark.parametrize("life", LIVES)
def test_a_kill_at_any_call_ends_the_same(make_platforms: Callable[..., Platform], life: Life) -> None:
    undisturbed = live(make_platforms, life)
    expected, every = end_state(undisturbed), kills_of(undisturbed)
    assert is_lost(undisturbed) is None
    failures = []
    trials = random.Random(SEED).sample(every, min(SAMPLE, len(every)))
    for kill in trials:
        platform = live(make_platforms, life, kill)
        if because := wrong(platform, undisturbed, expected):
            failures.append((kill, undisturbed.calls.made[kill[0] - 1], because))

    print(f"seed {SEED}: {life.__name__}, {len(trials)} of {len(every)} kills")
    assert failures == []
    assert len(every) > 15


@pytest.mark.parametrize("life", [sleep, wake])
def test_two_kills_lose_no_floor_and_no_word(make_platforms: Callable[..., Platform], life: Life) -> None:
    """The second one may come in the run that sets right what the first left."""
    undisturbed = live(make_platforms, life)
    words, singles = said(undisturbed), kills_of(undisturbed)
    chance = random.Random(SEED)
    for _ in range(PAIRS):
        first = chance.choice(singles)
        second = (first[0] + chance.randint(1, 30), chance.random() < 0.5)
        platform = live(make_platforms, life, first, second)
        platform.scaling = True
        platform.run(16, step_seconds=300)

        assert is_lost(platform) is None, f"seed {SEED}: {first}, {second}"
        assert end_state(platform) == end_state(undisturbed), f"seed {SEED}: {first}, {second}"
        assert said(platform).keys() == words.keys(), f"seed {SEED}: {first}, {second}"


def test_the_calls_that_are_killed_are_all_kinds(make_platforms: Callable[..., Platform]) -> None:
    seen: set[str] = set()
    for life in LIVES:
        platform = live(make_platforms, life)
        seen |= {platform.calls.made[number - 1] for number in first_run(platform)}

    assert seen >= {
        *("batch:DescribeComputeEnvironments", "batch:DescribeJobQueues", "batch:ListJobs", "ecs:DescribeClusters"),
        *("batch:TagResource", "batch:UntagResource", "batch:UpdateComputeEnvironment", "ssm:GetParameter"),
        *("dynamodb:GetItem", "dynamodb:UpdateItem", "events:PutEvents", "sqs:SendMessageBatch"),
    }

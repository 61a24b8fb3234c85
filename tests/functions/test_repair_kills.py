"""A kill before and after any call of remediate ends in the same account: one group, nothing left over, told once.

Here a sample of them, drawn by a printed seed; `make torture` tries every one, and more pairs.
"""

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from batchmedic.aws.changer import check
from batchmedic.changes import ApiCall
from tests.functions.platform import Platform
from tests.functions.repair_stories import STORIES, Story, new_group
from tests.functions.repairs import ends, made
from tests.functions.wire import Calls, Killed

TORTURE = "TORTURE" in os.environ
SAMPLE, PAIRS = (10_000, 200) if TORTURE else (4, 3)
SEED = 20261125


def end_state(platform: Platform) -> dict[str, Any]:
    """What an owner finds: his environments, our groups, and the newest word on each repair."""
    environments = platform.owner.batch.describe_compute_environments()["computeEnvironments"]
    names = {
        one["GroupId"]: one["GroupName"] for one in platform.owner.ec2.describe_security_groups()["SecurityGroups"]
    }
    return {
        "environments": [
            (
                one["computeEnvironmentName"],
                one["status"],
                [names[g] for g in one["computeResources"].get("securityGroupIds", ())],
            )
            for one in environments
        ],
        "made": [
            (one["GroupName"], one["IpPermissions"], sorted(tag["Key"] for tag in one["Tags"]))
            for one in made(platform)
        ],
        "incidents": [(one["diagnosis"], one["status"], one["remedy"]["status"]) for one in platform.incidents()],
    }


def run(make_platforms: Callable[..., Platform], story: Story, *kills: tuple[int, bool]) -> Platform:
    """The story with these kills, each (number of the call, before its effect); later numbers count from the start."""
    platform = make_platforms(mode="apply")
    if kills:
        (number, before), *then = kills
        platform.calls = Calls(kill_at=number, before=before, then=then)
    story(platform)
    return platform


def wrong(platform: Platform, expected: dict[str, Any], words: list[str]) -> str | None:
    """What is not as it should be; a word may be said again, none may be missing."""
    if any(not isinstance(crash, Killed) for crash in platform.crashes):
        return f"crashed: {platform.crashes}"
    if end_state(platform) != expected:
        return f"another end: {end_state(platform)}"
    said = ends(platform)
    if list(dict.fromkeys(said)) != list(dict.fromkeys(words)) or len(said) > len(words) + len(platform.crashes):
        return f"said {said}, not {words}"
    for call, parameters in platform.writes:
        check(ApiCall(call=call, parameters=parameters))
    if platform.dead or platform.written_while_updating:
        return f"lost {platform.dead}, written while UPDATING {platform.written_while_updating}"
    return None


def kills_of(platform: Platform) -> Iterator[tuple[int, bool]]:
    for number in platform.calls.numbers_of("remediate"):
        yield number, True
        yield number, False


@pytest.mark.parametrize("story", STORIES)
def test_a_kill_at_any_call_ends_the_same(make_platforms: Callable[..., Platform], story: Story) -> None:
    undisturbed = run(make_platforms, story)
    expected, words = end_state(undisturbed), ends(undisturbed)
    failures = []
    every = list(kills_of(undisturbed))
    trials = random.Random(SEED).sample(every, min(SAMPLE, len(every)))
    for kill in trials:
        platform = run(make_platforms, story, kill)
        if because := wrong(platform, expected, words):
            failures.append((kill, undisturbed.calls.made[kill[0] - 1], because))

    print(f"seed {SEED}: {story.__name__}, {len(trials)} of {len(every)} kills")
    assert failures == []
    assert len(every) > 30


@pytest.mark.parametrize("story", [new_group])
def test_two_kills_end_the_same(make_platforms: Callable[..., Platform], story: Story) -> None:
    undisturbed = run(make_platforms, story)
    expected, words = end_state(undisturbed), ends(undisturbed)
    chance = random.Random(SEED)
    singles = list(kills_of(undisturbed))
    failures = []
    for _ in range(PAIRS):
        first = chance.choice(singles)
        second = (first[0] + chance.randint(1, 40), chance.random() < 0.5)
        platform = run(make_platforms, story, first, second)
        if because := wrong(platform, expected, words):
            failures.append((first, second, because))

    print(f"seed {SEED}: {PAIRS} pairs")
    assert failures == []

"""Somebody undoes every fix: two are made, then a person is asked, once. And bells that ring for nothing.

Here for three days; `make torture` goes on for thirty.
"""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from tests.functions.platform import Platform
from tests.functions.repairs import ENVIRONMENT, described, groups_of, heads, made, statuses, waiting_mismatch

TORTURE = "TORTURE" in os.environ
DAYS = 30 if TORTURE else 3
HISTORIES = 500 if TORTURE else 12
STEP = 10  # minutes


def test_a_war_of_fixes_ends_with_one_question(make_platforms: Callable[..., Platform]) -> None:
    platform = make_platforms(mode="apply")
    elsewhere = waiting_mismatch(platform)
    fixes: list[datetime] = []
    for _ in range(DAYS * 24 * 60 // STEP):
        before = len(platform.writes)
        platform.run(STEP, step_seconds=300)
        made_now = [call for call, _ in platform.writes[before:] if call == "batch:UpdateComputeEnvironment"]
        fixes += [platform.clock.now()] * len(made_now)
        if described(platform)["status"] == "VALID" and groups_of(platform) != [elsewhere.security_group]:
            platform.owner.use_security_group(ENVIRONMENT, elsewhere.security_group)
            platform.owner.submit("align", vcpus=2, memory=2_048)

    print(f"{DAYS} days, fixes at {fixes}, said {heads(platform)}")
    for fix in fixes:
        assert sum(fix <= other < fix + timedelta(days=1) for other in fixes) <= 2
    assert len(fixes) == 2
    assert (
        sum(
            "FIX WAITS FOR YOU" in head or "somebody or something undoes it" in mail["Message"]
            for head, mail in zip(heads(platform), platform.sns, strict=True)
        )
        == 1
    )
    assert len(made(platform)) == 1
    assert platform.crashes == []


def test_bells_in_any_number_at_any_time_change_nothing(make_platforms: Callable[..., Platform]) -> None:
    """Duplicates, early ones, late ones, and some of yesterday."""
    for seed in range(HISTORIES):
        print(f"seed {seed}")
        chance = Random(seed)
        platform = make_platforms(mode="apply")
        waiting_mismatch(platform)
        while not platform.incidents():
            platform.run(0.5)
        (incident,) = platform.incidents()
        body = json.dumps({"incident_id": incident["incident_id"]})
        for _ in range(20):
            platform.send("remedies", body, delay=chance.randint(0, 90 * 60))
        platform.run(100)

        assert (statuses(platform), len(made(platform))) == (["verified"], 1)
        assert [call for call, _ in platform.writes].count("batch:UpdateComputeEnvironment") == 1
        assert heads(platform) == ["CRITICAL", "FIXED AND VERIFIED"]

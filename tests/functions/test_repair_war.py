"""Somebody undoes every fix: two are made, then a person is asked, once. And bells that ring for nothing.

Here for a day; `make torture` goes on for thirty.
"""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from batchmedic.contracts import Hint
from tests.functions.platform import Platform
from tests.functions.repairs import (
    ENVIRONMENT,
    described,
    ends,
    groups_of,
    heads,
    made,
    statuses,
    waiting_fargate_mismatch,
    waiting_mismatch,
)

TORTURE = "TORTURE" in os.environ
DAYS = 30 if TORTURE else 1
HISTORIES = int(os.environ.get("HISTORIES", "10000" if TORTURE else "10"))
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
    asks = [mail["Message"] for mail in platform.sns if "somebody or something undoes it" in mail["Message"]]
    assert len([mail for mail in asks if not mail.startswith("STILL ")]) == 1  # each day's reminder is none of them
    assert len(made(platform)) == 1
    assert platform.crashes == []


def test_messages_in_any_number_and_order_change_nothing(make_platforms: Callable[..., Platform]) -> None:
    """Doorbells and hints: duplicates, early ones, late ones, in any order."""
    for seed in range(HISTORIES):
        print(f"seed {seed}")
        chance = Random(seed)
        platform = make_platforms(mode="apply")
        waiting_fargate_mismatch(platform)
        while not platform.incidents():
            platform.run(0.5)
        (incident,) = platform.incidents()
        bodies = {
            "remedies": json.dumps({"incident_id": incident["incident_id"]}),
            "notices": json.dumps({"incident_id": incident["incident_id"]}),
            "looks": Hint(kind="verify", queue=incident["job_queues"][0]).as_message(platform.clock.now()),
        }
        for _ in range(20):
            queue = chance.choice(sorted(bodies))
            platform.send(queue, bodies[queue], delay=chance.randint(0, 25 * 60))
        platform.run(30)

        assert (statuses(platform), len(made(platform))) == (["verified"], 1)
        assert [call for call, _ in platform.writes].count("batch:UpdateComputeEnvironment") == 1
        assert ends(platform)[0] in ("WARNING", "CRITICAL")  # the earlier it was found, the less it had harmed
        assert ends(platform)[1:] == ["FIXED AND VERIFIED"]

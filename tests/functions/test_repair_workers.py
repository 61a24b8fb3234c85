"""Two workers, or a worker and the owner, at the same incident at the same time: one group, one change, no edit lost.

Here a sample of interleavings, by printed seeds; `make torture` tries more.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from tests.functions.platform import Platform
from tests.functions.repairs import ENVIRONMENT, described, groups_of, heads, made, statuses, waiting_mismatch
from tests.functions.wire import Calls, Fault

TORTURE = "TORTURE" in os.environ
TRIALS = 1_000 if TORTURE else 8
SLOW = timedelta(seconds=130)  # longer than the lease
CALLS = 30  # of one repair, about, from the first look to the change


def rung(make_platforms: Callable[..., Platform]) -> tuple[Platform, dict[str, Any]]:
    """The incident is open, its doorbell has rung, and `remediate` has not come yet; and what it will receive."""
    platform = make_platforms(mode="apply")
    platform.paused = {"remediate", "notify"}
    waiting_mismatch(platform)
    while not platform.queues["remedies"]:
        platform.run(0.5)
    (message, *_) = platform.queues["remedies"]
    platform.queues["remedies"].clear()
    platform.calls = Calls()
    return platform, {"Records": [{"messageId": message.id, "body": message.body}]}


def goes_on(platform: Platform) -> None:
    platform.paused = set()
    platform.calls = Calls()
    platform.run(70)


def updates(platform: Platform) -> Counter[str]:
    return Counter(call for call, _ in platform.writes)


def test_two_workers_make_one_group_and_one_change(make_platforms: Callable[..., Platform]) -> None:
    for seed in range(TRIALS):
        print(f"seed {seed}")
        platform, event = rung(make_platforms)
        platform.at_once("remediate", [event, event], seed=seed)
        goes_on(platform)

        assert updates(platform) == {"ec2:CreateSecurityGroup": 1, "batch:UpdateComputeEnvironment": 1}
        assert (len(made(platform)), statuses(platform)) == (1, ["verified"])
        assert heads(platform) == ["CRITICAL", "FIXED AND VERIFIED"]


def test_a_worker_that_lost_its_lease_changes_nothing_more(make_platforms: Callable[..., Platform]) -> None:
    for seed in range(TRIALS):
        print(f"seed {seed}")
        platform, event = rung(make_platforms)
        slow = Fault(name="slow", happen=lambda: platform.clock.move_to(platform.clock.now() + SLOW))  # noqa: B023
        platform.calls = Calls(faults={Random(seed).randint(1, CALLS): slow})
        platform.at_once("remediate", [event, event, event], seed=seed)
        goes_on(platform)

        assert updates(platform)["batch:UpdateComputeEnvironment"] == 1
        assert (len(made(platform)), statuses(platform)) == (1, ["verified"])


def test_an_edit_of_the_owner_before_any_call_is_not_lost(make_platforms: Callable[..., Platform]) -> None:
    """Also right before the change itself, which AWS Batch then refuses, since it is UPDATING."""
    platform, event = rung(make_platforms)
    platform.handle("remediate", event)
    last = platform.calls.made.index("batch:UpdateComputeEnvironment") + 1
    for number in range(1 if TORTURE else last - 9, last + 1):
        print(f"before call {number} of {last}")
        platform, event = rung(make_platforms)
        home = platform.owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["home-batch"]}])
        mine = home["SecurityGroups"][0]["GroupId"]

        def edit(platform: Platform = platform, mine: str = mine) -> None:
            platform.in_handler = False
            platform.owner.use_security_group(ENVIRONMENT, mine)
            platform.in_handler = True

        platform.calls = Calls(faults={number: Fault(name="edit", happen=edit)})
        platform.handle("remediate", event)
        goes_on(platform)

        assert groups_of(platform) == [mine]
        assert (described(platform)["status"], made(platform)) == ("VALID", [])
        assert statuses(platform) == ["none"]

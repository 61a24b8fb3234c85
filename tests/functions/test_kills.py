"""A kill before and after every AWS call of diagnose and notify ends as if it had not happened."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.functions.platform import Platform
from tests.functions.wire import Calls, Killed
from tests.functions.worlds import healthy

MINUTES_AFTER = 20  # claims run out, messages come back, sweeps pass

Life = Callable[[Platform, Calls], None]


def large_job(platform: Platform, calls: Calls) -> None:
    """A fault opens, is told, and is over: a job is too large, and is cancelled."""
    healthy(platform)
    platform.calls = calls
    (job,) = platform.owner.submit("align", vcpus=512, memory=2048)
    platform.run(12)  # the event's own look, the blocked event, two sweeps
    platform.owner.batch.cancel_job(jobId=job, reason="too large")
    platform.run(MINUTES_AFTER)


def foreign_group(platform: Platform, calls: Calls) -> None:
    """The same with an environment whose security group is exchanged for a wrong one, and put right again."""
    home = healthy(platform)
    platform.owner.submit("align", vcpus=2, memory=2048, seconds=60)
    platform.run(5)
    elsewhere = platform.owner.place("elsewhere", cidr="10.9.0.0/16")
    platform.owner.use_security_group("align-ec2", elsewhere.security_group)
    platform.run(11)
    platform.calls = calls
    platform.owner.submit("align", vcpus=2, memory=2048)
    platform.run(7)
    platform.owner.use_security_group("align-ec2", home.security_group)
    platform.run(MINUTES_AFTER)


LIVES = [large_job, foreign_group]


def end_state(platform: Platform) -> list[dict[str, Any]]:
    """What stands in the table, but for the times."""
    return [{name: value for name, value in one.items() if not name.endswith("_at")} for one in platform.incidents()]


def told(platform: Platform) -> list[list[str]]:
    return [[line.split(":")[0] for line in lines] for lines in platform.headlines]


def said_in_order(lines: list[str]) -> bool:
    return list(dict.fromkeys(lines)) == ["CRITICAL", "RESOLVED"]


def trials(calls: Calls) -> Iterator[tuple[int, bool]]:
    """(number of the call, whether before its effect). Between two calls of an invocation nothing has an effect, so to
    be killed after the one is to be killed before the other."""
    for number in range(1, len(calls.made) + 1):
        yield number, True
        if number in calls.last_ones:
            yield number, False


@pytest.mark.parametrize("life", LIVES)
def test_a_kill_at_any_call_loses_nothing(make_platforms: Callable[..., Platform], life: Life) -> None:
    undisturbed = make_platforms()
    life(undisturbed, Calls())
    assert told(undisturbed) == [["CRITICAL", "RESOLVED"]] * 2
    kills, expected = list(trials(undisturbed.calls)), end_state(undisturbed)
    failures = []
    for number, before in kills:
        platform = make_platforms()
        life(platform, Calls(kill_at=number, before=before))
        platform.run(15)
        right = (
            [type(crash) for crash in platform.crashes] == [Killed]
            and end_state(platform) == expected
            and all(said_in_order(lines) for lines in told(platform))
            and sum(map(len, told(platform))) <= 4 + 1  # one word may be said again
        )
        if not right:
            failures.append((number, "before" if before else "after", platform.crashes, told(platform)))

    print(f"{len(kills)} kills, before or after each of {len(undisturbed.calls.made)} calls")
    assert failures == []


def test_the_calls_that_are_killed_are_all_kinds(make_platforms: Callable[..., Platform]) -> None:
    seen: set[str] = set()
    for life in LIVES:
        platform = make_platforms()
        life(platform, Calls())
        seen |= set(platform.calls.made)

    assert seen >= {
        *("batch:DescribeJobQueues", "batch:DescribeComputeEnvironments", "batch:GetJobQueueSnapshot"),
        *("batch:DescribeJobs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeInstanceTypes"),
        *("ec2:DescribeVpcs", "ec2:DescribeSecurityGroupVpcAssociations", "ecs:ListContainerInstances"),
        *("dynamodb:UpdateItem", "dynamodb:Query", "sqs:SendMessageBatch", "sns:Publish", "ssm:GetParameter"),
        "slack:post",
    }

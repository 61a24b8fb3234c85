"""A kill before and after every AWS call of diagnose and notify ends as if it had not happened."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.functions.platform import Platform
from tests.functions.wire import Calls, Killed
from tests.functions.worlds import healthy

MINUTES_OF_FAULT = 12  # the event's own look, the blocked event, two sweeps
MINUTES_AFTER = 20  # claims run out, messages come back, sweeps pass


def life(platform: Platform, *, kill_at: int | None = None, before: bool = True) -> None:
    """A fault opens, is told, and is over; the job is too large and is cancelled."""
    healthy(platform)
    platform.calls = Calls(kill_at=kill_at, before=before)
    (job,) = platform.owner.submit("align", vcpus=512, memory=2048)
    platform.run(MINUTES_OF_FAULT)
    platform.owner.batch.cancel_job(jobId=job, reason="too large")
    platform.run(MINUTES_AFTER)


def end_state(platform: Platform) -> list[dict[str, Any]]:
    """What stands in the table, but for the times."""
    return [{name: value for name, value in one.items() if not name.endswith("_at")} for one in platform.incidents()]


def told(platform: Platform) -> list[list[str]]:
    return [[line.split(":")[0] for line in lines] for lines in platform.headlines]


@pytest.fixture(scope="module")
def undisturbed(make_platforms: Callable[..., Platform]) -> tuple[int, list[dict[str, Any]]]:
    platform = make_platforms()
    life(platform)
    assert told(platform) == [["CRITICAL", "RESOLVED"]] * 2
    return len(platform.calls.made), end_state(platform)


def once_or_twice(lines: list[str], *, at_most: int) -> bool:
    """Every word is said, in order, and at most so many are repeated."""
    return list(dict.fromkeys(lines)) == ["CRITICAL", "RESOLVED"] and len(lines) <= 2 + at_most


def trials(calls: int) -> Iterator[tuple[int, bool]]:
    for number in range(1, calls + 1):
        yield number, True
        yield number, False


def test_a_kill_at_any_call_loses_nothing(
    make_platforms: Callable[..., Platform], undisturbed: tuple[int, list[dict[str, Any]]]
) -> None:
    calls, expected = undisturbed
    failures = []
    for number, before in trials(calls):
        platform = make_platforms()
        life(platform, kill_at=number, before=before)
        platform.run(15)
        killed = platform.crashes[0]
        right = (
            [type(crash) for crash in platform.crashes] == [Killed]
            and end_state(platform) == expected
            and all(once_or_twice(lines, at_most=1) for lines in told(platform))
            and sum(map(len, told(platform))) <= 5
        )
        if not right:
            failures.append(
                (number, "before" if before else "after", str(killed), repr(platform.crashes[1:]), told(platform))
            )

    print(f"{2 * calls} trials")
    assert failures == []


def test_the_calls_that_are_killed_are_all_kinds(make_platforms: Callable[..., Platform]) -> None:
    platform = make_platforms()
    life(platform)

    assert set(platform.calls.made) >= {
        *("batch:DescribeJobQueues", "batch:DescribeComputeEnvironments", "batch:GetJobQueueSnapshot"),
        *("batch:DescribeJobs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeInstanceTypes"),
        *("dynamodb:UpdateItem", "dynamodb:Query", "sqs:SendMessageBatch", "sns:Publish", "ssm:GetParameter"),
        "slack:post",
    }

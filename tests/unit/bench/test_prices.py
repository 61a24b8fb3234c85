"""The arithmetic between counts, dollars and goals."""

from collections import Counter
from typing import Any

import pytest

from bench import goals
from bench.burst import Counted
from bench.prices import cost
from bench.writes import Writes
from tests.contract.tables import INCIDENTS, STATE


def counted(**changes: Any) -> Counted:
    """A million events of one queue with one fault, in a thousand invocations."""
    usual: dict[str, Any] = {
        "events": 1_000_000,
        "queues": 1,
        "invocations": 1_000,
        "window": Counter({"batch:DescribeJobQueues": 1, "batch:GetJobQueueSnapshot": 1, "dynamodb:UpdateItem": 1_000}),
        "after": Counter({"sns:Publish": 1}),
        "later_invocations": 3,
        "incidents": 1,
        "alerts": 1,
        "log_lines": 1_001,
        "log_bytes": 2**20,
    }
    return Counted(**{**usual, **changes})


def test_a_million_events_are_paid_for_mostly_by_their_way_through_sqs() -> None:
    paid = cost(counted())

    assert paid.by_service["SQS"] == pytest.approx(0.40 + 0.08)  # a send each, a receive and a delete for ten
    assert paid.per_million == pytest.approx(paid.total)
    assert paid.by_service["SQS"] > 0.9 * paid.total


def test_half_the_events_cost_the_same_per_million_in_sqs() -> None:
    assert cost(counted(events=500_000)).by_service["SQS"] == pytest.approx(0.24)


def test_leases_are_written_at_their_size_and_an_incident_at_its_size_twice() -> None:
    calls = Counter({("UpdateItem", STATE): 3, ("UpdateItem", INCIDENTS): 2})

    assert Writes(calls=calls, sizes=[900, 2_500], leases=1_500).write_units == 3 * 2 + 2 * (2 * 3)


def test_a_query_reads_every_incident() -> None:
    writes = Writes(calls=Counter({("Query", INCIDENTS): 2}), sizes=[4_000, 4_000])

    assert writes.read_units == 2 * 2


def missed(one: Counted) -> list[str]:
    return [goal.says for goal in goals.of_burst(one) if not goal.met]


def test_a_burst_within_its_limits_meets_every_goal() -> None:
    assert missed(counted()) == []


@pytest.mark.parametrize(
    ("changes", "goal"),
    [
        ({"window": Counter({"batch:DescribeJobQueues": 1, "batch:DescribeJobs": 4})}, "whole window"),
        ({"window": Counter({"batch:DescribeJobQueues": 1, "ec2:DescribeSubnets": 9})}, "deep calls"),
        ({"window": Counter({"batch:DescribeJobQueues": 1, "dynamodb:UpdateItem": 3_000})}, "calls but deep ones"),
        ({"alerts": 2}, "alerts"),
        ({"log_lines": 1_002}, "log lines"),
        ({"log_bytes": 2**30}, "dollars"),
    ],
)
def test_a_burst_beyond_a_limit_misses_that_goal(changes: dict[str, Any], goal: str) -> None:
    assert any(goal in says for says in missed(counted(**changes)))


def test_reads_that_grow_with_events_are_no_success() -> None:
    few, many = counted(events=10_000), counted(window=Counter({"batch:DescribeJobs": 100}))

    assert not goals.of_growth(few, many).met
    assert goals.of_growth(few, few).met

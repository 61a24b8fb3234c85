"""What a burst costs in calls of AWS: by queues and faults, never by events or jobs."""

from collections.abc import Callable
from itertools import product

import pytest

from bench.burst import DEEP, READS, burst, one_submission, quiet_sweep
from tests.functions.platform import Platform

EVENTS = (10, 100, 1_000, 10_000)
QUEUES = (1, 5, 50)
Make = Callable[..., Platform]


@pytest.mark.parametrize(("events", "queues"), [*product(EVENTS, QUEUES[:-1]), (1_000, QUEUES[-1])])
def test_a_look_costs_three_batch_calls_and_one_for_each_queue(make_platforms: Make, events: int, queues: int) -> None:
    counted = burst(make_platforms(), events=events, queues=queues)

    assert 1 <= counted.looks <= min(5, counted.queues)  # five containers share the queues out between them
    assert counted.window["batch:GetJobQueueSnapshot"] == counted.queues
    assert counted.calls("batch") == counted.queues + 3 * counted.looks
    assert counted.calls(*DEEP) <= 8 * counted.incidents
    assert counted.incidents == counted.queues
    assert 1 <= counted.alerts <= counted.incidents
    assert counted.log_lines <= counted.invocations + counted.incidents


@pytest.mark.parametrize("queues", QUEUES)
def test_one_container_after_the_other_makes_q_plus_three_batch_calls(make_platforms: Make, queues: int) -> None:
    counted = burst(make_platforms(), events=1_000, queues=queues, together=1)

    assert counted.calls("batch") == queues + 3


@pytest.mark.parametrize("queues", [1, 5])
def test_a_hundred_times_the_events_cost_no_further_read(make_platforms: Make, queues: int) -> None:
    few = burst(make_platforms(), events=1_000, queues=queues)
    many = burst(make_platforms(), events=100_000, queues=queues)

    assert many.reads == few.reads
    assert many.calls(*READS) == sum(many.reads.values()) > 0
    further = many.invocations - few.invocations
    assert many.calls("dynamodb") - few.calls("dynamodb") == further  # each asks for its leases, once


def test_an_array_of_a_thousand_costs_what_one_job_costs(make_platforms: Make) -> None:
    one_job = one_submission(make_platforms(), children=None)

    assert one_submission(make_platforms(), children=1_000) == one_job
    assert one_job["sns:Publish"] == 1


@pytest.mark.parametrize("queues", QUEUES)
def test_a_quiet_sweep_writes_its_heartbeat_only(make_platforms: Make, queues: int) -> None:
    assert quiet_sweep(make_platforms(), queues=queues) == {
        "batch:DescribeJobQueues": 1,
        "batch:DescribeComputeEnvironments": 1,
        "batch:GetJobQueueSnapshot": queues,
        "dynamodb:Query": 1,
        "dynamodb:GetItem": 1,
        "dynamodb:UpdateItem": 1,
        "events:PutEvents": 1,
    }

"""What the functions count, in CloudWatch's embedded metric format: four metrics without a dimension, which costs."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.functions.platform import Platform
from tests.functions.worlds import mismatch


def counted(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]


def values_of(metrics: list[dict[str, Any]], name: str) -> list[float]:
    return [value for one in metrics for value in one.get(name, [])]


def test_a_sweep_is_a_heartbeat_with_the_number_of_open_incidents(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(20)
    metrics = counted(capsys.readouterr().out)

    assert len(values_of(metrics, "SweepsCompleted")) == len(platform.sweeps_heard) == 7
    assert values_of(metrics, "OpenIncidents")[-1] == 1
    assert {tuple(map(tuple, each["Dimensions"])) for one in metrics for each in one["_aws"]["CloudWatchMetrics"]} == {
        ((),)
    }


def test_a_look_at_one_queue_is_no_heartbeat_nor_is_a_sweep_that_saw_nothing(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.sweeps = False
    platform.handle("diagnose", {"v": 1, "hint": "sweep"})
    assert values_of(counted(capsys.readouterr().out), "SweepsCompleted") == [1.0]

    platform.account.deny("batch", "DescribeJobQueues")
    platform.handle("diagnose", {"v": 1, "hint": "sweep"})
    platform.account.allow("batch", "DescribeJobQueues")
    platform.handle("diagnose", {"v": 1, "hint": "launch_failed", "queue": None, "compute_environment": "some"})
    assert values_of(counted(capsys.readouterr().out), "SweepsCompleted") == []


def test_a_dead_channel_is_counted(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.slack_answers = [404] * 5
    mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(20)
    names = Counter(
        metric["Name"]
        for one in counted(capsys.readouterr().out)
        for each in one["_aws"]["CloudWatchMetrics"]
        for metric in each["Metrics"]
        if sum(one[metric["Name"]])
    )

    assert names["ChannelsBroken"] >= 1
    assert names.keys() <= {"SweepsCompleted", "OpenIncidents", "ChannelsBroken", "FloorsFailed"}

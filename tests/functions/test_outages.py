"""Slack or its secret away for a day, too many posts, a webhook revoked: everybody hears by SNS, and later no storm."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.functions.platform import Platform
from tests.functions.worlds import healthy

SECOND, GRACE = timedelta(seconds=1), timedelta(minutes=5)
QUEUES = tuple(f"queue-{number:02d}" for number in range(7))  # more than are told one by one
IDS = re.compile("[0-9a-f]{16}-[0-9]+")


def words(payload: dict[str, Any]) -> str:
    return str(payload)


def ids_in(texts: Iterable[str]) -> set[str]:
    return {found for text in texts for found in IDS.findall(text)}


def faults_all_day(platform: Platform, *, down: int, minutes: int) -> None:
    """One queue after the other gets a job that is too large, while Slack answers nothing but `down`."""
    healthy(platform, names=QUEUES)
    platform.slack_answers = [down] * 100_000
    pause = minutes / len(QUEUES)
    for name in QUEUES:
        platform.owner.submit(name, vcpus=512, memory=2_048)
        platform.run(pause, step_seconds=600)


def recovered(platform: Platform, *, minutes: int = 70) -> None:
    platform.slack_answers = []
    platform.run(minutes, step_seconds=30)


def alerts(platform: Platform) -> list[str]:
    return [told["Message"] for told in platform.sns if told["Message"].startswith(("CRITICAL: job", "WARNING: job"))]


def opened(platform: Platform) -> dict[str, datetime]:
    return {one["incident_id"]: datetime.fromisoformat(one["opened_at"]) for one in platform.incidents()}


def assert_no_storm(moments: list[datetime]) -> None:
    assert all(after - before >= SECOND for before, after in pairwise(moments))


@pytest.mark.parametrize(("down", "hours"), [(503, 24), (429, 6)])
def test_a_day_without_slack_and_six_hours_of_too_many_posts(platform: Platform, down: int, hours: int) -> None:
    faults_all_day(platform, down=down, minutes=hours * 60)
    assert platform.slack == []
    assert len(opened(platform)) == len(QUEUES)
    assert ids_in(alerts(platform)) == opened(platform).keys()
    assert len(alerts(platform)) == len(QUEUES)

    recovered(platform)

    assert len(platform.slack) <= 3
    assert_no_storm(platform.slack_at)
    told = " ".join(words(payload) for payload in platform.slack)
    unnamed = opened(platform).keys() - ids_in([told])
    assert not unnamed or f"and:* {len(unnamed)} more" in told
    assert len(alerts(platform)) == len(QUEUES)
    assert platform.dead == []
    assert platform.crashes == []


def test_everybody_hears_by_sns_within_five_minutes_while_slack_is_down(platform: Platform) -> None:
    healthy(platform, names=("align",))
    platform.slack_answers = [503] * 1_000
    platform.owner.submit("align", vcpus=512, memory=2_048)
    while not platform.incidents():
        platform.run(0.5)
    (opened_at,) = opened(platform).values()

    while not platform.sns:
        platform.run(0.5)

    assert platform.clock.now() - opened_at <= GRACE


def test_a_revoked_webhook_is_said_once_tried_hourly_and_caught_up_in_one_summary(platform: Platform) -> None:
    faults_all_day(platform, down=404, minutes=8 * 60)
    tried = 100_000 - len(platform.slack_answers)
    said = [told["Message"] for told in platform.sns if "cannot reach Slack" in told["Message"]]
    assert len(said) == 1
    assert "new incoming webhook" in said[0]
    assert tried <= 10
    assert len(alerts(platform)) == len(QUEUES)

    recovered(platform)

    assert len(platform.slack) == 1
    assert "7 news at once" in words(platform.slack[0])
    assert len([told for told in platform.sns if "cannot reach Slack" in told["Message"]]) == 1


def test_after_the_webhook_is_mended_a_second_break_is_said_again(platform: Platform) -> None:
    healthy(platform, names=("align", "call"))
    platform.slack_answers = [404]
    platform.owner.submit("align", vcpus=512, memory=2_048)
    platform.run(90)
    assert len(platform.slack) == 1
    platform.slack_answers = [410]

    platform.owner.submit("call", vcpus=512, memory=2_048)
    platform.run(20)

    assert len([told for told in platform.sns if "cannot reach Slack" in told["Message"]]) == 2


def test_a_test_by_hand_finds_out_that_the_new_webhook_works(platform: Platform) -> None:
    healthy(platform, names=("align",))
    platform.slack_answers = [404]
    platform.owner.submit("align", vcpus=512, memory=2_048)
    platform.run(12)

    answer = platform.handle("notify", {"test": True})
    platform.run(70)

    assert answer is not None
    assert answer["slack"] == "told"
    assert [payload["text"].partition(":")[0] for payload in platform.slack] == ["TEST", "CRITICAL"]


def test_a_webhook_that_cannot_be_read_is_said_by_sns_and_found_when_it_is_there(platform: Platform) -> None:
    ssm = platform.wire.client("ssm")
    ssm.delete_parameter(Name="/batchmedic/slack")
    faults_all_day(platform, down=200, minutes=3 * 60)
    assert platform.slack == []
    assert len(alerts(platform)) == len(QUEUES)
    assert len([told for told in platform.sns if "ParameterNotFound" in told["Message"]]) == 1

    ssm.put_parameter(Name="/batchmedic/slack", Value="https://hooks.slack.com/new", Type="SecureString")
    recovered(platform)

    assert len(platform.slack) == 1
    assert "7 news at once" in words(platform.slack[0])


def test_too_many_at_once_come_one_a_second_and_nobody_sleeps(platform: Platform) -> None:
    names = QUEUES[:4]
    healthy(platform, names=names)
    for name in names:
        platform.owner.submit(name, vcpus=512, memory=2_048)
    platform.run(20, step_seconds=10)

    assert len(platform.slack) == len(names)
    assert_no_storm(platform.slack_at)
    assert ids_in(words(payload) for payload in platform.slack) == opened(platform).keys()


def test_who_says_when_is_asked_again_then_and_not_before(platform: Platform) -> None:
    healthy(platform, names=("align",))
    platform.slack_answers = [429]  # Retry-After: 30
    platform.owner.submit("align", vcpus=512, memory=2_048)
    while not platform.sns:
        platform.run(1 / 6, step_seconds=10)
    refused_at = platform.clock.now()

    platform.run(5, step_seconds=10)

    assert len(platform.slack) == 1
    assert timedelta(seconds=30) <= platform.slack_at[0] - refused_at <= timedelta(seconds=60)

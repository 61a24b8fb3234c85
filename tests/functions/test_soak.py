"""Thirty days and a million events: nothing grows but what is kept on purpose, and no lease is stuck.

In `make test` two days of three hours, and twenty thousand.
"""

import gc
import json
import os
import tracemalloc
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from batchmedic.aws.dynamo import text
from batchmedic.intake import LEASE
from tests.contract.tables import INCIDENTS, STATE
from tests.factories import ACCOUNT, REGION
from tests.functions.platform import Platform
from tests.functions.worlds import healthy

TORTURE = "TORTURE" in os.environ
SEED = 20261125
DAYS, EVENTS = (30, 1_000_000) if TORTURE else (2, 20_000)
BATCHES = 10  # a day
NAMES = ("align", "call", "sort", "merge", "count")
HALF_A_DAY = 12 * 60 if TORTURE else 90  # minutes
OURS = (tracemalloc.Filter(inclusive=True, filename_pattern="*/batchmedic/*"),)
MOST_GROWTH = 1_000_000 if TORTURE else 1_000  # of what `held_now` counts, from the first days to the last


def hints(draw: Random, number: int) -> list[dict[str, Any]]:
    """Messages of the Looks queue, about any of the queues."""
    queues = [f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/{name}" for name in NAMES]
    hint = {"v": 1, "hint": "runnable", "compute_environment": None, "at": "2026-11-25T08:00:00Z"}
    return [
        {"messageId": str(each), "body": json.dumps({**hint, "queue": draw.choice(queues)})} for each in range(number)
    ]


def a_day(platform: Platform, draw: Random, stray: str) -> None:
    """Jobs run, one is too large and is cancelled, somebody exchanges a security group and puts it right."""
    victim = draw.choice(NAMES)
    home = platform.owner.batch.describe_compute_environments(computeEnvironments=[f"{victim}-ec2"])
    (group,) = home["computeEnvironments"][0]["computeResources"]["securityGroupIds"]
    (large,) = platform.owner.submit(victim, vcpus=512, memory=2_048)
    for name in NAMES:
        platform.owner.submit(name, vcpus=2, memory=2_048, seconds=600)
    for _ in range(BATCHES):
        platform.handle("diagnose", {"Records": hints(draw, EVENTS // DAYS // BATCHES)})
        platform.run(HALF_A_DAY / BATCHES, step_seconds=300)
    platform.owner.batch.cancel_job(jobId=large, reason="too large")
    platform.owner.use_security_group(f"{victim}-ec2", stray)
    platform.run(HALF_A_DAY / 2, step_seconds=300)
    platform.owner.use_security_group(f"{victim}-ec2", group)
    platform.run(HALF_A_DAY / 2, step_seconds=300)


def forget(platform: Platform) -> None:
    """What this test-bed keeps for itself."""
    for kept in (platform.calls.made, platform.calls.makers, platform.calls.last_ones, platform.account.calls):
        kept.clear()
    for told in (platform.sns, platform.slack, platform.slack_at, platform.events, platform.sweeps_heard):
        told.clear()


def held_now() -> int:
    """Bytes that were allocated in the product's own code and are still held; or, three times as fast, the number of
    its objects."""
    gc.collect()
    if not TORTURE:
        return sum(str(type(each).__module__).startswith("batchmedic") for each in gc.get_objects())
    traces = tracemalloc.take_snapshot().filter_traces(OURS)
    return sum(each.size for each in traces.statistics("filename"))


@pytest.fixture
def traced() -> Iterator[None]:
    if TORTURE:
        tracemalloc.start(1)
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_nothing_grows_and_nothing_is_stuck(platform: Platform) -> None:
    draw = Random(SEED)
    healthy(platform, names=NAMES)
    stray = platform.owner.place("elsewhere", cidr="10.9.0.0/16").security_group
    sizes, opened = [], 0
    for _ in range(DAYS):
        a_day(platform, draw, stray)
        opened += sum(event["DetailType"] == "Incident Opened" for event in platform.events)
        forget(platform)
        sizes.append(held_now())
    dynamodb = platform.wire.client("dynamodb")
    incidents, state = (dynamodb.scan(TableName=name)["Items"] for name in (INCIDENTS, STATE))
    now = platform.clock.now()
    # DynamoDB takes away what has expired
    kept = [item for item in state if float(item.get("expires_at", {"N": "inf"})["N"]) > now.timestamp()]
    (leases,) = [item for item in state if item["state_key"]["S"] == "leases"]
    held = [value["S"] for name, value in leases.items() if name.startswith("held ")]
    print(f"seed {SEED}: {DAYS} days, {EVENTS} events, {opened} incidents; held by day {sizes}")
    assert sizes[-1] - min(sizes[: max(DAYS // 10, 1)]) < MOST_GROWTH
    assert DAYS <= opened == len(incidents)
    assert {one["status"] for one in platform.incidents()} == {"resolved"}
    assert [item["incident_key"] for item in incidents if "expires_at" not in item] == []  # each leaves after its time
    assert len(kept) <= 2 * len(NAMES)
    assert len(held) <= len(NAMES)
    assert max(held) <= text(now + LEASE)
    assert (platform.crashes, platform.dead) == ([], [])

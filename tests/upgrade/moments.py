"""Moments at which a new version may be deployed: what the owner did until then, by name.

Each ends as soon as what matters is written, so that the message or the item is still to be read.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

from batchmedic.aws.doorbells import Queues
from batchmedic.aws.incident_table import record_of
from local.account.world import World
from tests.contract.tables import INCIDENTS
from tests.functions.platform import Platform, Sqs
from tests.functions.repairs import described, statuses, waiting_mismatch
from tests.functions.test_scale_to_zero import floor_of, warm
from tests.functions.wire import Killed

LONGEST = 180  # minutes until a moment has come


@contextmanager
def counted_ids() -> Iterator[None]:
    """EC2 counts the ids of each kind, so that what two versions make of the account has the same ids."""
    numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
    with patch.object(World, "ec2_id", lambda _, prefix: f"{prefix}-{next(numbers[prefix]):017x}"):
        yield


def _until(platform: Platform, come: Callable[[], bool]) -> None:
    platform.over = come
    platform.run(LONGEST)
    assert come()
    platform.over = lambda: False


def _rings(platform: Platform, queue: str, member: str) -> bool:
    return any(member in json.loads(message.body) for message in platform.queues[queue])


def a_job_waits(platform: Platform) -> None:
    """The hint is on its way."""
    waiting_mismatch(platform)
    _until(platform, lambda: _rings(platform, "looks", "hint"))


def an_incident_is_found(platform: Platform) -> None:
    """Nobody has been told."""
    waiting_mismatch(platform)
    _until(platform, lambda: _rings(platform, "notices", "incident_id"))


def an_incident_is_told(platform: Platform) -> None:
    waiting_mismatch(platform)
    _until(platform, lambda: bool(platform.sns) and not platform.queues["notices"])


def an_incident_could_not_be_stored(platform: Platform) -> None:
    """So all of it is in the message; the table is empty."""
    an_incident_is_found(platform)
    dynamodb = platform.wire.client("dynamodb")
    (item,) = dynamodb.scan(TableName=INCIDENTS)["Items"]
    dynamodb.delete_item(TableName=INCIDENTS, Key={name: item[name] for name in ("incident_key", "generation")})
    platform.queues["notices"].clear()
    Queues(sqs=Sqs(platform), notices="notices").hand_over(record_of(item).incident)


def a_repair_was_cut_off(platform: Platform) -> None:
    """The new security group is there, but its worker died before it noted that."""
    waiting_mismatch(platform)

    def die() -> None:
        if platform.writes:
            raise Killed

    platform.calls.pause = die
    _until(platform, lambda: bool(platform.crashes))
    platform.calls.pause = lambda: None


def a_repair_is_being_proved(platform: Platform) -> None:
    waiting_mismatch(platform)
    _until(platform, lambda: "verifying" in statuses(platform))


def a_plan_waits_for_a_person(platform: Platform) -> None:
    waiting_mismatch(platform)
    arn = described(platform)["computeEnvironmentArn"]
    platform.owner.batch.tag_resource(resourceArn=arn, tags={"batchmedic:remediation": "plan"})
    _until(platform, lambda: any('"apply"' in mail["Message"] for mail in platform.sns))


def a_repair_is_proved(platform: Platform) -> None:
    waiting_mismatch(platform)
    _until(platform, lambda: statuses(platform) == ["verified"] and '"rollback"' in platform.sns[-1]["Message"])


def a_floor_goes_to_sleep(platform: Platform) -> None:
    """It is lowered, and people are about to be told."""
    warm(platform)
    _until(platform, lambda: floor_of(platform) == 0 and _rings(platform, "notices", "floors"))


def batchmedic_is_new(platform: Platform) -> None:
    _until(platform, lambda: _rings(platform, "notices", "hello"))


REPAIRS: dict[str, Any] = {"mode": "apply"}
MOMENTS: dict[Callable[[Platform], None], dict[str, Any]] = {  # and the platform's settings
    a_job_waits: {},
    an_incident_is_found: {},
    an_incident_is_told: {},
    an_incident_could_not_be_stored: {},
    a_repair_was_cut_off: REPAIRS,
    a_repair_is_being_proved: REPAIRS,
    a_plan_waits_for_a_person: REPAIRS,
    a_repair_is_proved: REPAIRS,
    a_floor_goes_to_sleep: {"scaling": True},
    batchmedic_is_new: {"greeted": False},
}

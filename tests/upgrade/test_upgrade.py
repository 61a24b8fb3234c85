"""The day of an upgrade: what yesterday's code (commit e638431) left in tables and queues is read by today's.

A recording that today's code cannot handle is a message that ends in the dead-letter queue of every user who upgrades,
or an incident that is never told: mend the reader, not the recording.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.functions.platform import Platform
from tests.functions.repairs import heads, statuses
from tests.functions.test_scale_to_zero import FLOOR, floor_of
from tests.upgrade import moments
from tests.upgrade.record import KINDS, written
from tests.upgrade.yesterday import OF_TOMORROW, deploy, recorded

Then = Callable[[Platform], None]
STEP = 120  # seconds


def told(platform: Platform) -> None:
    platform.run(15, step_seconds=STEP)


def put_right(platform: Platform) -> None:
    """The owner mends it himself, once it was told."""
    platform.run(15, step_seconds=STEP)
    groups = platform.owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["home-batch"]}])
    platform.owner.use_security_group("align-ec2", groups["SecurityGroups"][0]["GroupId"])
    platform.run(15, step_seconds=STEP)


def read(platform: Platform) -> None:
    platform.run(2)


def goes_on(platform: Platform) -> None:
    """A repair does, and what it has made is not made again."""
    platform.run(45, step_seconds=STEP)
    assert "ec2:CreateSecurityGroup" not in [call for call, _ in platform.writes]
    assert statuses(platform) == ["verified"]


def approved(platform: Platform) -> None:
    """By the command in yesterday's mail."""
    (command,) = recorded("command")["a_plan_waits_for_a_person"]
    assert (platform.handle("remediate", command) or {})["status"] == "verifying"
    platform.run(45, step_seconds=STEP)
    assert statuses(platform) == ["verified"]


def taken_back(platform: Platform) -> None:
    """By the command in yesterday's mail."""
    (command,) = recorded("command")["a_repair_is_proved"]
    assert (platform.handle("remediate", command) or {})["status"] == "rolled_back"
    platform.run(2)


def work_comes(platform: Platform) -> None:
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(15, step_seconds=STEP)
    assert floor_of(platform) == FLOOR


FIXED = ["CRITICAL", "FIXED AND VERIFIED"]
DAYS: list[tuple[Then, Then, list[str]]] = [  # the moment of the upgrade, what happens then, what people are told
    (moments.a_job_waits, put_right, ["CRITICAL", "RESOLVED"]),
    (moments.an_incident_is_found, put_right, ["CRITICAL", "RESOLVED"]),
    (moments.an_incident_is_told, put_right, ["RESOLVED"]),
    (moments.an_incident_could_not_be_stored, read, ["CRITICAL"]),
    (moments.a_repair_was_cut_off, goes_on, ["CRITICAL", "FIX APPLIED", "FIXED AND VERIFIED"]),
    (moments.a_repair_is_being_proved, goes_on, FIXED),
    (moments.a_plan_waits_for_a_person, approved, ["FIX APPLIED", "FIXED AND VERIFIED"]),
    (moments.a_repair_is_proved, taken_back, ["FIX TAKEN BACK", "BACK AGAIN, WARNING (second time in 24 hours)"]),
    (moments.a_floor_goes_to_sleep, work_comes, ["IDLE CAPACITY", "IDLE CAPACITY"]),
    (moments.batchmedic_is_new, told, ["HELLO"]),
]
IDS = [moment.__name__ for moment, _, _ in DAYS]


def reached(make: Callable[..., Platform], moment: Then) -> Platform:
    platform = make(**moments.MOMENTS[moment])
    moment(platform)
    return platform


def test_every_moment_has_its_day() -> None:
    assert [moment for moment, _, _ in DAYS] == list(moments.MOMENTS)
    assert {moment for kind in KINDS for moment in recorded(kind)} == set(IDS)
    assert all(recorded(kind) for kind in KINDS)


@pytest.mark.parametrize("extra", [pytest.param({}, id="yesterdays"), pytest.param(OF_TOMORROW, id="tomorrows")])
@pytest.mark.parametrize(("moment", "then", "expected"), DAYS, ids=IDS)
def test_todays_code_goes_on(
    make_platforms: Callable[..., Platform], moment: Then, then: Then, expected: list[str], extra: dict[str, Any]
) -> None:
    """With what yesterday's code wrote, and with members that only tomorrow's code will write."""
    platform = reached(make_platforms, moment)
    deploy(platform, moment.__name__, extra=extra)

    then(platform)

    assert heads(platform) == expected
    assert platform.crashes == []
    assert platform.dead == []


# What today's code writes is no poison for yesterday's, in case somebody goes back: it finds all that it knows.

LISTED = "[]"


def shape(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, type) of every member; what has no fixed members is not looked into."""
    match part:
        case dict():
            for name, value in part.items():
                yield from shape(value, f"{path}.{name}")
        case list():
            for value in part:
                yield from shape(value, path + LISTED)
        case _:
            yield path, type(part).__name__


@pytest.mark.parametrize("moment", moments.MOMENTS, ids=IDS)
def test_yesterdays_code_finds_what_it_knows(make_platforms: Callable[..., Platform], moment: Then) -> None:
    today = written(reached(make_platforms, moment))

    for kind in KINDS:
        known = set(shape(recorded(kind).get(moment.__name__, [])))
        assert known <= set(shape(today[kind])), kind

"""What a person may mute, and for how long."""

from datetime import timedelta

import pytest

from batchmedic.board import Mute
from tests.factories import NOW, QUEUE, minutes
from tests.notify_world import World, several

INCIDENT = "0123456789abcdef-1"


def mute(world, target=QUEUE, *, until="2026-11-25T13:00:00Z"):
    return world.ask(mute=target, until=until, because="a test queue")


def test_a_subject_may_be_muted_before_anything_is_wrong_with_it():
    world = World()

    assert mute(world) == {"muted": QUEUE, "until": "2026-11-25T13:00+00:00"}
    assert world.switchboard.mutes == {QUEUE: Mute(until=NOW + minutes(60), because="a test queue")}


def test_the_answer_is_in_utc():
    assert mute(World(), until="2026-11-25T18:30:00+05:30")["until"] == "2026-11-25T13:00+00:00"


def test_an_open_incident_may_be_muted():
    world = World()
    world.open()

    assert mute(world, INCIDENT)["muted"] == INCIDENT
    assert set(world.switchboard.mutes) == {INCIDENT}


def nothing(world):
    """No incident at all."""


def another(world):
    several(world, 2)


def over(world):
    world.open()
    world.ring()
    world.end()


@pytest.mark.parametrize("history", [nothing, another, over])
def test_an_incident_that_is_not_open_is_most_likely_a_slip(history):
    world = World()
    history(world)

    assert mute(world, INCIDENT) == {"refused": f"there is no open incident {INCIDENT}; its id is in the alert"}
    assert world.switchboard.mutes == {}


def test_the_next_incident_of_a_key_is_not_the_one_that_was_muted():
    world = World()
    world.open()
    mute(world, INCIDENT)
    world.end()
    world.clock.advance(minutes(31))
    record = world.open()

    board = world.switchboard.read()

    assert record.incident.incident_id == "0123456789abcdef-2"
    assert board.mute_of(record.incident, now=NOW) is None


FUTURE = "a mute ends in the future; it is 2026-11-25T12:00Z now"
LONG = "a mute lasts 90 days at most; tag the queue batchmedic:alerts=off instead"


@pytest.mark.parametrize(
    ("until", "why"),
    [
        pytest.param(NOW, FUTURE, id="now"),
        pytest.param(NOW - minutes(1), FUTURE, id="a minute ago"),
        pytest.param(NOW + timedelta(days=90, seconds=1), LONG, id="more than 90 days"),
        pytest.param("9999-12-31T23:59:59-23:59", LONG, id="the end of time"),
        pytest.param("0001-01-01T00:00:00+23:59", FUTURE, id="its beginning"),
    ],
)
def test_a_mute_has_an_end_within_90_days(until, why):
    world = World()

    assert mute(world, until=str(until)) == {"refused": why}
    assert world.switchboard.mutes == {}


def test_90_days_are_not_too_long():
    assert "muted" in mute(World(), until=str(NOW + timedelta(days=90)))


def test_a_second_mute_takes_the_place_of_the_first():
    world = World()
    mute(world)

    mute(world, until="2026-11-25T12:30:00Z")

    assert world.switchboard.mutes[QUEUE].until == NOW + minutes(30)


def test_what_was_muted_may_be_heard_again():
    world = World()
    mute(world)

    assert world.ask(unmute=QUEUE) == {"unmuted": QUEUE}
    assert world.switchboard.mutes == {}


def test_what_is_not_muted_cannot_be_unmuted():
    world = World()
    mute(world)

    assert world.ask(unmute=INCIDENT) == {"refused": f"{INCIDENT} is not muted"}


AGAIN = "not now, try again in some minutes: "


def test_without_the_switchboard_nothing_can_be_muted_and_the_answer_says_so():
    world = World()
    world.switchboard.unavailable = True

    for answer in (mute(world), world.ask(unmute=QUEUE)):
        assert answer == {"refused": f"{AGAIN}the state table is unavailable"}


def test_without_the_incident_table_a_subject_may_be_muted_and_an_incident_not():
    world = World()
    world.store.unavailable = True

    assert mute(world, INCIDENT) == {"refused": f"{AGAIN}the incident table is unavailable"}
    assert mute(world)["muted"] == QUEUE

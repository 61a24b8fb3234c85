"""What is still told of something that nobody wants to hear of, and what is told when that is over."""

from dataclasses import replace

import pytest

from batchmedic.changes import RemedyStatus
from batchmedic.incident_json import incident_to_json
from batchmedic.notices.reasons import Reason
from batchmedic.transitions import merged
from tests.factories import NOW, QUEUE, an_incident, minutes
from tests.notify_world import REMINDER, World, programs, several
from tests.repair_factories import a_repair

INCIDENT = "0123456789abcdef-1"
OFF = "align tagged batchmedic:alerts=off"


def both(*reasons):
    """Both channels heard this."""
    return [list(reasons)] * 2


@pytest.fixture
def world():
    return World(others=(programs(),))


def of_programs(world):
    return [notice.reason for notice in world.others[0].notices]


def a_repair_is(world, status):
    """`remediate` wrote so."""
    record = world.record
    world.store.items[INCIDENT].record = replace(record, repair=a_repair(status, version=1), repair_revision=1)


class TestWhileMuted:
    @pytest.mark.parametrize("target", [QUEUE, INCIDENT], ids=["the subject", "the incident"])
    def test_people_do_not_hear_that_it_gets_worse_and_programs_do(self, world, target):
        world.open()
        world.ring()
        world.mute(target)
        world.worsen()

        world.ring()

        assert world.heard == both(Reason.OPENED)
        assert of_programs(world) == [Reason.OPENED, Reason.WORSENED]

    def test_people_do_not_hear_that_it_opens_and_programs_do(self, world):
        world.mute()
        world.open()

        report = world.ring()

        assert world.heard == both()
        assert of_programs(world) == [Reason.OPENED]
        assert (report.count.told, world.record.told) == (1, {"eventbridge": 1})

    def test_people_are_not_reminded(self, world):
        world.open()
        world.ring()
        world.mute(lasts=60 * 24 * 3)
        for _ in range(2):
            world.ring(after=60 * 24)

        assert world.heard == both(Reason.OPENED)

    def test_people_hear_the_end_of_what_they_know(self, world):
        world.open()
        world.ring()
        world.mute()
        world.end()

        world.ring()

        assert world.heard == both(Reason.OPENED, Reason.RESOLVED)
        assert world.store.due() == ()

    def test_people_hear_the_end_once_however_often_it_comes_back_unheard(self, world):
        world.open()
        world.ring()
        world.mute(lasts=60 * 24)
        for _ in range(4):
            world.end()
            world.ring()
            world.open()
            world.ring()

        assert world.heard == both(Reason.OPENED, Reason.RESOLVED)
        assert of_programs(world) == [Reason.OPENED, *[Reason.RESOLVED, Reason.BACK] * 4]

    def test_people_hear_that_what_they_know_is_explained(self, world):
        record = world.open()
        world.ring()
        world.mute()
        world.keep(merged(record, explained_by="fedcba9876543210-1", now=world.clock()))

        world.ring()

        assert world.heard == both(Reason.OPENED, Reason.MERGED)

    def test_people_do_not_hear_the_end_of_what_they_never_heard_of(self, world):
        world.mute()
        world.open()
        world.ring()
        world.end()

        world.ring()

        assert world.heard == both()
        assert of_programs(world) == [Reason.OPENED, Reason.RESOLVED]
        assert world.store.due() == ()

    @pytest.mark.parametrize(
        ("status", "told"),
        [
            (RemedyStatus.VERIFYING, [Reason.REMEDY_APPLIED]),
            (RemedyStatus.FAILED, [Reason.REMEDY_FAILED]),
            (RemedyStatus.ROLLED_BACK, [Reason.REMEDY_ROLLED_BACK]),
            (RemedyStatus.AWAITING_APPROVAL, []),
            (RemedyStatus.APPLYING, []),
        ],
    )
    def test_people_hear_what_was_changed_in_their_account_and_no_mere_plans(self, world, status, told):
        world.mute()
        world.open()
        a_repair_is(world, status)

        world.ring()
        world.ring(after=2)

        assert world.heard == both(*told)

    def test_something_else_is_heard(self, world):
        world.mute(f"{QUEUE}-2")
        world.mute("fedcba9876543210-1")
        world.open()

        world.ring()

        assert world.heard == both(Reason.OPENED)

    def test_without_the_switchboard_nothing_is_muted(self, world):
        world.mute()
        world.open()
        world.switchboard.unavailable = True

        world.ring()

        assert world.heard == both(Reason.OPENED)


class TestWhenTheMuteIsOver:
    def test_what_opened_meanwhile_is_told_as_opened(self, world):
        world.mute(lasts=60)
        world.open()
        world.ring()
        world.worsen()
        world.ring()
        assert world.record.due_at == NOW + minutes(60)  # the sweep rings then

        world.ring(after=58)

        assert world.heard == both(Reason.OPENED)

    def test_what_got_worse_meanwhile_is_told_as_worse(self, world):
        world.open()
        world.ring()
        world.mute(lasts=60)
        world.worsen()
        world.ring()
        assert world.record.due_at == NOW + minutes(61)

        world.ring(after=60)

        assert world.heard == both(Reason.OPENED, Reason.WORSENED)

    def test_what_nothing_happened_to_is_not_told_but_people_are_reminded(self, world):
        world.open()
        world.ring()
        world.mute(lasts=60 * 30)
        world.ring()
        assert world.record.due_at == NOW + minutes(1 + 60 * 30)

        world.ring(after=60 * 30)

        assert world.heard == both(Reason.OPENED, Reason.STILL_OPEN)

    def test_a_short_mute_does_not_bring_the_reminder_forward(self, world):
        world.open()
        world.ring()
        world.mute(lasts=60)
        world.ring()
        assert world.record.due_at == NOW + minutes(1) + REMINDER

        world.ring(after=60)

        assert world.heard == both(Reason.OPENED)

    def test_the_longest_of_two_mutes_counts(self, world):
        world.mute(lasts=30)
        world.open()
        world.mute(INCIDENT, lasts=60)

        world.ring(after=45)

        assert (world.heard, world.record.due_at) == (both(), NOW + minutes(60))


class TestWhenTheMuteEndsEarly:
    @pytest.mark.parametrize("target", [QUEUE, INCIDENT], ids=["the subject", "the incident"])
    def test_what_is_unmuted_rings_and_is_told_then(self, world, target):
        world.open()
        world.mute(target)
        world.ring()

        world.ask(unmute=target)
        assert world.doorbells.rung == [INCIDENT]
        world.ring()

        assert world.heard == both(Reason.OPENED)

    def test_what_is_muted_for_shorter_rings_and_is_due_at_the_new_end(self, world):
        world.open()
        world.mute(lasts=60 * 24 * 30)
        world.ring()

        world.mute(lasts=10)
        assert world.doorbells.rung == [INCIDENT]
        world.ring()

        assert (world.heard, world.record.due_at) == (both(), NOW + minutes(11))

    def test_nothing_else_rings(self, world):
        several(world, 3)
        world.mute()
        world.ask(unmute=QUEUE)

        assert world.doorbells.rung == []

    def test_what_could_not_be_rung_for_stays_muted_so_that_a_person_asks_again(self, world):
        world.open()
        world.mute()
        world.doorbells.unavailable = True
        assert world.ask(unmute=QUEUE)["refused"].startswith("not now, try again in some minutes: ")
        world.doorbells.unavailable = False

        assert world.ask(unmute=QUEUE) == {"unmuted": QUEUE}
        assert world.doorbells.rung == [INCIDENT]


class TestTagged:
    def test_people_do_not_hear_that_it_opens_worsens_or_lasts_and_programs_do(self, world):
        world.open(hushed=OFF)
        world.ring()
        world.look(job_count=300, hushed=OFF)
        world.ring()
        world.ring(after=60 * 25)

        assert world.heard == both()
        assert of_programs(world) == [Reason.OPENED, Reason.WORSENED]
        assert world.record.due_at is None

    def test_it_is_told_when_the_tag_goes_away(self, world):
        world.open(hushed=OFF)
        world.ring()
        world.look()
        assert world.record.due_at == world.clock() + minutes(2.5)  # the sweep rings

        world.ring(after=3)

        assert world.heard == both(Reason.OPENED)
        assert of_programs(world) == [Reason.OPENED]

    def test_what_people_know_is_told_when_it_is_over(self, world):
        world.open()
        world.ring()
        world.look(hushed=OFF)
        world.end()

        world.ring()

        assert world.heard == both(Reason.OPENED, Reason.RESOLVED)

    def test_people_hear_what_was_changed_in_their_account(self, world):
        world.open(hushed=OFF)
        a_repair_is(world, RemedyStatus.VERIFYING)

        world.ring()

        assert world.heard == both(Reason.REMEDY_APPLIED)

    def test_the_end_of_a_mute_is_not_waited_for_where_a_tag_stays(self, world):
        world.mute(lasts=60)
        world.open(hushed=OFF)

        world.ring()

        assert world.record.due_at is None


def test_what_could_not_be_stored_is_not_told_to_people_either(world):
    world.mute()
    world.store.unavailable = True

    report = world.notify([("m", {"incident": incident_to_json(an_incident())})])

    assert (world.heard, of_programs(world), report.failed) == (both(), [Reason.OPENED], [])

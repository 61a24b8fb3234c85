import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from batchmedic.errors import DeliveryError, StoreError
from batchmedic.findings import Severity
from batchmedic.incident_json import incident_to_json
from batchmedic.notices.reasons import Reason
from batchmedic.transitions import clean_look, opened, seen_again
from tests.factories import NOW, QUEUE, an_incident, minutes
from tests.fakes import FakeChannel, FakeDoorbells, FakeIncidentStore
from tests.notify_world import BUSY, GONE, REFUSED, REMINDER, World, programs, ring_together, several


def test_every_channel_tells_once_however_often_the_bell_rings():
    world = World()
    world.open()

    for _ in range(5):
        world.ring()

    assert world.heard == [[Reason.OPENED], [Reason.OPENED]]
    assert world.record.told == {"sns": 1, "slack": 1}


def test_after_telling_nothing_is_due_until_there_is_news():
    world = World()
    world.open()

    world.ring()

    assert world.record.due_at == world.clock() + REMINDER  # but to remind people
    assert [record.incident.incident_id for record in world.store.due()] == ["0123456789abcdef-1"]


def test_a_whole_life_is_told():
    world = World()
    record = world.open()
    world.ring()
    worse = an_incident(job_queues=(QUEUE, QUEUE + "2"))
    record = world.keep(seen_again(record, worse, all_queues_seen=True, now=world.clock()))
    world.ring()
    record = world.keep(clean_look(record, now=world.clock()))
    world.clock.advance(minutes(5))
    world.keep(clean_look(record, now=world.clock()))
    world.ring()

    assert world.heard == [[Reason.OPENED, Reason.WORSENED, Reason.RESOLVED]] * 2
    assert world.store.due() == ()


def test_bells_that_come_late_tell_the_latest_version_once():
    world = World()
    record = world.open()
    for number in (2, 3, 4):
        queues = tuple(f"{QUEUE}{n}" for n in range(number))
        record = world.keep(seen_again(record, an_incident(job_queues=queues), all_queues_seen=True, now=NOW))

    for _ in range(4):
        world.ring()

    assert world.heard == [[Reason.OPENED], [Reason.OPENED]]
    assert world.record.told == {"sns": 4, "slack": 4}


def test_what_was_over_before_anybody_heard_of_it_is_not_told():
    world = World()
    record = world.open()
    record = world.keep(clean_look(record, now=NOW))
    world.keep(clean_look(record, now=NOW + minutes(2)))

    world.ring()

    assert world.heard == [[], []]
    assert world.store.due() == ()


def test_info_is_never_told():
    world = World()
    world.open(severity=Severity.INFO)

    world.ring()

    assert world.heard == [[], []]
    assert world.record.due_at is None


def test_a_channel_that_fails_holds_up_no_other_and_is_tried_again():
    world = World(slack=FakeChannel("slack", fails=[BUSY]))
    world.open()

    report = world.ring()
    assert (world.heard, report.failed, report.count.deliveries_failed) == ([[Reason.OPENED], []], [], 1)
    assert world.record.due_at == world.clock() + minutes(5)
    world.ring(after=5)

    assert world.heard == [[Reason.OPENED], [Reason.OPENED]]


def test_a_channel_that_failed_tells_the_news_it_missed_as_an_opening():
    world = World(slack=FakeChannel("slack", fails=[BUSY]))
    record = world.open()
    world.ring()
    worse = an_incident(job_queues=(QUEUE, QUEUE + "2"))
    world.keep(seen_again(world.record, worse, all_queues_seen=True, now=world.clock()))
    world.ring()

    assert world.heard == [[Reason.OPENED, Reason.WORSENED], [Reason.OPENED]]
    assert record.version == 1


def test_a_notice_that_a_channel_refuses_for_good_is_not_repeated():
    world = World(slack=FakeChannel("slack", fails=[REFUSED]))
    world.open()

    for _ in range(3):
        world.ring()

    assert world.heard == [[Reason.OPENED], []]


def test_two_at_once_tell_once():
    world = World()
    record = world.open()
    world.store.claim(record.incident.incident_id, now=NOW, until=NOW + minutes(1))

    report = world.ring(after=0.5)

    assert (world.heard, report.count.quiet) == ([[], []], 1)


def test_a_claim_of_somebody_who_died_runs_out():
    world = World()
    record = world.open()
    world.store.claim(record.incident.incident_id, now=NOW, until=NOW + minutes(1))

    world.ring(after=1.1)

    assert world.heard == [[Reason.OPENED], [Reason.OPENED]]


def test_news_that_comes_while_telling_is_told_in_the_same_turn():
    world = World()
    record = world.open()

    class Interrupted(FakeChannel):
        def deliver(self, notice):
            super().deliver(notice)
            if len(self.notices) == 1:
                worse = an_incident(job_queues=(QUEUE, QUEUE + "2"))
                world.keep(seen_again(replace(record), worse, all_queues_seen=True, now=NOW))

    world.sns = Interrupted("sns")
    world.__post_init__()

    world.ring()

    assert world.heard == [[Reason.OPENED, Reason.WORSENED], [Reason.OPENED]]
    assert world.record.told == {"sns": 2, "slack": 2}


def test_an_unknown_incident_is_dropped():
    assert World().ring().failed == []


@pytest.mark.parametrize("body", ["{", "[]", '{"incident_id": 3}', "x" * 1_000_000])
def test_what_is_no_doorbell_goes_back(body):
    report = World().notify([("bad", body)])

    assert report.failed == ["bad"]


def test_without_the_table_a_doorbell_goes_back_for_redelivery():
    world = World()
    world.open()
    world.store.unavailable = True
    assert world.ring().failed == ["m"]
    world.store.unavailable = False

    world.ring()

    assert world.heard == [[Reason.OPENED], [Reason.OPENED]]


def hand_over(world):
    return world.notify([("m", json.dumps({"incident": incident_to_json(an_incident())}))])


def test_an_incident_that_could_not_be_stored_is_told_without_the_table():
    world = World(store=FakeIncidentStore(unavailable=True))

    report = hand_over(world)

    assert (report.failed, report.count.told) == ([], 2)
    assert world.heard == [[Reason.OPENED], [Reason.OPENED]]


@pytest.mark.parametrize(("sns_fails", "goes_back"), [([], []), ([BUSY], ["m"])])
def test_such_an_incident_goes_back_only_if_nobody_took_it(sns_fails, goes_back):
    world = World(sns=FakeChannel("sns", fails=sns_fails), slack=FakeChannel("slack", fails=[BUSY]))

    assert hand_over(world).failed == goes_back


def test_a_crash_between_telling_and_noting_repeats_one_notice():
    @dataclass
    class Forgetful(FakeIncidentStore):
        forgets: int = 1

        def told(self, record, channel, *, now):
            if self.forgets:
                self.forgets -= 1
                raise StoreError("gone")
            return super().told(record, channel, now=now)

    world = World(store=Forgetful())
    world.open()

    assert world.ring().failed == ["m"]
    world.ring(after=1.1)

    assert world.heard == [[Reason.OPENED] * 2, [Reason.OPENED]]


def test_a_wall_of_news_is_one_summary():
    world = World()
    ids = several(world, 12)

    ring_together(world, ids)
    world.clock.advance(minutes(2))
    ring_together(world, ids)

    for channel in (world.sns, world.slack):
        (notice,) = channel.notices
        assert notice.headline == "12 news at once: 12 critical"
        assert [label for label, _ in notice.lines] == ["critical"] * 9 + ["and"]
        assert notice.lines[0][1].startswith("job queue align-0: Job needs more vCPUs")
    assert all(record.told == {"sns": 1, "slack": 1} for record in world.store.due())


def test_a_few_news_that_ring_together_are_told_one_by_one():
    world = World()

    ring_together(world, several(world, 5))

    assert world.heard == [[Reason.OPENED] * 5] * 2


def test_a_summary_that_a_channel_does_not_take_is_tried_again_and_nothing_is_lost():
    world = World(slack=FakeChannel("slack", fails=[BUSY]))
    ids = several(world, 8)
    ring_together(world, ids)
    assert (len(world.sns.notices), len(world.slack.notices)) == (1, 0)
    world.clock.advance(minutes(5))

    ring_together(world, ids)

    assert (len(world.sns.notices), len(world.slack.notices)) == (1, 1)


def test_the_worst_stands_first():
    world = World()
    ids = several(world, 6, severity=Severity.WARNING)
    incident = an_incident(key="f" * 16)
    world.keep(opened(incident, None, now=world.clock()))

    ring_together(world, [*ids, incident.incident_id])

    (notice,) = world.sns.notices
    assert notice.headline == "7 news at once: 1 critical, 6 warning"
    assert notice.lines[0][0] == "critical"


def test_a_test_reaches_people_and_says_what_became_of_it():
    programs = FakeChannel("eventbridge", summarises=False)
    world = World(slack=FakeChannel("slack", fails=[BUSY]), others=(programs,))

    report = world.notify([("", {"test": True})])

    assert report.answer == {
        "sns": "told",
        "slack": f"failed: {BUSY}",
        "eventbridge": "left out: programs would take it for true",
    }
    (notice,) = world.sns.notices
    assert notice.headline == "TEST: batchmedic can reach you here"
    assert programs.notices == []


@pytest.mark.parametrize("body", [{"test": True}, '{"test": true}'])
def test_a_message_of_the_queue_is_no_test(body):
    world = World()

    assert world.notify([("m", body)]).failed == ["m"]
    assert world.sns.notices == []


@pytest.mark.parametrize(
    ("severity", "hours", "heard"),
    [
        (Severity.CRITICAL, 23.9, [Reason.OPENED]),
        (Severity.CRITICAL, 24, [Reason.OPENED, Reason.STILL_OPEN]),
        (Severity.WARNING, 24 * 30, [Reason.OPENED]),
    ],
)
def test_people_are_reminded_of_what_is_critical_and_still_open(severity, hours, heard):
    programs = FakeChannel("eventbridge", summarises=False)
    world = World(others=(programs,))
    world.open(severity=severity)
    world.ring()

    world.ring(after=hours * 60)

    assert world.heard == [heard, heard]
    assert [notice.reason for notice in programs.notices] == [Reason.OPENED]


def test_a_reminder_is_told_once_and_the_next_a_day_later():
    world = World()
    world.open()
    world.ring()
    for _ in range(5):
        world.ring(after=6 * 60)
    assert world.heard == [[Reason.OPENED, Reason.STILL_OPEN]] * 2

    assert world.record.due_at == NOW + minutes(1) + 2 * REMINDER
    assert world.sns.notices[-1].headline.startswith("STILL CRITICAL: ")


SECOND = timedelta(seconds=1)


def ring_each(world, ids):
    """A batch with one doorbell per incident."""
    return world.notify([(f"m{number}", json.dumps({"incident_id": one})) for number, one in enumerate(ids)])


def test_what_rang_in_one_batch_is_told_together():
    world = World()
    ids = several(world, 6)

    ring_each(world, ids)

    assert [[notice.headline for notice in channel.notices] for channel in (world.sns, world.slack)] == (
        [["6 news at once: 6 critical"]] * 2
    )


def test_one_incident_that_two_doorbells_name_is_told_once():
    world = World()
    world.open()

    world.notify([("a", {"incident_id": "0123456789abcdef-1"}), ("b", {"incident_ids": ["0123456789abcdef-1"]})])

    assert world.heard == [[Reason.OPENED]] * 2


def test_programs_hear_each_of_many_news():
    world = World(others=(programs(),))
    ids = several(world, 6)

    ring_together(world, ids)

    assert [notice.incident.incident_id for notice in world.others[0].notices] == ids


def test_a_summary_says_what_is_over():
    world = World()
    ids = several(world, 5)
    ring_together(world, ids)
    world.open()
    world.ring()
    for number in range(5):
        world.clock.advance(minutes(2))
        record = world.keep(clean_look(world.store.latest(f"{number:016x}"), now=world.clock()))
        world.clock.advance(minutes(2))
        world.keep(clean_look(record, now=world.clock()))
    world.worsen()

    ring_together(world, [*ids, "0123456789abcdef-1"])

    lines = [text for _, text in world.sns.notices[-1].lines]
    assert [text.startswith("over: ") for text in lines].count(True) == 5
    assert f"{QUEUE.rpartition('/')[2]}: " in " ".join(lines)


class TestPaced:
    """A channel that minds how fast it is spoken to."""

    def test_it_tells_one_and_the_rest_a_second_later(self):
        world = World(slack=FakeChannel("slack", gap=SECOND))
        ids = several(world, 3)

        ring_each(world, ids)

        assert world.heard == [[Reason.OPENED] * 3, [Reason.OPENED]]
        assert world.doorbells.together == [(tuple(ids[1:]), 1)]

        for left in (1, 0):
            world.clock.advance(SECOND)
            ring_together(world, world.doorbells.together[-1][0])
            assert len(world.slack.notices) == 3 - left
        assert len(world.doorbells.together) == 2
        assert len(world.sns.notices) == 3

    def test_that_bell_finds_nothing_claimed_however_soon_it_comes(self):
        store, free = FakeIncidentStore(), []

        @dataclass
        class Fast(FakeDoorbells):
            def ring_together(self, incident_ids, *, seconds):
                free.extend(store.items[one].claimed_until is None for one in incident_ids)

        world = World(store=store, slack=FakeChannel("slack", gap=SECOND), doorbells=Fast())

        ring_each(world, several(world, 3))

        assert free == [True, True]

    def test_if_that_bell_is_lost_the_sweep_rings(self):
        world = World(slack=FakeChannel("slack", gap=SECOND), doorbells=FakeDoorbells(unavailable=True))
        ids = several(world, 2)

        report = ring_each(world, ids)

        assert report.failed == []
        told, waits = (world.store.latest(one.rpartition("-")[0]) for one in ids)
        assert (told.due_at, waits.due_at) == (world.clock() + REMINDER, world.clock() + SECOND)

    def test_waiting_is_no_failure(self):
        world = World(slack=FakeChannel("slack", gap=SECOND))

        count = ring_each(world, several(world, 3)).count

        assert (count.told, count.deliveries_failed, count.channels_broken) == (4, 0, 0)

    def test_many_news_are_one_turn(self):
        world = World(slack=FakeChannel("slack", gap=SECOND))

        ring_each(world, several(world, 7))

        assert len(world.slack.notices) == 1
        assert world.doorbells.together == []

    def test_a_rest_that_it_asks_for_is_waited_for_by_bell(self):
        busy = DeliveryError("Slack answered 429", retryable=True, retry_after=SECOND * 30)
        world = World(slack=FakeChannel("slack", gap=SECOND, fails=[busy]))
        ids = several(world, 2)

        ring_each(world, ids)

        assert world.doorbells.together == [(tuple(ids), 30)]


class TestBroken:
    def test_its_news_wait_for_an_hour_and_come_as_one_summary(self):
        world = World(slack=FakeChannel("slack", fails=[GONE]))
        ids = several(world, 6)

        count = ring_each(world, ids[:3]).count
        ring_each(world, ids[3:])

        assert (count.channels_broken, count.deliveries_failed, count.told) == (1, 1, 3)
        assert world.slack.notices == []
        assert [notice.reason for notice in world.sns.notices].count(Reason.ABOUT_US) == 1
        tried_at = world.clock() + minutes(60)
        assert [record.due_at for record in world.store.due()] == [tried_at] * 6
        assert world.doorbells.together == []  # an hour is for the sweep

        world.clock.advance(minutes(60))
        ring_together(world, ids)

        assert [notice.headline for notice in world.slack.notices] == ["6 news at once: 6 critical"]
        assert len(world.sns.notices) == 7
        assert world.switchboard.lines == {}

    def test_it_does_not_keep_the_others_from_reminding(self):
        world = World(slack=FakeChannel("slack", fails=[GONE] * 30))
        world.open()

        for _ in range(26):
            world.ring(after=60)

        reasons = [notice.reason for notice in world.sns.notices]
        assert reasons == [Reason.OPENED, Reason.ABOUT_US, Reason.STILL_OPEN]


@dataclass
class Stubborn(FakeIncidentStore):
    """Says no to one call about one incident."""

    call: str = ""
    incident_id: str = ""

    def refuse(self, call, incident_id):
        if (call, incident_id) == (self.call, self.incident_id):
            raise StoreError("no")

    def claim(self, incident_id, **times):
        self.refuse("claim", incident_id)
        return super().claim(incident_id, **times)

    def told(self, record, channel, **times):
        self.refuse("told", record.incident.incident_id)
        return super().told(record, channel, **times)

    def settle(self, record, **times):
        self.refuse("settle", record.incident.incident_id)
        return super().settle(record, **times)


@pytest.mark.parametrize("call", ["claim", "told", "settle"])
def test_what_cannot_be_noted_of_one_incident_sends_only_its_messages_back(call):
    world = World(store=Stubborn(call=call, incident_id=f"{1:016x}-1"))
    ids = several(world, 3)

    report = world.notify([("again", {"incident_id": ids[1]}), *((one, {"incident_id": one}) for one in ids)])

    assert sorted(report.failed) == [ids[1], "again"]
    told = {notice.incident.incident_id for notice in world.sns.notices}
    assert told >= {ids[0], ids[2]}
    assert all(world.store.items[one].claimed_until is None for one in (ids[0], ids[2]))


def test_what_cannot_be_noted_in_a_summary_sends_the_one_doorbell_back_and_repeats_only_that():
    world = World(store=Stubborn(call="told", incident_id=f"{1:016x}-1"))
    ids = several(world, 7)
    assert ring_together(world, ids).failed == ["m"]
    world.store.call = ""
    world.clock.advance(minutes(2))

    ring_together(world, ids)

    last = [channel.notices[-1].incident.incident_id for channel in (world.sns, world.slack)]
    assert last == [ids[1]] * 2
    assert [len(channel.notices) for channel in (world.sns, world.slack)] == [2, 2]


def test_a_wish_that_cannot_be_granted_says_why_and_is_counted_as_failed():
    report = World().notify([("", {"mute": "align"})])

    assert report.answer["refused"].startswith("mute names neither an incident's id")
    assert report.as_dict()["failed"] == 1


@pytest.mark.parametrize("body", [{"digest": True}, {"mute": QUEUE}, {"unmute": QUEUE}])
def test_what_only_a_person_may_ask_is_not_done_for_a_message(body):
    world = World()
    whole = {"until": "2026-12-24T08:00:00Z", "because": "x", **body}

    assert world.notify([("m", json.dumps(whole))]).failed == ["m"]
    assert (world.switchboard.mutes, world.diary.diary.digest_at) == ({}, None)


class TestComesBack:
    def test_it_is_told_as_back_again_and_under_the_same_id(self):
        world = World(others=(programs(),))
        world.open()
        world.ring()
        world.end()
        world.ring()
        world.clock.advance(minutes(10))
        world.open()

        world.ring()

        assert world.heard == [[Reason.OPENED, Reason.RESOLVED, Reason.BACK]] * 2
        back = world.others[0].notices[-1]
        assert (back.reason.event, back.incident.incident_id) == ("Incident Opened", "0123456789abcdef-1")
        assert back.headline.startswith("BACK AGAIN, CRITICAL (second time in 24 hours): ")

    def test_who_heard_nothing_of_the_first_time_hears_of_an_opening(self):
        world = World(slack=FakeChannel("slack", fails=[BUSY]))
        world.open()
        world.ring()
        world.end()
        world.ring()
        world.open()

        world.ring()

        assert world.heard == [[Reason.OPENED, Reason.RESOLVED, Reason.BACK], [Reason.OPENED]]

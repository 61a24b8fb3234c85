import json
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from batchmedic.errors import DeliveryError, StoreError
from batchmedic.findings import Severity
from batchmedic.incident_json import incident_to_json
from batchmedic.notices.reasons import Reason
from batchmedic.telling.delivery import Delivery
from batchmedic.telling.greeting import Greeting
from batchmedic.telling.muting import Muting
from batchmedic.telling.telling import Tell
from batchmedic.transitions import clean_look, opened, seen_again
from batchmedic.usecases.notify import Notify
from tests.factories import ACCOUNT, NOW, QUEUE, REGION, an_incident, minutes
from tests.fakes import (
    FakeChannel,
    FakeDiary,
    FakeDoorbells,
    FakeIncidentStore,
    FakeSwitchboard,
    ManualClock,
)

BUSY = DeliveryError("Slack answered 503", retryable=True)
REMINDER = timedelta(hours=24)
GONE = DeliveryError("Slack answered 410", retryable=False, channel_is_gone=True)
REFUSED = DeliveryError("Slack answered 400", retryable=False)


@dataclass
class World:
    store: FakeIncidentStore = field(default_factory=FakeIncidentStore)
    sns: FakeChannel = field(default_factory=lambda: FakeChannel("sns"))
    slack: FakeChannel = field(default_factory=lambda: FakeChannel("slack"))
    others: tuple = ()
    switchboard: FakeSwitchboard = field(default_factory=FakeSwitchboard)
    diary: FakeDiary = field(default_factory=FakeDiary)
    doorbells: FakeDoorbells = field(default_factory=FakeDoorbells)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self):
        delivery = Delivery(
            switchboard=self.switchboard,
            channels=(self.sns, self.slack, *self.others),
            account=ACCOUNT,
            region=REGION,
            clock=self.clock,
        )
        self.notify = Notify(
            tell=Tell(
                tellings=self.store,
                delivery=delivery,
                doorbells=self.doorbells,
                reminder=REMINDER,
                clock=self.clock,
            ),
            greeting=Greeting(
                incidents=self.store,
                diary=self.diary,
                delivery=delivery,
                audience={"SNS": lambda: "1 email"},
                mode="apply",
                clock=self.clock,
            ),
            muting=Muting(switchboard=self.switchboard, incidents=self.store, clock=self.clock),
        )

    def keep(self, record):
        saved = self.store.save(record, now=self.clock())
        return self.store.latest(saved.incident.key)

    def open(self, **changes):
        return self.keep(opened(an_incident(**changes), None, now=self.clock()))

    def ring(self, *, incident_id="0123456789abcdef-1", after=1):
        self.clock.advance(minutes(after))
        return self.notify([("m", json.dumps({"incident_id": incident_id}))])

    @property
    def heard(self):
        return [[notice.reason for notice in channel.notices] for channel in (self.sns, self.slack)]

    @property
    def record(self):
        return self.store.latest("0123456789abcdef")


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


def several(world, number, **changes):
    ids = []
    for n in range(number):
        incident = an_incident(key=f"{n:016x}", subject=f"{QUEUE}-{n}", **changes)
        world.keep(opened(incident, None, now=world.clock()))
        ids.append(incident.incident_id)
    world.clock.advance(minutes(1))
    return ids


def ring_together(world, ids):
    return world.notify([("m", json.dumps({"incident_ids": ids}))])


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

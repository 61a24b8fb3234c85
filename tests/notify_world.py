"""`notify` with twins in memory around it: two channels for people, and whatever else a test adds."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

from batchmedic.errors import DeliveryError
from batchmedic.notices.hello import Sleep
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
from tests.fakes_floors import FakeFloorStore

BUSY = DeliveryError("Slack answered 503", retryable=True)
GONE = DeliveryError("Slack answered 410", retryable=False, channel_is_gone=True)
REFUSED = DeliveryError("Slack answered 400", retryable=False)
REMINDER = timedelta(hours=24)


def programs():
    return FakeChannel("eventbridge", summarises=False)


@dataclass
class World:
    store: FakeIncidentStore = field(default_factory=FakeIncidentStore)
    sns: FakeChannel = field(default_factory=lambda: FakeChannel("sns"))
    slack: FakeChannel = field(default_factory=lambda: FakeChannel("slack"))
    others: tuple = ()
    switchboard: FakeSwitchboard = field(default_factory=FakeSwitchboard)
    diary: FakeDiary = field(default_factory=FakeDiary)
    floors: FakeFloorStore = field(default_factory=FakeFloorStore)
    doorbells: FakeDoorbells = field(default_factory=FakeDoorbells)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    audience: dict = field(default_factory=lambda: {"SNS": lambda: "1 email"})

    def __post_init__(self):
        self.delivery = Delivery(
            switchboard=self.switchboard,
            channels=(self.sns, self.slack, *self.others),
            account=ACCOUNT,
            region=REGION,
            clock=self.clock,
        )
        self.notify = Notify(
            tell=Tell(
                tellings=self.store,
                delivery=self.delivery,
                doorbells=self.doorbells,
                reminder=REMINDER,
                clock=self.clock,
            ),
            greeting=Greeting(
                incidents=self.store,
                diary=self.diary,
                delivery=self.delivery,
                audience=self.audience,
                floors_kept=self.floors,
                mode="apply",
                sleep=Sleep(mode="apply", idle=minutes(30)),
                clock=self.clock,
            ),
            muting=Muting(
                switchboard=self.switchboard, incidents=self.store, doorbells=self.doorbells, clock=self.clock
            ),
        )

    def keep(self, record):
        saved = self.store.save(record, now=self.clock())
        return self.store.latest(saved.incident.key)

    def open(self, *, hushed="", **changes):
        """Also again, where it was over."""
        return self.keep(opened(an_incident(**changes), self.record, hushed=hushed, now=self.clock()))

    def look(self, *, hushed="", **changes):
        """`diagnose` sees it again."""
        seen = seen_again(self.record, an_incident(**changes), all_queues_seen=True, hushed=hushed, now=self.clock())
        return self.keep(seen)

    def worsen(self):
        return self.look(job_queues=(QUEUE, f"{QUEUE}-2"))

    def end(self):
        """Two looks find it gone."""
        for _ in range(2):
            self.clock.advance(minutes(2))
            record = self.keep(clean_look(self.record, now=self.clock()))
        return record

    def ring(self, *, incident_id="0123456789abcdef-1", after=1):
        self.clock.advance(minutes(after))
        return self.notify([("m", json.dumps({"incident_id": incident_id}))])

    def ask(self, **wish):
        """What a person wants; the answer."""
        return self.notify([("", wish)]).answer

    def mute(self, target=QUEUE, *, lasts=60.0):
        until = self.clock() + minutes(lasts)
        return self.ask(mute=target, until=until.isoformat(), because="we know")

    @property
    def heard(self):
        return [[notice.reason for notice in channel.notices] for channel in (self.sns, self.slack)]

    @property
    def record(self):
        return self.store.latest("0123456789abcdef")


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

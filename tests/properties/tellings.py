"""What happens between the truth about some job queues and what people hear of it, in any order that messages allow.

`diagnose` and `notify` in front of the in-memory twins; now and then somebody works in the
middle of somebody else's work.
"""

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from batchmedic.aws.doorbells import SINGLY
from batchmedic.heartbeat import Heartbeat
from batchmedic.incidents import Record
from batchmedic.intake import Intake
from batchmedic.ledger import Ledger
from batchmedic.model.snapshot import Snapshot
from batchmedic.notices.hello import Sleep
from batchmedic.notices.notice import Notice
from batchmedic.ports import Channel, Clock
from batchmedic.recall import Recall
from batchmedic.telling.delivery import Delivery
from batchmedic.telling.greeting import Greeting
from batchmedic.telling.muting import Muting
from batchmedic.telling.telling import Tell
from batchmedic.usecases.diagnose import Diagnose
from batchmedic.usecases.notify import Notify
from tests.factories import ACCOUNT, NOW, REGION, minutes
from tests.fakes import (
    FakeBus,
    FakeChannel,
    FakeDiary,
    FakeDoorbells,
    FakeHistory,
    FakeIncidentStore,
    FakeLeases,
    FakeMemory,
    FakeSnapshotReader,
    FakeSwitchboard,
    ManualClock,
)
from tests.fakes_floors import FakeFloorStore
from tests.properties.truths import DIAGNOSES, Change, Truth, queues_of, snapshot_of

SKEW = 5  # minutes between a machine's clock and the true time
TWO_WEEKS = 14 * 24 * 60  # minutes; as long as a message may lie in the dead-letter queue before it is redriven
REMINDER = timedelta(hours=24)
WATCHED = 45  # minutes of sweeps after each change: until it is told, however unlucky the bells are
UNLUCKY = 2  # rings in a row that nobody hears in time, unless told otherwise; the one after them is heard
COPIES = (0, 1, 1, 2, 5)  # of a message; each is as likely
HINT_DELAY, BELL_DELAY = 5, 0.5  # minutes, as the template says
CHANNELS = {"sns": True, "slack": True, "eventbridge": False}  # whether it sums up


def notifier(store: FakeIncidentStore, channels: tuple[Channel, ...], doorbells: FakeDoorbells, clock: Clock) -> Notify:
    """The one place where `notify` is put together here."""
    switchboard = FakeSwitchboard()
    delivery = Delivery(switchboard=switchboard, channels=channels, account=ACCOUNT, region=REGION, clock=clock)
    return Notify(
        tell=Tell(tellings=store, delivery=delivery, doorbells=doorbells, reminder=REMINDER, clock=clock),
        greeting=Greeting(
            incidents=store,
            diary=FakeDiary(),
            delivery=delivery,
            audience={},
            floors_kept=FakeFloorStore(),
            mode="apply",
            sleep=Sleep(mode="apply", idle=minutes(30)),
            clock=clock,
        ),
        muting=Muting(switchboard=switchboard, incidents=store, doorbells=doorbells, clock=clock),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One telling as the table keeps it."""

    incident_id: str
    version: int
    is_open: bool
    severity: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Store(FakeIncidentStore):
    """Keeps every note that a channel told something, in order."""

    said: dict[str, list[Said]] = field(default_factory=lambda: {name: [] for name in CHANNELS})

    def told(self, record: Record, channel: str, *, now: datetime) -> Record:
        incident = record.incident
        note = Said(
            incident_id=incident.incident_id,
            version=record.version,
            is_open=record.is_open,
            severity=incident.severity.value,
            at=now,
        )
        self.said[channel].append(note)
        return FakeIncidentStore.told(self, record, channel, now=now)


@dataclass(slots=True)
class Reader(FakeSnapshotReader):
    """Reads what is true now; `meanwhile` is where others may work."""

    truth: Callable[[frozenset[str] | None], Snapshot] = field(kw_only=True)
    meanwhile: Callable[[], object] = field(kw_only=True)

    def triage(self, queues: frozenset[str] | None, *, until: datetime) -> Snapshot:
        self.looks = [self.truth(queues)]
        return FakeSnapshotReader.triage(self, queues, until=until)

    def evidence(self, snapshot: Snapshot, environments: frozenset[str], **suspects: frozenset[str]) -> Snapshot:
        self.meanwhile()
        return FakeSnapshotReader.evidence(self, snapshot, environments, **suspects)


@dataclass(slots=True)
class Ear(FakeChannel):
    meanwhile: Callable[[], object] = field(kw_only=True)

    def deliver(self, notice: Notice) -> None:
        self.meanwhile()
        FakeChannel.deliver(self, notice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One container of each function, with a clock of its own."""

    diagnose: Diagnose
    notify: Notify


@dataclass(slots=True)
class History:
    """One order of things; `chance` decides what is late, lost or said twice, and by which machine it is done."""

    truth: Truth
    seed: int
    calm: bool = False  # every message once, and in time; one machine that is right
    unlucky: int = UNLUCKY
    bells: tuple[int, ...] = COPIES
    chance: Random = field(init=False)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    store: Store = field(default_factory=Store)
    doorbells: FakeDoorbells = field(default_factory=FakeDoorbells)
    leases: FakeLeases = field(default_factory=FakeLeases)
    memory: FakeMemory = field(default_factory=FakeMemory)
    diary: FakeDiary = field(default_factory=FakeDiary)
    channels: tuple[Ear, ...] = ()
    machines: list[Machine] = field(default_factory=list)
    agenda: list[tuple[float, int, str, Any]] = field(default_factory=list)  # minutes, tie-break, what, about what
    missed: Counter[str] = field(default_factory=Counter)  # rings that nobody heard in time, by incident
    sweeps: dict[int, int] = field(default_factory=dict)  # how often each comes, by its number
    order: Iterator[int] = field(default_factory=count)
    busy: bool = False  # somebody works in the middle of another's work
    at_work: Machine = field(init=False)  # that tells, or told last

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.channels = tuple(
            Ear(name, summarises=summarises, meanwhile=self.meanwhile) for name, summarises in CHANNELS.items()
        )
        skews = [0.0] if self.calm else [self.chance.uniform(-SKEW, SKEW) for _ in range(3)]
        self.machines = [self._machine(minutes(skew)) for skew in skews]
        self.at_work = self.machines[0]

    def _machine(self, skew: timedelta) -> Machine:
        def clock() -> datetime:
            return self.clock.now + skew

        return Machine(
            diagnose=self._diagnose(clock), notify=notifier(self.store, self.channels, self.doorbells, clock)
        )

    def _diagnose(self, clock: Callable[[], datetime]) -> Diagnose:
        return Diagnose(
            intake=Intake(account=ACCOUNT, region=REGION, leases=self.leases, doorbells=self.doorbells, clock=clock),
            reader=Reader([], truth=self.true_now, meanwhile=self.meanwhile),
            recall=Recall(memory=self.memory, floors=FakeFloorStore(), clock=clock),
            ledger=Ledger(store=self.store, doorbells=self.doorbells, history=FakeHistory(), clock=clock),
            heartbeat=Heartbeat(diary=self.diary, bus=FakeBus(), doorbells=FakeDoorbells(), clock=clock),
            diagnoses=DIAGNOSES,
            clock=clock,
        )

    # time and messages

    @property
    def now(self) -> float:
        return (self.clock.now - NOW) / timedelta(minutes=1)

    def true_now(self, queues: frozenset[str] | None) -> Snapshot:
        return snapshot_of(self.truth.at(self.now), None if queues is None else frozenset(queues))

    def at(self, when: float, what: str, about: Any = None) -> None:
        heapq.heappush(self.agenda, (when, next(self.order), what, about))

    def watch(self, since: float, *, until: float) -> None:
        """The sweeps of this time; one in a few is lost, but never two in a row, and Lambda may invoke one twice."""
        for sweep in range(int(since // 5) + 1, int(until) // 5 + 1):
            if sweep not in self.sweeps:
                in_time = self.calm or self.sweeps.get(sweep - 1) == 0
                self.sweeps[sweep] = 1 if in_time else self.chance.choice((0, 1, 1, 1, 2))
                for _ in range(self.sweeps[sweep]):
                    self.at(5 * sweep, "sweep")

    def copies(self, numbers: tuple[int, ...] = COPIES) -> Iterator[float]:
        """How late each copy of a message is, in minutes; none if it is lost. What is sent long after is in time."""
        if self.calm or self.now >= self.truth.changes[-1].minute + WATCHED:
            yield 0
            return
        for _ in range(self.chance.choice(numbers)):
            yield self.chance.choice((0, 0, 1, 30, 360, TWO_WEEKS)) * self.chance.random()

    def send(self, what: str, about: Any, *, after: float) -> None:
        for late in self.copies():
            self._arrive(self.now + after + late, what, about)

    def ring(self, incident_ids: tuple[str, ...]) -> None:
        """A bell; but one that came too late too often comes in time, as it would in the long run."""
        lates = list(self.copies(self.bells))
        if min(lates, default=TWO_WEEKS) > 1:
            self.missed.update(incident_ids)
            if max(self.missed[each] for each in incident_ids) > self.unlucky:
                lates.append(0)
        if min(lates, default=TWO_WEEKS) <= 1:
            for each in incident_ids:
                self.missed[each] = 0
        for late in lates:
            self._arrive(self.now + BELL_DELAY + late, "bell", incident_ids)

    def _arrive(self, when: float, what: str, about: Any) -> None:
        self.at(when, what, about)
        if not self.calm and when > self.now + WATCHED:
            self.watch(when, until=when + 5)

    # what happens

    def run(self) -> "History":
        for change in self.truth.changes:
            self.at(change.minute, "change", change)
        last = self.truth.changes[-1].minute + WATCHED
        self.watch(last, until=last + WATCHED / 2)  # whatever was not told by then
        while self.agenda:
            when, _, what, about = heapq.heappop(self.agenda)
            self.clock.now = max(self.clock.now, NOW + minutes(when))
            getattr(self, what)(about)
        return self

    def change(self, change: Change) -> None:
        self.watch(self.now, until=self.now + WATCHED)
        if change.level.jobs:
            for queue in queues_of(change.subject, change.level):
                for _ in range(1 if self.calm else self.chance.randint(1, 2)):
                    self.send("hint", queue, after=HINT_DELAY)

    def sweep(self, _: Any = None) -> None:
        self._look({"v": 1, "hint": "sweep"})

    def hint(self, queue: str) -> None:
        self._look({"v": 1, "hint": "runnable", "queue": queue, "compute_environment": None, "at": "now"})

    def _look(self, body: dict[str, Any]) -> None:
        self.chance.choice(self.machines).diagnose([("m", json.dumps(body))])
        self._pass_on()

    def _pass_on(self) -> None:
        """What was rung and promised becomes messages."""
        rung, later = self.doorbells.rung, self.doorbells.later
        self.doorbells.rung, self.doorbells.later = [], []
        for incident_ids in _bells(rung):
            self.ring(incident_ids)
        for hint, seconds in later:
            self.send("hint", hint.queue, after=seconds / 60)

    def bell(self, incident_ids: tuple[str, ...]) -> None:
        """Who tells while another tells agrees with him about the time: a claim lasts for a minute of it."""
        if not self.busy:
            self.at_work = self.chance.choice(self.machines)
        self.at_work.notify([("m", json.dumps({"incident_ids": list(incident_ids)}))])
        self._pass_on()

    def meanwhile(self) -> None:
        """While one works, sometimes another sweeps, or the bells ring once more."""
        if self.calm or self.busy or not self.store.items or self.chance.random() > 0.05:
            return
        self.busy = True
        if self.chance.random() < 0.5:
            self.sweep()
        else:
            self.bell(tuple(self.store.items))
        self.busy = False


def _bells(rung: list[str]) -> list[tuple[str, ...]]:
    """As the adapter rings: few singly, many together."""
    if len(rung) > SINGLY:
        return [tuple(rung)]
    return [(each,) for each in rung]

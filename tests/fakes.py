"""In-memory twins of the ports; tests/contract holds them to the same promises as the AWS adapters."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from batchmedic.board import Board, Diary, Line, Mute, Sweep
from batchmedic.contracts import Hint
from batchmedic.errors import ConflictError, DeliveryError, ReadError, StoreError
from batchmedic.incident_json import incident_from_json, incident_to_json
from batchmedic.incidents import ChangedBy, Incident, Record
from batchmedic.model.snapshot import Snapshot
from batchmedic.notices.notice import Notice
from batchmedic.notices.reasons import repair_of
from batchmedic.ports import Lease

LONGEST_DELAY = 900  # seconds; SQS
UNSEEN = timedelta(minutes=25)


@dataclass(slots=True)
class ManualClock:
    """Stands still until a test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@dataclass(slots=True)
class Kept:
    """One item of the table: what `diagnose` wrote, and what `notify` wrote."""

    record: Record
    in_index: bool
    told: dict[str, int] = field(default_factory=dict)
    told_at: dict[str, datetime] = field(default_factory=dict)
    claimed_until: datetime | None = None

    def as_record(self) -> Record:
        return replace(self.record, told=dict(self.told), told_at=dict(self.told_at))


@dataclass(slots=True, kw_only=True)
class FakeIncidentStore:
    """IncidentStore and Tellings; every call raises StoreError while `unavailable`."""

    unavailable: bool = False
    items: dict[str, Kept] = field(default_factory=dict)

    def due(self) -> tuple[Record, ...]:
        self._ask()
        kept = [one.as_record() for one in self.items.values() if one.in_index]
        return tuple(sorted(kept, key=lambda record: (record.due_at is None, record.due_at)))

    def latest(self, key: str) -> Record | None:
        self._ask()
        generations = [one for one in self.items.values() if one.record.incident.key == key]
        last = max(generations, key=lambda one: one.record.incident.generation, default=None)
        return last.as_record() if last else None

    def save(self, record: Record, *, now: datetime) -> Record:
        self._ask()
        name = record.incident.incident_id
        kept = self.items.get(name)
        if record.revision != (kept.record.revision if kept else 0):
            raise ConflictError("somebody else wrote first")
        stored = replace(record, incident=as_stored(record.incident), revision=record.revision + 1)
        if kept:
            kept.record, kept.in_index = stored, True
        else:
            self.items[name] = Kept(record=stored, in_index=True)
        return replace(record, revision=stored.revision)

    def claim(self, incident_id: str, *, now: datetime, until: datetime) -> Record | None:
        self._ask()
        kept = self.items.get(incident_id)
        if kept is None or (kept.claimed_until is not None and kept.claimed_until >= now):
            return None
        kept.claimed_until = until
        return kept.as_record()

    def told(self, record: Record, channel: str, *, now: datetime) -> Record:
        self._ask()
        kept = self.items.get(record.incident.incident_id)
        if kept is None:
            raise StoreError("there is no such incident")
        kept.told[channel] = record.version
        kept.told_at[channel] = now
        if record.repair is not None:
            kept.told[repair_of(channel)] = record.repair.version
        return kept.as_record()

    def settle(self, record: Record, *, due_at: datetime | None) -> None:
        self._ask()
        kept = self.items.get(record.incident.incident_id)
        if kept is None:
            return
        kept.claimed_until = None
        if kept.record.revision != record.revision:
            return
        kept.record = replace(kept.record, due_at=due_at)
        repairing = record.repair is not None and record.repair.due_at is not None
        kept.in_index = due_at is not None or record.is_open or repairing

    def _ask(self) -> None:
        if self.unavailable:
            raise StoreError("the incident table is unavailable")


def as_stored(incident: Incident) -> Incident:
    """What comes back from a table that keeps the published JSON: shortened texts, lists for tuples of facts."""
    published: Mapping[str, Any] = json.loads(json.dumps(incident_to_json(incident)))
    return incident_from_json(published)


@dataclass(slots=True, kw_only=True)
class FakeLeases:
    """Leases by queue ARN; every call raises StoreError while `unavailable`."""

    unavailable: bool = False
    held: dict[str, Lease] = field(default_factory=dict)

    def take(self, queues: Iterable[str], *, now: datetime, until: datetime) -> Mapping[str, Lease]:
        self._ask()
        held = {queue: self.held[queue] for queue in queues if queue in self.held and self.held[queue].until > now}
        self.held |= {queue: Lease(until=until, promised=False) for queue in queues if queue not in held}
        return held

    def promise(self, leases: Mapping[str, Lease]) -> None:
        self._ask()
        for queue, lease in leases.items():
            if queue in self.held and self.held[queue].until == lease.until:
                self.held[queue] = replace(lease, promised=True)

    def _ask(self) -> None:
        if self.unavailable:
            raise StoreError("the state table is unavailable")


@dataclass(slots=True)
class FakeHistory:
    """Says the same of every name."""

    change: ChangedBy | None = None
    asked: list[str] = field(default_factory=list)

    def last_change(self, name: str, *, now: datetime) -> ChangedBy | None:
        self.asked.append(name)
        return self.change


@dataclass(slots=True, kw_only=True)
class FakeMemory:
    """Remembers statuses by subject; raises StoreError while `unavailable`."""

    unavailable: bool = False
    seen: dict[str, tuple[str, datetime, datetime]] = field(default_factory=dict)  # status, since, last seen

    def seen_since(self, subject: str, status: str, *, now: datetime) -> datetime:
        if self.unavailable:
            raise StoreError("the state table is unavailable")
        before, since, last = self.seen.get(subject, ("", now, now))
        if before != status or last <= now - UNSEEN:
            since = now
        self.seen[subject] = (status, since, now)
        return since


@dataclass(slots=True, kw_only=True)
class FakeSwitchboard:
    """Switchboard; every call raises StoreError while `unavailable`."""

    unavailable: bool = False
    lines: dict[str, Line] = field(default_factory=dict)
    mutes: dict[str, Mute] = field(default_factory=dict)

    def read(self) -> Board:
        self._ask()
        return Board(lines=dict(self.lines), mutes=dict(self.mutes))

    def take_turn(self, channel: str, *, now: datetime, gap: timedelta) -> datetime | None:
        self._ask()
        rests = self._line(channel).rests_until
        if rests is not None and rests > now:
            return rests
        self.lines[channel] = replace(self._line(channel), rests_until=now + gap)
        return None

    def rest(self, channel: str, *, until: datetime) -> None:
        self._ask()
        self.lines[channel] = replace(self._line(channel), rests_until=until)

    def breaks(self, channel: str, *, now: datetime, until: datetime) -> None:
        self._ask()
        line = self._line(channel)
        self.lines[channel] = replace(line, rests_until=until, broken_since=line.broken_since or now)

    def known(self, channel: str) -> None:
        self._ask()
        self.lines[channel] = replace(self._line(channel), known=True)

    def works(self, channel: str) -> None:
        self._ask()
        self.lines.pop(channel, None)

    def mute(self, target: str, mute: Mute, *, now: datetime) -> None:
        self._ask()
        kept = {one: other for one, other in self.mutes.items() if other.until > now}
        self.mutes = {**kept, target: mute}

    def unmute(self, target: str) -> None:
        self._ask()
        self.mutes.pop(target, None)

    def _line(self, channel: str) -> Line:
        return self.lines.get(channel, Line())

    def _ask(self) -> None:
        if self.unavailable:
            raise StoreError("the state table is unavailable")


@dataclass(slots=True, kw_only=True)
class FakeDiary:
    """DiaryStore; every call raises StoreError while `unavailable`."""

    unavailable: bool = False
    diary: Diary = field(default_factory=Diary)

    def swept(self, sweep: Sweep) -> Diary:
        self._ask()
        self.diary = replace(self.diary, last=sweep, sweeps=self.diary.sweeps + 1)
        return self.diary

    def read(self) -> Diary:
        self._ask()
        return self.diary

    def greeted(self, *, now: datetime) -> None:
        self._ask()
        self.diary = replace(self.diary, greeted=True)

    def digested(self, *, now: datetime, sweeps: int, saved: Mapping[str, float]) -> None:
        self._ask()
        self.diary = replace(self.diary, digest_at=now, digest_sweeps=sweeps, digest_saved=dict(saved))

    def _ask(self) -> None:
        if self.unavailable:
            raise StoreError("the state table is unavailable")


@dataclass(slots=True, kw_only=True)
class FakeBus:
    """Keeps what was published; raises DeliveryError while `unavailable`."""

    unavailable: bool = False
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        if self.unavailable:
            raise DeliveryError("the bus is unavailable", retryable=True)
        self.events.append((detail_type, detail))


@dataclass(slots=True, kw_only=True)
class FakeDoorbells:
    """Remembers what was rung, handed over and sent for later; raises DeliveryError while `unavailable`."""

    unavailable: bool = False
    rung: list[str] = field(default_factory=list)
    together: list[tuple[tuple[str, ...], int]] = field(default_factory=list)  # incident ids, seconds
    greetings: int = 0
    floors: list[Mapping[str, Any]] = field(default_factory=list)
    remedies: list[tuple[str, int]] = field(default_factory=list)  # incident id, seconds
    handed_over: list[Incident] = field(default_factory=list)
    later: list[tuple[Hint, int]] = field(default_factory=list)

    def ring(self, incident_ids: Iterable[str]) -> None:
        self._send()
        self.rung += incident_ids

    def ring_together(self, incident_ids: Iterable[str], *, seconds: int) -> None:
        self._send()
        self.together.append((tuple(incident_ids), min(seconds, LONGEST_DELAY)))

    def greet(self) -> None:
        self._send()
        self.greetings += 1

    def tell_of_floors(self, news: Sequence[Mapping[str, Any]]) -> None:
        self._send()
        self.floors += news

    def ring_remedies(self, incident_ids: Iterable[str], *, seconds: int = 0) -> None:
        self._send()
        self.remedies += [(incident_id, min(seconds, LONGEST_DELAY)) for incident_id in incident_ids]

    def hand_over(self, incident: Incident) -> None:
        self._send()
        self.handed_over.append(as_stored(incident))

    def look_later(self, hints: Mapping[Hint, int], *, now: datetime) -> None:
        self._send()
        self.later += [(hint, min(seconds, LONGEST_DELAY)) for hint, seconds in hints.items()]

    def _send(self) -> None:
        if self.unavailable:
            raise DeliveryError("the queue is unavailable", retryable=True)


@dataclass(slots=True)
class FakeChannel:
    """Keeps the notices that it took; each delivery first raises the next of `fails`, if there is one."""

    name: str
    summarises: bool = True
    gap: timedelta = timedelta(0)
    fails: list[DeliveryError] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def deliver(self, notice: Notice) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.notices.append(notice)


@dataclass(slots=True)
class FakeSnapshotReader:
    """Answers each look with the next of the given snapshots (or raises the error), the last one ever after.

    `triaged` and `examined` hold what was asked for.
    """

    looks: list[Snapshot | ReadError]
    triaged: list[frozenset[str] | None] = field(default_factory=list)
    examined: list[frozenset[str]] = field(default_factory=list)

    def triage(self, places: frozenset[str] | None, *, until: datetime) -> Snapshot:
        self.triaged.append(places)
        answer = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(answer, ReadError):
            raise answer
        return answer

    def evidence(
        self, snapshot: Snapshot, environments: frozenset[str], *, suspects: frozenset[str] = frozenset()
    ) -> Snapshot:
        self.examined.append(environments)
        return snapshot

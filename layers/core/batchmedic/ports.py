"""What the use cases need from the world, each with a twin in memory for tests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from batchmedic.contracts import Hint
from batchmedic.incidents import ChangedBy, Incident, Record
from batchmedic.model.snapshot import Snapshot
from batchmedic.notices.notice import Notice


class Clock(Protocol):
    def __call__(self) -> datetime:
        """The time now, in UTC."""


class SnapshotReader(Protocol):
    """Reads AWS Batch and what is around it; ReadError where a look makes no sense without the answer."""

    def triage(self, queues: frozenset[str] | None, *, until: datetime) -> Snapshot:
        """All queues and environments, and the front of those named by ARN (None: of all), while time is left."""

    def evidence(self, snapshot: Snapshot, environments: frozenset[str]) -> Snapshot:
        """The same snapshot with what is around these compute environments (ARNs); gaps stay in the answers."""


class IncidentStore(Protocol):
    """Keeps records; StoreError where the table cannot be used, ConflictError where somebody wrote first."""

    def due(self) -> tuple[Record, ...]:
        """Every record that is open or has something left to tell."""

    def latest(self, key: str) -> Record | None:
        """The last incident of this key, open or resolved."""

    def save(self, record: Record, *, now: datetime) -> Record:
        """Write if the stored revision is still `record.revision`; the answer has the new one."""


class Tellings(Protocol):
    """The part of the same table that says who told what."""

    def claim(self, incident_id: str, *, now: datetime, until: datetime) -> Record | None:
        """The latest record, claimed until then; None if it does not exist or somebody else is telling it."""

    def told(self, record: Record, channel: str, version: int) -> Record:
        """Note that the channel told this version; the answer is the record as it is now."""

    def settle(self, record: Record, *, due_at: datetime | None) -> None:
        """Give the claim back; `due_at` says when to look again, None that nothing is left to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Somebody's look at a queue: nobody else looks before `until`; `promised` if a hint for then is on its way."""

    until: datetime
    promised: bool


class Leases(Protocol):
    def take(self, queues: Iterable[str], *, now: datetime, until: datetime) -> Mapping[str, Lease]:
        """Take all that are free; the answer is the leases of the others, which somebody else looks at."""

    def promise(self, leases: Mapping[str, Lease]) -> None:
        """Note that hints for the time after these leases were sent."""


class Channel(Protocol):
    """One way to deliver a notice; DeliveryError says whether to try again."""

    @property
    def name(self) -> str:
        """What the record of tellings calls it."""

    def deliver(self, notice: Notice) -> None:
        """Tell people."""


class History(Protocol):
    def last_change(self, name: str, *, now: datetime) -> ChangedBy | None:
        """Who last changed the thing of this name, shortly before now; None where nobody can say."""


class Memory(Protocol):
    def seen_since(self, subject: str, status: str, *, now: datetime) -> datetime:
        """Since when the subject has been seen in this status at every sweep; StoreError if nobody can say."""


class Doorbells(Protocol):
    def ring(self, incident_ids: Iterable[str]) -> None:
        """Ask `notify` to look at these incidents."""

    def hand_over(self, incident: Incident) -> None:
        """Give `notify` the whole incident, because it could not be stored."""

    def look_later(self, hints: Mapping[Hint, int], *, now: datetime) -> None:
        """Send hints to the Looks queue, each to arrive after so many seconds (at most 900)."""

"""What the use cases need from the world, each with a twin in memory for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # for annotations; not loaded at start
    from batchmedic.board import Board, Diary, Mute, Sweep
    from batchmedic.changes import ApiCall, Repair
    from batchmedic.contracts import Hint
    from batchmedic.incidents import ChangedBy, Incident, Record
    from batchmedic.model.answers import Answers
    from batchmedic.model.capacity import Cluster
    from batchmedic.model.compute_environment import ComputeEnvironment
    from batchmedic.model.job_queue import JobQueue
    from batchmedic.model.network import SecurityGroup
    from batchmedic.model.snapshot import Snapshot
    from batchmedic.notices.notice import Notice
    from batchmedic.remedy import PastRepairs, Survey
    from batchmedic.scaling.floor import Floor, Floors


class Clock(Protocol):
    def __call__(self) -> datetime:
        """The time now, in UTC."""


class SnapshotReader(Protocol):
    """Reads AWS Batch and what is around it; ReadError where a look makes no sense without the answer."""

    def triage(self, places: frozenset[str] | None, *, until: datetime) -> Snapshot:
        """All queues and environments, and the fronts of the queues that are named by ARN or by the name of an
        environment of theirs (None: of all), while time is left."""

    def evidence(
        self, snapshot: Snapshot, environments: frozenset[str], *, suspects: frozenset[str] = frozenset()
    ) -> Snapshot:
        """The same snapshot with what is around these compute environments (ARNs); gaps stay in the answers. The
        suspects among them have an open incident."""


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

    def told(self, record: Record, channel: str, *, now: datetime) -> Record:
        """Note that the channel told this record now, its repair and all; the answer is the record as it is now."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A record that is ours to repair until the lease ends; a write with an older fence than the newest is refused."""

    record: Record
    fence: int


class RepairStore(Protocol):
    """The part of the same table that says how far repairs have come; ConflictError where the lease was lost."""

    def take(self, incident_id: str, *, now: datetime, until: datetime) -> Claim | None:
        """None if there is no such incident, or somebody else works on it."""

    def keep(self, claim: Claim, repair: Repair, *, tell_by: datetime | None = None) -> Claim:
        """Write how far it has come; `tell_by` is when the sweep should ring `notify` about it, if nobody else does."""

    def hold(self, claim: Claim) -> None:
        """Nothing but the question whether the claim is still ours: asked before each change."""

    def release(self, claim: Claim) -> None:
        """Somebody else may go on."""


class RepairMemory(Protocol):
    """What was repaired lately; StoreError if nobody can say, and then nothing is changed."""

    def past(self, environment: str, incident_id: str, *, now: datetime) -> PastRepairs:
        """How often, of this environment (ARN) and of all; what was noted for this incident itself does not count."""

    def spend(self, environment: str, incident_id: str, *, now: datetime, revision: int) -> None:
        """Note a repair, once for each incident; ConflictError if others were noted since this revision was read."""

    def hold(self, environment: str, because: str) -> None:
        """From now on a person goes first there."""

    def lift(self, environment: str) -> None:
        """A person went first."""


class Surveyor(Protocol):
    """Reads what a change depends on, afresh; ReadError where Batch does not answer."""

    def survey(self, incident: Incident) -> Survey | None:
        """The compute environment that the incident is about; None if it does not exist any more."""

    def environment(self, arn: str) -> ComputeEnvironment | None:
        """As it is this moment."""

    def named_groups(self, name: str, vpc: str) -> tuple[SecurityGroup, ...]:
        """The security groups of this name in this VPC: none or one, whatever the case of its letters."""

    def users_of(self, group: str) -> tuple[str, ...]:
        """Names of the compute environments that name this security group, themselves or by a launch template."""

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, str]:
        """The statuses of these jobs (ARNs), of those that AWS Batch still knows."""


class Changer(Protocol):
    def apply(self, call: ApiCall) -> str:
        """Make this change; the id of what was made, if it has one. ChangeError, or ForbiddenChangeError."""


class KillSwitch(Protocol):
    def stopped(self) -> str | None:
        """Why nothing may be changed now; None if it may."""


class Channel(Protocol):
    """One way to deliver a notice; DeliveryError says whether to try again."""

    @property
    def name(self) -> str:
        """What the record of tellings calls it."""

    @property
    def summarises(self) -> bool:
        """Whether many news at once are told as one notice: so it is for people, not for programs."""

    @property
    def gap(self) -> timedelta:
        """How long to wait between two notices; zero where the receiver does not mind."""

    def deliver(self, notice: Notice) -> None:
        """Tell people, or programs."""


class Switchboard(Protocol):
    """How each channel stands, and what is muted; StoreError where nobody can say."""

    def read(self) -> Board:
        """All of it."""

    def take_turn(self, channel: str, *, now: datetime, gap: timedelta) -> datetime | None:
        """None if it is ours to speak now, and nobody's again before the gap is over; else until when it rests."""

    def rest(self, channel: str, *, until: datetime) -> None:
        """Nobody speaks through it before then."""

    def breaks(self, channel: str, *, now: datetime, until: datetime) -> None:
        """It takes nothing any more; it is tried again then."""

    def known(self, channel: str) -> None:
        """People were told that it takes nothing."""

    def works(self, channel: str) -> None:
        """It took something again."""

    def mute(self, target: str, mute: Mute, *, now: datetime) -> None:
        """Instead of an earlier mute of the same incident or subject, if there is one."""

    def unmute(self, target: str) -> None:
        """Nothing happens if it is not muted."""


class DiaryStore(Protocol):
    """Keeps the diary; StoreError where it cannot be used."""

    def swept(self, sweep: Sweep) -> Diary:
        """A sweep was completed; the answer is the diary after it."""

    def read(self) -> Diary:
        """As it is now."""

    def greeted(self, *, now: datetime) -> None:
        """People had their hello."""

    def digested(self, *, now: datetime, sweeps: int, saved: Mapping[str, float]) -> None:
        """People had their digest, when there had been so many sweeps, and so many vCPU-hours were saved."""


class Bus(Protocol):
    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Publish an event; DeliveryError."""


class Workload(Protocol):
    """Reads whether compute environments have work; ReadError where AWS does not answer."""

    def environments(self, arns: Iterable[str] = ()) -> tuple[ComputeEnvironment, ...]:
        """These, or all."""

    def queues(self) -> tuple[JobQueue, ...]:
        """All, without their jobs."""

    def work_in(self, queue: str) -> str | None:
        """The status of a job of this queue (ARN) that is not over; None if there is none."""

    def clusters(self, environments: list[ComputeEnvironment]) -> Answers[Cluster]:
        """Their ECS clusters, by ARN."""

    def reserves(self, environment: ComputeEnvironment) -> bool:
        """Whether a launch template of it targets reserved capacity; yes where nobody can say."""

    def owner(self, environment: ComputeEnvironment) -> str | None:
        """The tool whose code holds its floor; None for a person's hands, and where nobody can say."""


class FloorStore(Protocol):
    """Keeps what is remembered of floors; StoreError where it cannot be used."""

    def read(self) -> Floors:
        """All of it."""

    def save(self, before: Floor, after: Floor) -> None:
        """ConflictError if it is not as `before` any more; what holds nothing is forgotten."""

    def looked(self, at: datetime, mode: str) -> None:
        """A run was completed, in this ScaleToZeroMode."""


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

    def ring_together(self, incident_ids: Iterable[str], *, seconds: int) -> None:
        """The same, for all of them at once and after so many seconds (at most 900)."""

    def greet(self) -> None:
        """Ask `notify` to say hello."""

    def tell_of_floors(self, news: Sequence[Mapping[str, Any]]) -> None:
        """Ask `notify` to tell people what happened to floors in a run."""

    def ring_remedies(self, incident_ids: Iterable[str], *, seconds: int = 0) -> None:
        """Ask `remediate` to look at these incidents, after so many seconds (at most 900)."""

    def look_later(self, hints: Mapping[Hint, int], *, now: datetime) -> None:
        """Send hints to the Looks queue, each to arrive after so many seconds (at most 900)."""

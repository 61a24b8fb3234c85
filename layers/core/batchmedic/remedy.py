"""What a remedy is, and what may hold it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from batchmedic.changes import Plan, RemedyStatus
from batchmedic.findings import Evidence

if TYPE_CHECKING:  # for annotations; not loaded at start
    from batchmedic.incidents import Incident
    from batchmedic.model.compute_environment import ComputeEnvironment
    from batchmedic.model.job_queue import JobQueue
    from batchmedic.model.snapshot import Snapshot
    from batchmedic.model.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One compute environment, read afresh with all that hangs on it; `stack` is the name of our own stack."""

    environment: ComputeEnvironment
    snapshot: Snapshot
    surroundings: Surroundings
    stack: str

    @property
    def queues(self) -> tuple[JobQueue, ...]:
        return self.snapshot.queues_of(self.environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRepairs:
    """Repairs of the last 24 hours of this environment, of the last hour of all, and why a person should go first."""

    of_environment: int = 0
    of_all: int = 0
    held_because: str | None = None
    revision: int = 0  # of the note that this was read from


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a safeguard may look at. `mode` is the stack's, `stopped` why the kill switch is on."""

    incident: Incident
    evidence: tuple[Evidence, ...]  # of the same diagnosis, made again now
    survey: Survey
    plan: Plan
    mode: str
    now: datetime
    stopped: str | None = None
    past: PastRepairs = PastRepairs()

    @property
    def environment(self) -> ComputeEnvironment:
        return self.survey.environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguard:
    """A reason not to act, in a sentence; `final` where no person's approval lifts it, and then in which state."""

    name: str
    objects: Callable[[Case], str | None]
    status: RemedyStatus = RemedyStatus.AWAITING_APPROVAL
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    name: str
    because: str
    status: RemedyStatus
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A mender: the diagnosis that it mends, the actions that it needs, and its own safeguards beside the general."""

    id: str
    mends: str
    permissions: tuple[str, ...]
    plan: Callable[[Survey], Plan]
    safeguards: tuple[Safeguard, ...] = field(default=())

"""What a diagnosis is, and what it says: cards, evidence, findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for annotations; not loaded at start
    from batchmedic.model.compute_environment import ComputeEnvironment
    from batchmedic.model.job_queue import JobQueue
    from batchmedic.model.snapshot import Snapshot


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)

    def at_most(self, ceiling: Severity) -> Severity:
        return min(self, ceiling, key=lambda severity: severity.rank)


class Confidence(StrEnum):
    POSSIBLE = "possible"  # ranked hypotheses
    PROBABLE = "probable"  # evidence points one way
    CERTAIN = "certain"  # the API states it or the numbers decide

    @property
    def rank(self) -> int:
        return list(Confidence).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One place where a diagnosis fired: a full sentence with the deciding numbers, and the facts behind it."""

    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    confidence: Confidence = Confidence.CERTAIN
    recommendation: str = ""
    steps: tuple[str, ...] = ()  # commands that a person can paste
    jobs: tuple[str, ...] = ()  # ARNs of jobs that this holds up
    subject: str | None = None  # where the fault lies in something that several environments share: a role, say
    patience: timedelta | None = None  # where this piece needs another one than its card says


CheckEnvironment = Callable[["ComputeEnvironment", "Snapshot"], Iterator[Evidence]]
CheckQueue = Callable[["JobQueue", "Snapshot"], Iterator[Evidence]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A card: a question to a snapshot about one compute environment or one job queue (exactly one of the checks).

    `explains` names the diagnoses that are mere symptoms of this one; they are inhibited where this one fires.
    `patience` is how long it must fire, look after look, before people hear of it; zero where ids and numbers decide.
    `last_resort` is for diagnoses by elimination: one of a higher number is inhibited where anything of a lower
    number touches the same job queue. A `blind_spot` is no fault: it is counted and shown, never an incident.
    `reads` names the AWS actions without whose answers the check cannot be made.
    """

    id: str
    title: str
    severity: Severity
    docs: str
    check_environment: CheckEnvironment | None = None
    check_queue: CheckQueue | None = None
    explains: tuple[str, ...] = ()
    patience: timedelta = timedelta(0)
    last_resort: int = 0
    blind_spot: bool = False
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The evidence of one diagnosis about one subject, with what it means for the queues."""

    diagnosis: str
    title: str
    docs: str
    subject: str  # ARN
    severity: Severity
    patience: timedelta = timedelta(0)
    evidence: tuple[Evidence, ...]
    asked: tuple[str, ...] = ()  # ARNs of the environments or the queue that the diagnosis was asked about
    job_queues: tuple[str, ...] = ()
    compute_environments: tuple[str, ...] = ()
    sample_jobs: tuple[str, ...] = ()
    job_count: int = 0
    job_count_is_exact: bool = True
    all_queues_seen: bool = True  # False if a queue that this may hold up was not looked at
    aws_reason: str | None = None

    @property
    def confidence(self) -> Confidence:
        return max((evidence.confidence for evidence in self.evidence), key=lambda confidence: confidence.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNotMade:
    """A diagnosis that could not be asked about a subject, and why."""

    diagnosis: str
    subject: str
    call: str
    because: str

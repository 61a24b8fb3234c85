"""One fault of one subject over time, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from batchmedic.changes import Repair
from batchmedic.findings import Confidence, Finding, Severity

EVIDENCE_ROWS = 10


class Status(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One piece of evidence as it is kept and shown."""

    subject: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What else was asked about the subject, by diagnosis id."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    not_checked: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBy:
    """Who last changed the sick thing, by CloudTrail."""

    principal: str
    event: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What people and programs are told; `incident_json` gives the published form."""

    key: str
    generation: int = 1
    status: Status = Status.OPEN
    diagnosis: str
    severity: Severity
    confidence: Confidence
    account: str
    region: str
    subject: str
    title: str
    summary: str
    evidence: tuple[Row, ...] = ()
    checks: Checks = Checks()
    job_queues: tuple[str, ...] = ()
    compute_environments: tuple[str, ...] = ()
    job_count: int = 0
    job_count_is: str = "exact"
    sample_jobs: tuple[str, ...] = ()
    explained_by: str | None = None  # the incident that turned out to be its cause
    changed_by: ChangedBy | None = None
    aws_reason: str | None = None
    opened_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None = None
    recommendation: str = ""
    steps: tuple[str, ...] = ()
    docs: str = ""

    @property
    def incident_id(self) -> str:
        return f"{self.key}-{self.generation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An incident with what is needed to keep it.

    `revision` counts every write, `version` what people should hear; `told` is the version that each channel told last,
    `job_count_told` and `severity_told` the most that was news; `due_at` is when somebody should look after it again.
    `returns` is when it came back soon after it was over, `back_version` the version of the last return, `ends` are the
    versions at which it was over before it came back.
    """

    incident: Incident
    revision: int = 0
    version: int = 1
    job_count_told: int = 0
    severity_told: Severity = Severity.INFO
    clean_looks: int = 0
    last_clean_at: datetime | None = None
    told: Mapping[str, int] = field(default_factory=dict)
    told_at: Mapping[str, datetime] = field(default_factory=dict)  # when each channel told anything last
    due_at: datetime | None = None
    repair: Repair | None = None  # how far its remedy has come; only `remediate` writes it
    repair_revision: int = 0
    returns: tuple[datetime, ...] = ()
    back_version: int = 0
    ends: tuple[int, ...] = ()
    hushed: str = ""  # why its owner wants no alert of it; empty: people are told

    @property
    def is_open(self) -> bool:
        return self.incident.status is Status.OPEN


def key_of(account: str, region: str, subject: str, diagnosis: str) -> str:
    """The identity of a fault, short enough to type."""
    return sha256("|".join((account, region, subject, diagnosis)).encode()).hexdigest()[:16]


def incident_of(finding: Finding, checks: Checks, *, account: str, region: str, now: datetime) -> Incident:
    """The finding as a new incident; at most ten rows of evidence, the rest is counted in the summary."""
    rest = len(finding.evidence) - EVIDENCE_ROWS
    first = finding.evidence[0]
    return Incident(
        key=key_of(account, region, finding.subject, finding.diagnosis),
        diagnosis=finding.diagnosis,
        severity=finding.severity,
        confidence=finding.confidence,
        account=account,
        region=region,
        subject=finding.subject,
        title=finding.title,
        summary=first.message + (f" ({rest} more like it.)" if rest > 0 else ""),
        evidence=tuple(
            Row(subject=finding.subject, message=piece.message, facts=piece.facts)
            for piece in finding.evidence[:EVIDENCE_ROWS]
        ),
        checks=checks,
        job_queues=finding.job_queues,
        compute_environments=finding.compute_environments,
        job_count=finding.job_count,
        job_count_is="exact" if finding.job_count_is_exact and finding.all_queues_seen else "at_least",
        sample_jobs=finding.sample_jobs,
        aws_reason=finding.aws_reason,
        opened_at=now,
        last_seen_at=now,
        recommendation=first.recommendation,
        steps=first.steps,
        docs=finding.docs,
    )

"""One fault of one subject over time: how it opens, is seen again, and is over."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from batchmedic.changes import Repair
from batchmedic.findings import Confidence, Finding, Severity

EVIDENCE_ROWS = 10
CLEAN_LOOKS = 2
BETWEEN_CLEAN_LOOKS = timedelta(seconds=60)  # two looks of one burst are one look
TOLD_WITHIN = timedelta(seconds=150)  # after that the sweep takes the doorbell for lost and rings again


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
    """What people and programs are told; `contracts.incident_to_json` gives the published form."""

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
    `job_count_told` the number of jobs in the last news; `due_at` is when somebody should look after it again.
    """

    incident: Incident
    revision: int = 0
    version: int = 1
    job_count_told: int = 0
    clean_looks: int = 0
    last_clean_at: datetime | None = None
    told: Mapping[str, int] = field(default_factory=dict)
    told_at: Mapping[str, datetime] = field(default_factory=dict)  # when each channel told anything last
    due_at: datetime | None = None
    repair: Repair | None = None  # how far its remedy has come; only `remediate` writes it
    repair_revision: int = 0

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


def opened(fresh: Incident, before: Record | None, *, now: datetime) -> Record:
    """A new incident; `before` is the resolved one of the same key, if there was any."""
    generation = before.incident.generation + 1 if before else 1
    return Record(
        incident=replace(fresh, generation=generation), job_count_told=fresh.job_count, due_at=now + TOLD_WITHIN
    )


def seen_again(record: Record, fresh: Incident, *, all_queues_seen: bool, now: datetime) -> Record:
    """The same record where there is nothing new to keep, so that a quiet sweep writes nothing."""
    old = record.incident
    if not all_queues_seen:  # a look at one queue knows less than the sweep did
        worse = max(old.severity, fresh.severity, key=lambda severity: severity.rank)
        fresh = replace(fresh, severity=worse, job_count=max(old.job_count, fresh.job_count))
    worsened = (
        fresh.severity.rank > old.severity.rank
        or not set(fresh.job_queues) <= set(old.job_queues)
        or fresh.job_count >= 10 * max(record.job_count_told, 1)
    )
    if not worsened and record.clean_looks == 0 and _substance(fresh) == _substance(old):
        return record
    now_known = replace(
        fresh, generation=old.generation, opened_at=old.opened_at, changed_by=fresh.changed_by or old.changed_by
    )
    kept = replace(record, incident=now_known, clean_looks=0, last_clean_at=None)
    return _news(kept, now) if worsened else kept


def clean_look(record: Record, *, now: datetime) -> Record:
    """Its check found nothing. The second such look, at least a minute after the first, resolves it."""
    if record.last_clean_at is not None and now - record.last_clean_at < BETWEEN_CLEAN_LOOKS:
        return record
    looked = replace(record, clean_looks=record.clean_looks + 1, last_clean_at=now)
    if looked.clean_looks < CLEAN_LOOKS:
        return looked
    over = replace(record.incident, status=Status.RESOLVED, resolved_at=now)
    return _news(replace(looked, incident=over), now)


def merged(record: Record, *, explained_by: str, now: datetime) -> Record:
    """It was a symptom: closed in favour of its cause, and no news, since people hear of the cause."""
    over = replace(record.incident, status=Status.RESOLVED, resolved_at=now, explained_by=explained_by)
    return replace(record, incident=over, due_at=now)


def _news(record: Record, now: datetime) -> Record:
    return replace(
        record, version=record.version + 1, job_count_told=record.incident.job_count, due_at=now + TOLD_WITHIN
    )


def _substance(incident: Incident) -> tuple[Any, ...]:
    """What must change before an incident is written again; counts, samples and times alone do not."""
    rows = [(row.subject, row.message, row.facts.get("digest")) for row in incident.evidence]
    return (
        *(incident.severity, incident.confidence, incident.aws_reason),
        *(rows, incident.job_queues, incident.compute_environments),
    )

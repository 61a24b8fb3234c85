"""How an incident opens, is seen again, comes back, and is over."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from batchmedic.findings import Severity
from batchmedic.incidents import Incident, Record, Status

CLEAN_LOOKS = 2
BETWEEN_CLEAN_LOOKS = timedelta(seconds=60)  # two looks of one burst are one look
TOLD_WITHIN = timedelta(seconds=150)  # after that the sweep takes the doorbell for lost and rings again
BACK_WITHIN = timedelta(minutes=30)  # what comes back so soon was not over
RETURNS = 20  # that are remembered


def opened(fresh: Incident, before: Record | None, *, hushed: str = "", now: datetime) -> Record:
    """A new incident, or the last one again; `before` is the resolved one of the same key, if there was any."""
    soon = before is not None and _is_back(before, now)
    returns = (*before.returns, now)[-RETURNS:] if before is not None and soon else ()
    if before is not None and soon and not _changed_anything(before):
        return _came_back(replace(before, returns=returns, hushed=hushed), fresh, now)
    return Record(
        incident=replace(fresh, generation=before.incident.generation + 1 if before else 1),
        job_count_told=fresh.job_count,
        severity_told=fresh.severity,
        due_at=now + TOLD_WITHIN,
        returns=returns,
        back_version=1 if soon else 0,
        hushed=hushed,
    )


def _is_back(before: Record, now: datetime) -> bool:
    over = before.incident
    return over.explained_by is None and over.resolved_at is not None and now - over.resolved_at <= BACK_WITHIN


def _changed_anything(before: Record) -> bool:
    """A repair belongs to one incident, and what holds repairs back counts incidents: so after one, a new one opens."""
    return before.repair is not None and not before.repair.status.undecided


def _came_back(before: Record, fresh: Incident, now: datetime) -> Record:
    again = replace(
        fresh,
        generation=before.incident.generation,
        opened_at=before.incident.opened_at,
        changed_by=fresh.changed_by or before.incident.changed_by,
    )
    anew = replace(before, job_count_told=0, severity_told=Severity.INFO)
    back = _news(replace(anew, incident=again, clean_looks=0, last_clean_at=None), now)
    return replace(back, back_version=back.version, ends=(*before.ends, before.version)[-RETURNS:])


def seen_again(record: Record, fresh: Incident, *, all_queues_seen: bool, hushed: str = "", now: datetime) -> Record:
    """The same record where there is nothing new to keep, so that a quiet sweep writes nothing."""
    old = record.incident
    if not all_queues_seen:  # a look at one queue knows less than the sweep did
        worse = max(old.severity, fresh.severity, key=lambda severity: severity.rank)
        fresh = replace(fresh, severity=worse, job_count=max(old.job_count, fresh.job_count))
    worsened = (
        fresh.severity.rank > record.severity_told.rank
        or not set(fresh.job_queues) <= set(old.job_queues)
        or fresh.job_count >= 10 * max(record.job_count_told, 1)
    )
    as_before = record.clean_looks == 0 and hushed == record.hushed and _substance(fresh) == _substance(old)
    if not worsened and as_before:
        return record
    now_known = replace(
        fresh, generation=old.generation, opened_at=old.opened_at, changed_by=fresh.changed_by or old.changed_by
    )
    kept = replace(record, incident=now_known, clean_looks=0, last_clean_at=None, hushed=hushed)
    if worsened:
        return _news(kept, now)
    more_to_tell = hushed != record.hushed or fresh.severity.rank > old.severity.rank  # a reminder, say
    return replace(kept, due_at=now + TOLD_WITHIN) if more_to_tell else kept


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
    """It was a symptom: closed in favour of its cause, which is told by itself."""
    over = replace(record.incident, status=Status.RESOLVED, resolved_at=now, explained_by=explained_by)
    return _news(replace(record, incident=over), now)


def _news(record: Record, now: datetime) -> Record:
    incident = record.incident
    return replace(
        record,
        version=record.version + 1,
        job_count_told=max(record.job_count_told, incident.job_count),
        severity_told=max(record.severity_told, incident.severity, key=lambda severity: severity.rank),
        due_at=now + TOLD_WITHIN,
    )


def _substance(incident: Incident) -> tuple[Any, ...]:
    """What must change before an incident is written again; counts, samples and times alone do not."""
    rows = [(row.subject, row.message, row.facts.get("digest")) for row in incident.evidence]
    return (
        *(incident.severity, incident.confidence, incident.aws_reason),
        *(rows, incident.job_queues, incident.compute_environments),
    )

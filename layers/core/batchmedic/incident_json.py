"""The published form of an incident."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from batchmedic.errors import MessageError
from batchmedic.findings import Confidence, Severity
from batchmedic.incidents import ChangedBy, Checks, Incident, Row, Status
from batchmedic.repair_json import published

INCIDENT_LIMIT = 64 * 1024  # bytes of JSON; EventBridge and SQS take more, people do not
TEXT_LIMIT = 1_000  # characters of any one text that AWS or a user wrote
SHORTEST = 50  # characters, where even that is too much: one may be twelve bytes of JSON
DEEPEST = 4  # levels of facts: no diagnosis nests deeper

_ACCOUNT = re.compile(r"[0-9]{12}")
_INCIDENT_ID = re.compile(r"[0-9a-f]{16}-[1-9][0-9]{0,8}")


def incident_to_json(incident: Incident, *, remedy: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The published form, at most INCIDENT_LIMIT bytes: rows of evidence give way first, then the ends of all texts."""
    rows, limit = list(incident.evidence), 2 * TEXT_LIMIT
    while True:
        shaped: dict[str, Any] = _cut(_published(incident, rows, remedy or published(None)), limit)
        if len(json.dumps(shaped)) <= INCIDENT_LIMIT or limit < SHORTEST:  # ASCII: a character is a byte
            return shaped
        if rows:
            rows.pop()
        else:
            limit //= 2


def _cut(value: Any, limit: int) -> Any:
    """With every text in it at most so long."""
    match value:
        case str():
            return value[:limit]
        case Mapping():
            return {name[:limit]: _cut(each, limit) for name, each in value.items()}
        case list() | tuple():
            return [_cut(each, limit) for each in value]
    return value


def _published(incident: Incident, rows: Iterable[Row], remedy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": "1",
        "incident_id": incident.incident_id,
        "status": incident.status.value,
        "diagnosis": incident.diagnosis,
        "severity": incident.severity.value,
        "confidence": incident.confidence.value,
        "account": incident.account,
        "region": incident.region,
        "subject": incident.subject,
        "title": incident.title,
        "summary": incident.summary[: 2 * TEXT_LIMIT],
        "evidence": [
            {"subject": row.subject, "message": row.message[: 2 * TEXT_LIMIT], "facts": dict(row.facts)} for row in rows
        ],
        "checks": {
            "passed": list(incident.checks.passed),
            "failed": list(incident.checks.failed),
            "not_checked": [dict(gap) for gap in incident.checks.not_checked],
        },
        "job_queues": list(incident.job_queues),
        "compute_environments": list(incident.compute_environments),
        "job_count": incident.job_count,
        "job_count_is": incident.job_count_is,
        "explained_by": incident.explained_by,
        "changed_by": _change(incident.changed_by),
        "sample_jobs": list(incident.sample_jobs[:10]),
        "aws_reason": incident.aws_reason[:TEXT_LIMIT] if incident.aws_reason else None,
        "opened_at": incident.opened_at.isoformat(),
        "last_seen_at": incident.last_seen_at.isoformat(),
        "resolved_at": incident.resolved_at.isoformat() if incident.resolved_at else None,
        "recommendation": incident.recommendation[: 2 * TEXT_LIMIT],
        "steps": [step[:TEXT_LIMIT] for step in incident.steps],
        "remedy": dict(remedy),
        "docs": incident.docs,
    }


def _change(changed_by: ChangedBy | None) -> dict[str, str] | None:
    if changed_by is None:
        return None
    return {
        "principal": changed_by.principal[:TEXT_LIMIT],
        "event": changed_by.event[:TEXT_LIMIT],
        "at": changed_by.at.isoformat(),
    }


def _changed_by(published: Mapping[str, str] | None) -> ChangedBy | None:
    if published is None:
        return None
    at = datetime.fromisoformat(published["at"])
    return ChangedBy(principal=published["principal"], event=published["event"], at=at)


def incident_from_json(published: Mapping[str, Any]) -> Incident:
    """The inverse of `incident_to_json`; unknown fields are ignored, MessageError names what is missing or odd."""
    try:
        key, generation = published["incident_id"].rsplit("-", 1)
        checks = published["checks"]
        resolved_at = published["resolved_at"]
        incident = Incident(
            key=key,
            generation=int(generation),
            status=Status(published["status"]),
            diagnosis=published["diagnosis"],
            severity=Severity(published["severity"]),
            confidence=Confidence(published["confidence"]),
            account=published["account"],
            region=published["region"],
            subject=published["subject"],
            title=published["title"],
            summary=published["summary"],
            evidence=tuple(
                Row(subject=row["subject"], message=row["message"], facts=row["facts"]) for row in published["evidence"]
            ),
            checks=Checks(
                passed=tuple(checks["passed"]), failed=tuple(checks["failed"]), not_checked=tuple(checks["not_checked"])
            ),
            job_queues=tuple(published["job_queues"]),
            compute_environments=tuple(published["compute_environments"]),
            job_count=published["job_count"],
            job_count_is=published["job_count_is"],
            sample_jobs=tuple(published["sample_jobs"]),
            explained_by=published["explained_by"],
            changed_by=_changed_by(published["changed_by"]),
            aws_reason=published["aws_reason"],
            opened_at=datetime.fromisoformat(published["opened_at"]),
            last_seen_at=datetime.fromisoformat(published["last_seen_at"]),
            resolved_at=datetime.fromisoformat(resolved_at) if resolved_at else None,
            recommendation=published["recommendation"],
            steps=tuple(published["steps"]),
            docs=published["docs"],
        )
        _check(incident)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise MessageError(f"not an incident of version 1: {error!r:.300}") from error
    return incident


def _check(incident: Incident) -> None:
    """TypeError where a member is not what its type says: a message may be forged."""
    checks, change = incident.checks, incident.changed_by
    texts = [
        *(incident.diagnosis, incident.subject, incident.title, incident.summary, incident.recommendation),
        *(incident.docs, incident.region, incident.explained_by or "", incident.aws_reason or ""),
        *(*incident.job_queues, *incident.compute_environments, *incident.sample_jobs, *incident.steps),
        *(*checks.passed, *checks.failed, *(gap[name] for gap in checks.not_checked for name in ("check", "because"))),
        *(each for row in incident.evidence for each in (row.subject, row.message, *row.facts)),
        *((change.principal, change.event) if change else ()),
    ]
    if not all(isinstance(each, str) for each in texts):
        raise TypeError("a text is missing")
    if not all(isinstance(row.facts, Mapping) and _is_plain(row.facts) for row in incident.evidence):
        raise TypeError("facts are not plain")
    if type(incident.job_count) is not int or incident.job_count < 0:
        raise TypeError("job_count is no number")
    if not _INCIDENT_ID.fullmatch(incident.incident_id) or not _ACCOUNT.fullmatch(incident.account):
        raise TypeError("no incident id, or no account")


def _is_plain(value: Any, levels: int = DEEPEST) -> bool:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return levels > 0 and all(_is_plain(each, levels - 1) for each in value)
    return not isinstance(value, float) or isfinite(value)

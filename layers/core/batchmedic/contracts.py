"""The public shapes: hints and doorbells that we read, the incident that we publish."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batchmedic.errors import MessageError
from batchmedic.findings import Confidence, Severity
from batchmedic.incidents import ChangedBy, Checks, Incident, Row, Status
from batchmedic.repair_json import published

HINTS = ("runnable", "blocked", "launch_failed", "verify", "sweep")
INCIDENT_LIMIT = 64 * 1024  # bytes of JSON; EventBridge and SQS take more, people do not
DOORBELL_LIMIT = 100  # incidents in one doorbell
TEXT_LIMIT = 1_000  # characters of any one text that AWS or a user wrote

_QUEUE_ARN = re.compile(r"arn:[\w-]+:batch:(?P<region>[\w-]+):(?P<account>\d{12}):job-queue/[A-Za-z0-9_-]{1,128}")
_PLAN_ID = re.compile(r"[0-9a-f]{16}")
_INCIDENT_ID = re.compile(r"[0-9a-f]{16}-[1-9][0-9]{0,8}")


COMMANDS = ("apply", "rollback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a person asks of `remediate`: to apply exactly this plan, or to take a change back."""

    kind: str
    incident_id: str
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Where to look: a job queue, or everything (`sweep`). What is true there is read afresh."""

    kind: str
    queue: str | None = None

    def as_message(self, at: datetime) -> str:
        body = {"v": 1, "hint": self.kind, "queue": self.queue, "compute_environment": None, "at": at.isoformat()}
        return json.dumps(body)


def is_batch(event: Any) -> bool:
    """Whether Lambda read the event from an SQS queue and expects `batchItemFailures` back."""
    return isinstance(event, Mapping) and isinstance(event.get("Records"), list)


def message_bodies(event: Any) -> tuple[tuple[str, Any], ...]:
    """(message id, body) of an SQS batch; a direct invocation is one body without an id."""
    if not is_batch(event):
        return (("", event),)
    records = (record for record in event["Records"] if isinstance(record, Mapping))
    return tuple((str(record.get("messageId", "")), record.get("body")) for record in records)


def answer(event: Any, report: Mapping[str, Any], failed: Iterable[str]) -> dict[str, Any]:
    """What the handler returns: to SQS the messages that should come back, to everybody else the report."""
    if not is_batch(event):
        return dict(report)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def hint(body: Any) -> Hint:
    """A hint from a message body (JSON text or a mapping). MessageError says what is wrong with it."""
    fields = _fields(body)
    kind = fields.get("hint")
    if fields.get("v") != 1 or kind not in HINTS:
        raise MessageError("not a hint of version 1 with a known kind")
    if kind == "sweep":
        return Hint(kind=kind)
    queue = fields.get("queue")
    if not isinstance(queue, str) or not _QUEUE_ARN.fullmatch(queue):
        raise MessageError("the hint names no job queue ARN")
    return Hint(kind=kind, queue=queue)


def is_of(hint: Hint, *, account: str, region: str) -> bool:
    """Whether the hint is about the account and Region that this stack watches."""
    if hint.queue is None:
        return True
    found = _QUEUE_ARN.fullmatch(hint.queue)
    return found is not None and (found["account"], found["region"]) == (account, region)


def doorbell(body: Any) -> tuple[str, ...] | Incident:
    """The incident ids that a doorbell names, or the whole incident where `diagnose` could not store it."""
    fields = _fields(body)
    if isinstance(fields.get("incident"), dict):
        return incident_from_json(fields["incident"])
    named = fields.get("incident_ids", [fields.get("incident_id")])
    if not isinstance(named, list) or not named or len(named) > DOORBELL_LIMIT:
        raise MessageError("the doorbell names no incidents, or too many")
    if not all(isinstance(one, str) and _INCIDENT_ID.fullmatch(one) for one in named):
        raise MessageError("the doorbell names no incident")
    return tuple(dict.fromkeys(named))


def is_test(body: Any) -> bool:
    """Whether `notify` is asked for a test of its channels: {"test": true}."""
    return isinstance(body, Mapping) and body.get("test") is True


def errand(body: Any, *, by_hand: bool) -> tuple[str, ...] | Command:
    """What `remediate` is asked: the incidents of a doorbell, or, in a direct invocation only, a person's command."""
    fields = _fields(body)
    for kind in COMMANDS:
        if kind not in fields:
            continue
        incident_id, plan = fields[kind], fields.get("plan")
        if not by_hand:
            raise MessageError("a command is given by invoking the function, not by a message")
        if not isinstance(incident_id, str) or not _INCIDENT_ID.fullmatch(incident_id):
            raise MessageError(f"{kind} names no incident; its id is in the alert, like 0123456789abcdef-1")
        if kind == "apply" and (not isinstance(plan, str) or not _PLAN_ID.fullmatch(plan)):
            raise MessageError('apply names no plan; use {"apply": "<incident id>", "plan": "<plan id>"} of the alert')
        return Command(kind=kind, incident_id=incident_id, plan=plan if kind == "apply" else None)
    target = doorbell(fields)
    if isinstance(target, Incident):
        raise MessageError("an incident that could not be stored is not repaired")
    return target


def _fields(body: Any) -> Mapping[str, Any]:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MessageError("not JSON") from error
    if not isinstance(body, Mapping):
        raise MessageError("not a JSON object")
    return body


def incident_to_json(incident: Incident, *, remedy: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The published form, at most INCIDENT_LIMIT bytes: rows of evidence give way, the summary and the remedy stay."""
    rows = list(incident.evidence)
    while True:
        shaped = _published(incident, rows, remedy or published(None))
        if not rows or len(json.dumps(shaped).encode()) <= INCIDENT_LIMIT:
            return shaped
        rows.pop()


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
        return Incident(
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
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MessageError(f"not an incident of version 1: {error!r}") from error

"""The published form of a repair, and the fuller one that is kept."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from batchmedic.changes import ApiCall, Change, Plan, RemedyStatus, Repair
from batchmedic.errors import MessageError

TIMES = ("began_at", "applied_at", "valid_since", "due_at")


def published(repair: Repair | None) -> dict[str, Any]:
    """The member `remedy` of an incident; `plan` is the id by which a person approves exactly these changes."""
    if repair is None:
        return {"id": None, "status": "none", "plan": None, "changes": [], "why_not": None}
    plan = repair.plan
    return {
        "id": repair.remedy,
        "status": repair.status.value,
        "plan": plan.id if plan and plan.changes else None,
        "changes": [_published_change(change) for change in plan.changes] if plan else [],
        "why_not": repair.why_not,
    }


def _published_change(change: Change) -> dict[str, Any]:
    undo = {"call": change.undo.call, "parameters": dict(change.undo.parameters)} if change.undo else {}
    return {"call": change.call.call, "parameters": dict(change.call.parameters), "undo": undo}


def kept(repair: Repair) -> dict[str, Any]:
    """All of it, as JSON."""
    times = {name: moment.isoformat() if (moment := getattr(repair, name)) else None for name in TIMES}
    return {**asdict(repair), **times, "status": repair.status.value}


def repair_from_json(fields: Mapping[str, Any]) -> Repair:
    """The inverse of `kept`; unknown members are ignored, MessageError names what is missing or odd."""
    try:
        times = {name: datetime.fromisoformat(fields[name]) if fields.get(name) else None for name in TIMES}
        return Repair(
            remedy=fields["remedy"],
            status=RemedyStatus(fields["status"]),
            plan=_plan(fields["plan"]) if fields.get("plan") else None,
            why_not=fields.get("why_not"),
            said=fields.get("said", ""),
            approved=fields.get("approved"),
            version=int(fields["version"]),
            group=fields.get("group"),
            was_valid=bool(fields.get("was_valid")),
            digest_after=fields.get("digest_after"),
            waiting_jobs=tuple(fields.get("waiting_jobs") or ()),
            commands=tuple(fields.get("commands") or ()),
            **times,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MessageError(f"not a repair: {error!r}") from error


def _plan(fields: Mapping[str, Any]) -> Plan:
    return Plan(
        remedy=fields["remedy"],
        environment=fields["environment"],
        digest=fields["digest"],
        because=fields.get("because", ""),
        changes=tuple(_change(change) for change in fields["changes"]),
        steps=tuple(fields.get("steps") or ()),
        refusal=fields.get("refusal"),
    )


def _change(fields: Mapping[str, Any]) -> Change:
    undo = fields.get("undo")
    return Change(call=_call(fields["call"]), undo=_call(undo) if undo else None)


def _call(fields: Mapping[str, Any]) -> ApiCall:
    return ApiCall(call=fields["call"], parameters=fields["parameters"])

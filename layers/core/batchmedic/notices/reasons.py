"""Why people should hear about an incident now, or that they should not."""

from datetime import datetime, timedelta
from enum import StrEnum

from batchmedic.changes import RemedyStatus
from batchmedic.findings import Severity
from batchmedic.incidents import Record


class Reason(StrEnum):
    """The values are the names of the public events."""

    OPENED = "Incident Opened"
    WORSENED = "Incident Updated"
    RESOLVED = "Incident Resolved"
    STILL_OPEN = "Incident Still Open"  # for people only
    REMEDY_PLANNED = "Remedy Planned"
    REMEDY_APPLIED = "Remedy Applied"
    REMEDY_VERIFIED = "Remedy Verified"
    REMEDY_FAILED = "Remedy Failed"
    REMEDY_ROLLED_BACK = "Remedy Rolled Back"
    QUIET = "quiet"


OF_STATUS = {
    RemedyStatus.PLANNED: Reason.REMEDY_PLANNED,
    RemedyStatus.AWAITING_APPROVAL: Reason.REMEDY_PLANNED,
    RemedyStatus.VERIFYING: Reason.REMEDY_APPLIED,
    RemedyStatus.VERIFIED: Reason.REMEDY_VERIFIED,
    RemedyStatus.FAILED: Reason.REMEDY_FAILED,
    RemedyStatus.ROLLED_BACK: Reason.REMEDY_ROLLED_BACK,
}


def notify_reason(record: Record, channel: str, *, now: datetime, reminder: timedelta | None) -> Reason:
    """One channel's next word on this incident. What it was never told of need not be called over.

    `reminder` is after how long a critical incident is told again; None for a channel that needs no reminding.
    """
    reason = _transition(record, channel)
    if reason is not Reason.QUIET or reminder is None:
        return reason
    again = remind_at(record, channel, reminder)
    return Reason.STILL_OPEN if again is not None and again <= now else Reason.QUIET


def remind_at(record: Record, channel: str, reminder: timedelta) -> datetime | None:
    """When this channel should say again that a critical incident is still open."""
    told_at = record.told_at.get(channel)
    calm = record.incident.severity is not Severity.CRITICAL or record.incident.explained_by is not None
    if told_at is None or calm or not record.is_open:
        return None
    return told_at + reminder


def _transition(record: Record, channel: str) -> Reason:
    told = record.told.get(channel, 0)
    news, repaired = told < record.version, _repair_news(record, channel)
    if record.incident.severity is Severity.INFO or record.incident.explained_by is not None:
        return repaired if repaired not in (Reason.QUIET, Reason.REMEDY_PLANNED) else Reason.QUIET
    if told == 0 and record.is_open:
        return Reason.OPENED
    if repaired is not Reason.QUIET and (record.is_open or repaired is not Reason.REMEDY_PLANNED):
        return repaired
    if told == 0 or not news:
        return Reason.QUIET
    if record.is_open:
        return Reason.WORSENED
    return Reason.QUIET if _repair_says_it(record) else Reason.RESOLVED


def _repair_news(record: Record, channel: str) -> Reason:
    """What this channel has not yet told of the repair: something was changed, or should be."""
    repair = record.repair
    if repair is None or record.told.get(repair_of(channel), 0) >= repair.version:
        return Reason.QUIET
    return OF_STATUS.get(repair.status, Reason.QUIET)


def _repair_says_it(record: Record) -> bool:
    """That it is over, people hear with the repair's own end: not before it is proved, and not twice."""
    repair = record.repair
    return repair is not None and (repair.status.under_way or repair.status is RemedyStatus.VERIFIED)


def repair_of(channel: str) -> str:
    """Under which name the record keeps what a channel told of the repair."""
    return f"{channel} repair"

"""Why people should hear about an incident now, or that they should not."""

from datetime import datetime, timedelta
from enum import StrEnum

from batchmedic.changes import RemedyStatus
from batchmedic.findings import Severity
from batchmedic.incidents import Record


class Reason(StrEnum):
    OPENED = "opened"
    BACK = "back"
    WORSENED = "worsened"
    STILL_OPEN = "still open"
    MERGED = "merged"
    RESOLVED = "resolved"
    REMEDY_PLANNED = "remedy planned"
    REMEDY_APPLIED = "remedy applied"
    REMEDY_VERIFIED = "remedy verified"
    REMEDY_FAILED = "remedy failed"
    REMEDY_ROLLED_BACK = "remedy rolled back"
    ABOUT_US = "about us"  # batchmedic speaks of itself
    QUIET = "quiet"

    @property
    def event(self) -> str:
        """The name of the public event."""
        return EVENTS[self]


EVENTS = {
    Reason.OPENED: "Incident Opened",
    Reason.BACK: "Incident Opened",  # who closed a ticket at its end must hear that it is open
    Reason.WORSENED: "Incident Updated",
    Reason.STILL_OPEN: "Incident Still Open",  # for people only
    Reason.MERGED: "Incident Resolved",
    Reason.RESOLVED: "Incident Resolved",
    Reason.REMEDY_PLANNED: "Remedy Planned",
    Reason.REMEDY_APPLIED: "Remedy Applied",
    Reason.REMEDY_VERIFIED: "Remedy Verified",
    Reason.REMEDY_FAILED: "Remedy Failed",
    Reason.REMEDY_ROLLED_BACK: "Remedy Rolled Back",
    Reason.ABOUT_US: "Notice",  # for people only
}
OF_STATUS = {
    RemedyStatus.PLANNED: Reason.REMEDY_PLANNED,
    RemedyStatus.AWAITING_APPROVAL: Reason.REMEDY_PLANNED,
    RemedyStatus.VERIFYING: Reason.REMEDY_APPLIED,
    RemedyStatus.VERIFIED: Reason.REMEDY_VERIFIED,
    RemedyStatus.FAILED: Reason.REMEDY_FAILED,
    RemedyStatus.ROLLED_BACK: Reason.REMEDY_ROLLED_BACK,
}
ENDS = (Reason.RESOLVED, Reason.MERGED)


def notify_reason(
    record: Record, channel: str, *, now: datetime, reminder: timedelta | None, muted: bool = False
) -> Reason:
    """One channel's next word on this incident. What it was never told of need not be called over.

    `reminder` is after how long a critical incident is told again; None for a channel that needs no reminding.
    `muted`: people want to hear only the end of what they know, and what was changed in their account.
    """
    reason = _transition(record, channel)
    if muted:
        return reason if reason in ENDS else _changed(record, channel)
    if reason is not Reason.QUIET or reminder is None:
        return reason
    again = remind_at(record, channel, reminder)
    return Reason.STILL_OPEN if again is not None and again <= now else Reason.QUIET


def remind_at(record: Record, channel: str, reminder: timedelta) -> datetime | None:
    """When this channel should say again that a critical incident is still open."""
    told_at = record.told_at.get(channel)
    if told_at is None or record.incident.severity is not Severity.CRITICAL or not record.is_open:
        return None
    return told_at + reminder


def _transition(record: Record, channel: str) -> Reason:
    told, repaired = record.told.get(channel, 0), _repair_news(record, channel)
    if record.incident.severity is Severity.INFO and (record.is_open or told == 0):
        return _changed(record, channel)
    if record.is_open and told < max(record.back_version, 1):
        return Reason.BACK if told or record.back_version == 1 else Reason.OPENED
    if repaired is not Reason.QUIET and (record.is_open or repaired is not Reason.REMEDY_PLANNED):
        return repaired
    knows_it_is_over = not record.is_open and told in (0, *record.ends)
    if knows_it_is_over or told >= record.version:
        return Reason.QUIET
    return Reason.WORSENED if record.is_open else _end(record)


def _end(record: Record) -> Reason:
    if record.incident.explained_by is not None:
        return Reason.MERGED
    return Reason.QUIET if _repair_says_it(record) else Reason.RESOLVED


def _changed(record: Record, channel: str) -> Reason:
    """What was changed in somebody's account is told, whatever else is not."""
    repaired = _repair_news(record, channel)
    return Reason.QUIET if repaired is Reason.REMEDY_PLANNED else repaired


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

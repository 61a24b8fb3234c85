"""Why people should hear about an incident now, or that they should not."""

from enum import StrEnum

from batchmedic.findings import Severity
from batchmedic.incidents import Record


class Reason(StrEnum):
    """The values are the names of the public events."""

    OPENED = "Incident Opened"
    WORSENED = "Incident Updated"
    RESOLVED = "Incident Resolved"
    QUIET = "quiet"


def notify_reason(record: Record, channel: str) -> Reason:
    """One channel's next word on this incident. What it was never told of need not be called over."""
    told = record.told.get(channel, 0)
    if told >= record.version or record.incident.severity is Severity.INFO:
        return Reason.QUIET
    if record.incident.explained_by is not None:
        return Reason.QUIET  # people hear of the cause
    if told == 0:
        return Reason.OPENED if record.is_open else Reason.QUIET
    return Reason.WORSENED if record.is_open else Reason.RESOLVED

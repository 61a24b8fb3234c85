"""Asks CloudTrail who last changed a thing: best effort, for the alert's sake only."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batchmedic.aws.answering import read
from batchmedic.errors import ReadError
from batchmedic.incidents import ChangedBy

logger = logging.getLogger(__name__)

SHORTLY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CloudTrailHistory:
    cloudtrail: Callable[[], Any]

    def last_change(self, name: str, *, now: datetime) -> ChangedBy | None:
        """The newest write of the last day to the resource of this name that AWS did not refuse, if anybody can say."""
        try:
            answer = read(
                "cloudtrail:LookupEvents",
                lambda: self.cloudtrail().lookup_events(
                    LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}],
                    StartTime=now - SHORTLY,
                    EndTime=now,
                    MaxResults=20,
                ),
            )
        except ReadError as error:
            logger.info("Nobody can say who changed it.", extra={"call": error.call, "because": error.because})
            return None
        events = [(event, _detail(event)) for event in answer.get("Events") or ()]
        writes = [(event, detail) for event, detail in events if _is_write(event) and "errorCode" not in detail]
        if not writes:
            return None
        newest, detail = max(writes, key=lambda each: each[0]["EventTime"])
        principal = (detail.get("userIdentity") or {}).get("arn") or newest.get("Username") or "unknown"
        return ChangedBy(principal=principal, event=newest.get("EventName", ""), at=newest["EventTime"])


def _is_write(event: Mapping[str, Any]) -> bool:
    return str(event.get("ReadOnly", "")).lower() != "true"


def _detail(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event as CloudTrail recorded it, which says who, and whether AWS refused it."""
    try:
        detail = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return {}
    return detail if isinstance(detail, Mapping) else {}

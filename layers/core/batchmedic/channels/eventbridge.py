"""Tells programs, by Amazon EventBridge: each transition of an incident is one event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from batchmedic.changes import Repair
from batchmedic.incident_json import incident_to_json
from batchmedic.incidents import Incident
from batchmedic.notices.clean import visible_in
from batchmedic.notices.notice import Notice
from batchmedic.repair_json import published


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBridge:
    """`put(detail type, detail)` raises DeliveryError. Programs count: nothing is summed up for them."""

    put: Callable[[str, Mapping[str, Any]], None]
    name: str = "eventbridge"
    summarises: bool = False
    gap: timedelta = timedelta(0)

    def deliver(self, notice: Notice) -> None:
        if notice.incident is not None:  # what batchmedic says of itself is for people
            self.put(notice.reason.event, detail(notice.incident, notice.repair))


def detail(incident: Incident, repair: Repair | None) -> dict[str, Any]:
    """The incident with its remedy as it now is, at most 64 KiB (docs/events/incident.schema.json)."""
    detail: dict[str, Any] = visible_in(incident_to_json(incident, remedy=published(repair)))
    return detail

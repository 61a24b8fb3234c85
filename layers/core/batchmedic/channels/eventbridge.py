"""Tells programs, by Amazon EventBridge: each transition of an incident is one event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from batchmedic.contracts import incident_to_json
from batchmedic.notices.notice import Notice
from batchmedic.repair_json import published


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBridge:
    """`put(detail type, detail)` raises DeliveryError. Programs count: nothing is summed up for them."""

    put: Callable[[str, Mapping[str, Any]], None]
    name: str = "eventbridge"
    summarises: bool = False

    def deliver(self, notice: Notice) -> None:
        self.put(notice.reason.value, detail(notice))


def detail(notice: Notice) -> dict[str, Any]:
    """The incident with its remedy as it now is, at most 64 KiB (docs/events/incident.schema.json)."""
    return incident_to_json(notice.incident, remedy=published(notice.repair))

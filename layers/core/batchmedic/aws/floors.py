"""Keeps the memory of all floors in one item: one read for a run, and a write for each that changed."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from batchmedic.aws.dynamo import StateItem, text
from batchmedic.scaling.floor import Floor, Floors

FLOOR = "floor "  # and the environment's ARN
TIMES = ("idle_since", "jobless_since", "announced_at", "planned_at", "slept_at", "waking_at")
LISTS = ("sleeps", "raises")


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorItem(StateItem):
    key = "floors"
    read_as: dict[Floor, str] = field(default_factory=dict)  # where another version wrote it in other words

    def read(self) -> Floors:
        item = self._item()
        looked_at = item.get("looked_at")
        texts = {name.removeprefix(FLOOR): value["S"] for name, value in item.items() if name.startswith(FLOOR)}
        floors = {arn: floor_from_json(json.loads(written)) for arn, written in texts.items()}
        self.read_as.clear()
        self.read_as.update({floor: texts[arn] for arn, floor in floors.items()})
        return Floors(
            floors=floors,
            looked_at=datetime.fromisoformat(looked_at["S"]) if looked_at else None,
            mode=item.get("scaling_mode", {}).get("S", ""),
        )

    def save(self, before: Floor, after: Floor) -> None:
        """Written if it is still as it was; a memory that holds nothing goes."""
        new, gone = (one == Floor(environment=one.environment) for one in (before, after))
        values = {} if new else {":before": {"S": self.read_as.get(before) or _json(before)}}
        if not gone:
            values[":after"] = {"S": _json(after)}
        self._update(
            UpdateExpression="REMOVE #floor" if gone else "SET #floor = :after",
            ConditionExpression="attribute_not_exists(#floor)" if new else "#floor = :before",
            ExpressionAttributeNames={"#floor": FLOOR + after.environment},
            **({"ExpressionAttributeValues": values} if values else {}),
        )

    def looked(self, at: datetime, mode: str) -> None:
        self._update(
            UpdateExpression="SET looked_at = :at, scaling_mode = :mode",
            ExpressionAttributeValues={":at": {"S": text(at)}, ":mode": {"S": mode}},
        )


def _json(floor: Floor) -> str:
    fields = asdict(floor)
    for name in TIMES:
        fields[name] = text(fields[name]) if fields[name] else None
    for name in LISTS:
        fields[name] = [text(moment) for moment in fields[name]]
    return json.dumps(fields, sort_keys=True)


def floor_from_json(fields: Mapping[str, Any]) -> Floor:
    """Members that this version does not know are left out."""
    known = {name: fields[name] for name in Floor.__slots__ if name in fields}
    for name in TIMES:
        known[name] = datetime.fromisoformat(known[name]) if known.get(name) else None
    for name in LISTS:
        known[name] = tuple(datetime.fromisoformat(moment) for moment in known.get(name) or ())
    return Floor(**known)

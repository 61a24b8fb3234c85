"""Remembers what was repaired lately, and where a person goes first, in one small item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batchmedic.aws.dynamo import ask, text
from batchmedic.remedy import PastRepairs

KEY = {"state_key": {"S": "repairs"}}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DONE, HELD = "done ", "held "  # and the incident's id: "when ARN"; and the environment's ARN: why


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairMemoryItem:
    dynamodb: Any
    table: str

    def past(self, environment: str, incident_id: str, *, now: datetime) -> PastRepairs:
        item = self._item()
        noted = {name: value["S"].split(" ") for name, value in item.items() if name.startswith(DONE)}
        noted.pop(DONE + incident_id, None)
        others = noted.values()
        return PastRepairs(
            of_environment=sum(arn == environment and at > text(now - DAY) for at, arn in others),
            of_all=sum(at > text(now - HOUR) for at, _ in others),
            held_because=item.get(HELD + environment, {}).get("S"),
            revision=int(item.get("revision", {}).get("N", 0)),
        )

    def spend(self, environment: str, incident_id: str, *, now: datetime, revision: int) -> None:
        old = [
            name
            for name, value in self._item().items()
            if name.startswith(DONE) and name != DONE + incident_id and value["S"] < text(now - DAY)
        ]
        removed = f" REMOVE {', '.join(f'#old{n}' for n in range(len(old)))}" if old else ""
        self._update(
            UpdateExpression=f"SET #done = :done, revision = :next{removed}",
            ConditionExpression="attribute_not_exists(revision) OR revision = :revision",
            ExpressionAttributeNames={"#done": DONE + incident_id, **{f"#old{n}": name for n, name in enumerate(old)}},
            ExpressionAttributeValues={
                ":done": {"S": f"{text(now)} {environment}"},
                ":revision": {"N": str(revision)},
                ":next": {"N": str(revision + 1)},
            },
        )

    def hold(self, environment: str, because: str) -> None:
        self._update(
            UpdateExpression="SET #held = :because",
            ExpressionAttributeNames={"#held": HELD + environment},
            ExpressionAttributeValues={":because": {"S": because}},
        )

    def lift(self, environment: str) -> None:
        self._update(UpdateExpression="REMOVE #held", ExpressionAttributeNames={"#held": HELD + environment})

    def _item(self) -> Mapping[str, Any]:
        answer = ask("state table", lambda: self.dynamodb.get_item(TableName=self.table, Key=KEY, ConsistentRead=True))
        item: Mapping[str, Any] = answer.get("Item", {})
        return item

    def _update(self, **request: Any) -> Any:
        return ask("state table", lambda: self.dynamodb.update_item(TableName=self.table, Key=KEY, **request))

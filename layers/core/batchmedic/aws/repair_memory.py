"""Remembers what was repaired lately, and where a person goes first, in one small item."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from batchmedic.aws.dynamo import StateItem, text
from batchmedic.remedy import PastRepairs

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DONE, HELD = "done ", "held "  # and the incident's id: "when ARN"; and the environment's ARN: why


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairMemoryItem(StateItem):
    key = "repairs"

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

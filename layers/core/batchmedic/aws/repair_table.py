"""Keeps how far repairs have come, beside their incidents; a fencing token keeps two workers apart."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from batchmedic.aws.dynamo import RefusedError, ask, text
from batchmedic.aws.incident_table import BUCKET, record_of
from batchmedic.changes import Repair
from batchmedic.ports import Claim
from batchmedic.repair_json import kept


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairTable:
    dynamodb: Any
    table: str

    def take(self, incident_id: str, *, now: datetime, until: datetime) -> Claim | None:
        try:
            answer = self._update(
                incident_id,
                UpdateExpression="SET repair_until = :until ADD fence :one",
                ConditionExpression="attribute_exists(incident_key) AND "
                "(attribute_not_exists(repair_until) OR repair_until < :now)",
                ExpressionAttributeValues={
                    ":until": {"S": text(until)},
                    ":now": {"S": text(now)},
                    ":one": {"N": "1"},
                },
                ReturnValues="ALL_NEW",
            )
        except RefusedError:
            return None
        item = answer["Attributes"]
        return Claim(record=record_of(item), fence=int(item["fence"]["N"]))

    def keep(self, claim: Claim, repair: Repair, *, tell_by: datetime | None = None) -> Claim:
        """It stays in the index of what is due, or returns there, until its repair is over and told."""
        values = {
            ":repair": {"S": json.dumps(kept(repair))},
            ":one": {"N": "1"},
            ":open": {"S": BUCKET},
            ":fence": {"N": str(claim.fence)},
        }
        due = ""
        if tell_by is not None:
            values[":due"] = {"S": text(tell_by)}
            due = ", due_at = :due"
        answer = self._update(
            claim.record.incident.incident_id,
            UpdateExpression=f"SET repair = :repair, due_bucket = :open{due} ADD repair_revision :one",
            ConditionExpression="fence = :fence",
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )
        return replace(claim, record=record_of(answer["Attributes"]))

    def hold(self, claim: Claim) -> None:
        """A write, since only a condition on a write is a question without a gap."""
        self._fenced(claim, UpdateExpression="SET fence_seen = :fence")

    def release(self, claim: Claim) -> None:
        try:
            self._fenced(claim, UpdateExpression="REMOVE repair_until")
        except RefusedError:
            return  # the lease was over, and somebody else works on it

    def _fenced(self, claim: Claim, **request: Any) -> None:
        self._update(
            claim.record.incident.incident_id,
            ConditionExpression="fence = :fence",
            ExpressionAttributeValues={":fence": {"N": str(claim.fence)}},
            **request,
        )

    def _update(self, incident_id: str, **request: Any) -> Any:
        key, _, generation = incident_id.rpartition("-")
        return ask(
            "incident table",
            lambda: self.dynamodb.update_item(
                TableName=self.table, Key={"incident_key": {"S": key}, "generation": {"N": generation}}, **request
            ),
        )

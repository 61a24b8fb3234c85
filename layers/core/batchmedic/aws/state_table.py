"""Remembers since when a status has been seen, which AWS does not say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batchmedic.aws.dynamo import RefusedError, ask, text

KEPT_AFTER = timedelta(days=1)
UNSEEN = timedelta(minutes=25)  # two sweeps at their longest, and a little


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTable:
    dynamodb: Any
    table: str

    def seen_since(self, subject: str, status: str, *, now: datetime) -> datetime:
        """A status not seen for a while has begun anew: what was seen before it may have been another time."""
        values = {
            ":status": {"S": status},
            ":now": {"S": text(now)},
            ":expires": {"N": str(int((now + KEPT_AFTER).timestamp()))},
        }
        try:
            again = self._update(
                subject,
                UpdateExpression="SET last_seen = :now, expires_at = :expires",
                ConditionExpression="seen_status = :status AND last_seen > :lately",
                ExpressionAttributeValues={**values, ":lately": {"S": text(now - UNSEEN)}},
                ReturnValues="ALL_NEW",
            )
        except RefusedError:
            self._update(
                subject,
                UpdateExpression="SET seen_status = :status, since = :now, last_seen = :now, expires_at = :expires",
                ExpressionAttributeValues=values,
            )
            return now
        return datetime.fromisoformat(again["Attributes"]["since"]["S"])

    def _update(self, subject: str, **request: Any) -> Any:
        key = {"state_key": {"S": f"status {subject}"}}
        return ask("state table", lambda: self.dynamodb.update_item(TableName=self.table, Key=key, **request))

"""Keeps the leases of queues in DynamoDB, so that ten thousand events of one queue are one look."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from batchmedic.aws.answering import code_of
from batchmedic.errors import StoreError
from batchmedic.ports import Lease

CONFLICT = "ConditionalCheckFailedException"
KEPT_AFTER = timedelta(days=1)
UNSEEN = timedelta(minutes=25)  # two sweeps at their longest, and a little


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTable:
    dynamodb: Any
    table: str

    def take(self, queue: str, *, now: datetime, until: datetime) -> Lease | None:
        """One call, also where somebody else holds the lease: DynamoDB answers with the item that stood in the way."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(queue),
                UpdateExpression="SET held_until = :until, expires_at = :expires REMOVE promised",
                ConditionExpression="attribute_not_exists(held_until) OR held_until <= :now",
                ExpressionAttributeValues={
                    ":until": {"S": _text(until)},
                    ":now": {"S": _text(now)},
                    ":expires": {"N": str(int((until + KEPT_AFTER).timestamp()))},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) != CONFLICT:
                raise StoreError(f"the state table answered {code_of(error)}") from error
            held: dict[str, Any] = error.response.get("Item") or {}  # type: ignore[assignment]
            return Lease(
                until=datetime.fromisoformat(held["held_until"]["S"]) if "held_until" in held else until,
                promised="promised" in held,
            )
        except BotoCoreError as error:
            raise StoreError(f"the state table gave no answer ({type(error).__name__})") from error
        return None

    def promise(self, queue: str, lease: Lease) -> None:
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(queue),
                UpdateExpression="SET promised = :yes",
                ConditionExpression="held_until = :until",
                ExpressionAttributeValues={":yes": {"BOOL": True}, ":until": {"S": _text(lease.until)}},
            )
        except ClientError as error:
            if code_of(error) != CONFLICT:  # the lease is over: the promised hint is then simply a hint
                raise StoreError(f"the state table answered {code_of(error)}") from error
        except BotoCoreError as error:
            raise StoreError(f"the state table gave no answer ({type(error).__name__})") from error

    def seen_since(self, subject: str, status: str, *, now: datetime) -> datetime:
        """A status not seen for a while has begun anew: what was seen before it may have been another time."""
        key = {"state_key": {"S": f"status {subject}"}}
        values = {
            ":status": {"S": status},
            ":now": {"S": _text(now)},
            ":expires": {"N": str(int((now + KEPT_AFTER).timestamp()))},
        }
        try:
            again = self.dynamodb.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression="SET last_seen = :now, expires_at = :expires",
                ConditionExpression="seen_status = :status AND last_seen > :lately",
                ExpressionAttributeValues={**values, ":lately": {"S": _text(now - UNSEEN)}},
                ReturnValues="ALL_NEW",
            )
            return datetime.fromisoformat(again["Attributes"]["since"]["S"])
        except ClientError as error:
            if code_of(error) != CONFLICT:
                raise StoreError(f"the state table answered {code_of(error)}") from error
        except BotoCoreError as error:
            raise StoreError(f"the state table gave no answer ({type(error).__name__})") from error
        self._begin(key, values)
        return now

    def _begin(self, key: dict[str, Any], values: dict[str, Any]) -> None:
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression="SET seen_status = :status, since = :now, last_seen = :now, expires_at = :expires",
                ExpressionAttributeValues=values,
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreError(f"the state table cannot be written to ({type(error).__name__})") from error


def _key(queue: str) -> dict[str, Any]:
    return {"state_key": {"S": f"lease {queue}"}}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")

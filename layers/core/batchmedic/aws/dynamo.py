"""How the tables are asked: refusals in the project's own errors, times as text that sorts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.errors import ConflictError, StoreError

STATE = "state table"


class RefusedError(ConflictError):
    """The condition of a write did not hold; `item` is what stood in the way, where the write asked for it."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__("somebody else wrote first")
        self.item = item


def ask(table: str, request: Callable[[], Any]) -> Any:
    """The answer; RefusedError, or a StoreError that calls the table so and names DynamoDB's code."""
    try:
        return request()
    except ClientError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            raise RefusedError(error.response.get("Item") or {}) from error  # type: ignore[arg-type]
        raise StoreError(f"the {table} answered {code_of(error)}") from error
    except NO_ANSWER as error:
        raise StoreError(f"the {table} gave no answer ({type(error).__name__})") from error


def text(moment: datetime) -> str:
    """Times sort as text: UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateItem:
    """One item of the state table: small memories that belong together are read at once and written one by one."""

    dynamodb: Any
    table: str
    key: ClassVar[str]

    def _item(self) -> Mapping[str, Any]:
        """Its attributes; none where it was never written."""
        wanted = {"TableName": self.table, "Key": self._key(), "ConsistentRead": True}
        item: Mapping[str, Any] = ask(STATE, lambda: self.dynamodb.get_item(**wanted)).get("Item", {})
        return item

    def _update(self, **request: Any) -> Any:
        return ask(STATE, lambda: self.dynamodb.update_item(TableName=self.table, Key=self._key(), **request))

    def _key(self) -> Mapping[str, Any]:
        return {"state_key": {"S": self.key}}

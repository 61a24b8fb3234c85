"""How the tables are asked: refusals in the project's own errors, times as text that sorts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.errors import ConflictError, StoreError


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

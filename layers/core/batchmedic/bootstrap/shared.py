"""What the wirings share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from batchmedic.aws.doorbells import Queues
from batchmedic.settings import DiagnoseSettings, RemediateSettings


def utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the clock that everybody else is handed


def doorbells_of(client: Callable[[str], Any], settings: DiagnoseSettings | RemediateSettings) -> Queues:
    return Queues(
        sqs=client("sqs"),
        looks=settings.looks_queue,
        notices=settings.notices_queue,
        remedies=settings.remedies_queue,
    )

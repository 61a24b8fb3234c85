"""Weighs the way from an SQS batch to the queues to look at, against Powertools' BatchProcessor doing the same."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from batchmedic import contracts
from batchmedic.intake import Intake
from tests.factories import ACCOUNT, REGION
from tests.fakes import FakeDoorbells, FakeLeases

RECORDS = 6_500  # of our size fit into the 6 MB of one invocation
ROUNDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Microseconds for one record, the best of some rounds; `reading` is the parsing that both do."""

    ours: float
    batch_processor: float
    reading: float

    @property
    def ratio(self) -> float:
        return self.ours / self.batch_processor


def handling() -> Handling:
    """Turn about, so that a busy machine slows all three alike."""
    records = [_record(number) for number in range(RECORDS)]
    rounds = [
        (_timed(_ours, records), _timed(_with_batch_processor, records), _timed(_reading, records))
        for _ in range(ROUNDS)
    ]
    ours, batch_processor, reading = (min(column) for column in zip(*rounds, strict=True))
    return Handling(ours=ours, batch_processor=batch_processor, reading=reading)


def _ours(records: list[dict[str, Any]]) -> None:
    now = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    intake = Intake(account=ACCOUNT, region=REGION, leases=FakeLeases(), doorbells=FakeDoorbells(), clock=lambda: now)
    found = intake.sort(contracts.message_bodies({"Records": records}))
    if len(found.hints) != 1:
        raise AssertionError("one queue was meant")


def _with_batch_processor(records: list[dict[str, Any]]) -> None:
    hints = set()

    def handle(record: SQSRecord) -> None:
        hint = contracts.hint(record.body)
        if contracts.is_of(hint, account=ACCOUNT, region=REGION):
            hints.add(hint)

    process_partial_response(
        event={"Records": records},
        record_handler=handle,
        processor=BatchProcessor(event_type=EventType.SQS),
        context=SimpleNamespace(),  # type: ignore[arg-type]
    )
    if len(hints) != 1:
        raise AssertionError("one queue was meant")


def _reading(records: list[dict[str, Any]]) -> None:
    for record in records:
        contracts.hint(record["body"])


def _timed(work: Callable[[list[dict[str, Any]]], None], records: list[dict[str, Any]]) -> float:
    start = time.perf_counter()
    work(records)
    return (time.perf_counter() - start) / RECORDS * 1e6


def _record(number: int) -> dict[str, Any]:
    hint = {
        "v": 1,
        "hint": "runnable",
        "queue": f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/align",
        "compute_environment": None,
        "at": f"2026-11-25T08:{number // 60 % 60:02d}:{number % 60:02d}Z",
    }
    return {"messageId": str(number), "body": json.dumps(hint), "eventSource": "aws:sqs", "attributes": {}}

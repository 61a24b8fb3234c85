"""Keeps what the last sweep saw, and when people were greeted and had their last digest."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from batchmedic.aws.dynamo import StateItem, text
from batchmedic.board import Diary, Sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryItem(StateItem):
    key = "diary"

    def swept(self, sweep: Sweep) -> Diary:
        """One write; the answer is the diary as it is now."""
        answer = self._update(
            UpdateExpression="SET last_sweep = :sweep ADD sweeps :one",
            ExpressionAttributeValues={
                ":sweep": {"S": json.dumps({**asdict(sweep), "at": text(sweep.at)})},
                ":one": {"N": "1"},
            },
            ReturnValues="ALL_NEW",
        )
        return _diary(answer["Attributes"])

    def read(self) -> Diary:
        return _diary(self._item())

    def greeted(self, *, now: datetime) -> None:
        self._update(UpdateExpression="SET greeted_at = :now", ExpressionAttributeValues={":now": {"S": text(now)}})

    def digested(self, *, now: datetime, sweeps: int, saved: Mapping[str, float]) -> None:
        self._update(
            UpdateExpression="SET digest_at = :now, digest_sweeps = :sweeps, digest_saved = :saved",
            ExpressionAttributeValues={
                ":now": {"S": text(now)},
                ":sweeps": {"N": str(sweeps)},
                ":saved": {"S": json.dumps(dict(saved))},
            },
        )


def _diary(item: Mapping[str, Any]) -> Diary:
    digest_at = item.get("digest_at")
    return Diary(
        last=_sweep(json.loads(item["last_sweep"]["S"])) if "last_sweep" in item else None,
        sweeps=int(item.get("sweeps", {}).get("N", 0)),
        greeted="greeted_at" in item,
        digest_at=datetime.fromisoformat(digest_at["S"]) if digest_at else None,
        digest_sweeps=int(item.get("digest_sweeps", {}).get("N", 0)),
        digest_saved=json.loads(item.get("digest_saved", {}).get("S", "{}")),
    )


def _sweep(kept: dict[str, Any]) -> Sweep:
    """Members that a later version added, or an earlier one did not know, do no harm."""
    return Sweep(
        at=datetime.fromisoformat(kept["at"]),
        job_queues=kept["job_queues"],
        compute_environments=kept["compute_environments"],
        open_incidents=kept["open_incidents"],
        checks_not_made=kept["checks_not_made"],
        blind_spots=tuple(kept.get("blind_spots", ())),
        odd_tags=tuple(kept.get("odd_tags", ())),
        floors=tuple(kept.get("floors", ())),
    )

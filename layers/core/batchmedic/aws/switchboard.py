"""Keeps how each channel stands and what is muted, in one small item."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batchmedic.aws.dynamo import RefusedError, StateItem, text
from batchmedic.board import Board, Line, Mute

RESTS, BROKEN, KNOWN, MUTE = "rests ", "broken ", "known ", "mute "  # and the channel's name, or what is muted


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchboardItem(StateItem):
    key = "switchboard"

    def read(self) -> Board:
        item = self._item()
        channels = {name.partition(" ")[2] for name in item if name.startswith((RESTS, BROKEN, KNOWN))}
        return Board(
            lines={channel: _line(item, channel) for channel in channels},
            mutes={name.removeprefix(MUTE): _mute(item[name]["S"]) for name in item if name.startswith(MUTE)},
        )

    def take_turn(self, channel: str, *, now: datetime, gap: timedelta) -> datetime | None:
        """None if it is ours to speak now; else until when the channel rests."""
        try:
            self._update(
                UpdateExpression="SET #rests = :next",
                ConditionExpression="attribute_not_exists(#rests) OR #rests <= :now",
                ExpressionAttributeNames={"#rests": RESTS + channel},
                ExpressionAttributeValues={":next": {"S": text(now + gap)}, ":now": {"S": text(now)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except RefusedError as refusal:
            rests = refusal.item.get(RESTS + channel)
            return datetime.fromisoformat(rests["S"]) if rests else now + gap
        return None

    def rest(self, channel: str, *, until: datetime) -> None:
        self._update(
            UpdateExpression="SET #rests = :until",
            ExpressionAttributeNames={"#rests": RESTS + channel},
            ExpressionAttributeValues={":until": {"S": text(until)}},
        )

    def breaks(self, channel: str, *, now: datetime, until: datetime) -> None:
        self._update(
            UpdateExpression="SET #rests = :until, #broken = if_not_exists(#broken, :now)",
            ExpressionAttributeNames={"#rests": RESTS + channel, "#broken": BROKEN + channel},
            ExpressionAttributeValues={":until": {"S": text(until)}, ":now": {"S": text(now)}},
        )

    def known(self, channel: str) -> None:
        self._update(
            UpdateExpression="SET #known = :yes",
            ExpressionAttributeNames={"#known": KNOWN + channel},
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def works(self, channel: str) -> None:
        self._update(
            UpdateExpression="REMOVE #rests, #broken, #known",
            ExpressionAttributeNames={
                "#rests": RESTS + channel,
                "#broken": BROKEN + channel,
                "#known": KNOWN + channel,
            },
        )

    def mute(self, target: str, mute: Mute, *, now: datetime) -> None:
        """Also forgets the mutes that are over."""
        over = [one for one, other in self.read().mutes.items() if other.until <= now and one != target]
        removed = " REMOVE " + ", ".join(f"#over{n}" for n in range(len(over))) if over else ""
        self._update(
            UpdateExpression=f"SET #mute = :mute{removed}",
            ExpressionAttributeNames={
                "#mute": MUTE + target,
                **{f"#over{n}": MUTE + one for n, one in enumerate(over)},
            },
            ExpressionAttributeValues={":mute": {"S": json.dumps([text(mute.until), mute.because])}},
        )

    def unmute(self, target: str) -> None:
        self._update(UpdateExpression="REMOVE #mute", ExpressionAttributeNames={"#mute": MUTE + target})


def _line(item: Mapping[str, Any], channel: str) -> Line:
    rests, broken = item.get(RESTS + channel), item.get(BROKEN + channel)
    return Line(
        rests_until=datetime.fromisoformat(rests["S"]) if rests else None,
        broken_since=datetime.fromisoformat(broken["S"]) if broken else None,
        known=KNOWN + channel in item,
    )


def _mute(kept: str) -> Mute:
    until, because = json.loads(kept)
    return Mute(until=datetime.fromisoformat(until), because=because)

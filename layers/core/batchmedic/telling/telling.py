"""Tells each channel what it has not told yet: one by one, or many news as one summary."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from batchmedic.board import Board, Mute
from batchmedic.errors import DeliveryError, StoreError
from batchmedic.incidents import Incident, Record
from batchmedic.notices.notice import Notice, notice_of
from batchmedic.notices.reasons import Reason, notify_reason, remind_at
from batchmedic.notices.summary import summary_of
from batchmedic.ports import Channel, Clock, Doorbells, Tellings
from batchmedic.telling.delivery import Delivery, Outcome

logger = logging.getLogger(__name__)

CLAIM = timedelta(seconds=60)  # longer than the function may run
TOGETHER = 5  # more news than that at once are one summary, not a wall
ROUNDS = 3  # news may come while we tell; more than that is left to the next doorbell
News = tuple[Record, Reason]


@dataclass(slots=True, kw_only=True)
class Count:
    """What became of it. `failed` holds the ids of incidents that redelivery can cure."""

    told: int = 0
    quiet: int = 0
    deliveries_failed: int = 0
    channels_broken: int = 0
    failed: set[str] = field(default_factory=set)

    def add(self, outcome: Outcome) -> None:
        self.told += outcome.taken
        self.deliveries_failed += not outcome.taken and not outcome.waits
        self.channels_broken += outcome.broken


@dataclass(slots=True, kw_only=True)
class Round:
    """One invocation's records and what stands in its way."""

    board: Board
    records: dict[str, Record]
    later: dict[str, Outcome] = field(default_factory=dict)  # by channel: it takes nothing more now


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    tellings: Tellings
    delivery: Delivery
    doorbells: Doorbells
    reminder: timedelta  # after which a critical incident that is still open is told again
    clock: Clock

    def __call__(self, incident_ids: Iterable[str], count: Count) -> None:
        records = self._claimed(incident_ids, count)
        if not records:
            return
        turn = Round(board=self.delivery.board(), records=records)
        for _ in range(ROUNDS):
            for channel in self.delivery.channels:
                if channel.name not in turn.later:
                    self._tell_by(channel, turn, count)
        for incident_id, record in turn.records.items():
            if incident_id not in count.failed:
                self._settle(record, turn, count)
        self._ring_again(turn)  # last: a bell that comes before the claim is given back is lost

    def unrecorded(self, incident: Incident, count: Count) -> None:
        """The table was unavailable: told now; DeliveryError if no channel took it, for then the message goes back."""
        board = self.delivery.board()
        mute = board.mute_of(incident, now=self.clock())
        listening = [channel for channel in self.delivery.channels if mute is None or not channel.summarises]
        notice = notice_of(incident, Reason.OPENED)
        outcomes = [self.delivery.deliver(channel, notice, board) for channel in listening]
        for outcome in outcomes:
            count.add(outcome)
        if not any(outcome.taken for outcome in outcomes):
            raise DeliveryError("no channel took the notice", retryable=True)

    def _claimed(self, incident_ids: Iterable[str], count: Count) -> dict[str, Record]:
        records: dict[str, Record] = {}
        for incident_id in incident_ids:
            now = self.clock()
            try:
                record = self.tellings.claim(incident_id, now=now, until=now + CLAIM)
            except StoreError as error:
                self._goes_back(incident_id, error, count)
                continue
            if record is None:
                count.quiet += 1
            else:
                records[incident_id] = record
        return records

    def _tell_by(self, channel: Channel, turn: Round, count: Count) -> None:
        """Everything that this channel should say, until it takes no more."""
        due = [
            (record, reason)
            for record in turn.records.values()
            if record.incident.incident_id not in count.failed
            and (reason := self._reason(record, channel, turn.board)) is not Reason.QUIET
        ]
        together = channel.summarises and len(turn.records) > TOGETHER and len(due) > 1  # also the rest of a summary
        parcels = [due] if together else [[one] for one in due]
        for parcel in parcels:
            outcome = self.delivery.deliver(channel, _notice(parcel), turn.board)
            count.add(outcome)
            if outcome.again is not None:
                turn.later[channel.name] = outcome
                return
            for record, _ in parcel:
                self._told(record, channel, turn, count)

    def _told(self, record: Record, channel: Channel, turn: Round, count: Count) -> None:
        incident_id = record.incident.incident_id
        try:
            turn.records[incident_id] = self.tellings.told(record, channel.name, now=self.clock())
        except StoreError as error:
            self._goes_back(incident_id, error, count)

    def _settle(self, record: Record, turn: Round, count: Count) -> None:
        try:
            self.tellings.settle(record, due_at=self._due_at(record, turn))
        except StoreError as error:
            self._goes_back(record.incident.incident_id, error, count)

    def _goes_back(self, incident_id: str, error: StoreError, count: Count) -> None:
        logger.warning("A notice goes back.", extra={"incident_id": incident_id, "because": str(error)})
        count.failed.add(incident_id)

    def _ring_again(self, turn: Round) -> None:
        """For what waits a moment only; if the bell is lost, the sweep rings."""
        for channel in self.delivery.channels:
            outcome = turn.later.get(channel.name)
            if outcome is None or outcome.again is None or not outcome.by_bell:
                continue
            waiting = [
                incident_id
                for incident_id, record in turn.records.items()
                if self._reason(record, channel, turn.board) is not Reason.QUIET
            ]
            seconds = max(ceil((outcome.again - self.clock()).total_seconds()), 1)
            try:
                self.doorbells.ring_together(waiting, seconds=seconds)
            except DeliveryError as error:
                logger.warning("A bell was not rung; the sweep will.", extra={"because": str(error)})

    def _due_at(self, record: Record, turn: Round) -> datetime | None:
        """When the sweep should ring again: once a channel takes more, at once if there is still news, or to remind."""
        now = self.clock()
        mute = turn.board.mute_of(record.incident, now=now)
        moments: list[datetime | None] = []
        for channel in self.delivery.channels:
            if self._reason(record, channel, turn.board) is not Reason.QUIET:
                outcome = turn.later.get(channel.name)
                moments.append(outcome.again if outcome else now)
            elif channel.summarises and not record.hushed:
                moments += self._later(record, channel, mute, now)
        return min((moment for moment in moments if moment is not None), default=None)

    def _later(self, record: Record, channel: Channel, mute: Mute | None, now: datetime) -> list[datetime | None]:
        """To remind; and once nobody mutes it any more, if there is something to say."""
        remind = remind_at(record, channel.name, self.reminder)
        if mute is None:
            return [remind]
        unsaid = notify_reason(record, channel.name, now=now, reminder=None) is not Reason.QUIET
        return [mute.until if unsaid else None, max(remind, mute.until) if remind else None]

    def _reason(self, record: Record, channel: Channel, board: Board) -> Reason:
        """Programs are neither reminded nor muted."""
        now = self.clock()
        if not channel.summarises:
            return notify_reason(record, channel.name, now=now, reminder=None)
        muted = bool(record.hushed) or board.mute_of(record.incident, now=now) is not None
        return notify_reason(record, channel.name, now=now, reminder=self.reminder, muted=muted)


def _notice(parcel: Sequence[News]) -> Notice:
    if len(parcel) > 1:
        return summary_of([(record.incident, reason) for record, reason in parcel])
    ((record, reason),) = parcel
    return notice_of(record.incident, reason, record.repair, returns=record.returns)

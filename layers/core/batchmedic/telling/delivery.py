"""Gives one notice to one channel, and knows what becomes of it where the channel does not take it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from batchmedic.board import Board
from batchmedic.errors import DeliveryError, StoreError
from batchmedic.notices.about_us import broken_notice
from batchmedic.notices.notice import Notice
from batchmedic.ports import Channel, Clock, Switchboard

logger = logging.getLogger(__name__)

RETRY = timedelta(minutes=5)  # after a failure that may pass; the sweep rings
PROBE = timedelta(hours=1)  # how often a channel that takes nothing is tried
BY_BELL = timedelta(minutes=15)  # SQS delays a message no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where a notice was not taken: when to come again, and whether by a bell of our own or with the next sweep.

    `broken`: the channel takes nothing until a person mends it. `refused`: it does not want this one, ever.
    """

    again: datetime | None = None
    by_bell: bool = False
    waits: bool = False  # for its turn: nothing went wrong
    broken: bool = False
    refused: bool = False
    because: str = ""

    @property
    def taken(self) -> bool:
        return self.again is None and not self.refused


TAKEN = Outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Fails open: where nobody knows how a channel stands, it is tried."""

    switchboard: Switchboard
    channels: tuple[Channel, ...]
    account: str
    region: str
    clock: Clock

    @property
    def people(self) -> tuple[Channel, ...]:
        return tuple(channel for channel in self.channels if channel.summarises)

    def board(self) -> Board:
        try:
            return self.switchboard.read()
        except StoreError:
            logger.exception("Nobody knows how the channels stand or what is muted; telling all the same.")
            return Board()

    def deliver(self, channel: Channel, notice: Notice, board: Board, *, at_once: bool = False) -> Outcome:
        """`at_once`: a person asks for it, so it does not wait for its turn."""
        now = self.clock()
        rests = None if at_once else self._rests_until(channel, board, now)
        if rests is not None:
            soon = rests - now <= channel.gap
            return Outcome(again=rests, by_bell=soon, waits=True, because=f"it rests until {rests:%H:%M:%S} UTC")
        try:
            channel.deliver(notice)
        except DeliveryError as error:
            return self._failed(channel, error, board)
        logger.info("People were told.", extra={"channel": channel.name, "headline": notice.headline})
        line = board.line(channel.name)
        if line.broken_since is not None or line.known:
            self._note(lambda: self._works(channel))
        return TAKEN

    def _works(self, channel: Channel) -> None:
        self.switchboard.works(channel.name)
        if channel.gap:  # which forgot that it has just spoken
            self.switchboard.rest(channel.name, until=self.clock() + channel.gap)

    def _rests_until(self, channel: Channel, board: Board, now: datetime) -> datetime | None:
        known = board.line(channel.name).rests_until
        if known is not None and known > now:
            return known
        if not channel.gap:
            return None
        try:
            return self.switchboard.take_turn(channel.name, now=now, gap=channel.gap)
        except StoreError:
            logger.exception("Nobody knows whose turn it is; telling all the same.")
            return None

    def _failed(self, channel: Channel, error: DeliveryError, board: Board) -> Outcome:
        now, because = self.clock(), str(error)
        logger.error("A channel did not take a notice.", extra={"channel": channel.name, "because": because})
        if error.channel_is_gone:
            self._note(lambda: self.switchboard.breaks(channel.name, now=now, until=now + PROBE))
            self._tell_the_others(channel, because, board)
            return Outcome(again=now + PROBE, broken=True, because=because)
        if not error.retryable:
            return Outcome(refused=True, because=because)
        if error.retry_after is None:
            return Outcome(again=now + RETRY, because=because)
        until = now + error.retry_after
        self._note(lambda: self.switchboard.rest(channel.name, until=until))
        return Outcome(again=until, by_bell=error.retry_after <= BY_BELL, because=because)

    def _tell_the_others(self, broken: Channel, because: str, board: Board) -> None:
        """Once: who finds it broken while the others know already says nothing."""
        if board.line(broken.name).known:
            return
        notice, told = broken_notice(broken.name, because, account=self.account, region=self.region), False
        for other in self.people:
            if other is broken or board.line(other.name).broken_since is not None:
                continue
            try:
                other.deliver(notice)
                told = True
            except DeliveryError as error:
                logger.error("A channel did not take a notice.", extra={"channel": other.name, "because": str(error)})
        if told:
            self._note(lambda: self.switchboard.known(broken.name))

    def _note(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreError:
            logger.exception("How a channel stands could not be noted.")

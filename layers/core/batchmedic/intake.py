"""Turns messages into the queues to look at: what is no hint, what is not ours, and what somebody else looks at now."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from batchmedic import contracts
from batchmedic.contracts import Hint
from batchmedic.errors import MessageError, StoreError
from batchmedic.ports import Clock, Doorbells, Leases

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # a queue is looked at once in this time, however many of its jobs tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The distinct hints, the ids of messages that are no hints, and how many were about other accounts."""

    hints: frozenset[Hint]
    failed: tuple[str, ...]
    dropped: int

    @property
    def sweep(self) -> bool:
        return any(hint.kind == "sweep" for hint in self.hints)

    @property
    def queues(self) -> frozenset[str]:
        return frozenset(hint.queue for hint in self.hints if hint.queue is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    account: str
    region: str
    leases: Leases
    doorbells: Doorbells
    clock: Clock

    def sort(self, messages: Iterable[tuple[str, Any]]) -> Sorted:
        """(message id, body) pairs: a body that is no hint fails, a foreign one is dropped."""
        hints: set[Hint] = set()
        failed: list[str] = []
        dropped = 0
        for message_id, body in messages:
            try:
                hint = contracts.hint(body)
            except MessageError as error:
                logger.error("A message is no hint.", extra={"message_id": message_id, "because": str(error)})
                failed.append(message_id)
                continue
            if contracts.is_of(hint, account=self.account, region=self.region):
                hints.add(hint)
            else:
                dropped += 1
        return Sorted(hints=frozenset(hints), failed=tuple(failed), dropped=dropped)

    def take(self, queues: frozenset[str]) -> frozenset[str]:
        """The queues that are ours to look at; for the others one further hint is promised for after the lease."""
        if not queues:
            return queues
        now = self.clock()
        try:
            held = self.leases.take(queues, now=now, until=now + LEASE)
        except StoreError:
            logger.exception("The leases could not be taken; looking without.", extra={"queues": len(queues)})
            return queues
        unpromised = {queue: lease for queue, lease in held.items() if not lease.promised}
        if unpromised:  # send first: two hints are harmless, none would be a lost wake-up
            self.look_again({queue: lease.until - now for queue, lease in unpromised.items()})
            try:
                self.leases.promise(unpromised)
            except StoreError:
                logger.exception("A promise could not be noted; others will make it again.")
        return queues - held.keys()

    def look_again(self, queues: Mapping[str, timedelta]) -> None:
        """One more hint for each of these queues, to arrive a second after its time."""
        seconds = {queue: max(int(after.total_seconds()) + 1, 1) for queue, after in queues.items()}
        hints = {Hint(kind="runnable", queue=queue): delay for queue, delay in seconds.items()}
        self.doorbells.look_later(hints, now=self.clock())

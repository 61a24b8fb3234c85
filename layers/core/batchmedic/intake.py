"""Turns messages into the places to look at: what is no hint, what is not ours, and what somebody else looks at now."""

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

LEASE = timedelta(seconds=60)  # a place is looked at once in this time, however many of its jobs tell


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
    def places(self) -> frozenset[str]:
        """ARNs of job queues, and names of compute environments whose queues are meant."""
        return frozenset(hint.place for hint in self.hints if hint.place is not None)


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

    def take(self, places: frozenset[str]) -> frozenset[str]:
        """The places that are ours to look at; for the others one further hint is promised for after the lease."""
        if not places:
            return places
        now = self.clock()
        try:
            held = self.leases.take(places, now=now, until=now + LEASE)
        except StoreError:
            logger.exception("The leases could not be taken; looking without.", extra={"places": len(places)})
            return places
        unpromised = {place: lease for place, lease in held.items() if not lease.promised}
        if unpromised:  # send first: two hints are harmless, none would be a lost wake-up
            self.look_again({place: lease.until - now for place, lease in unpromised.items()})
            try:
                self.leases.promise(unpromised)
            except StoreError:
                logger.exception("A promise could not be noted; others will make it again.")
        return places - held.keys()

    def look_again(self, places: Mapping[str, timedelta]) -> None:
        """One more hint for each of these places, to arrive a second after its time."""
        seconds = {place: max(int(after.total_seconds()) + 1, 1) for place, after in places.items()}
        hints = {contracts.hint_of(place): delay for place, delay in seconds.items()}
        self.doorbells.look_later(hints, now=self.clock())

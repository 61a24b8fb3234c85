"""Time as the account knows it: it stands still until somebody lets it pass."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count


class ManualClock:
    """Only `SimulatedAccount.pass_time` should move it, so that nothing that falls due is jumped over."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("the clock needs a time with a time zone")
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move_to(self, when: datetime) -> None:
        if when < self._now:
            raise ValueError(f"time does not run backwards, from {self._now} to {when}")
        self._now = when


class Timeline:
    """What will happen, in the order in which it falls due."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()

    def at(self, when: datetime, task: Callable[[], object]) -> None:
        heapq.heappush(self._due, (when, next(self._order), task))

    def next_due(self) -> datetime | None:
        return self._due[0][0] if self._due else None

    def run_due(self, now: datetime) -> None:
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()

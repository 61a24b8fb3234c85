"""Says what happened to floors: each to programs, all of a run in one notice to people."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchmedic.ports import Bus, Doorbells
from batchmedic.scaling.news import News


@dataclass(frozen=True, slots=True, kw_only=True)
class Herald:
    """DeliveryError where either does not take it; then both are told again by the next run."""

    bus: Bus
    doorbells: Doorbells

    def tell(self, news: Sequence[News]) -> None:
        for each in news:
            if each.event is not None:
                self.bus.put(each.event, each.detail)
        self.doorbells.tell_of_floors([{"event": each.event, **each.detail} for each in news])

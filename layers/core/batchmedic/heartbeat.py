"""At the end of each sweep: that it was made, for programs, for the digest, and for the first hello."""

import logging
from dataclasses import dataclass

from batchmedic.board import Sweep
from batchmedic.engine import Examination
from batchmedic.errors import DeliveryError, StoreError
from batchmedic.model.alerts_tag import odd_tags
from batchmedic.model.snapshot import Snapshot
from batchmedic.ports import Bus, Clock, DiaryStore, Doorbells
from batchmedic.scaling.eligible import TAG, left_alone

logger = logging.getLogger(__name__)

SENTENCES = 10
SWEPT = "Sweep Completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Nothing here holds a look up: what cannot be noted or said is logged."""

    diary: DiaryStore
    bus: Bus
    doorbells: Doorbells
    clock: Clock

    def beat(self, snapshot: Snapshot, examination: Examination, *, open_incidents: int) -> None:
        sweep = Sweep(
            at=self.clock(),
            job_queues=len(snapshot.job_queues),
            compute_environments=len(snapshot.compute_environments),
            open_incidents=open_incidents,
            checks_not_made=len(examination.gaps),
            blind_spots=tuple(one.evidence[0].message for one in examination.blind_spots[:SENTENCES]),
            odd_tags=tuple(odd_tags(snapshot)[:SENTENCES]),
            floors=tuple(_floors(snapshot)[:SENTENCES]),
        )
        for say in (self._publish, self._note):
            try:
                say(sweep, snapshot)
            except (StoreError, DeliveryError) as error:
                logger.warning("A sweep could not be noted or said.", extra={"because": str(error)})

    def _publish(self, sweep: Sweep, snapshot: Snapshot) -> None:
        self.bus.put(SWEPT, published(sweep, snapshot))

    def _note(self, sweep: Sweep, _: Snapshot) -> None:
        """Hello is asked for until it was said."""
        if not self.diary.swept(sweep).greeted:
            self.doorbells.greet()


def _floors(snapshot: Snapshot) -> list[str]:
    """The environments that scale_to_zero may lower, for the hello."""
    return [
        f"{one.name} ({one.min_vcpus} vCPUs)"
        for one in snapshot.compute_environments
        if one.min_vcpus > 0 and left_alone(one) is None and one.tags.get(TAG, "on") == "on"
    ]


def published(sweep: Sweep, snapshot: Snapshot) -> dict[str, object]:
    """The event's detail (docs/events/sweep.schema.json)."""
    return {
        "schema_version": "1",
        "account": snapshot.account,
        "region": snapshot.region,
        "at": sweep.at.isoformat(),
        "job_queues": sweep.job_queues,
        "compute_environments": sweep.compute_environments,
        "open_incidents": sweep.open_incidents,
        "checks_not_made": sweep.checks_not_made,
    }

"""What earlier looks saw: AWS says neither since when a status holds, nor since when nothing explains a wait."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from batchmedic.engine import Examination
from batchmedic.errors import StoreError
from batchmedic.findings import Finding
from batchmedic.model.snapshot import Snapshot
from batchmedic.ports import Clock, FloorStore, Memory

logger = logging.getLogger(__name__)

STALE = timedelta(minutes=15)  # scale_to_zero looks every five


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    memory: Memory
    floors: FloorStore
    clock: Clock

    def with_statuses(self, snapshot: Snapshot) -> Snapshot:
        """With the time since when each passing status has been seen; unknown where the memory is away."""
        remembered = tuple(
            replace(one, unchanged_since=self._since(one.arn, one.status)) if one.passing else one
            for one in snapshot.compute_environments
        )
        return replace(snapshot, compute_environments=remembered)

    def with_floors(self, snapshot: Snapshot) -> Snapshot:
        """With the time since when scale_to_zero saw no job in an environment's queues; unread where it is away."""
        try:
            remembered = self.floors.read()
        except StoreError:
            logger.exception("Nobody remembers which environments are idle.")
            return snapshot
        if remembered.looked_at is None or self.clock() - remembered.looked_at > STALE:
            return snapshot
        since = {arn: floor.jobless_since for arn, floor in remembered.floors.items()}
        found = {arn: moment for arn, moment in since.items() if moment is not None}
        return replace(
            snapshot, jobless=replace(snapshot.jobless, found=found, unread=None), scaling_mode=remembered.mode
        )

    def patient(self, examination: Examination) -> Examination:
        """Without the findings that their card wants to see for a while first; they have not passed either."""
        told = tuple(finding for finding in examination.findings if self._has_lasted(finding))
        return replace(examination, findings=told)

    def _has_lasted(self, finding: Finding) -> bool:
        """Told at once where nobody remembers: better early than never."""
        if finding.patience <= timedelta(0):
            return True
        since = self._since(f"{finding.diagnosis} {finding.subject}", "found")
        return since is None or self.clock() - since >= finding.patience

    def _since(self, subject: str, status: str) -> datetime | None:
        try:
            return self.memory.seen_since(subject, status, now=self.clock())
        except StoreError:
            logger.exception("Nobody remembers since when this has been so.", extra={"subject": subject})
            return None

"""Look at the job queues that the hints name, and record what is wrong with them."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from batchmedic.engine import examine
from batchmedic.errors import ReadError
from batchmedic.findings import Diagnosis
from batchmedic.flight_recorder import recorded
from batchmedic.heartbeat import Heartbeat
from batchmedic.intake import LEASE, Intake
from batchmedic.ledger import Ledger
from batchmedic.model.compute_environment import KNOWN_KINDS
from batchmedic.model.view import environments_at, sick_environments, view_of
from batchmedic.ports import Clock, SnapshotReader
from batchmedic.recall import Recall

logger = logging.getLogger(__name__)

RESERVE = timedelta(seconds=45)  # of the function's time, for evidence, incidents and doorbells


@dataclass(slots=True, kw_only=True)
class Report:
    """What an invocation did, small enough to log and to answer; `failed` holds ids of messages that are no hints."""

    looks: int = 0
    findings: int = 0
    opened: int = 0
    worsened: int = 0
    resolved: int = 0
    dropped: int = 0
    put_off: int = 0
    checks_not_made: int = 0
    blind_spots: int = 0
    sweep: bool = False
    open_incidents: int | None = None  # at the end of a sweep
    kinds_left_alone: list[str] = field(default_factory=list)  # of compute environments that are not known here
    failed: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "failed": len(self.failed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnose:
    intake: Intake
    reader: SnapshotReader
    recall: Recall
    ledger: Ledger
    heartbeat: Heartbeat
    diagnoses: tuple[Diagnosis, ...]
    clock: Clock

    def __call__(self, messages: Iterable[tuple[str, Any]], *, time_left: timedelta = timedelta(days=1)) -> Report:
        """Take (message id, body) pairs and look; what does not fit into the time left is put off by a minute."""
        until = self.clock() + time_left - RESERVE
        sorted_out = self.intake.sort(messages)
        report = Report(sweep=sorted_out.sweep, failed=list(sorted_out.failed), dropped=sorted_out.dropped)
        places = None if sorted_out.sweep else self.intake.take(sorted_out.places)
        if places is None or places:
            self._look(places, report, until)
        return report

    def _look(self, places: frozenset[str] | None, report: Report, until: datetime) -> None:
        try:
            snapshot = self.reader.triage(places, until=until)
        except ReadError as error:
            self._without_triage(places, report, error)
            return
        if places is None:
            snapshot = self.recall.with_floors(self.recall.with_statuses(snapshot))
        self._put_off((queue.arn for queue in snapshot.job_queues if queue.worth_another_look), report)
        view = view_of(snapshot, places)
        before = self.ledger.due()
        suspects = frozenset(arn for record in before or () for arn in record.incident.compute_environments)
        suspects |= environments_at(places or frozenset(), snapshot.compute_environments)
        sick = sick_environments(snapshot, view, suspects)
        if sick:
            snapshot = self.reader.evidence(recorded(snapshot, before or ()), sick, suspects=suspects)
        examination = self.recall.patient(examine(snapshot, view, self.diagnoses))
        news = self.ledger.record(snapshot, examination, before)
        kinds = {one.kind for one in snapshot.compute_environments if one.managed and one.kind not in KNOWN_KINDS}
        report.kinds_left_alone = sorted(kinds)
        report.looks = len(view.job_queues)
        report.findings = len(examination.findings)
        report.checks_not_made = len(examination.gaps)
        report.blind_spots = len(examination.blind_spots)
        report.opened, report.worsened, report.resolved = map(news.count, ("opened", "worsened", "resolved"))
        if places is None:
            known = [record.is_open for record in before or ()]
            open_now = sum(known) + report.opened - report.resolved if before is not None else report.findings
            self.heartbeat.beat(snapshot, examination, open_incidents=open_now)
            report.open_incidents = open_now

    def _without_triage(self, places: frozenset[str] | None, report: Report, error: ReadError) -> None:
        """Throttled: each place gets one hint for later, and a sweep leaves it to the next one. Denied: say so."""
        logger.error("AWS Batch cannot be read.", extra={"call": error.call, "because": error.because})
        report.checks_not_made = len(self.diagnoses)
        if error.retryable and places is not None:
            self._put_off(sorted(places), report)

    def _put_off(self, places: Iterable[str], report: Report) -> None:
        later = dict.fromkeys(places, LEASE)
        if later:
            self.intake.look_again(later)
            report.put_off += len(later)

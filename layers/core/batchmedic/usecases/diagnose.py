"""Look at the job queues that the hints name, and record what is wrong with them."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from batchmedic import contracts
from batchmedic.contracts import Hint
from batchmedic.engine import examine
from batchmedic.errors import MessageError, ReadError, StoreError
from batchmedic.findings import Diagnosis
from batchmedic.ledger import Ledger
from batchmedic.model.view import sick_environments, view_of
from batchmedic.ports import Clock, Doorbells, Leases, SnapshotReader

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # a queue is looked at once in this time, however many of its jobs tell


@dataclass(slots=True, kw_only=True)
class Report:
    """What an invocation did, small enough to log and to answer; `failed` holds ids of messages that are no hints."""

    looks: int = 0
    findings: int = 0
    opened: int = 0
    worsened: int = 0
    resolved: int = 0
    dropped: int = 0
    checks_not_made: int = 0
    sweep: bool = False
    failed: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "failed": len(self.failed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnose:
    account: str
    region: str
    reader: SnapshotReader
    ledger: Ledger
    leases: Leases
    doorbells: Doorbells
    diagnoses: tuple[Diagnosis, ...]
    clock: Clock

    def __call__(self, messages: Iterable[tuple[str, Any]]) -> Report:
        """Take (message id, body) pairs; a body that is no hint is reported as failed, a foreign one dropped."""
        report = Report()
        hints = self._sort(messages, report)
        report.sweep = any(hint.kind == "sweep" for hint in hints)
        queues = None if report.sweep else self._take({hint.queue for hint in hints if hint.queue is not None})
        if queues is None or queues:
            self._look(queues, report)
        return report

    def _sort(self, messages: Iterable[tuple[str, Any]], report: Report) -> set[Hint]:
        hints: set[Hint] = set()
        for message_id, body in messages:
            try:
                hint = contracts.hint(body)
            except MessageError as error:
                logger.error("A message is no hint.", extra={"message_id": message_id, "because": str(error)})
                report.failed.append(message_id)
                continue
            if contracts.is_of(hint, account=self.account, region=self.region):
                hints.add(hint)
            else:
                report.dropped += 1
        return hints

    def _take(self, queues: set[str]) -> frozenset[str]:
        """The queues that are ours to look at; for the others one further hint is promised for after the lease."""
        now = self.clock()
        ours: set[str] = set()
        for queue in sorted(queues):
            try:
                lease = self.leases.take(queue, now=now, until=now + LEASE)
                if lease is None:
                    ours.add(queue)
                elif not lease.promised:  # send first: two hints are harmless, none would be a lost wake-up
                    seconds = max(int((lease.until - now).total_seconds()) + 1, 1)
                    self.doorbells.look_later(Hint(kind="runnable", queue=queue), now=now, seconds=seconds)
                    self.leases.promise(queue, lease)
            except StoreError:
                logger.exception("The lease could not be taken; looking without it.", extra={"queue": queue})
                ours.add(queue)
        return frozenset(ours)

    def _look(self, queues: frozenset[str] | None, report: Report) -> None:
        try:
            snapshot = self.reader.triage(queues)
        except ReadError as error:
            if error.retryable:
                raise
            logger.error("AWS Batch cannot be read at all.", extra={"call": error.call, "because": error.because})
            report.checks_not_made = len(self.diagnoses)
            return
        view = view_of(snapshot, queues)
        before = self.ledger.due()
        suspects = {arn for record in before or () for arn in record.incident.compute_environments}
        sick = sick_environments(snapshot, view, suspects)
        if sick:
            snapshot = self.reader.evidence(snapshot, sick)
        examination = examine(snapshot, view, self.diagnoses)
        news = self.ledger.record(snapshot, examination, before)
        report.looks = len(view.job_queues)
        report.findings = len(examination.findings)
        report.checks_not_made = len(examination.gaps)
        report.opened, report.worsened, report.resolved = map(news.count, ("opened", "worsened", "resolved"))

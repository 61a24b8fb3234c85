"""Asks every diagnosis about every subject in view, and says what that means together."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from batchmedic.errors import NotReadError
from batchmedic.findings import CheckNotMade, Diagnosis, Evidence, Finding, Severity
from batchmedic.incidents import Checks
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import View

logger = logging.getLogger(__name__)

CRASHED = Diagnosis(
    id="diagnosis_crashed",
    title="A check of batchmedic crashed",
    severity=Severity.INFO,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All that the diagnoses said; `passed` holds (diagnosis id, subject ARN) of each check that found nothing."""

    findings: tuple[Finding, ...]
    inhibited: tuple[Finding, ...]
    passed: frozenset[tuple[str, str]]
    not_made: tuple[CheckNotMade, ...]

    @property
    def gaps(self) -> tuple[CheckNotMade, ...]:
        """The checks that should have been made and could not."""
        return tuple(gap for gap in self.not_made if gap.because != NOT_ASKED)

    def checks_about(self, finding: Finding) -> Checks:
        """The elimination list: what passed, failed and could not be asked around the finding's subject."""
        subjects = {finding.subject, *finding.job_queues, *finding.compute_environments}
        failed = {one.diagnosis for one in self.findings + self.inhibited if one.subject in subjects}
        open_questions = {gap.diagnosis for gap in self.not_made if gap.subject in subjects}
        passed = {diagnosis for diagnosis, subject in self.passed if subject in subjects} - failed - open_questions
        gaps = {(gap.diagnosis, f"{gap.call}: {gap.because}") for gap in self.gaps if gap.subject in subjects}
        return Checks(
            passed=tuple(sorted(passed)),
            failed=tuple(sorted(failed)),
            not_checked=tuple({"check": check, "because": because} for check, because in sorted(gaps)),
        )


def examine(snapshot: Snapshot, view: View, diagnoses: Iterable[Diagnosis]) -> Examination:
    """Ask everything; a check that crashes becomes an info finding, and the others still run."""
    cards = tuple(diagnoses)
    fired: list[tuple[Diagnosis, str, tuple[Evidence, ...]]] = []
    passed: set[tuple[str, str]] = set()
    not_made: list[CheckNotMade] = []
    crashed: dict[str, list[Evidence]] = {}
    for card, subject, answers in _questions(snapshot, view, cards):
        evidence: list[Evidence] = []
        try:
            for piece in answers:
                evidence.append(piece)
        except NotReadError as gap:
            not_made.append(CheckNotMade(diagnosis=card.id, subject=subject, call=gap.call, because=gap.because))
        except Exception as crash:  # the one place: a broken check must not silence the others
            logger.exception("A diagnosis crashed.", extra={"diagnosis": card.id, "subject": subject})
            not_made.append(CheckNotMade(diagnosis=card.id, subject=subject, call=card.id, because="it crashed"))
            message = f"The check {card.id} crashed here with {type(crash).__name__}; its log line has the details."
            crashed.setdefault(subject, []).append(Evidence(message=message, facts={"diagnosis": card.id}))
        else:
            if not evidence:
                passed.add((card.id, subject))
        if evidence:
            fired.append((card, subject, tuple(evidence)))
    fired += [(CRASHED, subject, tuple(evidence)) for subject, evidence in crashed.items()]
    passed |= {(CRASHED.id, arn) for arn in view.job_queues | view.compute_environments if arn not in crashed}
    inhibited = {(card.id, subject) for card, subject, _ in fired if _is_symptom(card, subject, fired)}
    findings = [_sign(snapshot, *hit) for hit in fired]
    return Examination(
        findings=tuple(finding for finding in findings if (finding.diagnosis, finding.subject) not in inhibited),
        inhibited=tuple(finding for finding in findings if (finding.diagnosis, finding.subject) in inhibited),
        passed=frozenset(passed),
        not_made=tuple(not_made),
    )


def _questions(
    snapshot: Snapshot, view: View, cards: tuple[Diagnosis, ...]
) -> Iterator[tuple[Diagnosis, str, Iterator[Evidence]]]:
    for card in cards:
        if card.check_environment is not None:
            for environment in snapshot.compute_environments:
                if environment.arn in view.compute_environments:
                    yield card, environment.arn, card.check_environment(environment, snapshot)
        if card.check_queue is not None:
            for queue in snapshot.job_queues:
                if queue.arn in view.job_queues:
                    yield card, queue.arn, card.check_queue(queue, snapshot)


def _is_symptom(card: Diagnosis, subject: str, fired: list[tuple[Diagnosis, str, Any]]) -> bool:
    return any(other_subject == subject and card.id in other.explains for other, other_subject, _ in fired)


def _sign(snapshot: Snapshot, card: Diagnosis, subject: str, evidence: tuple[Evidence, ...]) -> Finding:
    environment = snapshot.compute_environment(subject)
    queues = snapshot.queues_of(environment) if environment else tuple(filter(None, [snapshot.job_queue(subject)]))
    jobs = tuple(job for piece in evidence for job in piece.jobs)
    return Finding(
        diagnosis=card.id,
        title=card.title,
        docs=card.docs,
        subject=subject,
        severity=card.severity.at_most(_ceiling(environment, queues, snapshot)),
        evidence=evidence,
        job_queues=tuple(queue.arn for queue in queues),
        compute_environments=(subject,) if environment else tuple(queues[0].compute_environments if queues else ()),
        sample_jobs=jobs[:10] or tuple(job.arn for queue in queues for job in queue.front or ())[:10],
        job_count=sum(queue.front_count for queue in queues),
        job_count_is_exact=all(queue.waiting_is_exact for queue in queues),
        all_queues_seen=all(queue.front is not None for queue in queues),
        aws_reason=_aws_reason(environment, queues),
    )


def _aws_reason(environment: ComputeEnvironment | None, queues: tuple[JobQueue, ...]) -> str | None:
    if environment is not None and environment.status == "INVALID" and environment.status_reason:
        return environment.status_reason
    return next((queue.aws_reason for queue in queues if queue.aws_reason), None)


def _ceiling(environment: ComputeEnvironment | None, queues: tuple[JobQueue, ...], snapshot: Snapshot) -> Severity:
    """Severity falls with harm: on no queue, info; where no job waits or another environment serves, warning."""
    if not queues:
        return Severity.INFO
    harmed = [queue for queue in queues if queue.head is not None]
    if environment is not None:
        harmed = [queue for queue in harmed if not _served_by_another(queue, environment, snapshot)]
    return Severity.CRITICAL if harmed else Severity.WARNING


def _served_by_another(queue: JobQueue, sick: ComputeEnvironment, snapshot: Snapshot) -> bool:
    return any(other.usable for other in snapshot.environments_of(queue) if other.arn != sick.arn)

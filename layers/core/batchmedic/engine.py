"""Asks every diagnosis about every subject in view, and says what that means together."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batchmedic.errors import NotReadError
from batchmedic.findings import CheckNotMade, Diagnosis, Evidence, Finding, Severity
from batchmedic.harm import sign
from batchmedic.incidents import Checks
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import View

logger = logging.getLogger(__name__)

CRASHED = Diagnosis(
    id="diagnosis_crashed",
    title="A check of batchmedic crashed",
    severity=Severity.INFO,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
)
NOT_PERMITTED = Diagnosis(
    id="check_not_permitted",
    title="batchmedic lacks a permission, so a check is blind",
    severity=Severity.INFO,
    docs="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    blind_spot=True,
)
DENIED = ("AccessDenied", "UnauthorizedOperation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibited:
    """A finding that another one explains."""

    symptom: Finding
    cause: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All that the diagnoses said; `passed` holds (diagnosis id, subject ARN) of each check that found nothing."""

    findings: tuple[Finding, ...]
    inhibited: tuple[Inhibited, ...]
    blind_spots: tuple[Finding, ...]
    passed: frozenset[tuple[str, str]]
    not_made: tuple[CheckNotMade, ...]

    @property
    def gaps(self) -> tuple[CheckNotMade, ...]:
        """The checks that should have been made and could not."""
        return tuple(gap for gap in self.not_made if gap.because != NOT_ASKED)

    def checks_about(self, finding: Finding) -> Checks:
        """The elimination list: what passed, failed and could not be asked around the finding's subject."""
        subjects = {finding.subject, *finding.job_queues, *finding.compute_environments}
        fired = (*self.findings, *(one.symptom for one in self.inhibited))
        failed = {one.diagnosis for one in fired if one.subject in subjects}
        open_questions = {gap.diagnosis for gap in self.not_made if gap.subject in subjects}
        passed = {diagnosis for diagnosis, subject in self.passed if subject in subjects} - failed - open_questions
        gaps = {(gap.diagnosis, f"{gap.call}: {gap.because}") for gap in self.gaps if gap.subject in subjects}
        return Checks(
            passed=tuple(sorted(passed)),
            failed=tuple(sorted(failed)),
            not_checked=tuple({"check": check, "because": because} for check, because in sorted(gaps)),
        )


@dataclass(slots=True)
class Hit:
    """What one diagnosis said of one subject, and about which environments or queues it was asked (ARNs)."""

    card: Diagnosis
    subject: str
    asked: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


def examine(snapshot: Snapshot, view: View, diagnoses: Iterable[Diagnosis]) -> Examination:
    """Ask everything; a check that crashes becomes an info finding, and the others still run."""
    hits: dict[tuple[str, str], Hit] = {}
    passed: set[tuple[str, str]] = set()
    not_made: list[CheckNotMade] = []

    def fired(card: Diagnosis, asked: str, piece: Evidence) -> None:
        subject = piece.subject or asked
        hit = hits.setdefault((card.id, subject), Hit(card, subject))
        hit.evidence.append(piece)
        if asked not in hit.asked:
            hit.asked.append(asked)

    for card, subject, answers in _questions(snapshot, view, tuple(diagnoses)):
        speaks = False
        try:
            for piece in answers:
                speaks = True
                fired(card, subject, piece)
        except NotReadError as gap:
            not_made.append(CheckNotMade(diagnosis=card.id, subject=subject, call=gap.call, because=gap.because))
        except Exception as crash:  # the one place: a broken check must not silence the others
            logger.exception("A diagnosis crashed.", extra={"diagnosis": card.id, "subject": subject})
            not_made.append(CheckNotMade(diagnosis=card.id, subject=subject, call=card.id, because="it crashed"))
            message = f"The check {card.id} crashed here with {type(crash).__name__}; its log line has the details."
            fired(CRASHED, subject, Evidence(message=message, facts={"diagnosis": card.id}))
        else:
            if not speaks:
                passed.add((card.id, subject))
    in_view = view.job_queues | view.compute_environments
    passed |= {(CRASHED.id, arn) for arn in in_view if (CRASHED.id, arn) not in hits}
    signed = [(hit.card, _signed(snapshot, hit)) for hit in hits.values()]
    causes = _causes(signed)
    told = [(card, finding) for card, finding in signed if id(finding) not in causes]
    return Examination(
        findings=tuple(finding for card, finding in told if not card.blind_spot),
        inhibited=tuple(Inhibited(symptom=one, cause=causes[id(one)]) for _, one in signed if id(one) in causes),
        blind_spots=(*(finding for card, finding in told if card.blind_spot), *_not_permitted(not_made)),
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


def _signed(snapshot: Snapshot, hit: Hit) -> Finding:
    return sign(snapshot, hit.card, hit.subject, hit.asked, tuple(hit.evidence))


def _causes(signed: list[tuple[Diagnosis, Finding]]) -> dict[int, Finding]:
    """For each explained finding, by its identity, what explains it in the end."""
    causes = {id(finding): cause for card, finding in signed if (cause := _cause(card, finding, signed)) is not None}
    for symptom, cause in causes.items():
        last = cause
        while id(last) in causes:
            last = causes[id(last)]
        causes[symptom] = last
    return causes


def _cause(card: Diagnosis, finding: Finding, signed: list[tuple[Diagnosis, Finding]]) -> Finding | None:
    """What explains this finding: a cause that names it on the same environment or queue, or, for a last resort,
    anything more definite that touches the same job queue."""
    touched = {finding.subject, *finding.asked}
    for other, one in signed:
        if one is finding or other.blind_spot or other.id == CRASHED.id:
            continue
        names_it = card.id in other.explains and touched & {one.subject, *one.asked}
        more_definite = other.last_resort < card.last_resort and set(finding.job_queues) & set(one.job_queues)
        if names_it or more_definite:
            return one
    return None


def _not_permitted(not_made: list[CheckNotMade]) -> Iterator[Finding]:
    blind: dict[str, set[str]] = {}
    for gap in not_made:
        if gap.because.startswith(DENIED):
            blind.setdefault(gap.call, set()).add(gap.diagnosis)
    for call, checks in sorted(blind.items()):
        message = f"{call} is denied to batchmedic, so it cannot check: {', '.join(sorted(checks))}."
        yield Finding(
            diagnosis=NOT_PERMITTED.id,
            title=NOT_PERMITTED.title,
            docs=NOT_PERMITTED.docs,
            subject=call,
            severity=NOT_PERMITTED.severity,
            evidence=(Evidence(message=message),),
        )

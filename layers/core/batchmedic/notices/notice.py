"""Puts an incident into words that a person can act on, before any channel dresses them."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchmedic.changes import Repair
from batchmedic.findings import Confidence, Severity
from batchmedic.incidents import Incident
from batchmedic.notices.clean import clean
from batchmedic.notices.reasons import OF_STATUS, Reason
from batchmedic.notices.repairs import HEADS, lines_of

LINE = 900  # characters; leaves room for escaping within Slack's 3,000 of a section
STEP = 600
STEPS = 3
COMMANDS, COMMAND = 12, 2_000  # of a repair: all that it takes by hand, uncut
REPAIRS = tuple(OF_STATUS.values())
DONE = (Reason.REMEDY_VERIFIED, Reason.REMEDY_ROLLED_BACK)
SUMMARY_LINES = 9

CERTAINTY = {
    Confidence.CERTAIN: "certain, AWS's own ids and numbers decide it",
    Confidence.PROBABLE: "probable, the evidence points this way",
    Confidence.POSSIBLE: "possible, it could not be decided from here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What people are told at one transition; `lines` are (label, text)."""

    reason: Reason
    incident: Incident
    headline: str
    lines: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    docs: str
    repair: Repair | None = None


def notice_of(incident: Incident, reason: Reason, repair: Repair | None = None) -> Notice:
    """The words for this incident and reason, with how far its repair has come."""
    headline = f"{_head(incident, reason, repair)}: {subject_of(incident)}: {incident.title}"
    return Notice(
        reason=reason,
        incident=incident,
        headline=clean(headline, 250),
        lines=tuple((label, clean(text, LINE)) for label, text in _lines(incident, reason, repair)),
        commands=_commands(incident, reason, repair),
        docs=clean(incident.docs, LINE),
        repair=repair,
    )


def _head(incident: Incident, reason: Reason, repair: Repair | None) -> str:
    if repair is not None and reason in REPAIRS:
        return HEADS[repair.status]
    word = {
        Reason.RESOLVED: "RESOLVED",
        Reason.WORSENED: f"WORSE, {incident.severity.upper()}",
        Reason.STILL_OPEN: f"STILL {incident.severity.upper()}",
    }
    return word.get(reason, incident.severity.upper())


def _lines(incident: Incident, reason: Reason, repair: Repair | None) -> list[tuple[str, str]]:
    if reason is Reason.RESOLVED:
        return _over(incident)
    if reason in DONE:
        return [("What was wrong", incident.summary), *lines_of(repair), _where(incident)]
    return _open(incident, repair)


def _commands(incident: Incident, reason: Reason, repair: Repair | None) -> tuple[str, ...]:
    """The repair's own, where it has some: they name what its plan found; else what the diagnosis advises."""
    if reason is Reason.RESOLVED:
        return ()
    if repair is not None and (repair.commands or reason in DONE):
        return tuple(clean(command, COMMAND) for command in repair.commands[:COMMANDS])
    return tuple(clean(step, STEP) for step in incident.steps[:STEPS])


def summary_of(news: Sequence[tuple[Incident, Reason]]) -> Notice:
    """Many news as one notice, the worst first; attributes and colour are those of the worst."""
    worst_first = sorted(news, key=lambda each: (-each[0].severity.rank, -each[0].job_count, each[0].subject))
    lines = [(incident.severity.value, _line(incident, reason)) for incident, reason in worst_first[:SUMMARY_LINES]]
    rest = len(news) - SUMMARY_LINES
    if rest > 0:
        lines.append(("and", f"{rest} more; each stands in the table of incidents and is told again when it changes."))
    counts = ", ".join(
        f"{number} {severity.value}"
        for severity in reversed(Severity)
        if (number := sum(incident.severity is severity for incident, _ in news))
    )
    worst, reason = worst_first[0]
    return Notice(
        reason=reason,
        incident=worst,
        headline=f"{len(news)} news at once: {counts}",
        lines=tuple((label, clean(text, LINE)) for label, text in lines),
        commands=(),
        docs=clean(worst.docs, LINE),
    )


def _line(incident: Incident, reason: Reason) -> str:
    over = "over: " if reason is Reason.RESOLVED else ""
    return f"{over}{subject_of(incident)}: {incident.title} ({incident.incident_id})"


def subject_of(incident: Incident) -> str:
    """The subject by its kind and name, as people call it."""
    kind, _, name = incident.subject.rpartition(":")[2].partition("/")
    return f"{kind.replace('-', ' ')} {name}" if name else incident.subject


def _open(incident: Incident, repair: Repair | None) -> list[tuple[str, str]]:
    lines = [
        ("What is wrong", incident.summary),
        ("Waiting", f"{_jobs(incident)}, noticed {incident.opened_at:%Y-%m-%d %H:%M} UTC."),
        ("How sure", CERTAINTY[incident.confidence] + "."),
    ]
    if incident.changed_by:
        change = incident.changed_by
        lines.append(("Last changed", f"{change.at:%Y-%m-%d %H:%M} UTC by {change.principal}, with {change.event}"))
    if incident.aws_reason and incident.aws_reason not in incident.summary:
        lines.append(("AWS Batch says", incident.aws_reason))
    if incident.checks.not_checked:
        gaps = "; ".join(f"{gap['check']} ({gap['because']})" for gap in incident.checks.not_checked)
        lines.append(("Could not check", gaps))
    fix = lines_of(repair)
    if incident.recommendation and not (repair and repair.status.under_way):
        lines.append(("What to do", incident.recommendation))
    lines += fix
    return [*lines, _where(incident)]


def _over(incident: Incident) -> list[tuple[str, str]]:
    lasted = (incident.resolved_at or incident.last_seen_at) - incident.opened_at
    minutes = max(int(lasted.total_seconds() // 60), 1)
    return [
        ("What was wrong", incident.summary),
        ("Now", f"two looks in a row found it gone; it lasted about {minutes} minutes."),
        _where(incident),
    ]


def _jobs(incident: Incident) -> str:
    queues = [arn.rpartition("/")[2] for arn in incident.job_queues]
    if not queues:
        return "no job queue uses it"
    where = f"job queue {queues[0]}" if len(queues) == 1 else f"job queues {', '.join(queues)}"
    if incident.job_count == 0:
        return f"no job is known to wait in {where}"
    count = f"{'at least ' if incident.job_count_is == 'at_least' else ''}{incident.job_count:,}"
    return f"{count} {'job' if count == '1' else 'jobs'} in {where}"


def _where(incident: Incident) -> tuple[str, str]:
    return ("Where", f"account {incident.account}, Region {incident.region}; incident {incident.incident_id}")

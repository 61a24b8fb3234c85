"""Puts an incident into words that a person can act on, before any channel dresses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from batchmedic.changes import RemedyStatus, Repair
from batchmedic.findings import Confidence, Severity
from batchmedic.incidents import Incident
from batchmedic.notices.clean import clean
from batchmedic.notices.console import console_of
from batchmedic.notices.reasons import ENDS, OF_STATUS, Reason
from batchmedic.notices.repairs import HEADS, lines_of
from batchmedic.transitions import RETURNS

HEADLINE = 250  # characters
LINE = 900
COMMAND = 2_000
LINES = 12  # of a notice, all in all
STEPS = 3
REPAIRS = tuple(OF_STATUS.values())
DONE = (Reason.REMEDY_VERIFIED, Reason.REMEDY_ROLLED_BACK)
GIVE_WAY = ("AWS Batch says", "Last changed", "What to do", "How sure")  # in this order, where commands need the room
DAY = timedelta(days=1)
MANY = "at least the 21st"
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

CERTAINTY = {
    Confidence.CERTAIN: "certain, AWS's own ids and numbers decide it",
    Confidence.PROBABLE: "probable, the evidence points this way",
    Confidence.POSSIBLE: "possible, it could not be decided from here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What people are told at once; `lines` are (label, text). `incident` is None where batchmedic speaks of itself."""

    reason: Reason
    severity: Severity
    headline: str
    lines: tuple[tuple[str, str], ...]
    commands: tuple[str, ...] = ()
    console: str | None = None  # https:// addresses
    docs: str | None = None
    incident: Incident | None = None
    repair: Repair | None = None


def notice_of(
    incident: Incident, reason: Reason, repair: Repair | None = None, *, returns: Sequence[datetime] = ()
) -> Notice:
    """The words for this incident and reason, with how far its repair has come; `returns` is when it came back."""
    headline = f"{_head(incident, reason, repair, returns)}: {subject_of(incident)}: {incident.title}"
    lines = [(label, clean(text, LINE)) for label, text in _lines(incident, reason, repair)]
    console = console_of(incident)
    room = LINES - 2 - (console is not None)  # the headline, and the links
    lines, commands = _within(room, lines, _commands(incident, reason, repair))
    return Notice(
        reason=reason,
        severity=incident.severity,
        headline=clean(headline, HEADLINE),
        lines=tuple(lines),
        commands=tuple(commands),
        console=console,
        docs=clean(incident.docs, LINE),
        incident=incident,
        repair=repair,
    )


def about_us(headline: str, lines: Sequence[tuple[str, str]], *, severity: Severity, docs: str | None = None) -> Notice:
    """What batchmedic has to say of itself."""
    return Notice(
        reason=Reason.ABOUT_US,
        severity=severity,
        headline=clean(headline, HEADLINE),
        lines=tuple((label, clean(text, LINE)) for label, text in lines),
        docs=docs,
    )


def _head(incident: Incident, reason: Reason, repair: Repair | None, returns: Sequence[datetime]) -> str:
    if repair is not None and reason in REPAIRS:
        return HEADS[repair.status]
    severity = incident.severity.upper()
    words = {
        Reason.BACK: f"BACK AGAIN, {severity} ({_times(returns)} time in 24 hours)",
        Reason.WORSENED: f"WORSE, {severity}",
        Reason.STILL_OPEN: f"STILL {severity}",
        Reason.MERGED: "EXPLAINED",
        Reason.RESOLVED: "RESOLVED",
    }
    return words.get(reason, severity)


def _times(returns: Sequence[datetime]) -> str:
    """The first time is none of the returns."""
    number = sum(returns[-1] - moment < DAY for moment in returns) if returns else 1
    if number >= RETURNS:  # no more are remembered
        return MANY
    return ORDINALS[number] if number < len(ORDINALS) else f"{number + 1}th"


def _lines(incident: Incident, reason: Reason, repair: Repair | None) -> list[tuple[str, str]]:
    if reason is Reason.MERGED:
        return [
            ("What people saw", incident.summary),
            ("Now", f"its cause is found and told by itself, as incident {incident.explained_by}."),
            _where(incident),
        ]
    if reason is Reason.RESOLVED:
        return _over(incident)
    if reason in DONE:
        return [("What was wrong", incident.summary), *lines_of(repair), _where(incident)]
    return _open(incident, repair)


def _commands(incident: Incident, reason: Reason, repair: Repair | None) -> list[str]:
    """The repair's own, where it has some: they name what its plan found; else what the diagnosis advises."""
    applying = repair is not None and repair.status is RemedyStatus.APPLYING  # two at once would be a mess
    if reason in ENDS or applying:
        return []
    if repair is not None and (repair.commands or reason in DONE):
        return [clean(command, COMMAND) for command in repair.commands]
    return [clean(step, COMMAND) for step in incident.steps[:STEPS]]


def _within(room: int, lines: list[tuple[str, str]], commands: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Commands that belong together stay together: lines that matter less give way to them first."""
    for label in GIVE_WAY:
        if len(lines) + len(commands) > room:
            lines = [line for line in lines if line[0] != label]
    fits = max(room - len(lines), 0)
    if len(commands) <= fits:
        return lines, commands
    kept = commands[: max(fits - 1, 0)]
    rest = f"{len(commands) - len(kept)} more commands stand in the incident, in the table of incidents and on the bus."
    return [*lines, ("And", rest)], kept


def subject_of(incident: Incident) -> str:
    """The subject by its kind and name, as people call it."""
    kind, _, name = incident.subject.rpartition(":")[2].partition("/")
    if ":servicequotas:" in incident.subject:
        kind = "quota"  # its ARN says only of which service
    return f"{kind.replace('-', ' ')} {name}" if name else incident.subject


def _open(incident: Incident, repair: Repair | None) -> list[tuple[str, str]]:
    lines = [
        ("What is wrong", incident.summary),
        ("Waiting", f"{jobs_of(incident)}, noticed {incident.opened_at:%Y-%m-%d %H:%M} UTC."),
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


def jobs_of(incident: Incident) -> str:
    """How many jobs wait, and where."""
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

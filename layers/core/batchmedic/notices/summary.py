"""Many news as one notice."""

from collections.abc import Iterable, Sequence

from batchmedic.findings import Severity
from batchmedic.incidents import Incident
from batchmedic.notices.clean import clean
from batchmedic.notices.notice import LINE, Notice, subject_of
from batchmedic.notices.reasons import ENDS, Reason

SUMMARY_LINES = 9


def summary_of(news: Sequence[tuple[Incident, Reason]]) -> Notice:
    """The worst first; attributes and colour are those of the worst."""
    worst_first = sorted(news, key=lambda each: _rank(each[0]))
    lines = [(incident.severity.value, _line(incident, reason)) for incident, reason in worst_first[:SUMMARY_LINES]]
    rest = len(news) - SUMMARY_LINES
    if rest > 0:
        lines.append(("and", f"{rest} more; each stands in the table of incidents and is told again when it changes."))
    worst, reason = worst_first[0]
    return Notice(
        reason=reason,
        severity=worst.severity,
        headline=f"{len(news)} news at once: {counted(incident for incident, _ in news)}",
        lines=tuple((label, clean(text, LINE)) for label, text in lines),
        docs=clean(worst.docs, LINE),
        incident=worst,
    )


def worst_of(incidents: Iterable[Incident], number: int) -> list[str]:
    """So many of them by name, the worst first."""
    return [f"{subject_of(one)}: {one.title} ({one.severity.value})" for one in sorted(incidents, key=_rank)[:number]]


def counted(incidents: Iterable[Incident]) -> str:
    """ "2 critical, 1 warning"."""
    severities = [one.severity for one in incidents]
    numbers = ((severities.count(severity), severity) for severity in reversed(Severity))
    return ", ".join(f"{number} {severity.value}" for number, severity in numbers if number)


def _rank(incident: Incident) -> tuple[int, int, str]:
    return (-incident.severity.rank, -incident.job_count, incident.subject)


def _line(incident: Incident, reason: Reason) -> str:
    over = "over: " if reason in ENDS else ""
    return f"{over}{subject_of(incident)}: {incident.title} (incident {incident.incident_id})"

"""Once a day: what is worth no alert, and that somebody looked; silent where there is nothing to say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from batchmedic.board import Board, Diary
from batchmedic.findings import Severity
from batchmedic.incidents import Incident, Record
from batchmedic.notices.notice import Notice, about_us, subject_of
from batchmedic.notices.summary import counted, worst_of

NAMED = 3
DAY = timedelta(days=1)
MONDAY = 0
LATE = timedelta(minutes=30)  # three of the rarest sweeps


def digest_notice(
    records: Sequence[Record],
    board: Board,
    diary: Diary,
    saved: Mapping[str, float],
    *,
    account: str,
    region: str,
    now: datetime,
) -> Notice | None:
    """None where nothing is new since the last digest; on Mondays always a notice.

    `records` are those in the table, `saved` the vCPU-hours of all time by environment (ARN).
    """
    since = diary.digest_at or now - DAY
    still_open = [record for record in records if record.is_open]
    info = [record.incident for record in still_open if record.incident.severity is Severity.INFO]
    new = [incident for incident in info if incident.opened_at > since]
    muted = [record for record in still_open if record.hushed or board.mute_of(record.incident, now=now)]
    silent = diary.last is None or now - diary.last.at > LATE
    if not (new or silent or _newly_muted(muted, since) or now.weekday() == MONDAY):
        return None
    shown = info if now.weekday() == MONDAY else new
    loud = [record.incident for record in still_open if record.incident.severity is not Severity.INFO]
    return about_us(
        f"DIGEST: {_headline(loud, new, silent=silent)}",
        [
            ("Open", f"{counted(loud)}: {_named(loud)}." if loud else "nothing that deserves an alert."),
            *([("For your information", f"{_named(shown)}.")] if shown else []),
            *([("Muted", _muted(muted, board, now))] if muted else []),
            *_saved(saved, diary),
            *_blind(diary),
            ("Heartbeat", _heartbeat(diary, silent=silent)),
            ("Where", f"account {account}, Region {region}"),
        ],
        severity=Severity.WARNING if silent else Severity.INFO,
    )


def _headline(loud: Sequence[Incident], new: Sequence[Incident], *, silent: bool) -> str:
    if silent:
        return "batchmedic has not looked for more than 30 minutes"
    parts = [f"{counted(loud)} open" if loud else "nothing open"]
    if new:
        parts.append(f"{len(new)} new for your information")
    return ", ".join(parts)


def _named(incidents: Sequence[Incident]) -> str:
    rest = len(incidents) - NAMED
    return "; ".join(worst_of(incidents, NAMED)) + (f"; and {rest} more" if rest > 0 else "")


def _newly_muted(muted: Iterable[Record], since: datetime) -> bool:
    return any(record.incident.opened_at > since for record in muted)


def _muted(muted: Sequence[Record], board: Board, now: datetime) -> str:
    words = []
    for record in muted[:NAMED]:
        mute = board.mute_of(record.incident, now=now)
        why = f"until {mute.until:%Y-%m-%d %H:%M} UTC: {mute.because}" if mute else record.hushed
        words.append(f"{subject_of(record.incident)}, incident {record.incident.incident_id} ({why})")
    rest = len(muted) - NAMED
    return f"{len(muted)} open: " + "; ".join(words) + (f"; and {rest} more" if rest > 0 else "") + "."


def _saved(saved: Mapping[str, float], diary: Diary) -> list[tuple[str, str]]:
    """By idle environments whose floor was lowered, the most first."""
    since = {arn: hours - diary.digest_saved.get(arn, 0.0) for arn, hours in saved.items()}
    most = sorted(((hours, arn.rpartition("/")[2]) for arn, hours in since.items() if hours >= 1), reverse=True)
    if not most:
        return []
    named = ", ".join(f"{name} {hours:,.0f}" for hours, name in most[:NAMED])
    rest = f" and {len(most) - NAMED} more" if most[NAMED:] else ""
    total = sum(hours for hours, _ in most)
    return [("Saved", f"{total:,.0f} vCPU-hours of idle instances since the last digest: {named}{rest}.")]


def _blind(diary: Diary) -> list[tuple[str, str]]:
    """What keeps batchmedic from seeing or telling."""
    if diary.last is None:
        return []
    sentences = (*diary.last.odd_tags, *diary.last.blind_spots)
    rest = len(sentences) - NAMED
    text = " ".join(sentences[:NAMED]) + (f" And {rest} more." if rest > 0 else "")
    return [("Blind spots", text)] if sentences else []


def _heartbeat(diary: Diary, *, silent: bool) -> str:
    if diary.last is None:
        return "no sweep was ever completed: read the logs of the function diagnose."
    last, number = diary.last, max(diary.sweeps - diary.digest_sweeps, 0)
    seen = f"{last.job_queues} job queues and {last.compute_environments} compute environments"
    words = f"{number} sweeps since the last digest, the last at {last.at:%Y-%m-%d %H:%M} UTC over {seen}."
    return f"{words} That is too long ago: read the logs of the function diagnose." if silent else words

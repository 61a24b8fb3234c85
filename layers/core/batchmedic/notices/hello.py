"""The first word after the installation: what is watched, what is wrong already, what may change, who hears of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from batchmedic.board import Sweep
from batchmedic.findings import Severity
from batchmedic.incidents import Incident
from batchmedic.notices.notice import Notice, about_us
from batchmedic.notices.summary import counted, worst_of
from batchmedic.scaling.eligible import TAG

NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """ScaleToZeroMode and IdleMinutes, as the stack has them."""

    mode: str
    idle: timedelta


MAY_CHANGE = {
    "apply": "it repairs what is safe to repair, and tells you; the tag batchmedic:remediation=off keeps a compute "
    "environment out of it.",
    "plan": "nothing by itself (RemediationMode is plan): alerts hold the commands that approve a repair.",
    "off": "nothing: RemediationMode is off.",
}


def hello_notice(
    sweep: Sweep,
    open_incidents: Sequence[Incident],
    *,
    audience: Mapping[str, str],
    mode: str,
    sleep: Sleep,
    account: str,
    region: str,
) -> Notice:
    """`audience` says of each channel who hears it."""
    watched = (
        f"{_number(sweep.job_queues, 'job queue')} and {_number(sweep.compute_environments, 'compute environment')}"
    )
    return about_us(
        f"HELLO: batchmedic watches {watched}",
        [
            ("Where", f"account {account}, Region {region}"),
            ("Wrong already", _wrong(open_incidents)),
            *(
                [("Could not check", f"{sweep.checks_not_made} checks: a permission is missing.")]
                * bool(sweep.checks_not_made)
            ),
            ("What it may change", MAY_CHANGE[mode]),
            *_floors(sweep, sleep),
            ("Who hears of it", "; ".join(f"{channel}: {who}" for channel, who in audience.items()) + "."),
            (
                "From now on",
                "it speaks when something is wrong, and in a digest on Mondays; silence means that it looked.",
            ),
        ],
        severity=Severity.INFO,
    )


def _floors(sweep: Sweep, sleep: Sleep) -> list[tuple[str, str]]:
    if not sweep.floors or sleep.mode == "off":
        return []
    named = ", ".join(sweep.floors[:NAMED]) + (f" and {len(sweep.floors) - NAMED} more" if sweep.floors[NAMED:] else "")
    minutes = round(sleep.idle / timedelta(minutes=1))
    if sleep.mode == "plan":
        return [("Floors", f"{named}: where one is idle for {minutes} minutes you are told; ScaleToZeroMode is plan.")]
    how = f"lowered to 0 once idle for {minutes} minutes, told {minutes} minutes ahead the first time"
    return [("Floors that will sleep", f"{named}: {how}. The tag {TAG}=off keeps one.")]


def _wrong(open_incidents: Sequence[Incident]) -> str:
    if not open_incidents:
        return "nothing."
    rest = len(open_incidents) - NAMED
    named = "; ".join(worst_of(open_incidents, NAMED)) + (f"; and {rest} more" if rest > 0 else "")
    return f"{counted(open_incidents)}: {named}. What is more than info is told by itself, with what to do."


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def in_words(subscriptions: Mapping[str, int]) -> str:
    """ "1 email, 2 sqs"; nobody is worth a word."""
    return ", ".join(f"{number} {protocol}" for protocol, number in sorted(subscriptions.items())) or "NOBODY yet"

"""Tells people by Amazon SNS: plain text, for e-mail and whatever else subscribes."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from batchmedic.notices.clean import clean
from batchmedic.notices.notice import Notice

SUBJECT_LIMIT = 99  # SNS: fewer than 100 characters; ASCII is legal under every edition of its documentation
ATTRIBUTE_LIMIT = 1_000  # characters
BODY_LIMIT = 200_000  # bytes; SNS takes 256 KiB with the attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sns:
    """`publish(subject, body, attributes)` raises DeliveryError."""

    publish: Callable[[str, str, Mapping[str, str]], None]
    name: str = "sns"
    summarises: bool = True
    gap: timedelta = timedelta(0)

    def deliver(self, notice: Notice) -> None:
        self.publish(subject(notice), body(notice), attributes(notice))


def subject(notice: Notice) -> str:
    """ASCII, at most 99 characters, and beginning with a letter."""
    folded = unicodedata.normalize("NFKD", f"batchmedic {notice.headline}").encode("ascii", "ignore").decode()
    return folded if len(folded) <= SUBJECT_LIMIT else folded[: SUBJECT_LIMIT - 3] + "..."


def body(notice: Notice) -> str:
    lines = [notice.headline, ""]
    lines += [f"{label}: {text}" for label, text in notice.lines]
    lines += [f"    {command}" for command in notice.commands]
    lines += [f"{label}: {url}" for label, url in (("Console", notice.console), ("More", notice.docs)) if url]
    return "\n".join(lines).encode()[:BODY_LIMIT].decode("utf-8", "ignore")


def attributes(notice: Notice) -> dict[str, str]:
    """What a subscription may filter on; where batchmedic speaks of itself, only the event and the severity."""
    values = {"event": notice.reason.event, "severity": notice.severity.value}
    incident = notice.incident
    if incident is not None:
        values |= {
            "incident_id": incident.incident_id,
            "diagnosis": incident.diagnosis,
            "status": incident.status.value,
            "subject": incident.subject,
        }
    return {name: clean(value, ATTRIBUTE_LIMIT) or "-" for name, value in values.items()}  # SNS takes no empty one

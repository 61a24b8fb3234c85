"""Tells people in Slack, by an incoming webhook."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from batchmedic.errors import DeliveryError
from batchmedic.findings import Severity
from batchmedic.notices.notice import Notice
from batchmedic.notices.reasons import Reason

HEADER_LIMIT = 150  # characters; Slack's header block
SECTION_LIMIT = 3_000  # characters; Slack's section text
COLOURS = {Severity.CRITICAL: "#b3261e", Severity.WARNING: "#e8a200", Severity.INFO: "#808080"}
GREEN = "#2e7d32"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """`url` is asked at each delivery, so that a changed webhook is found; `post` answers the HTTP status."""

    url: Callable[[], str]
    post: Callable[[str, dict[str, Any]], int]
    name: str = "slack"
    summarises: bool = True

    def deliver(self, notice: Notice) -> None:
        status = self.post(self.url(), render(notice))
        if status >= 300:  # noqa: PLR2004 - HTTP
            raise DeliveryError(f"Slack answered {status}", retryable=status == 429 or status >= 500)  # noqa: PLR2004


def render(notice: Notice) -> dict[str, Any]:
    """Block Kit within Slack's limits, and a plain `text` for notifications and screen readers."""
    text = "\n".join(f"*{label}:* {escape(words)}" for label, words in notice.lines)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": notice.headline[:HEADER_LIMIT], "emoji": False}},
        *({"type": "section", "text": _markdown(part)} for part in _parts(text)),
        *({"type": "section", "text": _markdown(f"```{_code(command)}```")} for command in notice.commands),
        {"type": "context", "elements": [_markdown(f"<{escape(notice.docs)}|Documentation>")]},
    ]
    colour = GREEN if notice.reason is Reason.RESOLVED else COLOURS[notice.incident.severity]
    return {
        "text": escape(notice.headline),
        "unfurl_links": False,
        "unfurl_media": False,
        "attachments": [{"color": colour, "blocks": blocks}],
    }


def escape(text: str) -> str:
    """Slack's three control characters (Slack, "Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    return escape(text.replace("`", "'"))


def _markdown(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _parts(text: str) -> list[str]:
    """Whole lines, as many sections as it takes."""
    parts = [""]
    for line in text.split("\n"):
        if len(parts[-1]) + len(line) + 1 > SECTION_LIMIT:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n{line}" if parts[-1] else line[:SECTION_LIMIT]
    return parts

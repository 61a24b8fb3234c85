"""Tells people in Slack, by an incoming webhook."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from batchmedic.channels.webhook import Answer
from batchmedic.errors import DeliveryError
from batchmedic.findings import Severity
from batchmedic.notices.notice import Notice
from batchmedic.notices.reasons import ENDS, Reason

HEADER_LIMIT = 150  # characters; Slack's header block
SECTION_LIMIT = 3_000  # characters; Slack's section text
COLOURS = {Severity.CRITICAL: "#b3261e", Severity.WARNING: "#e8a200", Severity.INFO: "#808080"}
GREEN = "#2e7d32"
GOOD = (*ENDS, Reason.REMEDY_VERIFIED)
LINK = re.compile(r"https://[^\s<>|]{1,500}")  # what is anything else, "!channel" say, becomes no link
INVALID_PAYLOAD = 400
GONE = (401, 403, 404, 410)  # the webhook is revoked, or its channel archived (Slack, "Incoming webhooks", errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """`url(fresh)` is asked at each delivery, so that a changed webhook is found."""

    url: Callable[[bool], str]
    post: Callable[[str, dict[str, Any]], Answer]
    name: str = "slack"
    summarises: bool = True
    gap: timedelta = timedelta(seconds=1)  # Slack, "Rate limits": one message a second

    def deliver(self, notice: Notice) -> None:
        url = self.url(False)
        answer = self.post(url, render(notice))
        if answer.status in GONE and (fresh := self.url(True)) != url:  # somebody has put a new one there
            url, answer = fresh, self.post(fresh, render(notice))
        if answer.status == INVALID_PAYLOAD:  # a fault of ours; the words still matter
            answer = self.post(url, {"text": plain(notice)})
        if not answer.is_good:
            raise DeliveryError(
                f"Slack answered {answer.status}",
                retryable=answer.may_pass,
                retry_after=answer.retry_after,
                channel_is_gone=answer.status in GONE or answer.is_elsewhere,
            )


def render(notice: Notice) -> dict[str, Any]:
    """Block Kit within Slack's limits, and a plain `text` for notifications and screen readers."""
    lines = [f"*{label}:* {escape(words)}" for label, words in notice.lines]
    links = [f"<{escape(url)}|{label}>" for label, url in _links(notice) if url and LINK.fullmatch(url)]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(notice.headline), "emoji": False}},
        *({"type": "section", "text": _markdown(part)} for part in _parts(lines)),
        *({"type": "section", "text": _markdown(f"```{_code(command)}```")} for command in notice.commands if command),
    ]
    if links:
        blocks.append({"type": "context", "elements": [_markdown(" · ".join(links))]})
    return {
        "text": escape(notice.headline),
        "unfurl_links": False,
        "unfurl_media": False,
        "attachments": [{"color": GREEN if notice.reason in GOOD else COLOURS[notice.severity], "blocks": blocks}],
    }


def plain(notice: Notice) -> str:
    """The same words without any blocks."""
    return _fit(
        escape("\n".join([notice.headline, *(f"{label}: {words}" for label, words in notice.lines)])), SECTION_LIMIT
    )


def escape(text: str) -> str:
    """Slack's three control characters (Slack, "Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    return _fit(escape(text.replace("`", "'")), SECTION_LIMIT - 2 * len("```"))


def _fit(escaped: str, limit: int) -> str:
    """Cut between characters, never within an escaped one."""
    return escaped if len(escaped) <= limit else re.sub("&[a-z]*$", "", escaped[: limit - 1]) + "…"


def _links(notice: Notice) -> tuple[tuple[str, str | None], ...]:
    return ("AWS console", notice.console), ("Documentation", notice.docs)


def _markdown(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}  # else Slack looks for mentions in plain words


def _cut(headline: str) -> str:
    return headline if len(headline) <= HEADER_LIMIT else headline[: HEADER_LIMIT - 1] + "…"


def _parts(lines: Iterable[str]) -> list[str]:
    """Whole lines, as many sections as it takes."""
    parts: list[str] = []
    for line in (_fit(line, SECTION_LIMIT) for line in lines):
        if parts and len(parts[-1]) + 1 + len(line) <= SECTION_LIMIT:
            parts[-1] = f"{parts[-1]}\n{line}"
        else:
            parts.append(line)
    return parts

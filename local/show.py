"""Prints messages as a person would see them."""

import html
import re
import textwrap
from typing import Any

from local.sinks import Told

WIDTH = 110


def slack(payload: dict[str, Any]) -> str:
    """A Slack message: the header, the sections, the commands."""
    return _box("Slack", [line for text in _blocks(payload) for line in _plain(text)])


def slack_text(payload: dict[str, Any]) -> str:
    """Its words, without markup."""
    return "\n".join(html.unescape(text) for text in _blocks(payload))


def _blocks(payload: dict[str, Any]) -> list[str]:
    return [
        " ".join(element["text"] for element in block.get("elements", ())) or block["text"]["text"]
        for block in payload["attachments"][0]["blocks"]
    ]


def mail(told: Told) -> str:
    """An SNS message as it arrives by e-mail."""
    lines = [f"Subject: {told.subject}", ""]
    for line in told.message.splitlines():
        lines += _wrapped(line)
    return _box("E-mail, by SNS", lines)


def _plain(markdown: str) -> list[str]:
    """What Slack makes of its own markup: no asterisks, no code fences, links by their words."""
    text = re.sub(r"<([^|>]+)\|([^>]+)>", r"\2 (\1)", markdown.replace("```", "  $ ", 1).replace("```", ""))
    text = re.sub(r"\*([^*]+:)\*", r"\1", text)
    return [line for each in html.unescape(text).splitlines() for line in _wrapped(each)]


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False) or [""]


def _box(title: str, lines: list[str]) -> str:
    top = f"  ┌─ {title} " + "─" * (WIDTH - len(title))
    return "\n".join([top, *(f"  │ {line}" for line in lines), "  └" + "─" * (WIDTH + 3)])

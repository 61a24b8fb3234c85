"""What each channel takes, and what no text of somebody else may do to whoever reads it there."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/events/incident.schema.json").read_text())
VALIDATOR = Draft4Validator(SCHEMA)

SUBJECT = re.compile(r"[A-Za-z][\x20-\x7e]{0,98}")  # SNS: ASCII, fewer than 100, no line breaks, begins with a letter
BODY_LIMIT = 256 * 1024  # bytes; SNS, with the attributes
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # all but the new line
UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\U000e0100-\U000e01ef]"
)  # bidi, zero width, line separators, tags; joiners, fillers and variation selectors, of which text can be made, too
BLOCKS, HEADER, TEXT, ELEMENTS = 50, 150, 3_000, 10  # Slack: blocks of a message, characters, elements of a context
LINK = re.compile(r"<https://[^<>|\s]+\|[A-Za-z ]+>")  # the only control sequence that we write
BARE = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")
PARSED = re.compile(r"@(?:channel|here|everyone)\b")  # by Slack itself, unless the text object is `verbatim`
DETAIL_LIMIT = 64 * 1024


def of_text(text: str) -> Iterator[str]:
    """What is wrong with a text for people."""
    for pattern, name in ((CONTROL, "a control character"), (UNSEEN, "an invisible character")):
        if found := pattern.search(text):
            yield f"{name} {found[0]!r} in {text[max(found.start() - 20, 0) :][:60]!r}"


def of_sns(subject: str, body: str, attributes: Mapping[str, str]) -> Iterator[str]:
    if not SUBJECT.fullmatch(subject):
        yield f"SNS does not take the subject {subject!r}"
    yield from of_text(body)
    size = len(body.encode("utf-8", "surrogatepass")) + sum(len(f"{k}{v}".encode()) for k, v in attributes.items())
    if not body or size > BODY_LIMIT:
        yield f"the body has {size} bytes"
    for name, value in attributes.items():
        if not name or not value:
            yield f"the attribute {name!r} is {value!r}"
        yield from of_text(value)


def of_slack(payload: Mapping[str, Any]) -> Iterator[str]:
    json.dumps(payload, allow_nan=False).encode()
    yield from of_markdown(payload["text"])
    blocks = [*payload.get("blocks", ()), *(each for part in payload["attachments"] for each in part["blocks"])]
    if not 1 <= len(blocks) <= BLOCKS:
        yield f"{len(blocks)} blocks"
    for block in blocks:
        yield from _of_block(block)


def _of_block(block: Mapping[str, Any]) -> Iterator[str]:
    limit = HEADER if block["type"] == "header" else TEXT
    texts = [block["text"]] if "text" in block else [*block.get("elements", ()), *block.get("fields", ())]
    if not 1 <= len(texts) <= ELEMENTS:
        yield f"{len(texts)} texts in a {block['type']}"
    for each in texts:
        if not 1 <= len(each["text"]) <= limit:
            yield f"{len(each['text'])} characters in a {block['type']}"
        yield from of_markdown(each["text"]) if each["type"] == "mrkdwn" else of_text(each["text"])
        if each["type"] == "mrkdwn" and not each.get("verbatim") and PARSED.search(each["text"]):
            yield "Slack may call everybody (text object, verbatim)"


def of_markdown(text: str) -> Iterator[str]:
    yield from of_text(text)
    ours = LINK.sub("", text)
    if found := BARE.search(ours):
        yield f"unescaped, or cut in the middle: {ours[max(found.start() - 20, 0) :][:60]!r}"
    if text.startswith("```") and "`" in text.removeprefix("```").removesuffix("```"):
        yield f"a back-tick ends the code early: {text[:60]!r}"


def of_event(detail: Mapping[str, Any]) -> Iterator[str]:
    text = json.dumps(detail, allow_nan=False)
    if len(text.encode()) > DETAIL_LIMIT:
        yield f"the event has {len(text.encode())} bytes"
    yield from (f"{error.json_path}: {error.message[:200]}" for error in VALIDATOR.iter_errors(json.loads(text)))

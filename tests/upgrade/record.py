"""Records what a version has written at each moment: `PYTHONPATH=layers/core:. python -m tests.upgrade.record`.

Run it with the version from which people upgrade: in a worktree of its commit, with this folder copied into it. Turned
round, with today's recordings in that worktree, test_upgrade.py says whether people can go back.
"""

import json
import re
import shlex
from collections import defaultdict
from pathlib import Path
from typing import Any

from moto import mock_aws

from tests.contract.tables import INCIDENTS, STATE
from tests.functions.conftest import WIRE
from tests.functions.platform import Platform
from tests.upgrade.moments import MOMENTS, counted_ids

RECORDED = Path(__file__).parent / "recorded"
KINDS = ("hint", "doorbell", "notice", "command", "incident_item", "state_item")
TABLES = {"incident_item": INCIDENTS, "state_item": STATE}
FILLED = 140  # characters of short rows in a line
WIDTH = 160  # characters in a line of a recording
BELLS = {"incident_id", "incident_ids"}


def kind_of(queue: str, body: dict[str, Any]) -> str:
    if queue == "looks":
        return "hint"
    return "doorbell" if body.keys() & BELLS else "notice"


def opened(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute whose text is JSON, as {"JSON": what it says}, so that a recording can be read."""
    if "S" in value and value["S"][:1] in ("{", "["):
        return {"JSON": json.loads(value["S"])}
    return value


def written(platform: Platform) -> dict[str, Any]:
    """What a version has written until now, by kind: messages in flight, items, and the last command in each mail."""
    found: dict[str, Any] = defaultdict(list)
    for queue, messages in platform.queues.items():
        for message in messages:
            body = json.loads(message.body)
            wait = int((message.visible_at - platform.clock.now()).total_seconds())
            found[kind_of(queue, body)].append({"queue": queue, "seconds": max(0, wait), "body": body})
    for kind, table in TABLES.items():
        for item in platform.wire.client("dynamodb").scan(TableName=table)["Items"]:
            found[kind].append({name: opened(value) for name, value in sorted(item.items())})
    found["command"] = commands(platform)
    return found


def commands(platform: Platform) -> list[dict[str, Any]]:
    """What the last mail asks people to paste."""
    lines = platform.sns[-1]["Message"].splitlines() if platform.sns else []
    pasted = [shlex.split(line) for line in lines if "aws lambda invoke" in line]
    payloads = [json.loads(words[words.index("--payload") + 1]) for words in pasted]
    return [payload for payload in payloads if re.search("apply|rollback", json.dumps(payload))]


def filled(rows: list[str]) -> list[str]:
    """With several in a line where there is room for them."""
    lines: list[str] = []
    for row in rows:
        if lines and "\n" not in lines[-1] + row and len(lines[-1]) + len(row) < FILLED:
            lines[-1] += f", {row}"
        else:
            lines.append(row)
    return lines


def laid_out(value: Any, indent: str = "") -> str:
    """JSON that can be read: whatever fits into a line is one line."""
    line = json.dumps(value)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    deeper = indent + " "
    if isinstance(value, dict):
        rows = [f"{json.dumps(name)}: {laid_out(each, deeper)}" for name, each in value.items()]
    else:
        rows = filled([laid_out(each, deeper) for each in value])
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n{deeper}" + f",\n{deeper}".join(rows) + f"\n{indent}{end}"


def record() -> None:
    recordings: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for moment, settings in MOMENTS.items():
        with mock_aws(), counted_ids():
            platform = Platform(WIRE, **settings)
            moment(platform)
            for kind, found in written(platform).items():
                if found:
                    recordings[kind][moment.__name__] = found
    RECORDED.mkdir(exist_ok=True)
    for kind, recording in recordings.items():
        (RECORDED / f"{kind}.json").write_text(laid_out(recording) + "\n")


if __name__ == "__main__":
    record()

"""What the user data of a launch template does to the ECS agent."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from email import message_from_string

CLUSTER = re.compile(r"ECS_CLUSTER\s*=\s*[\"']?(?P<name>[^\s\"'>;|&]+)")
SEPARATORS = re.compile(r"&&|\|\||;|\|")
AGENT = {"ecs", "ecs.service", "ecs-agent", "ecs-init"}
PACKAGE_TOOLS = {"yum", "dnf"}

OTHER_CLUSTER = "user data sets ECS_CLUSTER to {}"
STOPPED = "user data stops the ECS agent"
REMOVED = "user data removes the ECS agent"
DEADLOCK = "user data waits for the ECS agent, which waits for user data to end"


def decoded(user_data: str) -> str:
    """Launch templates hold it in base64 (EC2 API reference), and its parts may be in base64 again (MIME)."""
    try:
        text = base64.b64decode(user_data, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        text = user_data  # what is not is taken as it is
    message = message_from_string(text)
    if not message.is_multipart():
        return text
    parts = (each.get_payload(decode=True) for each in message.walk() if not each.is_multipart())
    return "\n".join(each.decode(errors="replace") for each in parts if isinstance(each, bytes))


def obstacle(user_data: str) -> str | None:
    """Why the agent does not join the cluster that AWS Batch names; the last that is done to the agent counts.

    Batch User Guide, launch-templates: user data must not name a cluster. ECS Developer Guide, ecs-agent-install: the
    units of the agent wait for the end of user data, so that user data must not wait for them.
    """
    lines = [line for line in decoded(user_data).splitlines() if not line.lstrip().startswith("#")]
    named = [match["name"] for line in lines if (match := CLUSTER.search(line))]
    if named:
        return OTHER_CLUSTER.format(named[-1])
    found = None
    for words in _commands(lines):
        found = _effect(words, found)
        if found == DEADLOCK:
            return found
    return found


def _commands(lines: Sequence[str]) -> Iterator[list[str]]:
    for line in lines:
        for command in SEPARATORS.split(line):
            words = [word.strip("\"'`$()[]{},") for word in command.split()]
            if AGENT.intersection(words):
                yield words


def _effect(words: Sequence[str], before: str | None) -> str | None:
    """How things stand after this command about the agent."""
    if PACKAGE_TOOLS.intersection(words) and {"remove", "erase"}.intersection(words):
        return REMOVED
    if PACKAGE_TOOLS.intersection(words):
        return None if "install" in words else before
    if "stop" in words or ("docker" in words and {"rm", "kill"}.intersection(words)):
        return STOPPED
    starts = {"start", "restart"}.intersection(words) or {"enable", "--now"}.issubset(words)
    if not starts or "docker" in words or before == REMOVED:
        return before
    waits = "systemctl" in words and "--no-block" not in words and words[-1] != "&"
    return DEADLOCK if waits else None

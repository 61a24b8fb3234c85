"""What the user data of a launch template means for the ECS agent. Its text is read here and never kept: it carries
secrets."""

import re
from base64 import b64decode
from collections.abc import Iterator

from batchmedic.model.network import AgentBlock

MULTIPART = ("mime-version:", "content-type: multipart/")
FILE_SYSTEMS = ("efs", "nfs", "fsx", "lustre")  # words of a mount command; a false hit only asks a person

# AWS Batch sets ECS_CLUSTER itself (Batch user guide, "Use Amazon EC2 launch templates", reserved values)
CLUSTER = re.compile(r"\bECS_CLUSTER\s*=\s*[\"']?[\w$]")
JOINS = re.compile(r"\bECS_CLUSTER\s*=\s*[\"']?(?P<name>[\w-]+)")
# cloud-init waits for the command, which waits for ecs.service, which waits for cloud-init (ECS developer guide,
# "Bootstrapping Amazon ECS Linux container instances")
START = re.compile(r"\bsystemctl\b(?=.*\b(?:start|restart|enable\s+--now)\b).*\becs(?:\.service)?\b|\bstart\s+ecs\b")
NO_BLOCK = "--no-block"
STOP = re.compile(
    r"\bsystemctl\b(?=.*\b(?:stop|disable|mask)\b).*\becs(?:\.service)?\b|\bstop\s+ecs\b|\bservice\s+ecs\s+stop\b"
    r"|\bdocker\s+(?:stop|rm|kill)\b.*\becs-agent\b|\b(?:yum|dnf|rpm)\b.*\b(?:remove|erase|-e)\b.*\becs-init\b"
)


def decoded(user_data: str | None) -> str:
    """Empty where it is not base64."""
    try:
        return b64decode(user_data or "").decode("utf-8", "ignore")
    except ValueError:
        return ""


def is_multipart(text: str) -> bool:
    """AWS Batch wants MIME multipart (Batch user guide, "Use Amazon EC2 launch templates")."""
    return text.lstrip().lower().startswith(MULTIPART)


def names_file_systems(text: str) -> bool:
    return any(word in text.lower() for word in FILE_SYSTEMS)


def agent_blocks(text: str) -> tuple[AgentBlock, ...]:
    """In the order of the lines; an agent that is stopped and started again is not stopped."""
    found = tuple(_blocks(text))
    last_start = max((block.line for block in found if block.kind == "start"), default=0)
    return tuple(
        block for block in found if block.kind != "start" and not (block.kind == "stop" and block.line <= last_start)
    )


def clusters_in(text: str) -> tuple[str, ...]:
    """The ECS clusters that it tells the agent to join: names, no secrets."""
    return tuple(found["name"] for found in JOINS.finditer(text))


def _blocks(text: str) -> Iterator[AgentBlock]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        if CLUSTER.search(line):
            yield AgentBlock(line=number, kind="cluster")
        if STOP.search(line):
            yield AgentBlock(line=number, kind="stop")
        if START.search(line):
            yield AgentBlock(line=number, kind="start")
            if NO_BLOCK not in line:
                yield AgentBlock(line=number, kind="deadlock")

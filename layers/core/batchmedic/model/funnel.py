"""From asking for an instance to the start of a job: how far a compute environment gets, as far as it was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from batchmedic.errors import NotReadError
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import with_room
from batchmedic.model.job import Requirements
from batchmedic.model.launching import Instance
from batchmedic.model.snapshot import Snapshot


class Stage(StrEnum):
    """What has not happened yet; the last one is that the job starts."""

    ASKED = "asked for"
    LAUNCHED = "launched"
    JOINED = "joined"
    CONNECTED = "connected"
    FREE = "free"
    STARTED = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """`passed` says in words what has happened, `missing` is where it ends; `is_known` False: nobody could look on."""

    passed: tuple[str, ...]
    missing: Stage
    is_known: bool = True


def funnel(environment: ComputeEnvironment, wanted: Requirements, snapshot: Snapshot) -> Funnel:
    """Of an environment that launches instances into an ECS cluster of its own."""
    passed: list[str] = []
    try:
        for stage, words in _steps(environment, wanted, snapshot):
            if not words:
                return Funnel(passed=tuple(passed), missing=stage)
            passed.append(words)
    except NotReadError:
        return Funnel(passed=tuple(passed), missing=list(Stage)[len(passed)], is_known=False)
    return Funnel(passed=tuple(passed), missing=Stage.STARTED)


def _steps(environment: ComputeEnvironment, wanted: Requirements, snapshot: Snapshot) -> Iterator[tuple[Stage, str]]:
    """Each stage with what shows that it is passed; empty where it is not."""
    asked = environment.desired_vcpus
    yield Stage.ASKED, f"AWS Batch asks for {asked} vCPUs" if asked else ""
    running = [one for one in snapshot.launching.instances.get(environment.arn) or () if one.runs]
    registered = snapshot.capacity.container_instances.get(environment.ecs_cluster or "") or ()
    yield Stage.LAUNCHED, _launched(running, len(registered))
    yield Stage.JOINED, _of(len(registered), max(len(running), len(registered)), "joined the ECS cluster")
    connected = [one for one in registered if one.agent_connected]
    yield Stage.CONNECTED, _of(len(connected), len(registered), "with an ECS agent that is connected")
    free = with_room(tuple(connected), wanted, environment, snapshot)
    yield Stage.FREE, f"{len(free)} with room for the job" if free else ""


def _launched(running: list[Instance], registered: int) -> str:
    count = max(len(running), registered)
    return f"{count} {'instance runs' if count == 1 else 'instances run'}" if count else ""


def _of(some: int, everything: int, words: str) -> str:
    """A stage that all have passed; empty where one has not."""
    return f"{some} of {everything} {words}" if some and some == everything else ""

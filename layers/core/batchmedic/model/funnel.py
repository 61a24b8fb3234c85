"""From asking for an instance to the start of a job: how far a compute environment gets, as far as it was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from batchmedic.errors import NotReadError
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import with_room
from batchmedic.model.job import Requirements
from batchmedic.model.launching import Instance
from batchmedic.model.snapshot import Snapshot

NODES = "Kubernetes"  # which knows the nodes of an Amazon EKS cluster
ENDED = ("shutting-down", "terminated")


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
    """Of an environment that launches instances; those of an EKS cluster are seen as far as EC2 shows them."""
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
    instances = snapshot.launching.instances.get(environment.arn) or ()
    running = [one for one in instances if one.runs]
    cluster = environment.ecs_cluster
    registered = snapshot.capacity.container_instances.get(cluster) or () if cluster else ()
    yield Stage.LAUNCHED, _launched(max(len(running), len(registered)), _gone(instances, environment, snapshot))
    if not cluster:
        raise NotReadError(NODES, NOT_ASKED)
    yield Stage.JOINED, _of(len(registered), max(len(running), len(registered)), "joined the ECS cluster")
    connected = [one for one in registered if one.agent_connected]
    yield Stage.CONNECTED, _of(len(connected), len(registered), "with an ECS agent that is connected")
    free = with_room(tuple(connected), wanted, environment, snapshot)
    yield Stage.FREE, f"{len(free)} with room for the job" if free else ""


def _launched(running: int, gone: int) -> str:
    if running:
        return f"{running} {'instance runs' if running == 1 else 'instances run'}"
    return f"{gone} {'instance' if gone == 1 else 'instances'} ran, and left again" if gone else ""


def _gone(instances: tuple[Instance, ...], environment: ComputeEnvironment, snapshot: Snapshot) -> int:
    """Those that were launched while a job waited, and ended."""
    waits = [queue.head_has_waited(snapshot.at) for queue in snapshot.queues_of(environment) if queue.head]
    since = snapshot.at - max(waits, default=timedelta(0))
    return sum(one.state in ENDED and one.launched_at is not None and one.launched_at >= since for one in instances)


def _of(some: int, everything: int, words: str) -> str:
    """A stage that all have passed; empty where one has not."""
    return f"{some} of {everything} {words}" if some and some == everything else ""

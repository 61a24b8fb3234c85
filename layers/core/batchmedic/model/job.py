"""Jobs that wait, and what they ask for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What one instance must offer to run the job: vCPUs, memory in MiB, GPUs; and what kind of job it is.

    A multi-node parallel job asks for `nodes` instances at once, the largest of which is described here.
    """

    vcpus: float
    memory: int
    gpus: int = 0
    nodes: int = 1
    all_vcpus: float | None = None  # of all nodes together, where there are several
    platform: str | None = None  # EC2 or FARGATE, where the job definition says so
    windows: bool = False

    @property
    def total_vcpus(self) -> float:
        return self.vcpus if self.all_vcpus is None else self.all_vcpus

    @property
    def multi_node(self) -> bool:
        return self.nodes > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job at the front of its queue. `requirements` is None for kinds whose shape is not read here."""

    arn: str
    name: str
    requirements: Requirements | None
    status: str = "RUNNABLE"
    status_reason: str | None = None
    at_position_since: datetime | None = None
    consumable_resources: tuple[str, ...] = ()  # names or ARNs; while one is used up, the job waits on purpose
    file_systems: tuple[str, ...] = ()  # network file systems that its volumes mount, by kind

    @property
    def id(self) -> str:
        return self.arn.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobGroup:
    """Jobs of one queue with the same requirements, in dispatch order."""

    requirements: Requirements
    jobs: tuple[Job, ...]

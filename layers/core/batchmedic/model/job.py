"""Jobs that wait, and what they ask for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Requirements:
    """What one instance must offer to run the job: vCPUs, memory in MiB, GPUs."""

    vcpus: float
    memory: int
    gpus: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job at the front of its queue. `requirements` is None for kinds whose shape is not read here."""

    arn: str
    name: str
    requirements: Requirements | None
    status: str = "RUNNABLE"
    status_reason: str | None = None
    at_position_since: datetime | None = None

    @property
    def id(self) -> str:
        return self.arn.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobGroup:
    """Jobs of one queue with the same requirements, in dispatch order."""

    requirements: Requirements
    jobs: tuple[Job, ...]

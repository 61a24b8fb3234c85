"""Job queues and the jobs at their front."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from batchmedic.errors import NotReadError
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.job import Job, JobGroup, Requirements

FRONT_LIMIT = 100  # GetJobQueueSnapshot lists the first 100 RUNNABLE jobs (AWS Batch API reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueue:
    """A job queue; `front` holds the described jobs at its head, None if nobody looked or could look."""

    arn: str
    name: str
    state: str = "ENABLED"
    status: str = "VALID"
    compute_environments: tuple[str, ...] = ()  # ARNs, in the order in which Batch tries them
    kind: str = ""  # jobQueueType: ECS, ECS_FARGATE, EKS, …; an open enumeration
    scheduling_policy: str | None = None  # ARN; fair-share scheduling holds jobs back on purpose
    time_limited_reasons: tuple[str, ...] = ()  # reasons with a jobStateTimeLimitAction
    tags: Mapping[str, str] = field(default_factory=dict)
    front: tuple[Job, ...] | None = None
    front_count: int = 0  # jobs in the snapshot; at most FRONT_LIMIT
    front_unread: str = NOT_ASKED  # why `front` is None
    worth_another_look: bool = False  # the front could not be read now, and may be soon

    @property
    def head(self) -> Job | None:
        return self.front[0] if self.front else None

    @property
    def waiting_is_exact(self) -> bool:
        return self.front is not None and self.front_count < FRONT_LIMIT

    @property
    def aws_reason(self) -> str | None:
        """What Batch itself says of the job at the head, if it says anything."""
        return self.head.status_reason if self.head else None

    def head_has_waited(self, at: datetime) -> timedelta:
        """How long the job at the head has been there; zero if there is none or Batch does not say."""
        if self.head is None or self.head.at_position_since is None:
            return timedelta(0)
        return max(at - self.head.at_position_since, timedelta(0))

    @property
    def groups(self) -> tuple[JobGroup, ...]:
        """The jobs at the front by requirements, the head's group first; NotReadError if the head's are unknown."""
        if self.front is None:
            raise NotReadError("batch:GetJobQueueSnapshot", self.front_unread)
        if self.head is not None and self.head.requirements is None:
            raise NotReadError("batch:DescribeJobs", "this kind of job states its requirements in a way not read here")
        groups: dict[Requirements, list[Job]] = {}
        for job in self.front:
            if job.requirements is not None:
                groups.setdefault(job.requirements, []).append(job)
        return tuple(JobGroup(requirements=wanted, jobs=tuple(jobs)) for wanted, jobs in groups.items())

    def blocking_groups(self, unfit: Callable[[JobGroup], bool]) -> tuple[JobGroup, ...]:
        """The unfit groups at the front, but none at all while the head's own group fits: the queue then moves."""
        groups = self.groups
        if not groups or not unfit(groups[0]):
            return ()
        return tuple(group for group in groups if unfit(group))

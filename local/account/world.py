"""What every part of the account shares: who and where it is, its time, its ids and its event bus."""

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.account.clock import ManualClock, Timeline
from local.account.launch_causes import LaunchCauses

Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Role:
    """An IAM role as far as AWS Batch depends on it."""

    trusts: frozenset[str]
    sees_scaling_activities: bool = True  # without it, Batch cannot say why a queue is blocked
    actions: frozenset[str] = frozenset({"*"})  # patterns, as in a policy


@dataclass(frozen=True, kw_only=True)
class EksCluster:
    """An Amazon EKS cluster as far as AWS Batch depends on it."""

    version: str = "1.33"
    namespaces: frozenset[str] = frozenset({"batch"})
    nodes_join: bool = True


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A CloudFormation stack: (resource type, physical id) by logical id."""

    name: str
    arn: str
    resources: Mapping[str, tuple[str, str]]


@dataclass(kw_only=True)
class World:
    clock: ManualClock
    account_id: str
    region: str
    emit: Callable[[Event], object]
    random: random.Random
    timeline: Timeline = field(default_factory=Timeline)
    began: datetime = field(init=False)
    roles: dict[str, Role] = field(default_factory=dict)  # by ARN
    instance_profiles: set[str] = field(default_factory=set)  # ARNs
    profile_roles: dict[str, str] = field(default_factory=dict)  # ARN of the role in a profile, by ARN of the profile
    images: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id, as EC2 describes them
    images_without_awslogs: set[str] = field(default_factory=set)  # ids
    eks_clusters: dict[str, EksCluster] = field(default_factory=dict)  # by ARN
    launch_causes: LaunchCauses = field(default_factory=LaunchCauses)
    stacks: list[Stack] = field(default_factory=list)
    pass_role_checked: bool = False
    passable_roles: set[str] = field(default_factory=set)  # ARNs
    security_group_lag: timedelta = timedelta(0)  # until a new group is to be seen

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    def now(self) -> datetime:
        return self.clock.now()

    def millis(self) -> int:
        return int(self.now().timestamp() * 1000)

    def after(self, delay: timedelta, task: Callable[[], object] = lambda: None) -> None:
        """Do this later; without a task, only look again then."""
        self.timeline.at(self.now() + delay, task)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def iam_arn(self, resource: str) -> str:
        return f"arn:aws:iam::{self.account_id}:{resource}"

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def ec2_id(self, prefix: str) -> str:
        return f"{prefix}-0{self.random.getrandbits(64):016x}"

    def publish(
        self, detail_type: str, resources: list[str], detail: dict[str, Any], *, source: str = "aws.batch"
    ) -> None:
        """Shape: Batch User Guide, batch_job_events and batch-job-queue-blocked-events."""
        self.emit(
            {
                "version": "0",
                "id": self.uuid(),
                "detail-type": detail_type,
                "source": source,
                "account": self.account_id,
                "time": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": self.region,
                "resources": resources,
                "detail": detail,
            }
        )

"""What AWS Batch remembers: compute environments, job queues, job definitions, jobs and the instances it launched."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.account import durations
from local.account.errors import client_error

Resources = dict[str, Any]

ACTIVE_STATUSES = ("STARTING", "RUNNING")
FINAL_STATUSES = ("SUCCEEDED", "FAILED")
SERVICE_LINKED = "/aws-service-role/batch.amazonaws.com/"


@dataclass(kw_only=True, eq=False)
class Job:
    id: str
    arn: str
    name: str
    queue: "JobQueue"
    vcpus: float  # of a multi-node job: of its largest node
    memory: int
    gpus: int
    created_at: int
    described: dict[str, Any]  # what DescribeJobs says of it that never changes
    nodes: int = 1
    windows: bool = False
    lasts: float = durations.JOB_RUNNING.total_seconds()
    status: str = "SUBMITTED"
    status_reason: str | None = None
    started_at: int | None = None
    stopped_at: int | None = None
    position_since: int = 0
    attempts: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0  # a counter that tells the tasks of one attempt from those of the next
    waits_for: set[str] = field(default_factory=set)
    environment: "ComputeEnvironment | None" = None
    instance: "Instance | None" = None
    more_instances: list["Instance"] = field(default_factory=list)  # those of the other nodes
    parent: "Job | None" = None
    children: list["Job"] = field(default_factory=list)
    child_statuses: Counter[str] = field(default_factory=Counter)
    index: int | None = None
    size: int | None = None  # of an array
    is_cancelled: bool = False
    is_terminated: bool = False

    @property
    def all_vcpus(self) -> float:
        return self.vcpus * self.nodes

    @property
    def instances(self) -> list["Instance"]:
        return [self.instance, *self.more_instances] if self.instance is not None else []


@dataclass(kw_only=True)
class Room:
    """What is free on one instance."""

    vcpus: float
    memory: int
    gpus: int

    def take(self, job: Job) -> bool:
        if job.vcpus > self.vcpus or job.memory > self.memory or job.gpus > self.gpus:
            return False
        self.vcpus -= job.vcpus
        self.memory -= job.memory
        self.gpus -= job.gpus
        return True


@dataclass(kw_only=True, eq=False)
class Instance:
    id: str
    type: str
    vcpus: int
    registered_memory: int
    gpus: int
    environment: "ComputeEnvironment"
    subnet_id: str
    zone: str
    security_groups: list[str]
    launched_at: datetime
    template: "Template | None" = None  # what it was launched from
    image_id: str | None = None
    public_address: str | None = None
    has_awslogs: bool = True  # the log driver; else its image lacks it
    state: str = "pending"
    ended_at: datetime | None = None
    obstacle: str | None = None  # why it could not join when it last tried
    container_instance_arn: str | None = None
    registered_at: datetime | None = None
    state_reason: tuple[str, str] | None = None  # code and message
    idle_since: datetime | None = None
    has_run_a_job: bool = False
    draining: bool = False
    node_of: Job | None = None  # launched for this multi-node job, and for no other
    jobs: list[Job] = field(default_factory=list)

    @property
    def room(self) -> "Room":
        """A node has its instance for itself (Batch User Guide, multi-node-parallel-jobs)."""
        if self.node_of is not None:
            return Room(vcpus=0, memory=0, gpus=0)
        return Room(
            vcpus=self.vcpus - sum(job.vcpus for job in self.jobs),
            memory=self.registered_memory - sum(job.memory for job in self.jobs),
            gpus=self.gpus - sum(job.gpus for job in self.jobs),
        )

    @property
    def takes_jobs(self) -> bool:
        return self.registered_at is not None and not self.draining and self.environment.agents_connected

    @property
    def idle_limit(self) -> timedelta:
        """minScaleDownDelayMinutes counts only after a job (Batch API reference, ComputeScalingPolicy)."""
        policy = self.environment.resources.get("scalingPolicy", {})
        minutes = policy.get("minScaleDownDelayMinutes", 0) if self.has_run_a_job else 0
        return max(durations.SCALE_IN, timedelta(minutes=minutes))


@dataclass(frozen=True, kw_only=True)
class Template:
    """A launch template version, as resolved at the last creation or infrastructure update."""

    id: str
    version: int
    data: dict[str, Any]
    is_override: bool
    targets: frozenset[str] = frozenset()  # instance types and families, of an override


@dataclass(kw_only=True, eq=False)
class ComputeEnvironment:
    name: str
    arn: str
    uuid: str
    type: str
    state: str
    service_role: str
    cluster_arn: str
    created_at: datetime
    tags: dict[str, str]
    resources: Resources  # computeResources as described
    described: dict[str, Any]  # members that this account only hands back
    orchestration: str = "ECS"
    unmanaged_vcpus: int | None = None
    status: str = "CREATING"
    status_reason: str = ""
    replacing: bool = False  # an infrastructure update is under way
    was_valid: bool = False
    cluster_status: str = "ACTIVE"
    templates: list[Template] = field(default_factory=list)
    template_missing: str | None = None
    instances: list[Instance] = field(default_factory=list)
    terminated: list[Instance] = field(default_factory=list)
    running: list[Job] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)  # of its Auto Scaling group, the latest first
    fleet_history: list[dict[str, Any]] = field(default_factory=list)  # of its Spot Fleet, in order
    no_launch_before: datetime | None = None
    refused_type: str | None = None  # the instance type of the last launch, if EC2 refused it
    is_sold_out: bool = False  # that was why
    refused_vcpus: int = 0  # what it would have had: asked for, but not there
    last_registered_at: datetime | None = None  # when some instance was last seen registered
    unjoined_since: datetime | None = None  # instances are there, and none is registered
    agents_connected: bool = True  # the ECS agents on its instances, to ECS
    stalled: bool = False  # AWS does not get on with what it is doing

    @property
    def kind(self) -> str:
        return str(self.resources.get("type", ""))

    @property
    def on_fargate(self) -> bool:
        return self.kind.startswith("FARGATE")

    @property
    def on_instances(self) -> bool:
        return self.type == "MANAGED" and self.kind in ("EC2", "SPOT")

    @property
    def strategy(self) -> str:
        return str(self.resources.get("allocationStrategy", "BEST_FIT"))

    @property
    def uses_spot_fleet(self) -> bool:
        """The other ones have an Auto Scaling group (AWS managed policy BatchServiceRolePolicy)."""
        return self.kind == "SPOT" and self.strategy == "BEST_FIT"

    @property
    def auto_scaling_group(self) -> str | None:
        if not self.on_instances or self.uses_spot_fleet:
            return None
        return f"AWSBatch-{self.name}-asg-{self.uuid}"

    @property
    def has_service_linked_role(self) -> bool:
        return SERVICE_LINKED in self.service_role

    @property
    def takes_jobs(self) -> bool:
        healthy = self.status == "VALID" or (self.status == "UPDATING" and self.was_valid and not self.replacing)
        return self.state == "ENABLED" and healthy

    @property
    def provisioned_vcpus(self) -> int:
        return sum(instance.vcpus for instance in self.instances)


@dataclass(kw_only=True)
class Block:
    """The head of a queue cannot start, and why; AWS Batch says so after a while."""

    job: Job
    since: datetime
    told: str | None = None


@dataclass(kw_only=True, eq=False)
class JobQueue:
    name: str
    arn: str
    state: str
    priority: int
    order: list[tuple[int, ComputeEnvironment]]
    tags: dict[str, str]
    described: dict[str, Any]
    status: str = "CREATING"
    waiting: list[Job] = field(default_factory=list)  # RUNNABLE jobs in dispatch order
    jobs: list[Job] = field(default_factory=list)
    block: Block | None = None

    @property
    def environments(self) -> list[ComputeEnvironment]:
        return [environment for _, environment in sorted(self.order, key=lambda entry: entry[0])]


@dataclass(kw_only=True)
class Batch:
    environments: dict[str, ComputeEnvironment] = field(default_factory=dict)  # by name
    queues: dict[str, JobQueue] = field(default_factory=dict)  # by name
    definitions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # revisions, by name
    jobs: dict[str, Job] = field(default_factory=dict)  # by id
    dependents: dict[str, list[Job]] = field(default_factory=dict)  # by the id that they wait for

    def environment(self, name_or_arn: str) -> ComputeEnvironment:
        found = self.environments.get(name_or_arn.rpartition("/")[2])
        if found is None or (name_or_arn.startswith("arn:") and found.arn != name_or_arn):
            raise client_error(f"{name_or_arn} does not exist")
        return found

    def queue(self, name_or_arn: str) -> JobQueue:
        found = self.queues.get(name_or_arn.rpartition("/")[2])
        if found is None or (name_or_arn.startswith("arn:") and found.arn != name_or_arn):
            raise client_error(f"{name_or_arn} does not exist")
        return found

    def queues_of(self, environment: ComputeEnvironment) -> list[JobQueue]:
        return [queue for queue in self.queues.values() if environment in queue.environments]

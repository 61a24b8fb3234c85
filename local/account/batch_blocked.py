"""Notices that the job at the head of a queue cannot start, and says why: Batch User Guide, job_stuck_in_runnable."""

from enum import Enum, auto

from local.account import durations
from local.account.batch_capacity import Capacity
from local.account.batch_fargate import has_size
from local.account.batch_job_details import event_detail
from local.account.batch_records import Batch, Block, ComputeEnvironment, Job, JobQueue
from local.account.iam import SEES_WHY, allows
from local.account.world import World

INVALID = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
UNDETERMINED = "UNDETERMINED - Batch job is blocked, root cause is undetermined."


class Verdict(Enum):
    """What one environment means for one job."""

    COULD_RUN = auto()
    BUSY = auto()
    INVALID = auto()
    DISABLED = auto()
    TOO_FEW_VCPUS = auto()
    NO_TYPE_HOLDS = auto()
    NO_TYPE_OFFERED = auto()
    SOLD_OUT = auto()
    LAUNCH_REFUSED = auto()
    NOT_SUPPORTED = auto()
    NO_INSTANCES = auto()


REASONS = {
    Verdict.TOO_FEW_VCPUS: "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue "
    "cannot meet the CPU requirement of the job.",
    Verdict.NO_TYPE_HOLDS: "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) "
    "is higher than that can be met by the CE(s) attached to the job queue.",
    Verdict.NO_TYPE_OFFERED: "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment "
    "associated with this job queue has an unsupported instance type configuration.",
    Verdict.SOLD_OUT: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for "
    "instance type [{type}]",
}


class Blocked:
    def __init__(self, world: World, batch: Batch, capacity: Capacity) -> None:
        self._world = world
        self._batch = batch
        self._capacity = capacity

    def verdict(self, environment: ComputeEnvironment, job: Job) -> Verdict:
        if not environment.takes_jobs:
            return _why_closed(environment)
        if not supports(environment, job):
            return Verdict.NOT_SUPPORTED
        if environment.type == "UNMANAGED":
            return Verdict.COULD_RUN if any(each.takes_jobs for each in environment.instances) else Verdict.NO_INSTANCES
        if job.all_vcpus > environment.resources["maxvCpus"]:
            return Verdict.TOO_FEW_VCPUS
        if environment.on_fargate:
            return Verdict.COULD_RUN if has_size(job) else Verdict.NO_TYPE_HOLDS
        return self._verdict_on_instances(environment, job)

    def _verdict_on_instances(self, environment: ComputeEnvironment, job: Job) -> Verdict:
        offered = self._capacity.sizes(environment)
        if not offered:
            return Verdict.NO_TYPE_OFFERED
        if not any(each.holds(job) for each in offered):
            return Verdict.NO_TYPE_HOLDS
        if environment.refused_type is None:
            return Verdict.COULD_RUN
        return Verdict.SOLD_OUT if environment.is_sold_out else Verdict.LAUNCH_REFUSED

    def look(self, queue: JobQueue) -> None:
        """After a while, the reason is put on the job and told once: how long a while is not documented."""
        reason = self._reason(queue, queue.waiting[0]) if queue.waiting else None
        block = queue.block
        if reason is None or (block and block.job is not queue.waiting[0]):
            self._clear(queue)
        if reason is None:
            return
        if queue.block is None:
            queue.block = Block(job=queue.waiting[0], since=self._world.now())
            self._world.after(durations.BLOCKED_DETECTION)
        elif self._world.now() - queue.block.since >= durations.BLOCKED_DETECTION and queue.block.told != reason:
            self._tell(queue.block, reason)

    def _clear(self, queue: JobQueue) -> None:
        """That the reason goes when the block ends is inferred."""
        if queue.block and queue.block.job.status == "RUNNABLE":
            queue.block.job.status_reason = None
        queue.block = None

    def _tell(self, block: Block, reason: str) -> None:
        block.told = block.job.status_reason = reason
        self._world.publish("Batch Job Queue Blocked", [block.job.arn, block.job.queue.arn], event_detail(block.job))

    def _reason(self, queue: JobQueue, head: Job) -> str | None:
        environments = queue.environments
        verdicts = [self.verdict(environment, head) for environment in environments]
        if self._reasons_are_hidden(environments) or {Verdict.COULD_RUN, Verdict.BUSY} & set(verdicts):
            return None
        if set(verdicts) == {Verdict.INVALID}:
            return INVALID
        if set(verdicts) == {Verdict.DISABLED}:
            return None  # no documented reason covers it
        usable = {each for each in verdicts if each not in (Verdict.INVALID, Verdict.DISABLED)}
        reason = REASONS.get(usable.pop()) if len(usable) == 1 else None
        if reason is None:
            return UNDETERMINED
        return reason.format(type=next((each.refused_type for each in environments if each.refused_type), ""))

    def _reasons_are_hidden(self, environments: list[ComputeEnvironment]) -> bool:
        """A custom service role may lack what Batch needs to say why (job_stuck_in_runnable_capacity)."""
        roles = [self._world.roles.get(environment.service_role) for environment in environments]
        return all(role is not None and not allows(role, SEES_WHY[0]) for role in roles)


def supports(environment: ComputeEnvironment, job: Job) -> bool:
    """Multi-node jobs: not on Spot, not on Fargate, not UNMANAGED (mnp-ce, API); Windows: not on Fargate Spot."""
    if job.nodes > 1 and (environment.type == "UNMANAGED" or environment.kind != "EC2"):
        return False
    if job.windows and environment.kind == "FARGATE_SPOT":
        return False
    if ("eksProperties" in job.described) != (environment.orchestration == "EKS"):
        return False
    platforms = job.described["platformCapabilities"]
    return not platforms or ("FARGATE" if environment.on_fargate else "EC2") in platforms


def _why_closed(environment: ComputeEnvironment) -> Verdict:
    if environment.status == "INVALID":
        return Verdict.INVALID
    return Verdict.DISABLED if environment.state == "DISABLED" else Verdict.BUSY

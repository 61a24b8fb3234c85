"""How long things normally take, in one table: before that, waiting is no fault.

The numbers are ours, for want of documented ones; see docs/architecture.md.
"""

from datetime import timedelta

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job import Requirements

SLOW_START = timedelta(minutes=15)  # Spot, GPU, EKS
SLOWEST_START = timedelta(minutes=20)  # Windows, bare metal
NORMAL_JOIN = timedelta(minutes=10)  # from its launch to a registered instance; what it waited for capacity is over
SCALE_IN = timedelta(minutes=45)  # from the end of the work to the end of idle instances
NORMAL_START = {
    "FARGATE": timedelta(minutes=5),
    "FARGATE_SPOT": timedelta(minutes=5),
    "EC2": timedelta(minutes=10),
    "SPOT": SLOW_START,
}


def normal_status(environment: ComputeEnvironment) -> timedelta:
    """How long CREATING, UPDATING or DELETING may take; an update waits for the jobs that still run."""
    if environment.status == "UPDATING":
        return timedelta(minutes=45) + environment.job_execution_timeout
    return timedelta(minutes=30)


def normal_start(environments: tuple[ComputeEnvironment, ...], wanted: Requirements | None = None) -> timedelta:
    """From asking for an instance to the job's start, for the slowest of a queue's compute environments."""
    slow_job = (wanted is not None and wanted.windows) or any(_bare_metal(environment) for environment in environments)
    if slow_job:
        return SLOWEST_START
    if wanted is not None and wanted.gpus:
        return SLOW_START
    return max((_start(environment) for environment in environments), default=SLOW_START)


def normal_join(environment: ComputeEnvironment) -> timedelta:
    """From the launch of an instance to its registration with the ECS cluster, of whatever kind it is."""
    windows = any("WINDOWS" in image for image in environment.image_types)
    return SLOWEST_START if windows or _bare_metal(environment) else NORMAL_JOIN


def _start(environment: ComputeEnvironment) -> timedelta:
    if environment.orchestration != "ECS":
        return SLOW_START
    return NORMAL_START.get(environment.kind, SLOW_START)


def _bare_metal(environment: ComputeEnvironment) -> bool:
    return any(".metal" in listed for listed in environment.instance_types)

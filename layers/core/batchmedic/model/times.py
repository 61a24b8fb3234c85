"""How long things normally take, in one table: before that, waiting is no fault.

The numbers are ours, for want of documented ones; see docs/architecture.md.
"""

from datetime import timedelta

from batchmedic.model.compute_environment import ComputeEnvironment

SLOW_START = timedelta(minutes=15)  # Spot, GPU, EKS
NORMAL_START = {
    "FARGATE": timedelta(minutes=5),
    "FARGATE_SPOT": timedelta(minutes=5),
    "EC2": timedelta(minutes=10),
    "SPOT": SLOW_START,
}


def normal_start(environments: tuple[ComputeEnvironment, ...]) -> timedelta:
    """From asking for an instance to the job's start, for the slowest of a queue's compute environments."""
    return max((NORMAL_START.get(environment.kind, SLOW_START) for environment in environments), default=SLOW_START)

"""A simulated AWS account that behaves as AWS documents, for the four services that matter to jobs in RUNNABLE."""

from local.account.account import SimulatedAccount
from local.account.clock import ManualClock
from local.account.errors import AwsError

__all__ = ["AwsError", "ManualClock", "SimulatedAccount"]

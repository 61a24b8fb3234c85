"""A simulated AWS account that behaves as AWS documents, for the services that matter to jobs in RUNNABLE."""

from local.account.account import SimulatedAccount
from local.account.clock import ManualClock
from local.account.cloudtrail import Caller
from local.account.errors import AwsError

__all__ = ["AwsError", "Caller", "ManualClock", "SimulatedAccount"]

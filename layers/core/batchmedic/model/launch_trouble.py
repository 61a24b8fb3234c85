"""Why EC2 did not launch what a compute environment's Auto Scaling group asked for, in EC2's own words."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.launching import Launch
from batchmedic.model.snapshot import Snapshot

RECENT = timedelta(hours=1)  # a group that wants instances tries again and again
PATIENCE = timedelta(minutes=30)  # without a successful launch


class Cause(StrEnum):
    """What the texts tell apart; each is one diagnosis."""

    QUOTA = "quota"
    CAPACITY = "capacity"
    ADDRESSES = "addresses"
    NOT_OFFERED = "not offered"
    VOLUME_KEY = "volume key"
    SPOT_PRICE = "spot price"
    OTHER = "other"


# EC2 Auto Scaling user guide, "Troubleshoot: EC2 instance launch failures"; the quotas' texts are seen in the wild
TEXTS = (
    (Cause.QUOTA, r"VcpuLimitExceeded|more vCPU capacity than your current vCPU limit|MaxSpotInstanceCountExceeded"),
    (Cause.QUOTA, r"max spot instance count exceeded"),
    (Cause.CAPACITY, r"do not have sufficient \S+ capacity|InsufficientInstanceCapacity|no Spot capacity available"),
    (Cause.ADDRESSES, r"not have enough free addresses|InsufficientFreeAddressesInSubnet"),
    (Cause.NOT_OFFERED, r"instance type \(\S+\) is not supported in your requested Availability Zone"),
    (Cause.VOLUME_KEY, r"Client\.InternalError"),
    (Cause.SPOT_PRICE, r"lower than the minimum required Spot request fulfillment price"),
)


def cause_of(message: str) -> Cause:
    return next((cause for cause, text in TEXTS if re.search(text, message, re.IGNORECASE)), Cause.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The failed launches since the last successful one, the latest first; never empty."""

    failures: tuple[Launch, ...]

    def by(self, cause: Cause) -> tuple[Launch, ...]:
        return tuple(one for one in self.failures if cause_of(one.message) is cause)

    @property
    def since(self) -> datetime:
        return self.failures[-1].at


def launch_trouble(environment: ComputeEnvironment, snapshot: Snapshot) -> Trouble | None:
    """None where launches succeed or nobody waits for them; NotReadError where they were not read.

    A failure in one zone while another zone delivers is no trouble: the success came after it.
    """
    if not (environment.launches_instances and environment.usable):
        return None
    if not any(queue.head for queue in snapshot.queues_of(environment)):
        return None
    failures: list[Launch] = []
    for one in snapshot.launching.launches.get(environment.arn) or ():
        if one.succeeded:
            break
        failures.append(one)
    if not failures or snapshot.at - failures[0].at > RECENT:
        return None
    return Trouble(failures=tuple(failures))

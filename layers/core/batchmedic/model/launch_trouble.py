"""Why EC2 did not launch what a compute environment's Auto Scaling group asked for, in EC2's own words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.launching import Instance, Launch
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import overdue

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


# EC2 Auto Scaling user guide, "Troubleshoot: EC2 instance launch failures"; the quotas' texts are seen in the wild, and
# so is that a Spot Fleet quotes EC2's texts
TEXTS = (
    (Cause.QUOTA, r"VcpuLimitExceeded|more vCPU capacity than your current vCPU limit|MaxSpotInstanceCountExceeded"),
    (Cause.QUOTA, r"max spot instance count exceeded|spotInstanceCountLimitExceeded"),
    (Cause.CAPACITY, r"do not have sufficient \S+ capacity|InsufficientInstanceCapacity|no Spot capacity available"),
    (Cause.ADDRESSES, r"not have enough free addresses|InsufficientFreeAddressesInSubnet"),
    (Cause.NOT_OFFERED, r"instance type (\(\S+\) )?is not supported in (your|the) requested Availability Zone"),
    (Cause.VOLUME_KEY, r"Client\.InternalError"),
    (Cause.SPOT_PRICE, r"lower than the minimum required Spot request fulfillment price|SpotMaxPriceTooLow"),
    (Cause.SPOT_PRICE, r"launchSpecUnusable|fleetProgressHalted"),  # EC2 API, EventInformation, if it says no more
)


# state reasons of instances that were ended by somebody or something that may (EC2 API reference, StateReason)
NORMAL_ENDS = (
    "",
    "Client.InstanceInitiatedShutdown",
    "Client.InstanceTerminated",
    "Client.UserInitiatedHibernate",
    "Client.UserInitiatedShutdown",  # by AWS Batch and Auto Scaling, too
    "Server.ScheduledStop",
    "Server.SpotInstanceShutdown",
    "Server.SpotInstanceTermination",
)
SEEN_ON_INSTANCES = (Cause.CAPACITY, Cause.VOLUME_KEY, Cause.OTHER)
ONE_TRY = timedelta(minutes=1)  # an activity starts a little earlier than its instance (ours)
STEPS_OF_TRIES = (100, 50, 20, 10, 5, 3, 2, 1)
EXACT_TRIES = 3


def cause_of(message: str) -> Cause:
    return next((cause for cause, text in TEXTS if re.search(text, message, re.IGNORECASE)), Cause.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The failed launches since the last successful one, the latest first, never empty; and the queues that wait."""

    failures: tuple[Launch, ...]
    queues: tuple[JobQueue, ...]
    at: datetime

    @property
    def since(self) -> datetime:
        return self.failures[-1].at

    @property
    def in_words(self) -> str:
        """Since when, and how often: in steps, for a new sentence at every try would be news at every look."""
        count = len(self.failures)
        step = next(each for each in STEPS_OF_TRIES if each <= count)
        about = "" if count <= EXACT_TRIES else "at least "
        return f"since {moment(self.since, self.at)} ({about}{step} {'try' if count == 1 else 'tries'})"

    @property
    def facts(self) -> dict[str, object]:
        return {"tries": len(self.failures), "since": self.since.isoformat()}

    @property
    def jobs(self) -> tuple[str, ...]:
        return jobs_of(self.queues)

    def of(self, failures: tuple[Launch, ...]) -> "Trouble":
        """The same with some of the failures only."""
        return replace(self, failures=failures)


def moment(then: datetime, now: datetime) -> str:
    return f"{then:%H:%M} UTC" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M} UTC"


def jobs_of(queues: tuple[JobQueue, ...]) -> tuple[str, ...]:
    return tuple(job.arn for queue in queues for job in queue.front or ())


def launch_trouble(environment: ComputeEnvironment, snapshot: Snapshot, cause: Cause | None = None) -> Trouble | None:
    """For this cause, or for any. None where launches succeed or nobody waits for them; NotReadError where that was
    not read.

    A failure in one zone while another zone delivers is no trouble: the success came after it.
    """
    queues = held_up(environment, snapshot)
    if not queues:
        return None
    failures = [one for one in _failed(environment, snapshot) if cause is None or cause_of(one.message) is cause]
    if not failures and (cause is None or cause in SEEN_ON_INSTANCES):
        snapshot.launching.instances.get(environment.arn)  # raises: nobody saw whether they end at once
    if not failures or snapshot.at - failures[0].at > RECENT:
        return None
    return Trouble(failures=tuple(failures), queues=queues, at=snapshot.at)


def held_up(environment: ComputeEnvironment, snapshot: Snapshot) -> tuple[JobQueue, ...]:
    """The queues at whose head a job waits for instances of this environment. While jobs run on it, or another
    environment may take them, the queue moves, until the wait shows that it does not."""
    if not (environment.launches_instances and environment.usable):
        return ()
    return tuple(
        queue
        for queue in snapshot.queues_of(environment)
        if queue.head is not None and (overdue(queue, snapshot) or not _may_move(environment, queue, snapshot))
    )


def _may_move(environment: ComputeEnvironment, queue: JobQueue, snapshot: Snapshot) -> bool:
    others = any(other.usable for other in snapshot.environments_of(queue) if other.arn != environment.arn)
    registered = snapshot.capacity.container_instances.found.get(environment.ecs_cluster or "", ())
    return others or any(one.running_tasks for one in registered)


def _failed(environment: ComputeEnvironment, snapshot: Snapshot) -> list[Launch]:
    """What failed since the last success, the latest first: launches, and instances that ended at once."""
    launches = snapshot.launching.launches.get(environment.arn) or ()
    instances = snapshot.launching.instances.found.get(environment.arn, ())
    success = max((one.at for one in launches if one.succeeded), default=None)
    refused = [one for one in launches if not one.succeeded and (success is None or one.at > success)]
    alive = [one.launched_at for one in instances if one.launched_at and one.state in ("pending", "running")]
    later = max((*alive, *([success - ONE_TRY] if success else ())), default=None)
    ended = [
        one
        for one in _ended_at_once(instances, snapshot.at)
        if (later is None or one.at > later) and not any(abs(one.at - other.at) <= ONE_TRY for other in refused)
    ]
    return sorted((*refused, *ended), key=lambda one: one.at, reverse=True)


def _ended_at_once(instances: tuple[Instance, ...], now: datetime) -> Iterator[Launch]:
    """As failed launches, the code of the reason as their message."""
    for one in instances:
        gone = one.state in ("shutting-down", "terminated") and one.state_reason not in NORMAL_ENDS
        if gone and one.launched_at is not None and now - one.launched_at <= RECENT:
            yield Launch(
                at=one.launched_at, succeeded=False, message=one.state_reason, zone=one.zone, subnet=one.subnet
            )

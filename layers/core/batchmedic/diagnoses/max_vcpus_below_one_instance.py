"""The compute environment may not grow to even one of its instances."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import Room, rooms_of
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import overdue


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """BEST_FIT with On-Demand never exceeds maxvCpus. Other strategies may, by one instance (AWS Batch API,
    ComputeResource), so there the wait must show that Batch does not."""
    if not (environment.usable and environment.launches_instances):
        return
    queues = [queue for queue in snapshot.queues_of(environment) if _waits_for(environment, queue, snapshot)]
    if not queues:
        return
    rooms = tuple(rooms_of(environment, snapshot))
    held_up = [queue for queue in queues if _could_take_the_head(rooms, queue)]
    smallest = min(rooms, key=lambda room: room.instance.vcpus, default=None)
    if not held_up or smallest is None or not _too_low(environment, smallest):
        return
    strategy = environment.allocation_strategy or "BEST_FIT"
    never = _never_exceeds(environment)
    may = "never exceeds it" if never else "might exceed it by one instance, but has not"
    least = smallest.instance.vcpus
    yield Evidence(
        message=f"Compute environment {environment.name} has a maxvCpus of {environment.max_vcpus}; the smallest "
        f"instance type that it allows, {smallest.instance.name}, has {least} vCPUs. With the allocation strategy "
        f"{strategy}, AWS Batch {may}.",
        facts={"max_vcpus": environment.max_vcpus, "smallest": least, "instance_type": smallest.instance.name},
        confidence=Confidence.CERTAIN if never and smallest.exact else Confidence.PROBABLE,
        jobs=tuple(job.arn for queue in held_up for job in queue.front or ()),
        recommendation=f"Raise maxvCpus of {environment.name} to at least {least}.",
        steps=(update_environment(environment, snapshot.region, f"maxvCpus={least}"),),
    )


def _never_exceeds(environment: ComputeEnvironment) -> bool:
    return environment.best_fit and environment.kind == "EC2"


def _too_low(environment: ComputeEnvironment, smallest: Room) -> bool:
    """Unless an instance is there all the same."""
    return max(environment.max_vcpus, environment.desired_vcpus) < smallest.instance.vcpus


def _waits_for(environment: ComputeEnvironment, queue: JobQueue, snapshot: Snapshot) -> bool:
    """At once where Batch can never launch and nothing else serves the queue; elsewhere once the wait is too long."""
    others = any(other.usable for other in snapshot.environments_of(queue) if other.arn != environment.arn)
    at_once = _never_exceeds(environment) and not others
    return queue.head is not None and (at_once or overdue(queue, snapshot))


def _could_take_the_head(rooms: tuple[Room, ...], queue: JobQueue) -> bool:
    """A job that is too large for the instances or for maxvCpus itself is another diagnosis."""
    wanted = queue.head.requirements if queue.head else None
    if wanted is None or not rooms:
        return False
    return wanted.total_vcpus <= rooms[0].environment.max_vcpus and any(room.takes(wanted) for room in rooms)


DIAGNOSIS = Diagnosis(
    id="max_vcpus_below_one_instance",
    title="maxvCpus is smaller than one instance",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_misconfiguration.html",
    check_environment=check,
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs", "ec2:DescribeInstanceTypes"),
)

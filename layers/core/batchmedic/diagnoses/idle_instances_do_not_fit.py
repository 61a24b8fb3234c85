"""Idle instances fill the compute environment, and none of them can take the job at the head."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import rooms_of, with_room
from batchmedic.model.job import Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import overdue


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Only where nothing runs: while jobs run, their instances may be let go and make room for a larger one."""
    if not (environment.usable and environment.launches_instances and environment.ecs_cluster):
        return
    queues = [queue for queue in snapshot.queues_of(environment) if overdue(queue, snapshot)]
    if not queues:
        return
    instances = snapshot.capacity.container_instances.get(environment.ecs_cluster) or ()
    there = sum(one.remaining_vcpus for one in instances)
    busy = any(one.running_tasks or not one.agent_connected for one in instances)
    if not instances or busy or there < environment.desired_vcpus:  # more instances are on their way
        return
    for queue in queues:
        yield from _of_queue(environment, queue, instances, snapshot)


def _of_queue(
    environment: ComputeEnvironment, queue: JobQueue, instances: tuple[ContainerInstance, ...], snapshot: Snapshot
) -> Iterator[Evidence]:
    wanted = queue.groups[0].requirements
    able = [room.instance for room in rooms_of(environment, snapshot) if room.takes(wanted)]
    left = max(environment.max_vcpus - environment.desired_vcpus, 0)
    fitting = with_room(instances, wanted, environment, snapshot)
    if not able or fitting or wanted.total_vcpus > environment.max_vcpus:
        return
    smallest = min(able, key=lambda instance: instance.vcpus)
    if left >= smallest.vcpus:
        return
    most = max(instances, key=lambda one: (one.remaining_vcpus, one.remaining_memory))
    ceiling = environment.desired_vcpus + smallest.vcpus
    yield Evidence(
        message=f"Compute environment {environment.name} has {_count(instances)} that cannot take the job at the head "
        f"of job queue {queue.name}: it needs {_of(wanted)}, and the largest room, on a {most.instance_type}, is "
        f"{most.remaining_vcpus:g} vCPUs and {most.remaining_memory:,} MiB. The smallest instance type that could take "
        f"it, {smallest.name}, has {smallest.vcpus} vCPUs; under maxvCpus {environment.max_vcpus}, {left} are left.",
        facts={"idle_instances": len(instances), "vcpus_left": left, "instance_type": smallest.name},
        confidence=_confidence(environment, left),
        jobs=tuple(job.arn for job in queue.front or ()),
        recommendation=f"Raise maxvCpus of {environment.name} to at least {ceiling}"
        + (f", or lower its minvCpus of {environment.min_vcpus}, which keeps them." if environment.min_vcpus else "."),
        steps=(update_environment(environment, snapshot.region, f"maxvCpus={ceiling}"),),
    )


def _confidence(environment: ComputeEnvironment, left: int) -> Confidence:
    """Batch keeps what minvCpus asks for; anything above it may still go. With room left it might exceed maxvCpus by
    one instance, except with BEST_FIT (AWS Batch API, ComputeResource)."""
    if left and not environment.best_fit:
        return Confidence.POSSIBLE
    return Confidence.CERTAIN if environment.desired_vcpus <= environment.min_vcpus else Confidence.PROBABLE


def _count(instances: tuple[ContainerInstance, ...]) -> str:
    return "an idle instance" if len(instances) == 1 else f"{len(instances)} idle instances"


def _of(wanted: Requirements) -> str:
    gpus = f" and {wanted.gpus} GPU{'s' if wanted.gpus > 1 else ''}" if wanted.gpus else ""
    return f"{wanted.vcpus:g} vCPUs and {wanted.memory:,} MiB{gpus}"


DIAGNOSIS = Diagnosis(
    id="idle_instances_do_not_fit",
    title="Idle instances fill the compute environment, but do not fit the job",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_environment=check,
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "ec2:DescribeInstanceTypes",
        "ecs:ListContainerInstances",
        "ecs:DescribeContainerInstances",
    ),
)

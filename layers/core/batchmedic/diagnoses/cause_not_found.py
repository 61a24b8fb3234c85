"""The job at the head of the queue waits too long, and nothing that is known explains it."""

from collections.abc import Iterator
from dataclasses import dataclass

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import container_instances, describe_job, launch_history
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import enabled_environments, rooms_of
from batchmedic.model.funnel import Stage, funnel
from batchmedic.model.job import Job, Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import SLOW_START
from batchmedic.model.waiting import held_back_on_purpose, minutes, normal_wait, overdue


@dataclass(frozen=True, slots=True, kw_only=True)
class Possibility:
    text: str
    step: str


NOT_LAUNCHED = "EC2 does not launch the instances that are asked for (capacity, a vCPU quota, the launch template)"
NOT_JOINED = "instances launch, but do not join the ECS cluster (no route to Amazon ECS, the instance role, user data)"
NO_NODE = "instances launch, but do not join the EKS cluster (the access of the instance role, no route, the kubelet)"
NODES = "kubectl get nodes && kubectl get events --all-namespaces --field-selector type=Warning"
NOT_TAKING = "an instance is there, but cannot take the job (its ECS agent is not connected, a log driver is missing)"
NOT_TRYING = "AWS Batch does not try to start the job, for a reason in the job that is not read here"


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """By elimination, and only where nothing makes the wait a normal one."""
    if not queue.groups or not overdue(queue, snapshot) or held_back_on_purpose(queue):
        return
    head, wanted = queue.groups[0].jobs[0], queue.groups[0].requirements
    environments = enabled_environments(queue, snapshot)
    usable = [environment for environment in environments if environment.usable]
    if not usable or any(environment.passing for environment in environments):
        return
    if not all(_wait_is_telling(environment, wanted, queue, snapshot) for environment in usable):
        return
    waited, normal = queue.head_has_waited(snapshot.at), normal_wait(queue, snapshot)
    environment = next((one for one in usable if one.desired_vcpus), usable[0])
    passed, ranked = _how_far(environment, head, snapshot)
    said = f"AWS Batch says: {queue.aws_reason}" if queue.aws_reason else "AWS Batch gives no reason."
    far = f" In {environment.name}: {', '.join(passed)}." if passed else ""
    numbered = "; ".join(f"({number}) {each.text}" for number, each in enumerate(ranked, 1))
    yield Evidence(
        message=f"The job at the head of job queue {queue.name} has waited for {minutes(waited)} (normal are up to "
        f"{minutes(normal)}), and no check finds why. {said}{far} Possible, the likeliest first: {numbered}.",
        facts={
            "waited_minutes": int(waited.total_seconds() // 60),
            "passed": list(passed),
            "possibilities": [each.text for each in ranked],
        },
        confidence=Confidence.POSSIBLE,
        jobs=tuple(job.arn for job in queue.front or ()),
        recommendation="Look at the possibilities in this order; each has its command.",
        steps=tuple(dict.fromkeys(each.step for each in ranked)),
    )


def _wait_is_telling(
    environment: ComputeEnvironment, wanted: Requirements, queue: JobQueue, snapshot: Snapshot
) -> bool:
    """Whether the job can not just be waiting for its turn. What is in use of AWS Fargate or of an unmanaged
    environment is not read, so there only Batch's own word that the queue is blocked will do."""
    if environment.fargate or environment.unmanaged:
        return queue.aws_reason is not None
    if not environment.launches_instances or _full(environment, wanted, snapshot):
        return False
    return not _launched_at_last(environment, queue, snapshot)


def _launched_at_last(environment: ComputeEnvironment, queue: JobQueue, snapshot: Snapshot) -> bool:
    """Whether the start is under way: the wait counts anew from the first launch that succeeds while the head waits."""
    waits_since = snapshot.at - queue.head_has_waited(snapshot.at)
    launches = snapshot.launching.launches.found.get(environment.arn, ())
    succeeded = [one.at for one in launches if one.succeeded and one.at >= waits_since]
    return bool(succeeded) and snapshot.at - min(succeeded) <= normal_wait(queue, snapshot)


def _full(environment: ComputeEnvironment, wanted: Requirements, snapshot: Snapshot) -> bool:
    """Whether an instance for the job would exceed maxvCpus: then it may wait until others finish."""
    able = [room.instance.vcpus for room in rooms_of(environment, snapshot) if room.has_cores(wanted)]
    needed = min(able, default=wanted.vcpus) * wanted.nodes
    return environment.desired_vcpus > 0 and environment.desired_vcpus + needed > environment.max_vcpus


def _how_far(
    environment: ComputeEnvironment, head: Job, snapshot: Snapshot
) -> tuple[tuple[str, ...], list[Possibility]]:
    """What the start got past, and what may hold it up there: at most three."""
    region = snapshot.region
    not_trying = Possibility(text=NOT_TRYING, step=describe_job(head.id, region))
    if not environment.launches_instances or head.requirements is None:
        return (), [not_trying]
    how_far = funnel(environment, head.requirements, snapshot)
    joined = container_instances(environment.ecs_cluster, region) if environment.ecs_cluster else NODES
    not_launched = Possibility(text=NOT_LAUNCHED, step=launch_history(environment, region))
    not_joined = Possibility(text=NOT_JOINED if environment.ecs_cluster else NO_NODE, step=joined)
    not_taking = Possibility(text=NOT_TAKING, step=joined)
    ranked = {
        Stage.ASKED: [not_trying, not_launched, not_joined],
        Stage.LAUNCHED: [not_launched, not_joined, not_trying] if not how_far.is_known else [not_launched, not_trying],
        Stage.JOINED: [not_joined, not_taking, not_trying] if environment.ecs_cluster else [not_joined, not_trying],
    }
    return how_far.passed, ranked.get(how_far.missing, [not_taking, not_launched, not_trying])


DIAGNOSIS = Diagnosis(
    id="cause_not_found",
    title="A job waits too long, and the cause is not found",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_queue=check,
    patience=SLOW_START,  # the wait may still be that for a fault which is over
    last_resort=2,
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs"),
)

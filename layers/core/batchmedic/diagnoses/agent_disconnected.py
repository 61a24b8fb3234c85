"""Instances are registered, but their ECS agents are not connected, so no job can start on them."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.commands import container_instances
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import with_room
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.joining import registered_with
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import SLOW_START
from batchmedic.model.waiting import late_on_its_cluster, minutes, normal_wait


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """An agent loses its connection now and then and gets it back by itself; only one that a late job needs counts."""
    for queue in late_on_its_cluster(environment, snapshot):
        yield from _of_queue(environment, queue, snapshot)


def _of_queue(environment: ComputeEnvironment, queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """Where others are connected, one that has no room for the job anyway is not why it waits. What is left of an
    instance whose agent is away is what it had last."""
    registered = registered_with(environment, snapshot)
    away = tuple(one for one in registered if not one.agent_connected)
    if not away:
        return
    wanted = queue.groups[0].requirements
    room = with_room(registered, wanted, environment, snapshot)
    if any(one.agent_connected for one in room) or not (room or len(away) == len(registered)):
        return
    waited, normal = minutes(queue.head_has_waited(snapshot.at)), minutes(normal_wait(queue, snapshot))
    verb = "has" if len(away) == 1 else "have"
    no_other = "" if len(away) == len(registered) else ", and no other one has room for it"
    yield Evidence(
        message=f"{len(away)} of {len(registered)} registered instances of {environment.name} {verb} an ECS agent "
        f"that is not connected, so no job can start there{no_other}. The job at the head of job queue {queue.name} "
        f"has waited for {waited} (normal are up to {normal}).",
        facts={
            "disconnected": len(away),
            "registered": len(registered),
            "disconnected_instances": [one.instance_id for one in away[:10]],
        },
        confidence=Confidence.PROBABLE,
        jobs=tuple(job.arn for job in queue.front or ()),
        recommendation="Look at /var/log/ecs/ecs-agent.log on an instance, and restart the agent there (sudo systemctl "
        "restart ecs). If its subnet has lost the way to Amazon ECS, restore that. Do not terminate instances by "
        "hand, which AWS Batch does not support.",
        steps=(
            container_instances(environment.ecs_cluster or "", snapshot.region),
            f"aws ssm start-session --region {snapshot.region} --target {_first_id(away)}",
        ),
    )


def _first_id(away: tuple[ContainerInstance, ...]) -> str:
    return next((one.instance_id for one in away if one.instance_id), "INSTANCE_ID")


DIAGNOSIS = Diagnosis(
    id="agent_disconnected",
    title="ECS agents are not connected",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/logs.html",
    check_environment=check,
    patience=SLOW_START,  # an agent often reconnects by itself
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "ecs:ListContainerInstances",
        "ecs:DescribeContainerInstances",
    ),
)

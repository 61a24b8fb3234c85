"""The instances that have room for the job at the head lack the log driver that it uses."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import with_room
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.joining import registered_with
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import late_on_its_cluster, minutes


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Amazon ECS places a job only where its log driver is registered; AWS Batch uses awslogs unless the job definition
    names another one (Batch user guide, "Using the awslogs log driver"), which is not read, so never certain."""
    for queue in late_on_its_cluster(environment, snapshot):
        yield from _of_queue(environment, queue, snapshot)


def _of_queue(environment: ComputeEnvironment, queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    wanted = queue.groups[0].requirements
    connected = tuple(one for one in registered_with(environment, snapshot) if one.agent_connected)
    able = with_room(connected, wanted, environment, snapshot)
    if wanted.multi_node or not able or any(one.takes_awslogs for one in able):
        return
    region, cluster = snapshot.region, environment.ecs_cluster
    waited = minutes(queue.head_has_waited(snapshot.at))
    which = "1 instance" if len(able) == 1 else f"{len(able)} instances"
    verb = "has" if len(able) == 1 else "have"
    yield Evidence(
        message=f"{which} of {environment.name} {verb} room for the job at the head of job queue {queue.name}, which "
        f"has waited for {waited}, but none registered the log driver awslogs, which AWS Batch uses unless the job "
        "definition names another one.",
        facts={"with_room": len(able), "connected": len(connected), "log_driver": "awslogs"},
        confidence=Confidence.PROBABLE,
        jobs=tuple(job.arn for job in queue.front or ()),
        recommendation="Put awslogs into ECS_AVAILABLE_LOGGING_DRIVERS in /etc/ecs/ecs.config, in the machine image or "
        "by user data, or name a log driver in the job definition that the instances have. Instances get it when they "
        "are launched anew.",
        steps=(
            f"aws ecs list-attributes --region {region} --cluster {cluster} --target-type container-instance "
            "--attribute-name com.amazonaws.ecs.capability.logging-driver.awslogs --query 'attributes[].targetId'",
            f"aws ecs list-container-instances --region {region} --cluster {cluster}",
        ),
    )


DIAGNOSIS = Diagnosis(
    id="logging_driver_missing",
    title="Instances lack the log driver of the job",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/using_awslogs.html",
    check_environment=check,
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "ecs:ListContainerInstances",
        "ecs:DescribeContainerInstances",
    ),
)

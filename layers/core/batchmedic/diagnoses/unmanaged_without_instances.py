"""An unmanaged compute environment, which AWS Batch never scales, has no instance."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import overdue


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Its owner may start instances when jobs come, so the wait must be too long; a cluster that is gone or INACTIVE
    is another diagnosis."""
    if not (environment.unmanaged and environment.usable and environment.ecs_cluster):
        return
    queues = [queue for queue in snapshot.queues_of(environment) if overdue(queue, snapshot)]
    if not queues:
        return
    cluster = snapshot.capacity.clusters.get(environment.ecs_cluster)
    if cluster is None or cluster.status != "ACTIVE" or cluster.registered_instances:
        return
    name = environment.ecs_cluster.rpartition("/")[2]
    names = ", ".join(queue.name for queue in queues)
    yield Evidence(
        message=f"Jobs of job queue {names} wait for compute environment {environment.name}, which is UNMANAGED: AWS "
        f"Batch never starts instances there, and 0 container instances are registered with its ECS cluster {name}.",
        facts={"cluster": environment.ecs_cluster, "registered_instances": 0},
        jobs=tuple(job.arn for queue in queues for job in queue.front or ()),
        recommendation=f"Start instances whose ECS agent joins the cluster (ECS_CLUSTER={name} in its configuration), "
        "or give the job queue a managed compute environment.",
        steps=(
            f"aws ecs list-container-instances --region {snapshot.region} --cluster {environment.ecs_cluster}",
            f"aws batch describe-compute-environments --region {snapshot.region} "
            f"--compute-environments {environment.name}",
        ),
    )


DIAGNOSIS = Diagnosis(
    id="unmanaged_without_instances",
    title="Unmanaged compute environment has no instances",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/unmanaged_compute_environments.html",
    check_environment=check,
    reads=("batch:GetJobQueueSnapshot", "ecs:DescribeClusters"),
)

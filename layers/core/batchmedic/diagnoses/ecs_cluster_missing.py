"""The Amazon ECS cluster behind the compute environment was deleted."""

from collections.abc import Iterator

from batchmedic.errors import NotReadError
from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, require_read
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """A deleted cluster stays INACTIVE for a while, then Amazon ECS forgets it (ECS API, DeleteCluster)."""
    arn = environment.ecs_cluster
    if environment.status != "INVALID" or environment.orchestration != "ECS" or not arn:
        return
    _require_read(environment, snapshot)
    cluster = snapshot.capacity.clusters.get(arn)
    if cluster is not None and cluster.status != "INACTIVE":
        return
    state = "is INACTIVE: it was deleted" if cluster is not None else "does not exist"
    region = snapshot.region
    yield Evidence(
        message=f"The ECS cluster {arn} of compute environment {environment.name} {state}, so no job can be placed "
        "there.",
        facts={"cluster": arn, "status": cluster.status if cluster is not None else None},
        recommendation=f"Make a new compute environment with the settings of {environment.name}: AWS Batch makes a "
        "cluster with it. Then put it into the job queue in place of the old one, and leave clusters whose name "
        "begins with AWSBatch- to AWS Batch.",
        steps=(
            f"aws ecs describe-clusters --region {region} --clusters {arn} "
            "--query '[clusters[].[clusterName,status],failures]'",
            f"aws batch describe-compute-environments --region {region} --compute-environments {environment.name} "
            "--query 'computeEnvironments[0].computeResources' > compute-resources.json",
            f"aws batch create-compute-environment --region {region} --type MANAGED "
            f"--compute-environment-name {environment.name}-2 --compute-resources file://compute-resources.json",
        )
        if environment.managed
        else (
            f"aws ecs describe-clusters --region {region} --clusters {arn} "
            "--query '[clusters[].[clusterName,status],failures]'",
            f"aws batch create-compute-environment --region {region} --type UNMANAGED "
            f"--compute-environment-name {environment.name}-2",
        ),
    )


def _require_read(environment: ComputeEnvironment, snapshot: Snapshot) -> None:
    """Of unmanaged environments the cluster is read only where a job waits."""
    call = snapshot.capacity.clusters.call
    require_read(call, environment, snapshot)
    waits = any(queue.head is not None for queue in snapshot.queues_of(environment))
    if not environment.managed and not waits:
        raise NotReadError(call, NOT_ASKED)


DIAGNOSIS = Diagnosis(
    id="ecs_cluster_missing",
    title="ECS cluster of the compute environment is gone",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=(*SYMPTOMS, "unmanaged_without_instances"),
    reads=("ecs:DescribeClusters",),
)

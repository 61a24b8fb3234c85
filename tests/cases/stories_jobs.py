"""Accounts in which a job does not fit, or in which nothing shows why it waits."""

from typing import Any

from local.owner import one_container
from tests.cases.world import World
from tests.factories import ACCOUNT

GIB = 1_024
EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole"


def _queue_over(world: World, *arns: str) -> None:
    world.minutes(2)
    world.owner.job_queue("align", *arns)
    world.minutes(4)


def _home(world: World) -> dict[str, Any]:
    return {"subnet": world.home.subnet, "security_group": world.home.security_group}


def _multi_node(nodes: int, *, vcpus: float = 4) -> dict[str, Any]:
    ranges = [{"targetNodes": "0:", "container": one_container(vcpus, 8 * GIB)}]
    return {
        "type": "multinode",
        "nodeProperties": {"numNodes": nodes, "mainNode": 0, "nodeRangeProperties": ranges},
    }


def job_exceeds_vcpus(world: World) -> None:
    """A job asks for more vCPUs than the largest allowed instance type has; others wait behind it."""
    world.queue(instance_types=["c7g.4xlarge", "c7g.8xlarge"])
    world.submit(vcpus=48, memory=16 * GIB)
    world.submit(jobs=5)
    world.minutes(1)


def job_exceeds_vcpus_and_max_vcpus(world: World) -> None:
    """The same where maxvCpus is too small as well: one fault of the job, not two."""
    world.queue(instance_types=["c7g.8xlarge"], max_vcpus=32)
    world.submit(vcpus=48, memory=512 * GIB)
    world.minutes(11)


def job_exceeds_vcpus_of_a_keyword(world: World) -> None:
    """AWS chooses the types of `default_x86_64`, so it is probable, and told once AWS Batch blames the size."""
    world.queue(instance_types=["default_x86_64"])
    world.submit(vcpus=250, memory=16 * GIB)
    world.minutes(12)


def job_exceeds_max_vcpus_and_another_queue_could_run_it(world: World) -> None:
    """A job asks for more than maxvCpus of its queue; a queue beside it has the same types and more room."""
    world.queue(instance_types=["c7g.16xlarge"], max_vcpus=32)
    spare = world.owner.compute_environment("align-large", **_home(world), instance_types=["c7g.16xlarge"])
    world.minutes(2)
    world.owner.job_queue("large", spare)
    world.minutes(1)
    world.submit(vcpus=64, memory=64 * GIB)
    world.minutes(1)


def job_exceeds_max_vcpus_of_all_its_nodes(world: World) -> None:
    """Each of eight nodes fits an instance; together they need more than maxvCpus."""
    world.queue(max_vcpus=64)
    world.owner.submit_as("align", "sample-nodes", **_multi_node(8, vcpus=16))
    world.minutes(1)


def job_needs_gpu(world: World) -> None:
    """A job asks for a GPU in a queue whose instance types have none."""
    world.queue()
    world.owner.submit_as("align", "sample-gpu", containerProperties=one_container(4, 16 * GIB, gpus=1))
    world.minutes(1)


def max_vcpus_below_one_instance(world: World) -> None:
    """BEST_FIT never exceeds maxvCpus, and 8 vCPUs are half an instance."""
    world.queue(max_vcpus=8, resources={"allocationStrategy": None})
    world.submit()
    world.minutes(1)


def idle_instances_do_not_fit(world: World) -> None:
    """minvCpus keeps small instances; a job with much memory needs a large one, for which no vCPUs are left."""
    types = ["c7g.xlarge", "r7g.4xlarge"]
    world.queue(instance_types=types, max_vcpus=16, resources={"minvCpus": 16})
    world.minutes(10)
    world.submit(vcpus=2, memory=100 * GIB)
    world.minutes(15)


def unmanaged_without_instances(world: World) -> None:
    """An unmanaged environment waits for instances of its owner, and none joined."""
    _queue_over(world, world.owner.unmanaged_environment("align-own"))
    world.submit()
    world.minutes(20)


def multi_node_job_on_spot(world: World) -> None:
    """A multi-node parallel job in a queue with only Spot environments."""
    spot = {"type": "SPOT", "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED"}
    world.queue("align-spot", "align-spot-too", resources=spot)
    world.owner.submit_as("align", "sample-nodes", **_multi_node(4))
    world.minutes(1)


def job_kind_not_supported_by_queue(world: World) -> None:
    """A Windows job in a queue with only Fargate Spot."""
    _queue_over(world, world.owner.fargate_environment("align-fargate-spot", **_home(world), spot=True))
    windows = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"}
    container = one_container(2, 8 * GIB, runtimePlatform=windows, executionRoleArn=EXECUTION_ROLE)
    world.owner.submit_as("align", "sample-windows", platformCapabilities=["FARGATE"], containerProperties=container)
    world.minutes(1)


def scaling_not_attempted(world: World) -> None:
    """The job fits, everything is sound, and AWS Batch asks for nothing."""
    world.queue()
    world.account.stall("align-ec2")
    world.submit()
    world.minutes(15)


def cause_not_found(world: World) -> None:
    """Nodes do not join the Amazon EKS cluster: what Kubernetes knows of them is not read."""
    cluster = world.account.add_eks_cluster("science", nodes_join=False)
    world.queue(eksConfiguration={"eksClusterArn": cluster, "kubernetesNamespace": "batch"})
    pod = {"containers": [{"image": "busybox", "resources": {"requests": {"cpu": "2", "memory": "4096Mi"}}}]}
    world.owner.submit_as("align", "sample-pod", eksProperties={"podProperties": pod})
    world.minutes(20)


def queue_without_time_limit(world: World) -> None:
    """A healthy queue; that nothing would end a blocked job is a remark, not an incident."""
    world.queue()


def machine_image_retired(world: World) -> None:
    """A healthy environment on Amazon Linux 2; a remark, not an incident."""
    world.queue(resources={"ec2Configuration": [{"imageType": "ECS_AL2"}]})


def service_role_hides_reasons(world: World) -> None:
    """A service role of its owner's cannot see scaling activities; a remark, not an incident."""
    role = world.account.add_role("batch-service", sees_scaling_activities=False)
    world.queue(serviceRole=role)
    world.submit()
    world.minutes(2)


def healthy_waiting_for_a_full_environment(world: World) -> None:
    """One long job fills maxvCpus; the next one waits for its turn, for an hour."""
    world.queue(max_vcpus=16)
    world.submit(vcpus=16, memory=16 * GIB, jobs=2, seconds=2 * 3600)
    world.minutes(70)


def healthy_unmanaged_with_instances(world: World) -> None:
    """The owner of an unmanaged environment started an instance; it is busy, and a second job waits."""
    _queue_over(world, world.owner.unmanaged_environment("align-own"))
    world.account.join_instance("align-own", "c7g.4xlarge")
    world.submit(vcpus=16, memory=16 * GIB, jobs=2, seconds=2 * 3600)
    world.minutes(60)


STORIES = (
    job_exceeds_vcpus,
    job_exceeds_vcpus_and_max_vcpus,
    job_exceeds_vcpus_of_a_keyword,
    job_exceeds_max_vcpus_and_another_queue_could_run_it,
    job_exceeds_max_vcpus_of_all_its_nodes,
    job_needs_gpu,
    max_vcpus_below_one_instance,
    idle_instances_do_not_fit,
    unmanaged_without_instances,
    multi_node_job_on_spot,
    job_kind_not_supported_by_queue,
    scaling_not_attempted,
    cause_not_found,
    queue_without_time_limit,
    machine_image_retired,
    service_role_hides_reasons,
    healthy_waiting_for_a_full_environment,
    healthy_unmanaged_with_instances,
)

"""Instance types, and the instances that really joined."""

from dataclasses import dataclass

from batchmedic.model.answers import NOT_ASKED, Answers

# What the keywords stand for (Batch user guide, "Instance type compute table"). An account's own expansion of
# `optimal` cannot be queried and moves over time, so it is listed widely.
KEYWORD_FAMILIES = {
    "optimal": ("c4", "m4", "r4", "c5", "m5", "r5", "c6i", "m6i", "r6i", "c7i"),
    "default_x86_64": ("m6i", "c6i", "r6i", "c7i"),
    "default_arm64": ("m6g", "c6g", "r6g", "c7g"),
}

LISTED = 100  # registered instances of one cluster; ListContainerInstances has no more on a page


def patterns_of(instance_types: tuple[str, ...]) -> tuple[str, ...]:
    """The `instance-type` filter values of EC2 for what a compute environment lists: sizes, families, keywords."""
    patterns: list[str] = []
    for listed in instance_types or ("default_x86_64",):
        families = KEYWORD_FAMILIES.get(listed)
        if families:
            patterns += [f"{family}.*" for family in families]
        else:
            patterns.append(listed if "." in listed else f"{listed}.*")
    return tuple(dict.fromkeys(patterns))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """Sizes as EC2 lists them; memory in MiB."""

    name: str
    vcpus: int
    memory: int
    gpus: int = 0
    architectures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInstance:
    """An instance registered with ECS; memory in MiB is what it offers to jobs when empty, and what is left now."""

    instance_type: str
    registered_memory: int
    remaining_memory: int = 0
    remaining_vcpus: float = 0
    running_tasks: int = 0
    agent_connected: bool = True
    instance_id: str = ""
    takes_awslogs: bool = True  # it registered the log driver that AWS Batch uses unless told otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """An ECS cluster; status ACTIVE, INACTIVE, …"""

    status: str
    registered_instances: int = 0
    tasks: int = 0  # that start or run
    services: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An Amazon Machine Image."""

    id: str
    name: str = ""
    architecture: str = "x86_64"
    state: str = "available"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Allowed instance types by filter pattern; container instances and clusters by cluster ARN; images by id."""

    instance_types: Answers[tuple[InstanceType, ...]] = Answers(call="ec2:DescribeInstanceTypes", unread=NOT_ASKED)
    container_instances: Answers[tuple[ContainerInstance, ...]] = Answers(
        call="ecs:DescribeContainerInstances", unread=NOT_ASKED
    )
    clusters: Answers[Cluster] = Answers(call="ecs:DescribeClusters", unread=NOT_ASKED)
    images: Answers[Image] = Answers(call="ec2:DescribeImages", unread=NOT_ASKED)

"""The network around compute environments."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from batchmedic.model.answers import NOT_ASKED, Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    id: str
    name: str = ""
    is_default: bool = False

    def __str__(self) -> str:
        label = self.name or ("the default VPC" if self.is_default else "")
        return f"{self.id} ({label})" if label else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """`free_addresses` None: not said; `public_addresses`: instances get one by default."""

    id: str
    vpc_id: str
    zone: str = ""
    free_addresses: int | None = None
    public_addresses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A security group; of its rules only what decides whether instances may be moved into it."""

    id: str
    name: str
    vpc_id: str
    open_to_the_world: bool = False  # an ingress rule lets in 0.0.0.0/0 or ::/0
    lets_https_out: bool = True  # an egress rule lets TCP 443 out to anywhere
    lets_some_https_out: bool = True  # to some addresses, groups or prefix lists at least
    names_itself: bool = False  # a rule lets its own members reach each other
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBlock:
    """A line of user data that keeps the ECS agent from joining: its number, and what it does (`cluster`: it sets
    ECS_CLUSTER; `deadlock`: it waits for the agent, which waits for it; `stop`: it stops or removes the agent)."""

    line: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplateVersion:
    """What a launch template says; of its user data only whether it is MIME multipart (None: it has none), whether it
    names a network file system, and what in it keeps the ECS agent from joining: never its text."""

    id: str = ""
    image_id: str | None = None
    user_data_is_multipart: bool | None = None
    security_groups: tuple[str, ...] = ()
    security_group_names: tuple[str, ...] = ()
    network_interface_groups: tuple[str, ...] = ()
    names_file_systems: bool = False
    elastic_fabric_adapter: bool = False
    reserved_capacity: bool = False  # it targets a capacity reservation or a capacity block
    agent_blocks: tuple["AgentBlock", ...] = ()
    public_address: bool | None = None  # a network interface says so
    volume_keys: tuple[str, ...] = ()  # KMS keys of its volumes, as they are given


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What EC2 says of the network: by id; associations by security group; launch templates by `reference.key`."""

    subnets: Answers[Subnet] = Answers(call="ec2:DescribeSubnets", unread=NOT_ASKED)
    vpcs: Answers[Vpc] = Answers(call="ec2:DescribeVpcs", unread=NOT_ASKED)
    security_groups: Answers[SecurityGroup] = Answers(call="ec2:DescribeSecurityGroups", unread=NOT_ASKED)
    associations: Answers[Mapping[str, str]] = Answers(
        call="ec2:DescribeSecurityGroupVpcAssociations", unread=NOT_ASKED
    )  # security group → VPC → state
    launch_templates: Answers[LaunchTemplateVersion] = Answers(
        call="ec2:DescribeLaunchTemplateVersions", unread=NOT_ASKED
    )

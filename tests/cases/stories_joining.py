"""Accounts in which instances launch and do not join the ECS cluster, or join and cannot take the job, by cause."""

from collections.abc import Callable
from typing import Any

from local.owner import EVERYWHERE, user_data
from tests.cases.world import World
from tests.factories import REGION

HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
LATE, GIVEN_UP = 13, 45  # minutes from the job to a late instance; to the end of AWS Batch's patience


def _jobs_wait(world: World, minutes: int = LATE) -> None:
    world.submit(jobs=3)
    world.minutes(minutes)


def endpoints(world: World, *services: str, open_to: str = "10.0.0.0/16") -> None:
    """Interface endpoints in the place's subnet, with a security group that lets TCP 443 in from these addresses."""
    group = world.owner.group("endpoints", world.home.vpc)
    rule = {**HTTPS, "IpRanges": [{"CidrIp": open_to}]}
    world.owner.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    for service in services:
        world.owner.ec2.create_vpc_endpoint(
            VpcId=world.home.vpc,
            ServiceName=f"com.amazonaws.{REGION}.{service}",
            VpcEndpointType="Interface",
            SubnetIds=[world.home.subnet],
            SecurityGroupIds=[group],
        )


def template_with(world: World, *lines: str) -> dict[str, Any]:
    template = world.owner.launch_template("align", UserData=user_data(*lines))
    return {"launchTemplate": {"launchTemplateId": template, "version": "$Latest"}}


def no_route_to_ecs(world: World) -> None:
    """The default route was taken out of the route table of the private subnet."""
    world.queue()
    world.owner.close_way_out(world.home)
    _jobs_wait(world)


def no_route_to_ecs_of_a_spot_fleet(world: World) -> None:
    """The same where a Spot Fleet launches the instances."""
    world.queue(resources=world.spot_fleet())
    world.owner.close_way_out(world.home)
    _jobs_wait(world, 25)


def no_route_to_ecs_for_two_environments(world: World) -> None:
    """Two environments use the subnet whose default route was taken away: one fault, of the route table."""
    world.queue()
    second = world.owner.compute_environment(
        "count-ec2", subnet=world.home.subnet, security_group=world.home.security_group
    )
    world.minutes(2)
    world.owner.job_queue("count", second)
    world.minutes(1)
    world.owner.close_way_out(world.home)
    world.owner.submit("count", vcpus=2, memory=2_048)
    _jobs_wait(world)


def no_route_to_ecs_nat_gateway_deleted(world: World) -> None:
    """The NAT gateway was deleted to save money; its route is a blackhole, and AWS Batch has given up."""
    world.queue()
    world.owner.ec2.delete_nat_gateway(NatGatewayId=world.home.nat_gateway)
    _jobs_wait(world, GIVEN_UP)


def no_route_to_ecs_public_subnet(world: World) -> None:
    """The environment is in a public subnet that gives no public addresses."""
    world.queue(subnet=world.home.public_subnet)
    _jobs_wait(world)


def no_route_to_ecs_endpoint_missing(world: World) -> None:
    """A private subnet without a route out has endpoints for ECS, of which one was forgotten."""
    world.queue()
    world.owner.close_way_out(world.home)
    endpoints(world, "ecs", "ecs-agent")
    _jobs_wait(world)


def egress_blocked(world: World) -> None:
    """All egress rules were taken out of the security group."""
    world.queue()
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}]}
    world.owner.ec2.revoke_security_group_egress(GroupId=world.home.security_group, IpPermissions=[everything])
    _jobs_wait(world)


def egress_blocked_by_network_acl(world: World) -> None:
    """The subnet got a network ACL of its own, to which nobody added the answers of ECS."""
    world.queue()
    ec2, subnet = world.owner.ec2, world.home.subnet
    acl = ec2.create_network_acl(VpcId=world.home.vpc)["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=True, CidrBlock=EVERYWHERE
    )
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=False, CidrBlock="10.0.0.0/16"
    )
    in_force = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
    (association,) = (
        each["NetworkAclAssociationId"]
        for one in in_force["NetworkAcls"]
        for each in one["Associations"]
        if each["SubnetId"] == subnet
    )
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
    _jobs_wait(world)


def instance_role_unusable(world: World) -> None:
    """The instance role has policies for the job's data, and none for joining a cluster."""
    world.account.add_instance_profile("batch-instances", actions=["s3:*"])
    world.queue(resources={"instanceRole": "batch-instances"})
    _jobs_wait(world)


def instance_role_unusable_trust(world: World) -> None:
    """The trust policy of the instance role was replaced; EC2 may not assume it any more."""
    world.account.add_instance_profile("batch-instances", trusts=["ecs-tasks.amazonaws.com"])
    world.queue(resources={"instanceRole": "batch-instances"})
    _jobs_wait(world)


def instance_role_unusable_profile_without_role(world: World) -> None:
    """The instance profile holds no role, and AWS Batch has given up."""
    world.account.add_instance_profile("batch-instances", holds_role=False)
    world.queue(resources={"instanceRole": "batch-instances"})
    _jobs_wait(world, GIVEN_UP)


def user_data_blocks_agent(world: World) -> None:
    """User data writes ECS_CLUSTER into the agent's configuration, beside a password that must stay where it is."""
    lines = ("export REGISTRY_PASSWORD=correct-horse", "echo ECS_CLUSTER=shared >> /etc/ecs/ecs.config")
    world.queue(resources=template_with(world, *lines))
    _jobs_wait(world)


def user_data_blocks_agent_deadlock(world: World) -> None:
    """User data starts the ECS agent and waits for it, which waits for user data to end."""
    world.queue(resources=template_with(world, "systemctl start ecs"))
    _jobs_wait(world)


def logging_driver_missing(world: World) -> None:
    """The environment's own image has no awslogs log driver."""
    image = world.account.add_image("lean", architecture="arm64", awslogs=False)
    world.queue(resources={"imageId": image})
    _jobs_wait(world, 20)


def agent_disconnected(world: World) -> None:
    """The agents on the instances have lost Amazon ECS; the next jobs wait beside idle instances."""
    world.queue()
    world.submit(jobs=2, seconds=300)
    world.minutes(6)
    world.account.disconnect_agents("align-ec2")
    _jobs_wait(world, 25)


def instances_never_joined(world: World) -> None:
    """There are endpoints for all that ECS needs, but their security group lets in only another network."""
    endpoints(world, "ecs", "ecs-agent", "ecs-telemetry", open_to="10.9.0.0/16")
    world.queue()
    _jobs_wait(world)


def instances_never_joined_behind_endpoints(world: World) -> None:
    """The same when AWS Batch has given up: fewer calls go to instances, and the endpoints are seen."""
    endpoints(world, "ecs", "ecs-agent", "ecs-telemetry", open_to="10.9.0.0/16")
    world.queue()
    _jobs_wait(world, GIVEN_UP)


def instances_never_joined_and_repaired(world: World) -> None:
    """AWS Batch gave up while the default route was gone; it is back, and nothing made AWS Batch look again."""
    world.queue()
    world.owner.close_way_out(world.home)
    _jobs_wait(world, GIVEN_UP)
    world.owner.open_way_out(world.home)
    world.minutes(5)


def healthy_private_subnet_with_endpoints(world: World) -> None:
    """No route leads out of the subnet; endpoints for all services of ECS take its place, and jobs run."""
    world.owner.close_way_out(world.home)
    endpoints(world, "ecs", "ecs-agent", "ecs-telemetry")
    world.queue(max_vcpus=16)
    world.submit(vcpus=8, memory=8_192, jobs=12, seconds=900)
    world.minutes(30)


def healthy_public_subnet(world: World) -> None:
    """A public subnet that gives public addresses; jobs run."""
    world.owner.ec2.modify_subnet_attribute(SubnetId=world.home.public_subnet, MapPublicIpOnLaunch={"Value": True})
    world.queue(subnet=world.home.public_subnet, max_vcpus=16)
    world.submit(vcpus=8, memory=8_192, jobs=12, seconds=900)
    world.minutes(30)


def healthy_user_data(world: World) -> None:
    """User data that configures the agent, installs things and leaves the agent alone; an instance is starting."""
    lines = ("echo ECS_ENABLE_TASK_IAM_ROLE=true >> /etc/ecs/ecs.config", "systemctl enable --now --no-block ecs")
    world.queue(resources=template_with(world, *lines))
    _jobs_wait(world, 3)


def healthy_agents_reconnected(world: World) -> None:
    """The agents were away for a few minutes while jobs waited, and are back."""
    world.queue()
    world.submit(jobs=2, seconds=300)
    world.minutes(6)
    world.account.disconnect_agents("align-ec2")
    _jobs_wait(world, 5)
    world.account.connect_agents("align-ec2")
    world.minutes(2)


def healthy_one_instance_is_slow(world: World) -> None:
    """The route was gone for a moment: the instance has not joined yet, and is young."""
    world.queue()
    world.owner.close_way_out(world.home)
    _jobs_wait(world, 4)


STORIES: tuple[Callable[[World], None], ...] = (
    no_route_to_ecs,
    no_route_to_ecs_of_a_spot_fleet,
    no_route_to_ecs_for_two_environments,
    no_route_to_ecs_nat_gateway_deleted,
    no_route_to_ecs_public_subnet,
    no_route_to_ecs_endpoint_missing,
    egress_blocked,
    egress_blocked_by_network_acl,
    instance_role_unusable,
    instance_role_unusable_trust,
    instance_role_unusable_profile_without_role,
    user_data_blocks_agent,
    user_data_blocks_agent_deadlock,
    logging_driver_missing,
    agent_disconnected,
    instances_never_joined,
    instances_never_joined_behind_endpoints,
    instances_never_joined_and_repaired,
    healthy_private_subnet_with_endpoints,
    healthy_public_subnet,
    healthy_user_data,
    healthy_agents_reconnected,
    healthy_one_instance_is_slow,
)

"""Accounts in which a compute environment is INVALID, or does not finish changing, by cause."""

from base64 import b64encode

from tests.cases.world import World
from tests.factories import ACCOUNT

SHELL_SCRIPT = b64encode(b"#!/bin/bash\nyum update -y\n").decode()


def _jobs_wait(world: World) -> None:
    world.submit(jobs=3)
    world.minutes(11)


def _look_again(world: World) -> None:
    """Any update makes AWS Batch validate; this one changes nothing else."""
    world.owner.update("align-ec2", maxvCpus=255)
    world.minutes(5)


def _new_version(world: World, template: str, **data: str) -> None:
    """A version that says this, and an update by which AWS Batch resolves it."""
    world.owner.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    world.owner.update("align-ec2", instanceTypes=["c7g.8xlarge"])
    world.minutes(15)


def subnets_in_different_vpcs(world: World) -> None:
    """A subnet of another VPC was added to the environment."""
    world.queue()
    elsewhere = world.owner.place("elsewhere", cidr="10.9.0.0/16")
    world.owner.update("align-ec2", subnets=[world.home.subnet, elsewhere.subnet])
    world.minutes(15)
    _jobs_wait(world)


def security_group_missing(world: World) -> None:
    """A list of security groups came as one text with two ids."""
    world.queue()
    second = world.owner.ec2.create_security_group(GroupName="second", Description="More", VpcId=world.home.vpc)
    world.owner.use_security_group("align-ec2", f"{world.home.security_group},{second['GroupId']}")
    world.minutes(15)
    _jobs_wait(world)


def security_group_missing_for_two_environments(world: World) -> None:
    """Two environments name a group that was never made: one fault, of the group."""
    world.queue("align-ec2", "align-spare")
    for name in ("align-ec2", "align-spare"):
        world.owner.use_security_group(name, "sg-0123456789abcdef0")
    world.minutes(15)
    _jobs_wait(world)


def subnet_missing(world: World) -> None:
    """The environment was given the id of a subnet that does not exist."""
    world.queue()
    world.owner.update("align-ec2", subnets=["subnet-0123456789abcdef0"])
    world.minutes(15)
    _jobs_wait(world)


def service_role_unusable(world: World) -> None:
    """The service role of two environments does not trust AWS Batch any more: one fault, of the role."""
    role = world.account.add_role("batch-service")
    world.queue("align-ec2", "align-spare", serviceRole=role)
    world.account.add_role("batch-service", trusts=["ec2.amazonaws.com"])
    for name in ("align-ec2", "align-spare"):
        world.owner.update(name, maxvCpus=255)
    world.minutes(5)
    _jobs_wait(world)


def service_role_unusable_missing(world: World) -> None:
    """The service role was deleted."""
    role = world.account.add_role("service-role/batch-service")
    world.queue(serviceRole=role)
    del world.account.roles[role]
    _look_again(world)
    _jobs_wait(world)


def service_role_unusable_other_path(world: World) -> None:
    """The environment names the role without its path."""
    role = world.account.add_role("service-role/batch-service")
    world.queue(serviceRole=role)
    without_path = f"arn:aws:iam::{ACCOUNT}:role/batch-service"
    world.owner.batch.update_compute_environment(computeEnvironment="align-ec2", serviceRole=without_path)
    world.minutes(15)
    _jobs_wait(world)


def service_role_unusable_denied(world: World) -> None:
    """A policy of the service role lacks an action that AWS Batch needs."""
    role = world.account.add_role("batch-service")
    world.queue(serviceRole=role)
    world.account.add_role("batch-service", actions=["ecs:*", "ec2:*"])
    _look_again(world)
    _jobs_wait(world)


def spot_fleet_role_unusable(world: World) -> None:
    """The Spot Fleet role is named by a short name."""
    world.account.add_role("fleet", trusts=["spotfleet.amazonaws.com"])
    spot = {"type": "SPOT", "allocationStrategy": "BEST_FIT", "spotIamFleetRole": "fleet"}
    where = {"subnet": world.home.subnet, "security_group": world.home.security_group}
    world.owner.compute_environment("align-spot", **where, resources=spot)
    world.minutes(5)


def spot_fleet_role_unusable_missing(world: World) -> None:
    """The Spot Fleet role does not exist."""
    fleet = world.spot_fleet()
    world.queue(resources=fleet)
    del world.account.roles[fleet["spotIamFleetRole"]]
    _look_again(world)
    _jobs_wait(world)


def instance_profile_unusable(world: World) -> None:
    """The ARN of a role stands where the instance profile belongs."""
    world.queue()
    world.owner.update("align-ec2", instanceRole=f"arn:aws:iam::{ACCOUNT}:role/ecsInstanceRole")
    world.minutes(15)
    _jobs_wait(world)


def instance_profile_unusable_missing(world: World) -> None:
    """The instance profile was deleted."""
    profile = world.account.add_instance_profile("batch-instances")
    world.queue(resources={"instanceRole": "batch-instances"})
    world.account.instance_profiles.discard(profile)
    _look_again(world)
    _jobs_wait(world)


def launch_template_unusable(world: World) -> None:
    """The launch template was deleted, and then the environment was updated."""
    template = world.owner.launch_template("align", EbsOptimized=True)
    world.queue(resources={"launchTemplate": {"launchTemplateId": template}})
    world.owner.ec2.delete_launch_template(LaunchTemplateId=template)
    world.owner.update("align-ec2", instanceTypes=["c7g.8xlarge"])
    world.minutes(15)
    _jobs_wait(world)


def launch_template_unusable_user_data(world: World) -> None:
    """The user data is a bare shell script."""
    template = world.owner.launch_template("align", EbsOptimized=True)
    world.queue(resources={"launchTemplate": {"launchTemplateId": template, "version": "$Latest"}})
    _new_version(world, template, UserData=SHELL_SCRIPT)
    _jobs_wait(world)


def machine_image_unusable(world: World) -> None:
    """The image was deregistered, and then the environment was updated."""
    image = world.account.add_image("align", architecture="arm64")
    world.queue(resources={"imageId": image})
    del world.account.images[image]
    world.owner.update("align-ec2", instanceTypes=["c7g.8xlarge"])
    world.minutes(15)
    _jobs_wait(world)


def machine_image_unusable_architecture(world: World) -> None:
    """The image of the launch template is for another processor than the instance types."""
    image = world.account.add_image("align", architecture="x86_64")
    template = world.owner.launch_template("align", EbsOptimized=True)
    world.queue(resources={"launchTemplate": {"launchTemplateId": template, "version": "$Latest"}})
    _new_version(world, template, ImageId=image)
    _jobs_wait(world)


def ecs_cluster_missing(world: World) -> None:
    """Somebody deleted the cluster that AWS Batch had made."""
    world.queue()
    described = world.owner.batch.describe_compute_environments(computeEnvironments=["align-ec2"])
    world.client("ecs").delete_cluster(cluster=described["computeEnvironments"][0]["ecsClusterArn"])
    _look_again(world)
    _jobs_wait(world)


def kubernetes_unusable(world: World) -> None:
    """The namespace was deleted from the EKS cluster."""
    cluster = world.account.add_eks_cluster("research")
    world.queue(eksConfiguration={"eksClusterArn": cluster, "kubernetesNamespace": "batch"})
    world.account.add_eks_cluster("research", namespaces=["default"])
    _look_again(world)


def repair_not_picked_up(world: World) -> None:
    """The service role trusts AWS Batch again, but nothing made AWS Batch look."""
    role = world.account.add_role("batch-service")
    world.queue(serviceRole=role)
    world.account.add_role("batch-service", trusts=["ec2.amazonaws.com"])
    _look_again(world)
    world.account.add_role("batch-service")
    _jobs_wait(world)


def repair_not_picked_up_image(world: World) -> None:
    """A new version of the launch template names a sound image; AWS Batch still holds the old version."""
    template = world.owner.launch_template("align", EbsOptimized=True)
    world.queue(resources={"launchTemplate": {"launchTemplateId": template, "version": "$Latest"}})
    _new_version(world, template, ImageId="ami-0123456789abcdef0")
    image = world.account.add_image("align", architecture="arm64")
    world.owner.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={"ImageId": image})
    _jobs_wait(world)


def compute_environment_stuck(world: World) -> None:
    """An update does not end, and nothing shows why."""
    world.queue()
    world.account.stall("align-ec2")
    world.owner.update("align-ec2", instanceTypes=["c7g.8xlarge"])
    arn = world.owner.batch.describe_compute_environments(computeEnvironments=["align-ec2"])
    world.minutes(1)
    world.seen_since[arn["computeEnvironments"][0]["computeEnvironmentArn"]] = world.clock.now()
    world.minutes(100)


def compute_environment_stuck_for_a_cause(world: World) -> None:
    """The same where a subnet does not exist: that is told, not the waiting."""
    world.queue()
    world.account.stall("align-ec2")
    world.owner.update("align-ec2", subnets=["subnet-0123456789abcdef0"])
    arn = world.owner.batch.describe_compute_environments(computeEnvironments=["align-ec2"])
    world.seen_since[arn["computeEnvironments"][0]["computeEnvironmentArn"]] = world.clock.now()
    world.submit()
    world.minutes(100)


def idle_capacity_not_released(world: World) -> None:
    """A floor of 16 vCPUs keeps an instance though no job has come for hours, and scale_to_zero only plans."""
    world.queue(resources={"minvCpus": 16})
    (described,) = world.owner.batch.describe_compute_environments()["computeEnvironments"]
    world.minutes(5)
    world.jobless_since[described["computeEnvironmentArn"]] = world.clock.now()
    world.scaling_mode = "plan"
    world.minutes(180)


def idle_capacity_not_released_by_a_spot_fleet(world: World) -> None:
    """BEST_FIT on Spot: the role of the Spot Fleet may launch instances, and not terminate them."""
    world.queue(resources=world.spot_fleet(actions=["ec2:R*", "ec2:CreateTags"]))
    world.submit(seconds=300)
    world.minutes(15)
    (described,) = world.owner.batch.describe_compute_environments()["computeEnvironments"]
    world.jobless_since[described["computeEnvironmentArn"]] = world.clock.now()
    world.minutes(180)


def healthy_floor_about_to_sleep(world: World) -> None:
    """The same while scale_to_zero lowers floors by itself: it is about to, so nobody is told."""
    idle_capacity_not_released(world)
    world.scaling_mode = "apply"


def healthy_custom_roles(world: World) -> None:
    """A service role of one's own, an instance profile by ARN, an image and a launch template: all sound."""
    role = world.account.add_role("service-role/batch-service")
    profile = world.account.add_instance_profile("batch-instances")
    image = world.account.add_image("align", architecture="arm64")
    template = world.owner.launch_template("align", ImageId=image)
    resources = {"instanceRole": profile, "launchTemplate": {"launchTemplateId": template}}
    world.queue(serviceRole=role, resources=resources)
    world.submit()
    world.minutes(3)


def healthy_long_update(world: World) -> None:
    """An update has lasted for an hour, and may take longer: the timeout of its policy is counted too."""
    world.queue()
    world.account.stall("align-ec2")
    world.owner.update("align-ec2", instanceTypes=["c7g.8xlarge"])
    arn = world.owner.batch.describe_compute_environments(computeEnvironments=["align-ec2"])
    world.seen_since[arn["computeEnvironments"][0]["computeEnvironmentArn"]] = world.clock.now()
    world.minutes(60)


STORIES = (
    subnets_in_different_vpcs,
    security_group_missing,
    security_group_missing_for_two_environments,
    subnet_missing,
    service_role_unusable,
    service_role_unusable_missing,
    service_role_unusable_other_path,
    service_role_unusable_denied,
    spot_fleet_role_unusable,
    spot_fleet_role_unusable_missing,
    instance_profile_unusable,
    instance_profile_unusable_missing,
    launch_template_unusable,
    launch_template_unusable_user_data,
    machine_image_unusable,
    machine_image_unusable_architecture,
    ecs_cluster_missing,
    kubernetes_unusable,
    repair_not_picked_up,
    repair_not_picked_up_image,
    compute_environment_stuck,
    compute_environment_stuck_for_a_cause,
    idle_capacity_not_released,
    idle_capacity_not_released_by_a_spot_fleet,
    healthy_floor_about_to_sleep,
    healthy_custom_roles,
    healthy_long_update,
)

"""Whole lives of a repair: what the owner did, and the time until it is over."""

from collections.abc import Callable
from datetime import timedelta

from batchmedic.model.surroundings import tags_of_ours
from tests.functions.platform import STACK, Platform
from tests.functions.repairs import (
    ENVIRONMENT,
    described,
    pasted,
    waiting_fargate_mismatch,
    waiting_mismatch,
    waiting_too_small,
)
from tests.functions.worlds import healthy

Story = Callable[[Platform], None]


def new_group(platform: Platform) -> None:
    """From the first jobs that wait to the proof."""
    waiting_mismatch(platform)
    platform.run(60)


def namesake(platform: Platform) -> None:
    """With a sound group of the same name where the subnets are."""
    waiting_mismatch(platform)
    (subnet,) = platform.owner.ec2.describe_subnets(SubnetIds=described(platform)["computeResources"]["subnets"])[
        "Subnets"
    ]
    platform.owner.ec2.create_security_group(
        GroupName="elsewhere-batch", Description="the same, here", VpcId=subnet["VpcId"]
    )
    platform.run(60)


def fargate(platform: Platform) -> None:
    waiting_fargate_mismatch(platform)
    platform.run(45)


def taken_back(platform: Platform) -> None:
    """Repaired, proved, and taken back by a person, who asks again if he got no answer."""
    waiting_mismatch(platform, seconds=900)
    platform.run(50)
    asked(platform, "rollback")
    platform.run(100)


def approved(platform: Platform) -> None:
    """A plan that waits for a person."""
    waiting_mismatch(platform)
    arn = described(platform)["computeEnvironmentArn"]
    platform.owner.batch.tag_resource(resourceArn=arn, tags={"batchmedic:remediation": "plan"})
    platform.run(15)
    asked(platform, "apply")
    platform.run(60)


def ours_is_there(platform: Platform) -> None:
    """A group that an earlier repair of this environment left behind."""
    waiting_mismatch(platform)
    (subnet,) = platform.owner.ec2.describe_subnets(SubnetIds=described(platform)["computeResources"]["subnets"])[
        "Subnets"
    ]
    tags = [{"Key": key, "Value": value} for key, value in tags_of_ours(STACK, ENVIRONMENT).items()]
    platform.owner.ec2.create_security_group(
        GroupName="batchmedic-align-ec2",
        Description="left behind",
        VpcId=subnet["VpcId"],
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )
    platform.run(60)


def group_of_a_template(platform: Platform) -> None:
    """The stray group comes from a launch template that was changed, and the environment takes its new version."""
    home = healthy(platform)
    elsewhere = platform.owner.place("elsewhere", cidr="10.9.0.0/16")
    template = platform.owner.launch_template("plain", SecurityGroupIds=[home.security_group])
    by_template = {"launchTemplate": {"launchTemplateId": template, "version": "$Latest"}, "securityGroupIds": None}
    one = platform.owner.compute_environment(
        "templated", subnet=home.subnet, security_group=home.security_group, resources=by_template
    )
    platform.run(2)
    platform.owner.job_queue("templated", one)
    platform.owner.ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"SecurityGroupIds": [elsewhere.security_group]}
    )
    platform.run(1)
    platform.owner.update("templated", instanceTypes=["c7g.2xlarge"])
    platform.run(15)
    platform.owner.submit("templated", vcpus=2, memory=2_048)
    platform.run(60)


def late_ec2(platform: Platform) -> None:
    """A new group is not to be seen for half a minute."""
    platform.account.security_group_lag = timedelta(seconds=30)
    new_group(platform)


def pass_role(platform: Platform) -> None:
    """AWS asks for a permission that the stack does not have."""
    waiting_mismatch(platform)
    platform.account.check_pass_role()
    platform.run(100)


def too_small(platform: Platform) -> None:
    """maxvCpus below one instance, approved by a person."""
    waiting_too_small(platform)
    platform.run(15)
    asked(platform, "apply")
    platform.run(45)


def asked(platform: Platform, command: str) -> None:
    """A person asks again if he got no answer."""
    for _ in range(3):
        answer = pasted(platform, command)
        platform.run(3)
        if answer and "status" in answer:
            return


PROVED = [new_group, namesake, fargate, ours_is_there, group_of_a_template, late_ec2]  # by itself, from alert to proof
STORIES = [*PROVED, taken_back, approved, pass_role, too_small]

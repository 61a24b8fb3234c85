"""What the template grants to each function is what it calls, both ways."""

from collections.abc import Callable

import pytest

from tests.conventions.test_template import CALLED_BY_AWS, actions_of, folder_of, statements
from tests.functions.platform import Platform
from tests.functions.repairs import made, pasted, waiting_mismatch
from tests.functions.worlds import healthy, without_a_way_out

# Asked for by calls that have other names: tags in CreateSecurityGroup, and perhaps a role in UpdateComputeEnvironment.
IMPLIED = {"ec2:CreateTags", "iam:PassRole"}
ACTION_OF = {  # operations whose actions have other names
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "service-quotas:GetServiceQuota": "servicequotas:GetServiceQuota",
}


def faults(platform: Platform) -> None:
    """A size that is measured on an instance, one that is too large for any, and a service role of the owner's."""
    place = healthy(platform, names=("align", "call"))
    own = platform.owner.compute_environment(
        "own-ec2",
        subnet=place.subnet,
        security_group=place.security_group,
        serviceRole=platform.account.add_role("batch-service"),
    )
    platform.run(2)
    platform.owner.job_queue("own", own)
    platform.run(1)
    platform.owner.submit("own", vcpus=512, memory=2_048)
    platform.owner.submit("align", vcpus=2, memory=2_048, seconds=4 * 3600)
    platform.run(6)
    platform.owner.submit("align", vcpus=4, memory=32_768)
    platform.owner.submit("call", vcpus=512, memory=2_048)
    platform.run(12)


def hello_and_a_rest(platform: Platform) -> None:
    """The first sweep, and a Slack that wants to be left alone for half a minute."""
    platform.slack_answers = [200, 429]
    faults(platform)
    assert any("HELLO" in line for line in platform.headlines[0])


def group_in_a_template(platform: Platform) -> None:
    home = healthy(platform)
    elsewhere = platform.owner.place("elsewhere", cidr="10.9.0.0/16")
    template = platform.owner.ec2.create_launch_template(
        LaunchTemplateName="batch", LaunchTemplateData={"SecurityGroupIds": [elsewhere.security_group]}
    )["LaunchTemplate"]["LaunchTemplateId"]
    platform.owner.batch.create_compute_environment(
        computeEnvironmentName="templated",
        type="MANAGED",
        computeResources={
            "type": "EC2",
            "maxvCpus": 16,
            "instanceTypes": ["c7g"],
            "subnets": [home.subnet],
            "instanceRole": "ecsInstanceRole",
            "launchTemplate": {"launchTemplateId": template},
        },
    )
    platform.run(15)
    assert [one["diagnosis"] for one in platform.incidents()] == ["security_group_in_other_vpc"]


def puzzling_environment(platform: Platform) -> None:
    """INVALID while the network is sound: a role and an image that are gone, so everything around is asked for."""
    place = healthy(platform)
    role = platform.account.add_role("batch-service")
    platform.owner.batch.create_compute_environment(
        computeEnvironmentName="puzzling",
        type="MANAGED",
        serviceRole=role,
        computeResources={
            "type": "EC2",
            "maxvCpus": 16,
            "instanceTypes": ["c7g"],
            "imageId": platform.account.add_image("own-ecs", architecture="arm64"),
            "subnets": [place.subnet],
            "securityGroupIds": [place.security_group],
            "instanceRole": "ecsInstanceRole",
        },
    )
    platform.account.roles.pop(role)
    platform.run(15)


def repaired_and_taken_back(platform: Platform) -> None:
    """With every call that a repair may need: the group that it made is removed again in the end."""
    waiting_mismatch(platform, seconds=900)
    platform.run(50)
    pasted(platform, "rollback")
    platform.run(100)
    assert made(platform) == []


def nothing_joins(platform: Platform) -> None:
    """No way out of the subnet of one environment; for another one a sound network, and a role that may nothing."""
    without_a_way_out(platform)
    elsewhere = platform.owner.place("elsewhere", cidr="10.9.0.0/16")
    platform.account.add_instance_profile("bare", actions=["s3:*"])
    bare = platform.owner.compute_environment(
        "bare-ec2",
        subnet=elsewhere.subnet,
        security_group=elsewhere.security_group,
        resources={"instanceRole": "bare"},
    )
    platform.run(2)
    platform.owner.job_queue("bare", bare)
    platform.run(1)
    for queue in ("align", "bare"):
        platform.owner.submit(queue, vcpus=2, memory=2_048)
    platform.run(20)
    found = sorted(one["diagnosis"] for one in platform.incidents())
    assert found == ["instance_role_unusable", "no_route_to_ecs"]


def nothing_launches(platform: Platform) -> None:
    """A quota that EC2's refusal does not name, to a group and to a Spot Fleet; for another environment a type that its
    zone does not offer."""
    place = healthy(platform)
    here = {"subnet": place.subnet, "security_group": place.security_group}
    spot = {"type": "SPOT", "allocationStrategy": "SPOT_CAPACITY_OPTIMIZED"}
    role = platform.account.add_role("fleet", trusts=["spotfleet.amazonaws.com"])
    by_fleet = {"type": "SPOT", "allocationStrategy": "BEST_FIT", "spotIamFleetRole": role}
    environments = {
        "rare": platform.owner.compute_environment("rare-ec2", **here, instance_types=["hpc7g.4xlarge"]),
        "spot": platform.owner.compute_environment("spot-ec2", **here, resources=spot),
        "fleet": platform.owner.compute_environment("fleet-ec2", **here, resources=by_fleet),
    }
    platform.run(2)
    for name, environment in environments.items():
        platform.owner.job_queue(name, environment)
    platform.run(1)
    platform.account.quotas["L-34B43A08"] = 0
    for queue in environments:
        platform.owner.submit(queue, vcpus=2, memory=2_048)
    platform.run(45)
    found = sorted(one["diagnosis"] for one in platform.incidents())
    assert found == ["instance_type_not_offered", "vcpu_quota_reached"]


def too_small(platform: Platform) -> None:
    place = healthy(platform)
    template = platform.owner.launch_template("plain", SecurityGroupIds=[place.security_group])
    small = platform.owner.compute_environment(
        "small",
        subnet=place.subnet,
        security_group=place.security_group,
        max_vcpus=8,
        resources={
            "allocationStrategy": "BEST_FIT",
            "launchTemplate": {"launchTemplateId": template},
            "securityGroupIds": None,
        },
    )
    platform.run(2)
    platform.owner.job_queue("small", small)
    platform.run(1)
    platform.owner.submit("small", vcpus=2, memory=2_048)
    platform.run(12)
    assert [one["remedy"]["status"] for one in platform.incidents()] == ["awaiting_approval"]


def asleep_and_awake(platform: Platform) -> None:
    """A floor with a launch template, from its announcement to the day when work returns."""
    place = platform.owner.place("home")
    template = platform.owner.launch_template("plain", SecurityGroupIds=[place.security_group])
    warm = platform.owner.compute_environment(
        "warm",
        subnet=place.subnet,
        security_group=place.security_group,
        resources={"minvCpus": 16, "launchTemplate": {"launchTemplateId": template}, "securityGroupIds": None},
    )
    platform.run(2)
    platform.owner.job_queue("warm", warm)
    platform.run(90)
    platform.owner.submit("warm", vcpus=2, memory=2_048)
    platform.run(15)
    assert [event["DetailType"] for event in platform.events][-1] == "Compute Environment Floor Restored"


@pytest.fixture(scope="module")
def called(make_platforms: Callable[..., Platform]) -> set[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    telling = (hello_and_a_rest, group_in_a_template, puzzling_environment, nothing_joins, nothing_launches)
    repairing = (repaired_and_taken_back, too_small)
    for story in (*telling, *repairing, asleep_and_awake):
        platform = make_platforms(mode="apply" if story in repairing else "off", greeted=False, scaling=True)
        story(platform)
        seen |= platform.calls.by_function
    return {(function, ACTION_OF.get(call, call)) for function, call in seen if call != "slack:post"}


@pytest.mark.parametrize("function", ["diagnose", "remediate", "notify", "scale_to_zero"])
def test_granted_is_called(called: set[tuple[str, str]], function: str) -> None:
    granted = {
        action for name, statement in statements() if folder_of(name) == function for action in actions_of(statement)
    }

    assert granted - CALLED_BY_AWS - (IMPLIED if function == "remediate" else set()) == {
        action for caller, action in called if caller == function
    }


def test_nothing_that_opens_or_ends_is_granted_to_anybody() -> None:
    granted = {action for _, statement in statements() for action in actions_of(statement)}
    writes = {one for one in granted if one.split(":")[0] in ("batch", "ec2", "ecs", "iam", "autoscaling")}

    assert {one for one in writes if not one.split(":")[1].startswith(("Describe", "List", "Get", "Simulate"))} == {
        *("batch:UpdateComputeEnvironment", "ec2:CreateSecurityGroup", "ec2:CreateTags", "ec2:DeleteSecurityGroup"),
        *("batch:TagResource", "batch:UntagResource", "iam:PassRole"),
    }

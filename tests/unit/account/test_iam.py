"""IAM: roles and instance profiles that exist or not, whom a role trusts and what it may."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.account.building import ACCOUNT, Owner


def refusal(call: Any, **parameters: str) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_a_role_says_whom_it_trusts(owner: Owner) -> None:
    arn = owner.account.add_role("service-role/mine", trusts=["batch.amazonaws.com"])
    role = owner.iam.get_role(RoleName="mine")["Role"]

    assert (role["Arn"], role["Path"], role["RoleName"]) == (arn, "/service-role/", "mine")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]  # botocore has decoded it
    assert (statement["Effect"], statement["Principal"]) == ("Allow", {"Service": "batch.amazonaws.com"})


def test_the_trust_policy_comes_url_encoded(owner: Owner) -> None:
    owner.account.add_role("mine")
    role = owner.account.handle("iam", "GetRole", {"RoleName": "mine"})["Role"]

    assert role["AssumeRolePolicyDocument"].startswith("%7B%22Version%22")


def test_what_does_not_exist_is_no_such_entity(owner: Owner) -> None:
    assert refusal(owner.iam.get_role, RoleName="gone") == ("NoSuchEntity", 404)
    assert refusal(owner.iam.get_instance_profile, InstanceProfileName="gone") == ("NoSuchEntity", 404)


def test_an_arn_is_no_name(owner: Owner) -> None:
    arn = owner.account.add_role("mine")

    assert refusal(owner.iam.get_role, RoleName=arn) == ("ValidationError", 400)


def test_a_profile_holds_its_role_or_none(owner: Owner) -> None:
    owner.account.add_instance_profile("empty", holds_role=False)

    def roles(name: str) -> list[str]:
        profile = owner.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        assert profile["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"
        return [each["RoleName"] for each in profile["Roles"]]

    assert (roles("ecsInstanceRole"), roles("empty")) == (["ecsInstanceRole"], [])
    del owner.account.roles[f"arn:aws:iam::{ACCOUNT}:role/ecsInstanceRole"]
    assert roles("ecsInstanceRole") == []


@pytest.mark.parametrize(
    ("role", "decisions"),
    [
        ({}, ["allowed", "allowed", "allowed"]),
        ({"sees_scaling_activities": False}, ["implicitDeny", "implicitDeny", "allowed"]),
        ({"actions": ["AutoScaling:Describe*"]}, ["allowed", "implicitDeny", "implicitDeny"]),
    ],
)
def test_what_a_role_may(owner: Owner, role: dict[str, Any], decisions: list[str]) -> None:
    actions = ["autoscaling:DescribeScalingActivities", "ec2:DescribeSpotFleetRequestHistory", "ecs:RunTask"]
    arn = owner.account.add_role("mine", **role)
    results = owner.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions)["EvaluationResults"]

    assert [each["EvalActionName"] for each in results] == actions
    assert [each["EvalDecision"] for each in results] == decisions


def test_a_role_that_is_gone_cannot_be_simulated(owner: Owner) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/gone"
    call = owner.iam.simulate_principal_policy

    assert refusal(call, PolicySourceArn=arn, ActionNames=["ecs:RunTask"]) == ("NoSuchEntity", 404)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("actions", "allowed"),
    [
        (["*"], {"ecs:RegisterContainerInstance", "ecs:DiscoverPollEndpoint", "ecs:Poll"}),
        (["ecs:Poll", "ecs:Register*"], {"ecs:RegisterContainerInstance", "ecs:Poll"}),
        (["s3:*"], set()),
    ],
)
def test_what_the_role_of_instances_may_do(owner: Owner, actions: list[str], allowed: set[str]) -> None:
    owner.account.add_instance_profile("mine", actions=actions)
    wanted = ["ecs:RegisterContainerInstance", "ecs:DiscoverPollEndpoint", "ecs:Poll"]
    (role,) = owner.iam.get_instance_profile(InstanceProfileName="mine")["InstanceProfile"]["Roles"]
    found = owner.iam.simulate_principal_policy(PolicySourceArn=role["Arn"], ActionNames=wanted)["EvaluationResults"]

    assert {each["EvalActionName"] for each in found if each["EvalDecision"] == "allowed"} == allowed


def empty_profile(owner: Owner) -> None:
    owner.account.add_instance_profile("mine", holds_role=False)


def deleted_role(owner: Owner) -> None:
    owner.account.add_instance_profile("mine")
    del owner.account.roles[f"arn:aws:iam::{ACCOUNT}:role/mine"]


@pytest.mark.parametrize("cause", [empty_profile, deleted_role])
def test_an_instance_without_a_role_never_joins_and_the_environment_is_given_up(
    owner: Owner, cause: Callable[[Owner], None]
) -> None:
    cause(owner)
    owner.an_environment(resources=owner.resources(instanceRole="mine"))
    owner.a_queue()
    job = owner.submit()
    owner.pass_minutes(25)
    assert (owner.environment()["status"], owner.status(job)) == ("VALID", "RUNNABLE")
    owner.pass_minutes(10)
    found = owner.environment()

    assert found["status"] == "INVALID"
    assert "none of the instances joined the underlying ECS Cluster" in found["statusReason"]
    assert found["computeResources"]["desiredvCpus"] == 0

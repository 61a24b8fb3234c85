"""Instances as EC2 describes them."""

import base64
from typing import Any

from tests.unit.account.building import ACCOUNT, Owner

AMAZONS = {"x86_64": "ami-0ec50000000000001", "arm64": "ami-0ec50000000000002"}


def instances(owner: Owner, **filters: str) -> list[dict[str, Any]]:
    listed = [{"Name": name.replace("__", ":").replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    return [each for one in owner.ec2.describe_instances(Filters=listed)["Reservations"] for each in one["Instances"]]


def start(owner: Owner, name: str = "ce", **resources: Any) -> dict[str, Any]:
    owner.an_environment(name, resources=owner.resources(minvCpus=1, maxvCpus=16, **resources))
    owner.pass_minutes(1)
    return instances(owner)[-1]


def test_where_it_is_and_what_it_is_made_of(owner: Owner) -> None:
    found = start(owner)

    assert (found["VpcId"], found["SubnetId"], found["ImageId"]) == (owner.vpc, owner.subnet, AMAZONS["arm64"])
    assert found["IamInstanceProfile"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/ecsInstanceRole"
    assert found["PublicIpAddress"].startswith("198.18.")
    assert (found["StateTransitionReason"], "StateReason" in found) == ("", False)


def test_a_private_one_has_no_public_address(owner: Owner) -> None:
    owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": False})

    assert "PublicIpAddress" not in start(owner)


def test_a_terminated_one_says_why(owner: Owner) -> None:
    start(owner)
    owner.update(computeResources={"minvCpus": 0}, minutes=15)
    (found,) = instances(owner)

    assert (found["State"]["Name"], "PublicIpAddress" in found) == ("terminated", False)
    assert found["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert found["StateTransitionReason"].startswith("User initiated (2026-11-25 08:")


def test_found_by_the_name_of_their_group(owner: Owner) -> None:
    start(owner, "mine")
    start(owner, "mine-too")

    assert len(instances(owner, tag__aws__autoscaling__groupName="AWSBatch-mine*")) == 2
    assert len(instances(owner, tag__aws__autoscaling__groupName="AWSBatch-mine-asg-*")) == 1
    assert instances(owner, tag__aws__autoscaling__groupName="AWSBatch-other-asg-*") == []


def test_the_image_follows_the_instance_type(owner: Owner) -> None:
    assert start(owner, "x86", instanceTypes=["m5.large"])["ImageId"] == AMAZONS["x86_64"]
    mine = owner.account.add_image("mine", architecture="arm64")
    assert start(owner, "arm", imageId=mine)["ImageId"] == mine


def test_an_image_that_only_systems_manager_knows_is_not_told(owner: Owner) -> None:
    template = {"launchTemplateId": owner.a_template(ImageId="resolve:ssm:/my/image")}

    assert "ImageId" not in start(owner, launchTemplate=template)


def test_an_override_brings_its_own_image(owner: Owner) -> None:
    usual, special = (owner.account.add_image(name, architecture="arm64") for name in ("usual", "special"))
    override = {"launchTemplateId": owner.a_template("special", ImageId=special), "targetInstanceTypes": ["c7g"]}
    template = {"launchTemplateId": owner.a_template(ImageId=usual), "overrides": [override]}

    assert start(owner, launchTemplate=template)["ImageId"] == special
    assert start(owner, "other", launchTemplate=template, instanceTypes=["m7g.large"])["ImageId"] == usual


def test_user_data_may_stand_as_plain_text(owner: Owner) -> None:
    plain = "Content-Type: multipart/mixed\n\n#!/bin/bash\nstop ecs\n"
    for name, text in (("plain", plain), ("coded", base64.b64encode(plain.encode()).decode())):
        start(owner, name, launchTemplate={"launchTemplateId": owner.a_template(name, UserData=text)})
    owner.pass_minutes(5)

    assert list(owner.account.obstacles.values()) == ["user data stops the ECS agent"] * 2

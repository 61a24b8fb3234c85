"""Compute environments: created, VALID or INVALID by cause, deleted."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.account.building import Owner, code_of

MISMATCH = (
    "CLIENT_ERROR - One or more security groups in the launch {} are not linked to the VPCs configured in the "
    "Auto Scaling group"
)


def test_creating_takes_a_while_then_it_is_valid(owner: Owner) -> None:
    owner.batch.create_compute_environment(
        computeEnvironmentName="ce", type="MANAGED", computeResources=owner.resources()
    )
    assert owner.environment()["status"] == "CREATING"

    owner.pass_minutes(2)
    found = owner.environment()
    assert (found["status"], found["statusReason"]) == ("VALID", "ComputeEnvironment Healthy")
    assert found["computeResources"]["desiredvCpus"] == found["computeResources"]["minvCpus"] == 0
    assert found["serviceRole"] == owner.account.service_linked_role


def in_another_vpc(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(securityGroupIds=[owner.a_group_elsewhere()])}


def in_another_vpc_with_best_fit(owner: Owner) -> dict[str, Any]:
    group = owner.a_group_elsewhere()
    return {"resources": owner.resources(securityGroupIds=[group], allocationStrategy=None)}


def in_another_vpc_by_template(owner: Owner) -> dict[str, Any]:
    template = owner.a_template(NetworkInterfaces=[{"DeviceIndex": 0, "Groups": [owner.a_group_elsewhere()]}])
    return {"resources": owner.resources(securityGroupIds=None, launchTemplate={"launchTemplateId": template})}


def in_another_vpc_by_name(owner: Owner) -> dict[str, Any]:
    owner.a_group(owner.a_vpc("10.8.0.0/16"), "only-there")
    template = owner.a_template(SecurityGroups=["only-there"])
    return {"resources": owner.resources(securityGroupIds=None, launchTemplate={"launchTemplateId": template})}


def in_another_vpc_by_override(owner: Owner) -> dict[str, Any]:
    wrong = owner.a_template("wrong", SecurityGroupIds=[owner.a_group_elsewhere()])
    specification = {
        "launchTemplateId": owner.a_template(SecurityGroupIds=[owner.group]),
        "overrides": [{"launchTemplateId": wrong, "targetInstanceTypes": ["c7g.4xlarge"]}],
    }
    return {"resources": owner.resources(securityGroupIds=None, launchTemplate=specification)}


def on_fargate_in_another_vpc(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.on_fargate(securityGroupIds=[owner.a_group_elsewhere()])}


def subnets_of_two_vpcs(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(subnets=[owner.subnet, owner.a_subnet(owner.a_vpc("10.4.0.0/16"))])}


def group_missing(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(securityGroupIds=[owner.group, "sg-0"])}


def subnet_missing(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(subnets=["subnet-0"])}


def role_missing(owner: Owner) -> dict[str, Any]:
    return {"serviceRole": "arn:aws:iam::111122223333:role/gone"}


def role_without_trust(owner: Owner) -> dict[str, Any]:
    return {"serviceRole": owner.account.add_role("for-lambda", trusts=["lambda.amazonaws.com"])}


def fleet_role_missing(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(type="SPOT", allocationStrategy="BEST_FIT", spotIamFleetRole="fleet")}


def profile_missing(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(instanceRole="gone")}


def template_missing(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(launchTemplate={"launchTemplateName": "gone"})}


def plain_user_data(owner: Owner) -> dict[str, Any]:
    template = owner.a_template(UserData=base64.b64encode(b"#!/bin/sh\n").decode())
    return {"resources": owner.resources(launchTemplate={"launchTemplateId": template})}


def role_by_its_short_path(owner: Owner) -> dict[str, Any]:
    owner.account.add_role("service-role/mine")
    return {"serviceRole": "mine"}


def role_that_may_too_little(owner: Owner) -> dict[str, Any]:
    return {"serviceRole": owner.account.add_role("narrow", actions=["ec2:*", "ecs:*"])}


def fleet_that_may_too_little(owner: Owner) -> dict[str, Any]:
    fleet = owner.account.add_role("fleet", trusts=["spotfleet.amazonaws.com"])
    resources = owner.resources(type="SPOT", allocationStrategy="BEST_FIT", spotIamFleetRole=fleet)
    return {"resources": resources, "serviceRole": owner.account.add_role("narrow", actions=["ecs:*"])}


def role_where_a_profile_belongs(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(instanceRole="arn:aws:iam::111122223333:role/ecsInstanceRole")}


def two_groups_in_one_string(owner: Owner) -> dict[str, Any]:
    return {"resources": owner.resources(securityGroupIds=[f"{owner.group},{owner.group}"])}


USER = "CLIENT_ERROR - User: arn:aws:sts::111122223333:assumed-role/narrow/aws-batch is not authorized to perform: "


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (role_by_its_short_path, "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"),
        (role_that_may_too_little, USER + "autoscaling:CreateAutoScalingGroup on resource: arn:aws:autoscaling:"),
        (fleet_that_may_too_little, USER + "ec2:RequestSpotFleet on resource: arn:aws:ec2:"),
        (
            role_where_a_profile_belongs,
            "CLIENT_ERROR - Instance profile arn:aws:iam::111122223333:role/ecsInstanceRole",
        ),
        (two_groups_in_one_string, "CLIENT_ERROR - The security group 'sg-"),
        (in_another_vpc, MISMATCH.format("template")),
        (in_another_vpc_with_best_fit, MISMATCH.format("configuration")),
        (in_another_vpc_by_template, MISMATCH.format("template")),
        (in_another_vpc_by_name, MISMATCH.format("template")),
        (in_another_vpc_by_override, MISMATCH.format("template")),
        (on_fargate_in_another_vpc, MISMATCH.format("template")),
        (subnets_of_two_vpcs, "CLIENT_ERROR - The subnets are not all in the same VPC."),
        (group_missing, "CLIENT_ERROR - The security group 'sg-0' does not exist"),
        (subnet_missing, "CLIENT_ERROR - The subnet ID 'subnet-0' does not exist"),
        (role_missing, "CLIENT_ERROR - Not authorized to perform sts:AssumeRole (Service: AWSSecurityTokenService;"),
        (role_without_trust, "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"),
        (fleet_role_missing, "CLIENT_ERROR - Parameter: SpotFleetRequestConfig.IamFleetRole is invalid."),
        (profile_missing, "CLIENT_ERROR - Instance profile arn:aws:iam::111122223333:instance-profile/gone does not"),
        (template_missing, "CLIENT_ERROR - The specified launch template, with template name gone, does not exist."),
        (plain_user_data, "CLIENT_ERROR - Launch Template UserData is not MIME multipart format"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_invalid_by_cause(owner: Owner, cause: Callable[[Owner], dict[str, Any]], reason: str) -> None:
    owner.an_environment(**cause(owner))

    found = owner.environment()
    assert found["status"] == "INVALID"
    assert found["statusReason"].startswith(reason)


def test_an_associated_group_is_as_good_as_one_of_the_vpc(owner: Owner) -> None:
    group = owner.a_group_elsewhere()
    owner.ec2.associate_security_group_vpc(GroupId=group, VpcId=owner.vpc)
    owner.an_environment(resources=owner.resources(securityGroupIds=[group]))

    assert owner.environment()["status"] == "VALID"


def test_the_groups_of_the_environment_win_over_those_of_the_template(owner: Owner) -> None:
    template = owner.a_template(SecurityGroupIds=[owner.a_group_elsewhere()])
    owner.an_environment(resources=owner.resources(launchTemplate={"launchTemplateId": template}))

    assert owner.environment()["status"] == "VALID"


def test_multipart_user_data_is_fine(owner: Owner) -> None:
    data = base64.b64encode(b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n").decode()
    specification = {"launchTemplateId": owner.a_template(UserData=data)}
    owner.an_environment(resources=owner.resources(launchTemplate=specification))

    assert owner.environment()["status"] == "VALID"


def test_a_deleted_cluster_makes_it_invalid_when_it_is_looked_at_again(owner: Owner) -> None:
    owner.an_environment()
    owner.ecs.delete_cluster(cluster=owner.environment()["ecsClusterArn"])
    assert owner.environment()["status"] == "VALID"

    owner.update(computeResources={"maxvCpus": 32}, minutes=5)
    assert owner.environment()["statusReason"] == "CLIENT_ERROR - Clusters can not be blank."


def test_a_valid_environment_is_looked_at_again_when_it_wants_to_launch(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    owner.ec2.delete_security_group(GroupId=owner.group)
    assert owner.environment()["status"] == "VALID"

    owner.submit()
    owner.pass_minutes(1)
    assert owner.environment()["status"] == "INVALID"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"subnets": []}, id="no subnet"),
        pytest.param({"securityGroupIds": []}, id="no security group"),
        pytest.param({"instanceRole": None}, id="no instance profile"),
        pytest.param({"minvCpus": 65}, id="floor above the ceiling"),
        pytest.param({"instanceTypes": ["c7g.large", "c7i.large"]}, id="two architectures"),
    ],
)
def test_what_cannot_be_created(owner: Owner, changes: dict[str, Any]) -> None:
    parameters = {"computeEnvironmentName": "ce", "type": "MANAGED", "computeResources": owner.resources(**changes)}

    assert code_of(owner.account, "batch", "CreateComputeEnvironment", **parameters) == "ClientException"


def test_names_are_unique(owner: Owner) -> None:
    owner.an_environment()
    parameters = {"computeEnvironmentName": "ce", "type": "UNMANAGED"}

    assert code_of(owner.account, "batch", "CreateComputeEnvironment", **parameters) == "ClientException"


def test_kinds_that_are_not_simulated_say_so(owner: Owner) -> None:
    resources = {"type": "ECS_MANAGED_INSTANCES", "maxvCpus": 4}
    parameters = {"computeEnvironmentName": "ce", "type": "MANAGED", "computeResources": resources}

    assert code_of(owner.account, "batch", "CreateComputeEnvironment", **parameters) == "NotSimulated"


def test_deleting_needs_it_disabled_and_on_no_queue(owner: Owner) -> None:
    owner.an_environment()
    owner.an_environment("other")
    owner.a_queue("queue", "ce", "other")

    def delete() -> str:
        return code_of(owner.account, "batch", "DeleteComputeEnvironment", computeEnvironment="ce")

    assert delete() == "ClientException"
    owner.update(state="DISABLED", minutes=5)
    assert delete() == "ClientException"
    order = [{"order": 1, "computeEnvironment": "other"}]
    owner.batch.update_job_queue(jobQueue="queue", computeEnvironmentOrder=order)
    owner.batch.delete_compute_environment(computeEnvironment="ce")
    assert owner.environment()["status"] == "DELETING"
    owner.pass_minutes(2)
    assert owner.batch.describe_compute_environments(computeEnvironments=["ce"])["computeEnvironments"] == []


def template_deleted(owner: Owner) -> None:
    owner.ec2.delete_launch_template(LaunchTemplateName="workers")


def version_deleted(owner: Owner) -> None:
    owner.ec2.create_launch_template_version(LaunchTemplateName="workers", LaunchTemplateData={"EbsOptimized": True})
    owner.ec2.modify_launch_template(LaunchTemplateName="workers", DefaultVersion="2")
    owner.ec2.delete_launch_template_versions(LaunchTemplateName="workers", Versions=["1"])


@pytest.mark.parametrize("delete", [template_deleted, version_deleted])
def test_a_template_that_goes_is_missed_at_the_next_validation_and_replaced_by_an_infrastructure_update(
    owner: Owner, delete: Callable[[Owner], None]
) -> None:
    template = owner.a_template(EbsOptimized=True)
    owner.an_environment(resources=owner.resources(launchTemplate={"launchTemplateId": template}))
    delete(owner)
    owner.pass_minutes(60)
    assert owner.environment()["status"] == "VALID"

    owner.update(computeResources={"maxvCpus": 32}, minutes=5)
    found = owner.environment()
    assert (found["status"], template in found["statusReason"]) == ("INVALID", True)
    new = owner.a_template("new", EbsOptimized=True)
    owner.update(computeResources={"launchTemplate": {"launchTemplateId": new}}, minutes=12)
    assert owner.environment()["status"] == "VALID"


def test_an_invalid_environment_is_looked_at_again_at_an_update_only(owner: Owner) -> None:
    role = "arn:aws:iam::111122223333:role/mine"
    owner.an_environment(serviceRole=role)
    owner.account.add_role("mine")
    owner.pass_minutes(24 * 60)
    assert owner.environment()["status"] == "INVALID"

    owner.update(state="ENABLED", minutes=5)
    assert owner.environment()["status"] == "VALID"


def test_an_environment_that_is_stalled_stays_as_it_is(owner: Owner) -> None:
    owner.batch.create_compute_environment(
        computeEnvironmentName="ce", type="MANAGED", computeResources=owner.resources()
    )
    owner.account.stall("ce")
    owner.pass_minutes(24 * 60)
    assert owner.environment()["status"] == "CREATING"
    owner.account.stall("ce", stalled=False)
    owner.pass_minutes(2)
    assert owner.environment()["status"] == "VALID"

    owner.a_queue()
    owner.account.stall("ce")
    owner.update(computeResources={"instanceTypes": ["c7g.2xlarge"]}, minutes=24 * 60)
    job = owner.submit()
    owner.pass_minutes(60)
    assert (owner.environment()["status"], owner.status(job)) == ("UPDATING", "RUNNABLE")
    owner.account.stall("ce", stalled=False)
    owner.pass_minutes(10)
    assert (owner.environment()["status"], owner.status(job)) == ("VALID", "RUNNING")


def test_an_eks_environment_whose_cluster_nobody_described_is_taken_for_sound(owner: Owner) -> None:
    cluster = {"eksClusterArn": "arn:aws:eks:eu-west-1:111122223333:cluster/c", "kubernetesNamespace": "batch"}
    owner.an_environment(resources=owner.resources(minvCpus=4), eksConfiguration=cluster)
    found = owner.environment()

    assert (found["status"], found["containerOrchestrationType"], "ecsClusterArn" in found) == ("VALID", "EKS", False)


def test_described_by_name_by_arn_and_in_pages(owner: Owner) -> None:
    arns = [owner.an_environment(name) for name in ("one", "two", "three")]
    chosen = owner.batch.describe_compute_environments(computeEnvironments=["one", arns[2], "gone"])
    assert [each["computeEnvironmentName"] for each in chosen["computeEnvironments"]] == ["one", "three"]

    first = owner.batch.describe_compute_environments(maxResults=2)
    second = owner.batch.describe_compute_environments(maxResults=2, nextToken=first["nextToken"])
    assert (len(first["computeEnvironments"]), len(second["computeEnvironments"]), "nextToken" in second) == (
        2,
        1,
        False,
    )
    assert code_of(owner.account, "batch", "DescribeComputeEnvironments", nextToken="x") == "ClientException"


def test_tags(owner: Owner) -> None:
    arn = owner.an_environment(tags={"team": "genomics"})
    owner.batch.tag_resource(resourceArn=arn, tags={"batchmedic:remediation": "off", "spare": ""})
    owner.batch.untag_resource(resourceArn=arn, tagKeys=["spare"])

    tags = {"team": "genomics", "batchmedic:remediation": "off"}
    assert owner.batch.list_tags_for_resource(resourceArn=arn)["tags"] == tags == owner.environment()["tags"]
    assert code_of(owner.account, "batch", "ListTagsForResource", resourceArn=arn + "x") == "ClientException"

"""What a repair of security groups depends on: rules that name groups, EC2's lateness, stacks, iam:PassRole."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import AwsError
from tests.unit.account.building import Owner, code_of

TAGS = [{"ResourceType": "security-group", "Tags": [{"Key": "made-by", "Value": "us"}]}]


def letting(group: str, port: int = 443) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": group}]}]


def found(owner: Owner, name: str, value: str) -> list[str]:
    answer = owner.ec2.describe_security_groups(Filters=[{"Name": name, "Values": [value]}])
    return [each["GroupId"] for each in answer["SecurityGroups"]]


@pytest.mark.parametrize(
    ("direction", "name"),
    [("ingress", "ip-permission.group-id"), ("egress", "egress.ip-permission.group-id")],
)
def test_groups_are_found_by_the_groups_that_their_rules_name(owner: Owner, direction: str, name: str) -> None:
    database = owner.a_group(owner.vpc, "database")
    authorize = getattr(owner.ec2, f"authorize_security_group_{direction}")
    authorize(GroupId=database, IpPermissions=letting(owner.group))

    assert found(owner, name, owner.group) == [database]
    assert found(owner, name, database) == []


def test_groups_are_found_by_the_ranges_of_their_rules(owner: Owner) -> None:
    owner.ec2.authorize_security_group_ingress(
        GroupId=owner.group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )

    assert found(owner, "ip-permission.cidr", "0.0.0.0/0") == [owner.group]
    assert owner.group in found(owner, "egress.ip-permission.cidr", "0.0.0.0/0")


def test_a_group_that_another_groups_rule_names_cannot_be_deleted(owner: Owner) -> None:
    database = owner.a_group(owner.vpc, "database")
    owner.ec2.authorize_security_group_ingress(GroupId=database, IpPermissions=letting(owner.group))

    assert code_of(owner.account, "ec2", "DeleteSecurityGroup", GroupId=owner.group) == "DependencyViolation"
    owner.ec2.delete_security_group(GroupId=database)
    owner.ec2.authorize_security_group_ingress(GroupId=owner.group, IpPermissions=letting(owner.group))
    owner.ec2.delete_security_group(GroupId=owner.group)  # its own rules do not hold it


def test_a_new_group_is_not_to_be_seen_at_once_where_ec2_is_late(owner: Owner) -> None:
    owner.account.security_group_lag = timedelta(seconds=20)
    new = owner.ec2.create_security_group(GroupName="new", Description="d", VpcId=owner.vpc, TagSpecifications=TAGS)[
        "GroupId"
    ]

    assert found(owner, "group-name", "new") == []
    assert code_of(owner.account, "ec2", "DescribeSecurityGroups", GroupIds=[new]) == "InvalidGroup.NotFound"
    assert code_of(owner.account, "ec2", "DeleteSecurityGroup", GroupId=new) == "InvalidGroup.NotFound"
    again = {"GroupName": "NEW", "Description": "d", "VpcId": owner.vpc}
    assert code_of(owner.account, "ec2", "CreateSecurityGroup", **again) == "InvalidGroup.Duplicate"
    owner.account.pass_time(timedelta(seconds=20))
    assert found(owner, "tag:made-by", "us") == [new]


def test_an_association_can_be_taken_back(owner: Owner) -> None:
    other = owner.a_vpc("10.9.0.0/16")
    owner.ec2.associate_security_group_vpc(GroupId=owner.group, VpcId=other)
    owner.account.pass_time(timedelta(minutes=1))
    owner.ec2.disassociate_security_group_vpc(GroupId=owner.group, VpcId=other)

    assert owner.ec2.describe_security_group_vpc_associations()["SecurityGroupVpcAssociations"] == []
    wanted = {"GroupId": owner.group, "VpcId": other}
    assert code_of(owner.account, "ec2", "DisassociateSecurityGroupVpc", **wanted) == "InvalidParameterValue"


def test_the_stack_that_holds_a_resource_is_told_with_all_it_holds(owner: Owner) -> None:
    arn = owner.account.add_stack(
        "network", Vpc=("AWS::EC2::VPC", owner.vpc), Subnet=("AWS::EC2::Subnet", owner.subnet)
    )
    answer = owner.account.handle("cloudformation", "DescribeStackResources", {"PhysicalResourceId": owner.subnet})

    assert {(each["StackName"], each["LogicalResourceId"]) for each in answer["StackResources"]} == {
        ("network", "Vpc"),
        ("network", "Subnet"),
    }
    assert {each["StackId"] for each in answer["StackResources"]} == {arn}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [({"PhysicalResourceId": "vpc-0"}, "ValidationError"), ({"StackName": "network"}, "NotSimulated")],
)
def test_a_resource_that_no_stack_holds(owner: Owner, parameters: dict[str, str], code: str) -> None:
    assert code_of(owner.account, "cloudformation", "DescribeStackResources", **parameters) == code


def test_pass_role_is_asked_for_only_where_the_switch_says_so(owner: Owner) -> None:
    name = owner.an_environment()
    other = owner.a_group(owner.vpc, "others")

    def update(**resources: Any) -> None:
        owner.batch.update_compute_environment(computeEnvironment=name, computeResources=resources)
        owner.account.pass_time(timedelta(minutes=30))

    owner.account.check_pass_role()
    with pytest.raises(ClientError, match="iam:PassRole on resource: arn:aws:iam::111122223333:role/ecsInstanceRole"):
        update(securityGroupIds=[other])
    update(maxvCpus=32)  # replaces no instance
    owner.account.check_pass_role("arn:aws:iam::111122223333:role/ecsInstanceRole")
    update(securityGroupIds=[other])


def test_a_call_fails_as_often_as_it_was_told_to(owner: Owner) -> None:
    owner.account.fail("ec2", "CreateSecurityGroup", AwsError("InternalError", "x", 500), times=2)
    wanted = {"GroupName": "new", "Description": "d", "VpcId": owner.vpc}

    codes = [code_of(owner.account, "ec2", "CreateSecurityGroup", **wanted) for _ in range(2)]

    assert codes == ["InternalError"] * 2
    assert found(owner, "group-name", "new") == []
    owner.ec2.create_security_group(**wanted)

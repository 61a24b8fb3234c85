"""VPCs, subnets, security groups and their associations."""

import pytest
from botocore.exceptions import ClientError

from local.account import ManualClock, SimulatedAccount
from tests.unit.account.building import START, Owner, code_of


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("DescribeVpcs", {"VpcIds": ["vpc-0"]}, "InvalidVpcID.NotFound"),
        ("DescribeSubnets", {"SubnetIds": ["subnet-0"]}, "InvalidSubnetID.NotFound"),
        ("DescribeSecurityGroups", {"GroupIds": ["sg-0"]}, "InvalidGroup.NotFound"),
    ],
)
def test_one_missing_id_fails_the_whole_call(owner: Owner, operation: str, parameters: dict, code: str) -> None:
    existing = {"VpcIds": owner.vpc, "SubnetIds": owner.subnet, "GroupIds": owner.group}
    ((name, missing),) = parameters.items()

    assert code_of(owner.account, "ec2", operation, **{name: [existing[name], *missing]}) == code


def test_with_filters_what_is_missing_is_simply_absent(owner: Owner) -> None:
    found = owner.ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": ["sg-0", owner.group]}])

    assert [each["GroupId"] for each in found["SecurityGroups"]] == [owner.group]


def test_filters_are_joined_by_and_and_their_values_by_or(owner: Owner) -> None:
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "genomics"}]}]
    tagged = owner.ec2.create_security_group(
        GroupName="tagged", Description="d", VpcId=owner.vpc, TagSpecifications=tags
    )["GroupId"]

    def chosen(**filters: list[str]) -> set[str]:
        listed = [{"Name": name.replace("_", "-").replace("--", ":"), "Values": v} for name, v in filters.items()]
        return {each["GroupId"] for each in owner.ec2.describe_security_groups(Filters=listed)["SecurityGroups"]}

    assert chosen(group_name=["tagged", "workers"]) == {tagged, owner.group}
    assert chosen(group_name=["tagged", "workers"], tag__team=["geno*"]) == {tagged}
    assert chosen(vpc_id=["vpc-0"]) == set()


def test_every_vpc_has_its_default_group(owner: Owner) -> None:
    vpc = owner.a_vpc("10.5.0.0/16")
    found = owner.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]

    assert [each["GroupName"] for each in found] == ["default"]
    (members,) = found[0]["IpPermissions"][0]["UserIdGroupPairs"]
    assert (members["GroupId"], found[0]["IpPermissions"][0]["IpRanges"]) == (found[0]["GroupId"], [])
    assert code_of(owner.account, "ec2", "DeleteSecurityGroup", GroupId=found[0]["GroupId"]) == "CannotDelete"


def test_the_default_vpc_comes_with_subnets_and_only_once(owner: Owner) -> None:
    vpc = owner.ec2.create_default_vpc()["Vpc"]["VpcId"]
    subnets = owner.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]

    assert [each["AvailabilityZone"] for each in subnets] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert code_of(owner.account, "ec2", "CreateDefaultVpc") == "DefaultVpcAlreadyExists"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("Workers", "InvalidGroup.Duplicate", id="unique whatever the case"),
        pytest.param("sg-workers", "InvalidParameterValue", id="does not start like an id"),
    ],
)
def test_names_that_a_group_cannot_have(owner: Owner, name: str, code: str) -> None:
    parameters = {"GroupName": name, "Description": "d", "VpcId": owner.vpc}

    assert code_of(owner.account, "ec2", "CreateSecurityGroup", **parameters) == code


def test_the_same_name_may_be_used_in_another_vpc(owner: Owner) -> None:
    assert owner.a_group_elsewhere() != owner.group


def test_a_new_group_lets_everything_out_and_nothing_in(owner: Owner) -> None:
    (group,) = owner.ec2.describe_security_groups(GroupIds=[owner.group])["SecurityGroups"]

    assert group["IpPermissions"] == []
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]


def test_rules_are_added_once_and_stay_within_the_vpc(owner: Owner) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    owner.ec2.authorize_security_group_ingress(GroupId=owner.group, IpPermissions=[rule])
    other = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": owner.a_group_elsewhere()}]}

    (group,) = owner.ec2.describe_security_groups(GroupIds=[owner.group])["SecurityGroups"]
    assert [each["FromPort"] for each in group["IpPermissions"]] == [443]
    same = {"GroupId": owner.group, "IpPermissions": [rule]}
    assert code_of(owner.account, "ec2", "AuthorizeSecurityGroupIngress", **same) == "InvalidPermission.Duplicate"
    across = {"GroupId": owner.group, "IpPermissions": [other]}
    assert code_of(owner.account, "ec2", "AuthorizeSecurityGroupEgress", **across) == "InvalidGroup.NotFound"


def test_rules_are_taken_out_source_by_source(owner: Owner) -> None:
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    both = [{"CidrIp": "10.0.0.0/16", "Description": "home"}, {"CidrIp": "10.9.0.0/16"}]
    owner.ec2.authorize_security_group_ingress(GroupId=owner.group, IpPermissions=[{**https, "IpRanges": both}])

    def sources() -> list[str]:
        (group,) = owner.ec2.describe_security_groups(GroupIds=[owner.group])["SecurityGroups"]
        return [each["CidrIp"] for rule in group["IpPermissions"] for each in rule["IpRanges"]]

    owner.ec2.revoke_security_group_ingress(GroupId=owner.group, CidrIp="10.0.0.0/16", **https)
    assert sources() == ["10.9.0.0/16"]

    first_and_unknown = {**https, "IpRanges": [both[1], {"CidrIp": "10.8.0.0/16"}]}
    same = {"GroupId": owner.group, "IpPermissions": [first_and_unknown]}
    assert code_of(owner.account, "ec2", "RevokeSecurityGroupIngress", **same) == "InvalidPermission.NotFound"
    assert sources() == ["10.9.0.0/16"]


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, 0),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, 1),
        ({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, 1),
        ({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0"}]}, 1),
    ],
)
def test_the_way_out_is_closed_by_naming_it(owner: Owner, rule: dict, left: int) -> None:
    parameters = {"GroupId": owner.group, "IpPermissions": [rule]}
    if left:
        assert code_of(owner.account, "ec2", "RevokeSecurityGroupEgress", **parameters) == "InvalidPermission.NotFound"
    else:
        owner.ec2.revoke_security_group_egress(**parameters)
    (group,) = owner.ec2.describe_security_groups(GroupIds=[owner.group])["SecurityGroups"]

    assert len(group["IpPermissionsEgress"]) == left


def test_a_group_that_instances_use_cannot_be_deleted(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    assert code_of(owner.account, "ec2", "DeleteSecurityGroup", GroupId=owner.group) == "DependencyViolation"

    spare = owner.a_group(owner.vpc, "spare")
    owner.ec2.delete_security_group(GroupId=spare)
    assert code_of(owner.account, "ec2", "DescribeSecurityGroups", GroupIds=[spare]) == "InvalidGroup.NotFound"


def test_a_group_is_associated_with_another_vpc_after_a_while(owner: Owner) -> None:
    group = owner.a_group_elsewhere()
    owner.ec2.associate_security_group_vpc(GroupId=group, VpcId=owner.vpc)

    def state() -> str:
        found = owner.ec2.describe_security_group_vpc_associations(Filters=[{"Name": "group-id", "Values": [group]}])
        return str(found["SecurityGroupVpcAssociations"][0]["State"])

    assert state() == "associating"
    owner.pass_minutes(1)
    assert state() == "associated"


def test_default_groups_cannot_be_associated(owner: Owner) -> None:
    vpc = owner.a_vpc("10.5.0.0/16")
    default = owner.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]
    parameters = {"GroupId": default["GroupId"], "VpcId": owner.vpc}

    assert code_of(owner.account, "ec2", "AssociateSecurityGroupVpc", **parameters) == "InvalidParameterValue"


def test_pages_follow_one_another(owner: Owner) -> None:
    for number in range(6):
        owner.a_group(owner.vpc, f"group-{number}")
    first = owner.ec2.describe_security_groups(MaxResults=5)
    second = owner.ec2.describe_security_groups(MaxResults=5, NextToken=first["NextToken"])

    assert (len(first["SecurityGroups"]), len(second["SecurityGroups"]), "NextToken" in second) == (5, 3, False)
    assert code_of(owner.account, "ec2", "DescribeSecurityGroups", NextToken="x") == "InvalidNextToken"


def test_dry_run_does_nothing(owner: Owner) -> None:
    with pytest.raises(ClientError, match="DryRunOperation"):
        owner.ec2.create_vpc(CidrBlock="10.7.0.0/16", DryRun=True)

    assert len(owner.ec2.describe_vpcs()["Vpcs"]) == 1


def test_an_unknown_filter_is_refused() -> None:
    account = SimulatedAccount(clock=ManualClock(START))
    wrong = [{"Name": "colour", "Values": ["red"]}]

    assert code_of(account, "ec2", "DescribeVpcs", Filters=wrong) == "InvalidParameterValue"

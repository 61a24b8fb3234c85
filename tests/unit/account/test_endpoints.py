"""VPC endpoints, as they are made, found, changed and deleted."""

from typing import Any

import pytest

from tests.unit.account.building import REGION, Owner, code_of

ECS, S3 = f"com.amazonaws.{REGION}.ecs", f"com.amazonaws.{REGION}.s3"


def an_endpoint(owner: Owner, service: str = ECS, **members: Any) -> dict[str, Any]:
    usual = {"VpcEndpointType": "Interface", "SubnetIds": [owner.subnet], "SecurityGroupIds": [owner.group]}
    answer = owner.ec2.create_vpc_endpoint(VpcId=owner.vpc, ServiceName=service, **{**usual, **members})
    return dict(answer["VpcEndpoint"])


def test_an_interface_endpoint(owner: Owner) -> None:
    made = an_endpoint(owner)

    assert (made["State"], made["PrivateDnsEnabled"], made["SubnetIds"]) == ("available", True, [owner.subnet])
    assert made["Groups"] == [{"GroupId": owner.group, "GroupName": "workers"}]


def test_without_groups_it_has_the_default_one(owner: Owner) -> None:
    assert [each["GroupName"] for each in an_endpoint(owner, SecurityGroupIds=[])["Groups"]] == ["default"]


def test_a_gateway_endpoint_puts_routes_into_its_tables(owner: Owner) -> None:
    table = owner.main_table(owner.vpc)
    made = owner.ec2.create_vpc_endpoint(VpcId=owner.vpc, ServiceName=S3, RouteTableIds=[table])["VpcEndpoint"]

    def routes() -> list[tuple[str, str]]:
        (found,) = owner.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return [(each["GatewayId"], each["State"]) for each in found["Routes"] if "DestinationPrefixListId" in each]

    assert (made["VpcEndpointType"], routes()) == ("Gateway", [(made["VpcEndpointId"], "active")])
    owner.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert routes() == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("service-name", ECS, True),
        ("service-name", S3, False),
        ("vpc-endpoint-type", "Interface", True),
        ("vpc-endpoint-type", "Gateway", False),
        ("vpc-endpoint-state", "available", True),
        ("vpc-endpoint-state", "pending", False),
        ("vpc-id", "vpc-0", False),
    ],
)
def test_filters(owner: Owner, name: str, value: str, found: bool) -> None:
    an_endpoint(owner)
    chosen = owner.ec2.describe_vpc_endpoints(Filters=[{"Name": name, "Values": [value]}])["VpcEndpoints"]

    assert len(chosen) == found


def test_it_is_changed(owner: Owner) -> None:
    made, more, group = an_endpoint(owner), owner.a_subnet(owner.vpc), owner.a_group(owner.vpc, "endpoints")
    owner.ec2.modify_vpc_endpoint(
        VpcEndpointId=made["VpcEndpointId"],
        PrivateDnsEnabled=False,
        AddSubnetIds=[more],
        AddSecurityGroupIds=[group],
        RemoveSecurityGroupIds=[owner.group],
    )
    (found,) = owner.ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"]

    assert (found["PrivateDnsEnabled"], found["SubnetIds"]) == (False, [owner.subnet, more])
    assert [each["GroupId"] for each in found["Groups"]] == [group]


def test_its_groups_cannot_be_deleted(owner: Owner) -> None:
    made = an_endpoint(owner)
    assert code_of(owner.account, "ec2", "DeleteSecurityGroup", GroupId=owner.group) == "DependencyViolation"

    owner.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    owner.ec2.delete_security_group(GroupId=owner.group)


def test_each_is_deleted_by_itself(owner: Owner) -> None:
    made = an_endpoint(owner)["VpcEndpointId"]
    (failed,) = owner.ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-0", made])["Unsuccessful"]

    assert (failed["ResourceId"], failed["Error"]["Code"]) == ("vpce-0", "InvalidVpcEndpointId.NotFound")
    assert owner.ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "InvalidParameter"),  # the name leads to the first one already
        ({"PrivateDnsEnabled": False}, "answered"),
        ({"ServiceName": "com.example.mine"}, "InvalidServiceName"),
        ({"VpcId": "vpc-0"}, "InvalidVpcID.NotFound"),
        ({"SubnetIds": ["subnet-0"]}, "InvalidSubnetID.NotFound"),
        ({"SecurityGroupIds": ["sg-0"]}, "InvalidGroup.NotFound"),
        ({"VpcEndpointType": "Gateway", "RouteTableIds": ["rtb-0"]}, "InvalidRouteTableID.NotFound"),
    ],
)
def test_what_cannot_be_made(owner: Owner, parameters: dict[str, Any], code: str) -> None:
    an_endpoint(owner)
    usual = {"VpcId": owner.vpc, "ServiceName": ECS, "VpcEndpointType": "Interface", "SubnetIds": [owner.subnet]}
    if code == "answered":
        owner.account.handle("ec2", "CreateVpcEndpoint", {**usual, **parameters})
    else:
        assert code_of(owner.account, "ec2", "CreateVpcEndpoint", **{**usual, **parameters}) == code


def test_its_subnets_are_of_its_vpc(owner: Owner) -> None:
    elsewhere = {"VpcId": owner.a_vpc("10.5.0.0/16"), "ServiceName": ECS, "VpcEndpointType": "Interface"}

    assert code_of(owner.account, "ec2", "CreateVpcEndpoint", SubnetIds=[owner.subnet], **elsewhere) == (
        "InvalidParameter"
    )

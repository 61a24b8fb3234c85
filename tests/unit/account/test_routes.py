"""Route tables, internet gateways and NAT gateways."""

from typing import Any

import pytest

from tests.unit.account.building import Owner, code_of

EVERYWHERE = "0.0.0.0/0"


def table(owner: Owner, **filters: str) -> dict[str, Any]:
    listed = [{"Name": name.replace("_", "-").replace("--", "."), "Values": [value]} for name, value in filters.items()]
    (found,) = owner.ec2.describe_route_tables(Filters=listed)["RouteTables"]
    return dict(found)


def routes(owner: Owner, table_id: str) -> dict[str, str]:
    return {each["DestinationCidrBlock"]: each["State"] for each in table(owner, route_table_id=table_id)["Routes"]}


def test_every_vpc_has_a_main_table_with_its_local_route(owner: Owner) -> None:
    vpc = owner.a_vpc("10.5.0.0/16")
    found = table(owner, vpc_id=vpc)

    assert [each["Main"] for each in found["Associations"]] == [True]
    assert [(each["DestinationCidrBlock"], each["GatewayId"]) for each in found["Routes"]] == [("10.5.0.0/16", "local")]


def test_the_default_vpc_has_a_way_out(owner: Owner) -> None:
    vpc = owner.ec2.create_default_vpc()["Vpc"]["VpcId"]
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    (gateway,) = owner.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]

    (out,) = [each for each in table(owner, vpc_id=vpc)["Routes"] if each["DestinationCidrBlock"] == EVERYWHERE]
    assert (out["GatewayId"], out["State"]) == (gateway["InternetGatewayId"], "active")


def test_a_subnet_is_found_by_its_own_association_only(owner: Owner) -> None:
    of_subnet = [{"Name": "association.subnet-id", "Values": [owner.subnet]}]
    assert owner.ec2.describe_route_tables(Filters=of_subnet)["RouteTables"] == []  # it uses the main one

    made = owner.a_route_table(owner.subnet)
    found = table(owner, association__subnet_id=owner.subnet)
    assert (found["RouteTableId"], found["Associations"][0]["Main"]) == (made, False)
    assert table(owner, association__main="true")["RouteTableId"] == owner.main_table(owner.vpc) != made

    owner.ec2.disassociate_route_table(AssociationId=found["Associations"][0]["RouteTableAssociationId"])
    assert owner.ec2.describe_route_tables(Filters=of_subnet)["RouteTables"] == []


def test_another_table_can_become_the_main_one_or_take_a_subnet_over(owner: Owner) -> None:
    old = table(owner, association__main="true")
    new = owner.ec2.create_route_table(VpcId=owner.vpc)["RouteTable"]["RouteTableId"]
    association = old["Associations"][0]["RouteTableAssociationId"]
    owner.ec2.replace_route_table_association(AssociationId=association, RouteTableId=new)
    assert owner.main_table(owner.vpc) == new

    first = owner.a_route_table(owner.subnet)
    association = table(owner, route_table_id=first)["Associations"][0]["RouteTableAssociationId"]
    owner.ec2.replace_route_table_association(AssociationId=association, RouteTableId=new)
    assert table(owner, association__subnet_id=owner.subnet)["RouteTableId"] == new
    owner.ec2.delete_route_table(RouteTableId=first)


def test_the_association_goes_with_its_subnet(owner: Owner) -> None:
    made = owner.a_route_table(owner.subnet)
    owner.ec2.delete_subnet(SubnetId=owner.subnet)

    assert table(owner, route_table_id=made)["Associations"] == []


def test_routes_are_made_replaced_and_deleted(owner: Owner) -> None:
    made = owner.a_route_table(owner.subnet, GatewayId=owner.internet_gateway)
    owner.ec2.create_route(
        RouteTableId=made, DestinationCidrBlock="100.68.0.18/18", TransitGatewayId="tgw-0123456789abcdef0"
    )
    assert routes(owner, made) == {"10.0.0.0/16": "active", EVERYWHERE: "active", "100.68.0.0/18": "active"}

    nat = owner.a_nat_gateway(owner.a_public_subnet(owner.vpc))
    owner.ec2.replace_route(RouteTableId=made, DestinationCidrBlock=EVERYWHERE, NatGatewayId=nat)
    (out,) = [each for each in table(owner, route__nat_gateway_id=nat)["Routes"] if "NatGatewayId" in each]
    assert out["DestinationCidrBlock"] == EVERYWHERE

    owner.ec2.delete_route(RouteTableId=made, DestinationCidrBlock=EVERYWHERE)
    assert routes(owner, made) == {"10.0.0.0/16": "active", "100.68.0.0/18": "active"}


def test_a_route_outlives_its_nat_gateway_as_a_blackhole(owner: Owner) -> None:
    nat = owner.a_nat_gateway(owner.a_public_subnet(owner.vpc))
    made = owner.a_route_table(owner.subnet, NatGatewayId=nat)
    assert routes(owner, made)[EVERYWHERE] == "active"

    owner.ec2.delete_nat_gateway(NatGatewayId=nat)
    (gateway,) = owner.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"]
    assert (gateway["State"], routes(owner, made)[EVERYWHERE]) == ("deleted", "blackhole")

    owner.pass_minutes(61)
    assert owner.ec2.describe_nat_gateways()["NatGateways"] == []
    assert routes(owner, made)[EVERYWHERE] == "blackhole"


def test_a_route_outlives_its_internet_gateway_as_a_blackhole(owner: Owner) -> None:
    owner.ec2.detach_internet_gateway(InternetGatewayId=owner.internet_gateway, VpcId=owner.vpc)
    main = owner.main_table(owner.vpc)
    assert routes(owner, main)[EVERYWHERE] == "blackhole"

    owner.ec2.attach_internet_gateway(InternetGatewayId=owner.internet_gateway, VpcId=owner.vpc)
    assert routes(owner, main)[EVERYWHERE] == "active"


def test_a_gateway_is_held_by_the_public_addresses_of_its_vpc(owner: Owner) -> None:
    nat = owner.a_nat_gateway(owner.subnet)
    owner.an_environment(resources=owner.resources(minvCpus=16))
    detach = {"InternetGatewayId": owner.internet_gateway, "VpcId": owner.vpc}
    owner.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert code_of(owner.account, "ec2", "DetachInternetGateway", **detach) == "DependencyViolation"

    owner.update(computeResources={"minvCpus": 0}, minutes=20)
    owner.ec2.detach_internet_gateway(**detach)
    owner.ec2.delete_internet_gateway(InternetGatewayId=owner.internet_gateway)
    assert owner.ec2.describe_internet_gateways()["InternetGateways"] == []


def test_a_nat_gateway_needs_an_internet_gateway_in_its_vpc(owner: Owner) -> None:
    subnet = owner.a_subnet(owner.a_vpc("10.5.0.0/16"))
    (failed,) = owner.ec2.describe_nat_gateways(NatGatewayIds=[owner.a_nat_gateway(subnet)])["NatGateways"]
    assert (failed["State"], failed["FailureCode"]) == ("failed", "Gateway.NotAttached")

    private = owner.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
    assert (private["State"], private["NatGatewayAddresses"]) == ("available", [])


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("CreateRoute", {"GatewayId": "igw-0"}, "InvalidGatewayID.NotFound"),
        ("CreateRoute", {"NatGatewayId": "nat-0"}, "InvalidNatGatewayID.NotFound"),
        ("CreateRoute", {"TransitGatewayId": "tgw-0"}, "RouteAlreadyExists"),
        ("CreateRoute", {}, "InvalidParameterCombination"),
        ("CreateRoute", {"TransitGatewayId": "tgw-0", "DestinationCidrBlock": "all"}, "InvalidParameterValue"),
        ("ReplaceRoute", {"TransitGatewayId": "tgw-0", "DestinationCidrBlock": "10.7.0.0/16"}, "InvalidParameterValue"),
        ("DeleteRoute", {"DestinationCidrBlock": "10.7.0.0/16"}, "InvalidRoute.NotFound"),
        ("DeleteRoute", {"DestinationCidrBlock": "10.0.0.0/16"}, "InvalidParameterValue"),
        ("DeleteRoute", {"RouteTableId": "rtb-0"}, "InvalidRouteTableID.NotFound"),
        ("DeleteRouteTable", {}, "DependencyViolation"),
    ],
)
def test_what_cannot_be_done_to_routes(owner: Owner, operation: str, parameters: dict, code: str) -> None:
    where = {"RouteTableId": owner.main_table(owner.vpc)}
    usual = where if operation == "DeleteRouteTable" else {**where, "DestinationCidrBlock": EVERYWHERE}

    assert code_of(owner.account, "ec2", operation, **{**usual, **parameters}) == code


def test_tables_and_gateways_stay_within_their_vpc(owner: Owner) -> None:
    elsewhere = owner.a_vpc("10.5.0.0/16")
    foreign = owner.main_table(elsewhere)
    out = {"RouteTableId": foreign, "DestinationCidrBlock": EVERYWHERE, "GatewayId": owner.internet_gateway}
    assert code_of(owner.account, "ec2", "CreateRoute", **out) == "InvalidParameterValue"
    mine = {"RouteTableId": foreign, "SubnetId": owner.subnet}
    assert code_of(owner.account, "ec2", "AssociateRouteTable", **mine) == "InvalidParameterValue"

    spare = owner.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    attach = {"InternetGatewayId": spare, "VpcId": owner.vpc}
    assert code_of(owner.account, "ec2", "AttachInternetGateway", **attach) == "InvalidParameterValue"
    attach = {"InternetGatewayId": owner.internet_gateway, "VpcId": elsewhere}
    assert code_of(owner.account, "ec2", "AttachInternetGateway", **attach) == "Resource.AlreadyAssociated"
    assert code_of(owner.account, "ec2", "DetachInternetGateway", **attach) == "Gateway.NotAttached"
    in_use = {"InternetGatewayId": owner.internet_gateway}
    assert code_of(owner.account, "ec2", "DeleteInternetGateway", **in_use) == "DependencyViolation"


def test_associations_that_cannot_be(owner: Owner) -> None:
    made = owner.a_route_table(owner.subnet)
    again = {"RouteTableId": made, "SubnetId": owner.subnet}
    assert code_of(owner.account, "ec2", "AssociateRouteTable", **again) == "Resource.AlreadyAssociated"
    of_gateway = {"RouteTableId": made, "GatewayId": owner.internet_gateway}
    assert code_of(owner.account, "ec2", "AssociateRouteTable", **of_gateway) == "NotSimulated"
    main = {"AssociationId": table(owner, association__main="true")["Associations"][0]["RouteTableAssociationId"]}
    assert code_of(owner.account, "ec2", "DisassociateRouteTable", **main) == "InvalidParameterValue"
    gone = {"AssociationId": "rtbassoc-0"}
    assert code_of(owner.account, "ec2", "DisassociateRouteTable", **gone) == "InvalidAssociationID.NotFound"


def test_a_public_nat_gateway_needs_an_address(owner: Owner) -> None:
    without, unknown = {"SubnetId": owner.subnet}, {"SubnetId": owner.subnet, "AllocationId": "eipalloc-0"}
    assert code_of(owner.account, "ec2", "CreateNatGateway", **without) == "MissingParameter"
    assert code_of(owner.account, "ec2", "CreateNatGateway", **unknown) == "InvalidAllocationID.NotFound"


def test_subnets_change_whether_they_give_public_addresses(owner: Owner) -> None:
    public = [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]
    owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": False})
    assert owner.ec2.describe_subnets(Filters=public)["Subnets"] == []

    other = {"SubnetId": owner.subnet, "EnableDns64": {"Value": True}}
    assert code_of(owner.account, "ec2", "ModifySubnetAttribute", **other) == "NotSimulated"

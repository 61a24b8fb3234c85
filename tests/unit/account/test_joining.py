"""Which instances join their cluster, which do not and why."""

from typing import Any

import pytest

from tests.unit.account.building import REGION, Owner

EVERYWHERE = "0.0.0.0/0"
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
ALL = {"IpProtocol": "-1"}
ENDPOINTS = ("ecs", "ecs-agent", "ecs-telemetry")


def make_private(owner: Owner, **target: str) -> str:
    """The subnet gives no public addresses and has a route table of its own."""
    owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": False})
    return owner.a_route_table(owner.subnet, **target)


def add_endpoints(owner: Owner, *services: str, group: str | None = None, **members: Any) -> list[str]:
    usual = {"VpcEndpointType": "Interface", "SubnetIds": [owner.subnet], "SecurityGroupIds": [group or owner.group]}
    return [
        owner.ec2.create_vpc_endpoint(
            VpcId=owner.vpc, ServiceName=f"com.amazonaws.{REGION}.{each}", **{**usual, **members}
        )["VpcEndpoint"]["VpcEndpointId"]
        for each in services or ENDPOINTS
    ]


def let_in(owner: Owner, *, group: str | None = None, **source: Any) -> None:
    rule = {**HTTPS, **(source or {"IpRanges": [{"CidrIp": "10.0.0.0/16"}]})}
    owner.ec2.authorize_security_group_ingress(GroupId=group or owner.group, IpPermissions=[rule])


class TestRoutes:
    def test_an_internet_gateway_is_a_path_with_a_public_address_only(self, owner: Owner) -> None:
        owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": False})

        assert "no public address" in owner.obstacle()

    @pytest.mark.parametrize(("of_subnet", "of_template"), [(False, True), (True, False)])
    def test_the_template_wins_over_the_subnet(self, owner: Owner, of_subnet: bool, of_template: bool) -> None:
        owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": of_subnet})
        interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": of_template}
        template = {"launchTemplateId": owner.a_template(NetworkInterfaces=[interface])}
        found = owner.obstacle(launchTemplate=template)
        (instance,) = owner.ec2.describe_instances()["Reservations"][0]["Instances"]

        assert (found == "", "PublicIpAddress" in instance) == (of_template, of_template)

    def test_without_a_default_route_there_is_no_path(self, owner: Owner) -> None:
        make_private(owner)

        assert "no route out" in owner.obstacle()

    def test_a_nat_gateway_is_a_path(self, owner: Owner) -> None:
        make_private(owner, NatGatewayId=owner.a_nat_gateway(owner.a_public_subnet(owner.vpc)))

        assert owner.obstacle() == ""

    def test_a_deleted_nat_gateway_is_none(self, owner: Owner) -> None:
        nat = owner.a_nat_gateway(owner.a_public_subnet(owner.vpc))
        make_private(owner, NatGatewayId=nat)
        owner.ec2.delete_nat_gateway(NatGatewayId=nat)

        assert "blackhole" in owner.obstacle()

    def test_a_nat_gateway_in_a_private_subnet_is_none(self, owner: Owner) -> None:
        nat = owner.a_nat_gateway(owner.subnet)
        make_private(owner, NatGatewayId=nat)

        assert "without a route out" in owner.obstacle()

    def test_a_private_nat_gateway_is_none(self, owner: Owner) -> None:
        public = owner.a_public_subnet(owner.vpc)
        nat = owner.ec2.create_nat_gateway(SubnetId=public, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
        make_private(owner, NatGatewayId=nat)

        assert "no public address" in owner.obstacle()

    @pytest.mark.parametrize(
        "target",
        [
            {"TransitGatewayId": "tgw-0123456789abcdef0"},
            {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"},
            {"NetworkInterfaceId": "eni-0123456789abcdef0"},
        ],
    )
    def test_other_targets_are_taken_for_a_path(self, owner: Owner, target: dict[str, str]) -> None:
        make_private(owner, **target)

        assert owner.obstacle() == ""

    def test_the_most_specific_route_decides(self, owner: Owner) -> None:
        table = make_private(owner, TransitGatewayId="tgw-0123456789abcdef0")
        owner.ec2.create_route(RouteTableId=table, DestinationCidrBlock="128.0.0.0/1", GatewayId=owner.internet_gateway)

        assert "no public address" in owner.obstacle()


class TestEndpoints:
    def test_all_three_are_a_path(self, owner: Owner) -> None:
        make_private(owner)
        let_in(owner)
        add_endpoints(owner)

        assert owner.obstacle() == ""

    @pytest.mark.parametrize("missing", ENDPOINTS)
    def test_two_are_none(self, owner: Owner, missing: str) -> None:
        make_private(owner)
        let_in(owner)
        add_endpoints(owner, *(each for each in ENDPOINTS if each != missing))

        assert owner.obstacle().startswith(f"{missing}: ")

    def test_a_deleted_one_is_none(self, owner: Owner) -> None:
        make_private(owner)
        let_in(owner)
        gone, *_ = add_endpoints(owner)
        owner.ec2.delete_vpc_endpoints(VpcEndpointIds=[gone])

        assert owner.obstacle().startswith("ecs: ")

    @pytest.mark.parametrize(
        "members",
        [
            pytest.param({"PrivateDnsEnabled": False}, id="without private DNS"),
            pytest.param({"SubnetIds": []}, id="without interfaces"),
            pytest.param({"VpcEndpointType": "Gateway", "SubnetIds": [], "SecurityGroupIds": []}, id="of another kind"),
        ],
    )
    def test_such_ones_are_none(self, owner: Owner, members: dict[str, Any]) -> None:
        make_private(owner)
        let_in(owner)
        add_endpoints(owner, **members)

        assert "no route out" in owner.obstacle()

    @pytest.mark.parametrize(
        ("source", "joins"),
        [
            ({"IpRanges": [{"CidrIp": EVERYWHERE}]}, True),
            ({"IpRanges": [{"CidrIp": "10.9.0.0/16"}]}, False),
            ({"IpRanges": [{"CidrIp": EVERYWHERE}], "FromPort": 80, "ToPort": 80}, False),
            ({}, False),
        ],
    )
    def test_their_groups_must_let_https_in(self, owner: Owner, source: dict[str, Any], joins: bool) -> None:
        make_private(owner)
        theirs = owner.a_group(owner.vpc, "endpoints")
        if source:
            let_in(owner, group=theirs, **source)
        add_endpoints(owner, group=theirs)

        assert (owner.obstacle() == "") is joins

    def test_the_group_of_the_instances_may_be_named(self, owner: Owner) -> None:
        make_private(owner)
        theirs = owner.a_group(owner.vpc, "endpoints")
        let_in(owner, group=theirs, UserIdGroupPairs=[{"GroupId": owner.group}])
        add_endpoints(owner, group=theirs)

        assert owner.obstacle() == ""

    def test_one_that_lets_nothing_in_blocks_where_the_internet_is_open(self, owner: Owner) -> None:
        add_endpoints(owner, "ecs")

        assert "lets HTTPS in" in owner.obstacle()

    def test_what_is_mended_is_used(self, owner: Owner) -> None:
        (endpoint,) = add_endpoints(owner, "ecs-agent")
        assert owner.obstacle().startswith("ecs-agent: ")

        owner.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=False)
        owner.pass_minutes(2)
        assert (owner.registered(), owner.account.obstacles) == (1, {})


class TestSecurityGroups:
    def close(self, owner: Owner, *rules: dict[str, Any]) -> None:
        everything = [{**ALL, "IpRanges": [{"CidrIp": EVERYWHERE}]}]
        owner.ec2.revoke_security_group_egress(GroupId=owner.group, IpPermissions=everything)
        if rules:
            owner.ec2.authorize_security_group_egress(GroupId=owner.group, IpPermissions=list(rules))

    @pytest.mark.parametrize(
        ("rules", "joins"),
        [
            ([], False),
            ([{**HTTPS, "IpRanges": [{"CidrIp": EVERYWHERE}]}], True),
            ([{**HTTPS, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}], False),
            ([{**HTTPS, "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": EVERYWHERE}]}], False),
            ([{**HTTPS, "IpProtocol": "udp", "IpRanges": [{"CidrIp": EVERYWHERE}]}], False),
            ([{**HTTPS, "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": EVERYWHERE}]}], True),
        ],
    )
    def test_https_must_get_out(self, owner: Owner, rules: list[dict[str, Any]], joins: bool) -> None:
        self.close(owner, *rules)

        assert (owner.obstacle() == "") is joins

    def test_another_group_may_let_it_out(self, owner: Owner) -> None:
        self.close(owner)

        assert owner.obstacle(securityGroupIds=[owner.group, owner.a_group(owner.vpc, "open")]) == ""

    def test_within_the_vpc_is_enough_for_endpoints(self, owner: Owner) -> None:
        make_private(owner)
        self.close(owner, {**HTTPS, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]})
        let_in(owner)
        add_endpoints(owner)

        assert owner.obstacle() == ""


class TestRole:
    @pytest.mark.parametrize(
        ("role", "said"),
        [
            ({"actions": ["ecs:*"]}, ""),
            ({"actions": ["ecs:RegisterContainerInstance", "ecs:DiscoverPollEndpoint", "ecs:Poll"]}, ""),
            ({"actions": ["ecs:RegisterContainerInstance", "ecs:Poll"]}, "ecs:DiscoverPollEndpoint"),
            ({"actions": ["ecs:DiscoverPollEndpoint", "ecs:Poll"]}, "ecs:RegisterContainerInstance"),
            ({"actions": ["ecs:Register*", "ecs:Discover*"]}, "ecs:Poll"),
            ({"actions": []}, "ecs:DiscoverPollEndpoint"),
            ({"trusts": ["batch.amazonaws.com"]}, "does not trust ec2.amazonaws.com"),
            ({"holds_role": False}, "holds no role"),
        ],
    )
    def test_what_it_must_be(self, owner: Owner, role: dict[str, Any], said: str) -> None:
        owner.account.add_instance_profile("mine", **role)
        found = owner.obstacle(instanceRole="mine")

        assert said in found
        assert bool(said) is bool(found)

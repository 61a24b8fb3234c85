"""Ways out of subnets, read from EC2 as moto plays it: routes, endpoints, network ACLs."""

from typing import Any

import pytest

from batchmedic.aws.routing_evidence import RoutingEvidence
from batchmedic.errors import NotReadError
from batchmedic.model.routing import Route
from tests.contract.answering import answering, recorded, refusal


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"])


@pytest.fixture
def evidence(ec2: Any) -> RoutingEvidence:
    return RoutingEvidence(lambda: ec2)


def nat_gateway(ec2: Any, subnet: str) -> str:
    return str(ec2.create_nat_gateway(SubnetId=subnet)["NatGateway"]["NatGatewayId"])


class TestRouteTables:
    def test_a_subnet_without_its_own_table_uses_the_main_one_of_its_vpc(self, ec2, vpc, subnet, evidence):
        table = evidence.tables({subnet: vpc}).get(subnet)

        assert (table.main, table.default) == (True, None)
        assert [route.target for route in table.routes] == ["local"]

    def test_its_own_table_wins_and_shows_where_it_leads(self, ec2, vpc, subnet, evidence):
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        nat = nat_gateway(ec2, subnet)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

        found = evidence.tables({subnet: vpc}).get(subnet)

        assert (found.id, found.default) == (table, Route(destination="0.0.0.0/0", target=nat))

    def test_an_internet_gateway_may_be_where_everything_goes(self, ec2, vpc, subnet, evidence):
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        (main,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
        ec2.create_route(RouteTableId=main["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

        found = evidence.tables({subnet: vpc}).get(subnet)

        assert found.default == Route(destination="0.0.0.0/0", target=gateway)

    @pytest.mark.parametrize(
        ("route", "default"),
        [
            (
                {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "blackhole"},
                Route(destination="0.0.0.0/0", target="nat-1", blackhole=True),
            ),
            (
                {"DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": "tgw-1", "State": "active"},
                Route(destination="0.0.0.0/0", target="tgw-1"),
            ),
            (
                {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"},
                Route(destination="::/0", target="eigw-1"),
            ),
            ({"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "State": "active"}, None),
            ({"DestinationCidrBlock": "10.9.0.0/16", "NatGatewayId": "nat-1", "State": "active"}, None),
        ],
    )
    def test_only_the_route_to_everywhere_is_the_default(self, ec2, evidence, route, default):
        table = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}], "Routes": [route]}

        with answering(ec2, DescribeRouteTables={"RouteTables": [table]}):
            found = evidence.tables({"subnet-1": "vpc-1"}).get("subnet-1")

        assert found.default == default


class TestEndpoints:
    def endpoint(self, service, **changes):
        return {
            "VpcEndpointId": f"vpce-{service}",
            "VpcEndpointType": "Interface",
            "VpcId": "vpc-1",
            "ServiceName": f"com.amazonaws.eu-west-1.{service}",
            "State": "available",
            "PrivateDnsEnabled": True,
            "Groups": [{"GroupId": "sg-1", "GroupName": "endpoints"}],
            **changes,
        }

    @pytest.mark.parametrize(
        ("changes", "usable"),
        [({}, True), ({"State": "pending"}, False), ({"PrivateDnsEnabled": False}, False)],
    )
    def test_one_is_usable_if_it_is_there_and_has_the_name(self, ec2, evidence, changes, usable):
        with answering(ec2, DescribeVpcEndpoints={"VpcEndpoints": [self.endpoint("ecs-agent", **changes)]}):
            (found,) = evidence.endpoints(["vpc-1"]).get("vpc-1")

        assert (found.service, found.usable, found.security_groups) == ("ecs-agent", usable, ("sg-1",))

    def test_those_of_other_services_do_not_count(self, ec2, evidence):
        others = [self.endpoint("s3"), self.endpoint("logs")]
        with answering(ec2, DescribeVpcEndpoints={"VpcEndpoints": others}):
            assert evidence.endpoints(["vpc-1"]).get("vpc-1") == ()

    def test_moto_knows_none(self, ec2, evidence, vpc):
        assert evidence.endpoints([vpc]).get(vpc) == ()


class TestNetworkAcls:
    def entry(self, number, action, *, egress, ports=None, cidr="0.0.0.0/0", protocol="6"):
        named = {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
        return {
            "RuleNumber": number,
            "RuleAction": action,
            "Egress": egress,
            "Protocol": protocol,
            "CidrBlock": cidr,
            **named,
        }

    def acl(self, ec2, evidence, *entries):
        last = [self.entry(32_767, "deny", egress=egress, protocol="-1") for egress in (True, False)]
        described = {
            "NetworkAclId": "acl-1",
            "VpcId": "vpc-1",
            "Associations": [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}],
            "Entries": [*entries, *last],
        }
        with answering(ec2, DescribeNetworkAcls={"NetworkAcls": [described]}):
            return evidence.acls(["subnet-1"])

    @pytest.mark.parametrize(
        ("entries", "out"),
        [
            pytest.param([(100, "allow", None, "0.0.0.0/0", "-1")], True, id="everything"),
            pytest.param([(100, "allow", (443, 443), "0.0.0.0/0", "6")], True, id="just HTTPS"),
            pytest.param([(100, "allow", (0, 1_000), "52.0.0.0/8", "6")], True, id="to some public addresses"),
            pytest.param([(100, "allow", (0, 1_000), "10.0.0.0/8", "6")], False, id="to private addresses"),
            pytest.param([(100, "allow", (80, 80), "0.0.0.0/0", "6")], False, id="another port"),
            pytest.param([(100, "allow", (443, 443), "0.0.0.0/0", "17")], False, id="another protocol"),
            pytest.param([], False, id="nothing"),
            pytest.param(
                [(90, "deny", (443, 443), "0.0.0.0/0", "6"), (100, "allow", None, "0.0.0.0/0", "-1")],
                False,
                id="refused before it is let out",
            ),
            pytest.param(
                [(110, "deny", (443, 443), "0.0.0.0/0", "6"), (100, "allow", None, "0.0.0.0/0", "-1")],
                True,
                id="let out before it is refused",
            ),
            pytest.param(
                [(90, "deny", (443, 443), "10.9.0.0/16", "6"), (100, "allow", None, "0.0.0.0/0", "-1")],
                True,
                id="refused to some addresses",
            ),
        ],
    )
    def test_the_first_entry_that_fits_decides(self, ec2, evidence, entries, out):
        rules = [
            self.entry(number, action, egress=True, ports=ports, cidr=cidr, protocol=protocol)
            for number, action, ports, cidr, protocol in entries
        ]

        assert self.acl(ec2, evidence, *rules).get("subnet-1").lets_https_out == out

    @pytest.mark.parametrize(
        ("ports", "answered"),
        [((1_024, 65_535), True), ((32_768, 60_999), True), ((50_000, 50_100), True), ((443, 443), False)],
    )
    def test_answers_come_to_ephemeral_ports(self, ec2, evidence, ports, answered):
        rule = self.entry(100, "allow", egress=False, ports=ports)

        assert self.acl(ec2, evidence, rule).get("subnet-1").lets_answers_in == answered

    def test_the_default_one_lets_everything_through(self, ec2, evidence, vpc, subnet):
        acl = evidence.acls([subnet]).get(subnet)

        assert (acl.lets_https_out, acl.lets_answers_in) == (True, True)

    def test_only_the_subnets_in_question_are_told(self, ec2, evidence):
        assert self.acl(ec2, evidence).found.keys() == {"subnet-1"}


@pytest.mark.parametrize("operation", ["DescribeRouteTables", "DescribeVpcEndpoints", "DescribeNetworkAcls"])
def test_what_is_denied_is_a_gap(ec2, evidence, operation):
    reads = {
        "DescribeRouteTables": lambda: evidence.tables({"subnet-1": "vpc-1"}).get("subnet-1"),
        "DescribeVpcEndpoints": lambda: evidence.endpoints(["vpc-1"]).get("vpc-1"),
        "DescribeNetworkAcls": lambda: evidence.acls(["subnet-1"]).get("subnet-1"),
    }

    with (
        answering(ec2, **{operation: refusal("UnauthorizedOperation", status=403)}),
        pytest.raises(NotReadError, match=f"ec2:{operation}.*UnauthorizedOperation"),
    ):
        reads[operation]()


def test_every_page_is_read_by_one_filter(ec2, evidence):
    pages = iter(
        [
            {"NetworkAcls": [], "NextToken": "more"},
            {"NetworkAcls": [{"NetworkAclId": "acl-1", "Associations": [{"SubnetId": "subnet-1"}], "Entries": []}]},
        ]
    )
    with answering(ec2, DescribeNetworkAcls=lambda _: next(pages)) as calls, recorded(ec2):
        acls = evidence.acls(["subnet-1"])

    assert acls.get("subnet-1").id == "acl-1"
    assert [parameters.get("NextToken") for _, parameters in calls] == [None, "more"]

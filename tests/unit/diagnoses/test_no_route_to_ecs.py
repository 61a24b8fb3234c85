from dataclasses import replace

import pytest

from batchmedic.diagnoses.no_route_to_ecs import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.network import LaunchTemplateVersion, Subnet
from batchmedic.model.routing import Endpoint, Route, RouteTable, Routing
from tests.factories import OWN_VPC, a_network, a_routing, an_instance
from tests.joining import GIVEN_UP, GONE, LATE, a_world, asked

TABLE = "arn:aws:ec2:eu-west-1:111122223333:route-table/rtb-0a1"
NOTHING = Route(destination="", target="")
BLACKHOLE = Route(destination="0.0.0.0/0", target="nat-0a1", blackhole=True)
GATEWAY = Route(destination="0.0.0.0/0", target="igw-0a1")
IPV6 = Route(destination="::/0", target="eigw-0a1")
ENDPOINTS = tuple(Endpoint(id=f"vpce-{each}", service=each) for each in ("ecs", "ecs-agent", "ecs-telemetry"))


def evidence(*routes, endpoints=(), instances=(), **changes):
    return asked(check, a_world(*instances, **{"routing": a_routing(*routes, endpoints=endpoints), **changes}))


def test_a_nat_gateway_that_is_gone():
    (said,) = evidence(BLACKHOLE)

    assert said.message == (
        f"{LATE}there is no path from subnet-0a1 to Amazon ECS. Route table rtb-0a1 sends 0.0.0.0/0 to nat-0a1, which "
        "is gone or does not work (a blackhole), and vpc-0aaa has no VPC endpoints for Amazon ECS."
    )
    assert (said.subject, said.confidence) == (TABLE, Confidence.CERTAIN)
    assert said.steps[1] == (
        "aws ec2 replace-route --region eu-west-1 --route-table-id rtb-0a1 --destination-cidr-block 0.0.0.0/0 "
        "--nat-gateway-id NAT_GATEWAY_ID"
    )
    assert said.facts["target"] == "nat-0a1"
    assert said.facts["never_registered"]


def test_no_default_route():
    (said,) = evidence(NOTHING, environment=GIVEN_UP)

    assert said.message == (
        f"{GONE}there is no path from subnet-0a1 to Amazon ECS. Route table rtb-0a1 has no route to 0.0.0.0/0, and "
        "vpc-0aaa has no VPC endpoints for Amazon ECS."
    )
    assert said.steps[1].startswith("aws ec2 create-route")
    assert said.steps[-1].startswith("aws batch update-compute-environment")
    assert said.recommendation.endswith("so that AWS Batch looks again.")


def test_an_internet_gateway_without_public_addresses():
    (said,) = evidence(GATEWAY)

    assert "to the internet gateway igw-0a1, which serves only public addresses, and they have none" in said.message
    assert said.confidence is Confidence.CERTAIN
    assert said.steps == (
        "aws ec2 modify-subnet-attribute --region eu-west-1 --subnet-id subnet-0a1 --map-public-ip-on-launch",
    )


@pytest.mark.parametrize(
    ("service", "usable", "lacks"),
    [
        pytest.param("ecs-telemetry", None, "vpc-0aaa has no VPC endpoint for ecs-telemetry.", id="missing"),
        pytest.param("ecs-agent", False, "vpce-ecs-agent (ecs-agent) is not available or has no", id="without DNS"),
    ],
)
def test_one_endpoint_is_missing(service, usable, lacks):
    kept = [each for each in ENDPOINTS if each.service != service]
    broken = [] if usable is None else [Endpoint(id=f"vpce-{service}", service=service, usable=usable)]
    (said,) = evidence(NOTHING, endpoints=(*kept, *broken))

    assert lacks in said.message
    assert said.confidence is Confidence.PROBABLE
    assert said.facts["missing_endpoints"] == [service]


def test_ipv6_alone_is_only_probably_no_path():
    (said,) = evidence(IPV6)

    assert "leads out by IPv6 only (::/0 to eigw-0a1)" in said.message
    assert said.confidence is Confidence.PROBABLE


@pytest.mark.parametrize("target", ["nat-0a1", "tgw-0a1", "pcx-0a1", "eni-0a1", "vpce-0a1", "vgw-0a1"])
def test_where_a_route_leads_to_is_not_followed(target):
    assert evidence(Route(destination="0.0.0.0/0", target=target)) == []


@pytest.mark.parametrize(
    ("route", "fires"),
    [
        pytest.param(Route(destination="52.94.0.0/16", target="nat-0a1"), False, id="some public addresses"),
        pytest.param(Route(destination="pl-0a1", target="tgw-0a1"), False, id="a list of addresses"),
        pytest.param(Route(destination="pl-0a1", target="vpce-0a1"), True, id="a gateway endpoint, for S3"),
        pytest.param(Route(destination="172.16.0.0/12", target="pcx-0a1"), True, id="a private network"),
        pytest.param(Route(destination="100.64.0.0/10", target="tgw-0a1"), True, id="a carrier's network"),
        pytest.param(Route(destination="unknown", target="tgw-0a1"), True, id="not understood"),
        pytest.param(Route(destination="::/0", target="eigw-0a1", blackhole=True), True, id="IPv6, gone"),
    ],
)
def test_routes_to_a_part_of_the_world(route, fires):
    assert bool(evidence(route)) == fires


def test_endpoints_for_all_services_are_a_path():
    assert evidence(NOTHING, endpoints=ENDPOINTS) == []


def test_a_public_address_makes_an_internet_gateway_a_path():
    assert evidence(GATEWAY, instances=(an_instance(public_address=True),)) == []


@pytest.mark.parametrize(
    ("subnet_gives", "template_says", "fires"),
    [(True, None, False), (False, None, True), (False, True, False), (True, False, True)],
)
def test_of_instances_that_are_gone_the_settings_count(subnet_gives, template_says, fires):
    reference = LaunchTemplateReference(template="lt-1")
    network = a_network(templates={reference.key: LaunchTemplateVersion(id="lt-1", public_address=template_says)})
    subnet = Subnet(id="subnet-0a1", vpc_id=OWN_VPC, public_addresses=subnet_gives)
    network = replace(network, subnets=replace(network.subnets, found={"subnet-0a1": subnet}))
    environment = {**GIVEN_UP, "launch_templates": (reference,)}

    assert bool(evidence(GATEWAY, environment=environment, network=network)) == fires


def test_where_some_subnets_have_a_path_the_others_are_only_probably_the_cause():
    tables = {
        "subnet-0a1": RouteTable(id="rtb-0a1", main=True),
        "subnet-0a2": RouteTable(id="rtb-0a2", routes=(Route(destination="0.0.0.0/0", target="nat-0a1"),)),
    }
    routing = a_routing()
    (said,) = evidence(
        instances=(an_instance(), an_instance(2, subnet="subnet-0a2")),
        network=a_network(subnets=dict.fromkeys(tables, OWN_VPC)),
        routing=replace(routing, tables=replace(routing.tables, found=tables)),
    )

    assert said.message.endswith("From subnet-0a2 there is a path, so this may not be all.")
    assert said.confidence is Confidence.PROBABLE
    assert "rtb-0a1 is the main route table" in said.recommendation


def test_subnets_of_one_route_table_are_one_piece_of_evidence():
    table = RouteTable(id="rtb-0a1")
    routing = a_routing()
    (said,) = evidence(
        environment={**GIVEN_UP, "subnets": ("subnet-0a1", "subnet-0a2")},
        network=a_network(subnets={"subnet-0a1": OWN_VPC, "subnet-0a2": OWN_VPC}),
        routing=replace(routing, tables=replace(routing.tables, found={"subnet-0a1": table, "subnet-0a2": table})),
    )

    assert "no path from subnet-0a1, subnet-0a2 to Amazon ECS" in said.message


def test_keeps_quiet_while_an_instance_is_young():
    assert evidence(BLACKHOLE, instances=(an_instance(runs_for=5),)) == []


def test_routes_that_were_not_read_are_a_gap():
    with pytest.raises(NotReadError):
        evidence(routing=Routing())


def test_endpoints_are_not_asked_about_where_there_is_a_route():
    assert evidence(routing=replace(a_routing(), endpoints=Routing().endpoints)) == []

"""Instances do not join the ECS cluster, because there is no path from their subnet to Amazon ECS."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, ec2_arn
from batchmedic.model.joining import NotJoining, not_joining
from batchmedic.model.routing import AGENT_SERVICES
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.ways_out import Gap, WayOut, ways_out


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Told of the route table, which subnets and environments share."""
    who = not_joining(environment, snapshot)
    if who is None:
        return
    ways = ways_out(who, snapshot)
    closed: dict[tuple[str, Gap], list[WayOut]] = {}
    for way in ways:
        if way.gap is not None and not way.is_open:
            closed.setdefault((way.table.id, way.gap), []).append(way)
    open_ways = [way for way in ways if way.is_open]
    for (_, gap), some in closed.items():
        yield _evidence(who, gap, some, open_ways, snapshot)


def _evidence(who: NotJoining, gap: Gap, closed: list[WayOut], open_ways: list[WayOut], snapshot: Snapshot) -> Evidence:
    way, subnets, region = closed[0], ", ".join(each.subnet.id for each in closed), snapshot.region
    beside = (
        f" From {', '.join(each.subnet.id for each in open_ways)} there is a path, so this may not be all."
        if open_ways
        else ""
    )
    return Evidence(
        subject=ec2_arn(who.environment, "route-table", way.table.id),
        message=f"{who.in_words}: there is no path from {subnets} to Amazon ECS. {_why(gap, way)}, and "
        f"{_endpoints(way)}.{beside}",
        facts={
            "route_table": way.table.id,
            "subnets": [each.subnet.id for each in closed],
            "gap": gap.value,
            "target": way.table.default.target if way.table.default else None,
            "missing_endpoints": list(way.missing_services),
            **who.facts,
        },
        confidence=_confidence(way, open_ways),
        recommendation=f"{_advice(gap, way)} VPC endpoints for {_listed(way.missing_services)}, with private DNS, "
        f"would do as well.{_shared(gap, way)}{who.then}",
        steps=(*_steps(gap, closed, region), *who.look_again(region)),
    )


def _why(gap: Gap, way: WayOut) -> str:
    table, default = f"Route table {way.table.id}", way.table.default
    target = default.target if default else ""
    if gap is Gap.BLACKHOLE and default is not None:
        return f"{table} sends {default.destination} to {target}, which is gone or does not work (a blackhole)"
    if gap is Gap.NO_PUBLIC_ADDRESS:
        return (
            f"{table} sends 0.0.0.0/0 to the internet gateway {target}, which serves only public addresses, and "
            "they have none"
        )
    if gap is Gap.IPV6_ONLY:
        return f"{table} leads out by IPv6 only (::/0 to {target})"
    return f"{table} has no route to 0.0.0.0/0"


def _endpoints(way: WayOut) -> str:
    """What the endpoints lack that would do instead of a route."""
    broken = ", ".join(f"{one.id} ({one.service})" for one in way.endpoints if not one.usable)
    if broken:
        return (
            f"{way.subnet.vpc_id} lacks VPC endpoints that work for {_listed(way.missing_services)}: {broken} is not "
            "available or has no private DNS"
        )
    if way.missing_services == AGENT_SERVICES:
        return f"{way.subnet.vpc_id} has no VPC endpoints for Amazon ECS"
    return f"{way.subnet.vpc_id} has no VPC endpoint for {_listed(way.missing_services)}"


def _listed(services: tuple[str, ...]) -> str:
    *most, last = services
    return f"{', '.join(most)} and {last}" if most else last


def _confidence(way: WayOut, open_ways: list[WayOut]) -> Confidence:
    """IPv6 may be enough for ECS in some places, and some of its endpoints may be enough for an agent."""
    decided = not way.has_ipv6 and not way.endpoints and not open_ways
    return Confidence.CERTAIN if decided else Confidence.PROBABLE


def _advice(gap: Gap, way: WayOut) -> str:
    if gap is Gap.NO_PUBLIC_ADDRESS:
        return (
            f"Let new instances in {way.subnet.id} have a public address, or give the compute environment subnets "
            "whose route table leads to a NAT gateway."
        )
    return f"Give {way.table.id} a route for 0.0.0.0/0 to a NAT gateway in a public subnet of {way.subnet.vpc_id}."


def _shared(gap: Gap, way: WayOut) -> str:
    main = way.table.main and gap is not Gap.NO_PUBLIC_ADDRESS
    return f" {way.table.id} is the main route table: other subnets of the VPC may use it, too." if main else ""


def _steps(gap: Gap, closed: list[WayOut], region: str) -> tuple[str, ...]:
    way = closed[0]
    if gap is Gap.NO_PUBLIC_ADDRESS:
        return tuple(
            f"aws ec2 modify-subnet-attribute --region {region} --subnet-id {each.subnet.id} --map-public-ip-on-launch"
            for each in closed
        )
    verb = "replace-route" if gap is Gap.BLACKHOLE else "create-route"
    return (
        f"aws ec2 describe-nat-gateways --region {region} --filter Name=vpc-id,Values={way.subnet.vpc_id} "
        "--query 'NatGateways[].[NatGatewayId,State,SubnetId]' --output text",
        f"aws ec2 {verb} --region {region} --route-table-id {way.table.id} --destination-cidr-block 0.0.0.0/0 "
        "--nat-gateway-id NAT_GATEWAY_ID",
    )


DIAGNOSIS = Diagnosis(
    id="no_route_to_ecs",
    title="Instances have no path to Amazon ECS",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    check_environment=check,
    explains=(*SYMPTOMS, "agent_disconnected"),
    reads=(
        "ec2:DescribeInstances",
        "ecs:ListContainerInstances",
        "ecs:DescribeContainerInstances",
        "ec2:DescribeSubnets",
        "ec2:DescribeRouteTables",
        "ec2:DescribeVpcEndpoints",
    ),
)

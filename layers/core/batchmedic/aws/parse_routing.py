"""Reads what EC2 answers about routes, endpoints and network ACLs into the model."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from batchmedic.model.routing import EVERYWHERE, Endpoint, NetworkAcl, Route, RouteTable

HTTPS = (443, 443)
EPHEMERAL = (32_768, 60_999)  # from which Linux asks (VPC user guide, "Ephemeral ports")
TARGETS = (
    *("NatGatewayId", "GatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "InstanceId"),
    *("EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn"),
)


def route_table(described: Mapping[str, Any]) -> RouteTable:
    associations = described.get("Associations") or ()
    return RouteTable(
        id=described["RouteTableId"],
        main=any(each.get("Main") for each in associations),
        routes=tuple(_route(each) for each in described.get("Routes") or ()),
    )


def subnets_of(described: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that were given this route table, or this network ACL."""
    return tuple(each["SubnetId"] for each in described.get("Associations") or () if each.get("SubnetId"))


def _route(described: Mapping[str, Any]) -> Route:
    destination = next(
        (
            described[each]
            for each in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
            if described.get(each)
        ),
        "",
    )
    target = next((described[each] for each in TARGETS if described.get(each)), "")
    return Route(destination=destination, target=target, blackhole=described.get("State") == "blackhole")


def endpoint(described: Mapping[str, Any]) -> Endpoint:
    available = str(described.get("State") or "").lower() == "available"
    return Endpoint(
        id=described["VpcEndpointId"],
        service=str(described.get("ServiceName") or "").rpartition(".")[2],
        usable=available and bool(described.get("PrivateDnsEnabled")),
        security_groups=tuple(each["GroupId"] for each in described.get("Groups") or ()),
    )


def network_acl(described: Mapping[str, Any]) -> NetworkAcl:
    entries = described.get("Entries") or ()
    return NetworkAcl(
        id=described["NetworkAclId"],
        lets_https_out=_lets((each for each in entries if each.get("Egress")), HTTPS),
        lets_answers_in=_lets((each for each in entries if not each.get("Egress")), EPHEMERAL),
    )


def _lets(entries: Iterable[Mapping[str, Any]], ports: tuple[int, int]) -> bool:
    """In the order of their numbers: some public addresses are let through before everybody is refused."""
    for entry in sorted(entries, key=lambda each: int(each.get("RuleNumber") or 0)):
        if not _touches(entry, ports):
            continue
        if entry.get("RuleAction") == "allow" and _is_public(entry.get("CidrBlock") or ""):
            return True
        if entry.get("CidrBlock") in EVERYWHERE and _covers(entry, ports):
            return False
    return False


def _is_public(cidr: str) -> bool:
    """Whether it may hold an address of ECS."""
    try:
        return not ip_network(cidr).is_private
    except ValueError:
        return True


def _touches(entry: Mapping[str, Any], ports: tuple[int, int]) -> bool:
    """TCP is protocol 6, all of them -1 (EC2 API, NetworkAclEntry); IPv6 is not what ECS is asked by."""
    if str(entry.get("Protocol")) not in ("-1", "6") or entry.get("Ipv6CidrBlock"):
        return False
    first, last = _range(entry)
    return first <= ports[1] and ports[0] <= last


def _covers(entry: Mapping[str, Any], ports: tuple[int, int]) -> bool:
    first, last = _range(entry)
    return first <= ports[0] and ports[1] <= last


def _range(entry: Mapping[str, Any]) -> tuple[int, int]:
    named = entry.get("PortRange")
    return (int(named["From"]), int(named["To"])) if named else (0, 65_535)

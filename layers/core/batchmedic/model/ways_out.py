"""Whether instances reach Amazon ECS from where they are: routes and endpoints, security groups, network ACLs."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network

from batchmedic.errors import NotReadError
from batchmedic.model.joining import NotJoining
from batchmedic.model.network import SecurityGroup, Subnet
from batchmedic.model.routing import AGENT_SERVICES, Endpoint, NetworkAcl, Route, RouteTable
from batchmedic.model.snapshot import Snapshot


class Gap(StrEnum):
    """Why there is no path."""

    NO_ROUTE = "no route"
    BLACKHOLE = "blackhole"
    NO_PUBLIC_ADDRESS = "no public address"
    IPV6_ONLY = "IPv6 only"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """The way from one subnet to Amazon ECS: a route or endpoints; `gap` says why there is none.

    Where a gateway, a peering or a network interface leads is not followed: it counts as a way.
    """

    subnet: Subnet
    table: RouteTable
    gap: Gap | None = None
    endpoints: tuple[Endpoint, ...] = ()  # only looked at where the routes have a gap

    @property
    def is_open(self) -> bool:
        return self.gap is None or not self.missing_services

    @property
    def missing_services(self) -> tuple[str, ...]:
        """The services of ECS that no usable endpoint leads to."""
        served = {one.service for one in self.endpoints if one.usable}
        return tuple(service for service in AGENT_SERVICES if service not in served)

    @property
    def has_ipv6(self) -> bool:
        return any(route.destination == "::/0" and not route.blackhole for route in self.table.routes)

    @property
    def in_words(self) -> str:
        """Of an open one."""
        if self.gap is not None:
            ids = ", ".join(one.id for one in self.endpoints if one.usable)
            return f"{self.subnet.id} reaches Amazon ECS by the VPC endpoints {ids}"
        default = self.table.default
        where = f"out by {default.target}" if default and default.target else "some addresses out"
        return f"route table {self.table.id} leads {self.subnet.id} {where}"


def ways_out(who: NotJoining, snapshot: Snapshot) -> tuple[WayOut, ...]:
    """One for each subnet in question that EC2 knows; NotReadError where its routes were not read."""
    return tuple(_way_out(subnet, who, snapshot) for subnet in snapshot.network.subnets.known(who.subnets))


def _way_out(subnet: Subnet, who: NotJoining, snapshot: Snapshot) -> WayOut:
    tables = snapshot.routing.tables
    table = tables.get(subnet.id)
    if table is None:
        raise NotReadError(tables.call, f"no route table of {subnet.id} is shown")
    gap = _gap(table, subnet, who, snapshot)
    endpoints = snapshot.routing.endpoints.get(subnet.vpc_id) or () if gap else ()
    return WayOut(subnet=subnet, table=table, gap=gap, endpoints=endpoints)


def _gap(table: RouteTable, subnet: Subnet, who: NotJoining, snapshot: Snapshot) -> Gap | None:
    default = table.default
    if any(_may_lead_to_ecs(route) for route in table.routes):
        return None
    if default is None or (default.destination == "::/0" and default.blackhole):
        return Gap.NO_ROUTE
    if default.destination == "::/0":
        return Gap.IPV6_ONLY
    if default.blackhole:
        return Gap.BLACKHOLE
    if default.target.startswith("igw-") and not _public(subnet, who, snapshot):
        return Gap.NO_PUBLIC_ADDRESS
    return None


def _may_lead_to_ecs(route: Route) -> bool:
    """A part of the public addresses, or a list of them (pl-…): nobody knows here whether ECS is among them. Gateway
    endpoints have such a list, too; those lead only to Amazon S3 and DynamoDB (VPC guide, "Gateway endpoints")."""
    if route.blackhole or route.target == "local" or ":" in route.destination or route.destination == "0.0.0.0/0":
        return False
    if route.destination.startswith("pl-"):
        return not route.target.startswith("vpce-")
    try:
        return ip_network(route.destination).is_global
    except ValueError:
        return False


def _public(subnet: Subnet, who: NotJoining, snapshot: Snapshot) -> bool:
    """Whether the instances there have public addresses; where none is seen, whether they would be given one."""
    there = [one for one in who.seen if one.subnet == subnet.id]
    if there:
        return all(one.public_address for one in there)
    keys = (each.key for each in who.environment.launch_templates)
    said = [version.public_address for version in snapshot.network.launch_templates.known(keys)]
    return any(subnet.public_addresses if each is None else each for each in said or [None])


def group_sets(who: NotJoining, snapshot: Snapshot) -> tuple[tuple[SecurityGroup, ...], ...]:
    """The security groups that instances have together, each combination once; NotReadError where one is not known."""
    environment, answers = who.environment, snapshot.network.security_groups
    snapshot.network.launch_templates.known(each.key for each in environment.launch_templates)
    worn = dict.fromkeys(one.security_groups or snapshot.group_ids_of(environment) for one in who.seen)
    sets = []
    for ids in worn or (snapshot.group_ids_of(environment),):
        groups = answers.known(ids)
        if not ids or len(groups) < len(ids):
            raise NotReadError(answers.call, "not all of their security groups are known")
        sets.append(groups)
    return tuple(sets)


def lets_no_https_out(groups: tuple[SecurityGroup, ...]) -> bool:
    """Rules of several groups add up, so one that lets some out is enough."""
    return not any(group.lets_some_https_out for group in groups)


def acls_by_subnet(who: NotJoining, snapshot: Snapshot) -> dict[str, NetworkAcl]:
    """Those in force where ECS is reached by its public addresses."""
    found, answers = {}, snapshot.routing.acls
    by_endpoints = {way.subnet.id for way in ways_out(who, snapshot) if way.gap is not None}
    for subnet in (each for each in who.subnets if each not in by_endpoints):
        acl = answers.get(subnet)
        if acl is None:
            raise NotReadError(answers.call, f"no network ACL of {subnet} is shown")
        found[subnet] = acl
    return found

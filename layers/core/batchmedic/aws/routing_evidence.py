"""The ways out of the subnets whose instances do not join: one EC2 call each for routes, endpoints and network ACLs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from batchmedic.aws import parse_routing
from batchmedic.aws.answering import read
from batchmedic.aws.ec2_pages import filtered
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.routing import AGENT_SERVICES, Endpoint, NetworkAcl, RouteTable


@dataclass(frozen=True, slots=True)
class RoutingEvidence:
    ec2: Callable[[], Any]

    def tables(self, vpcs: Mapping[str, str]) -> Answers[RouteTable]:
        """By subnet; `vpcs` is the VPC of each. A subnet without a table of its own uses the main one of its VPC."""
        call = "ec2:DescribeRouteTables"
        listed = self._list(call, "vpc-id", set(vpcs.values()), ("describe_route_tables", "RouteTables"))
        if isinstance(listed, str):
            return Answers(call=call, unread=listed)
        own = {subnet: each for each in listed for subnet in parse_routing.subnets_of(each)}
        main = {each.get("VpcId"): each for each in listed if parse_routing.route_table(each).main}
        in_force = {subnet: own.get(subnet) or main.get(vpc) for subnet, vpc in vpcs.items()}
        found = {subnet: parse_routing.route_table(each) for subnet, each in in_force.items() if each is not None}
        return Answers(call=call, found=found, asked=frozenset(vpcs))

    def endpoints(self, vpcs: Iterable[str]) -> Answers[tuple[Endpoint, ...]]:
        """By VPC: those for the services that an ECS agent talks to."""
        call, asked = "ec2:DescribeVpcEndpoints", frozenset(vpcs)
        listed = self._list(call, "vpc-id", asked, ("describe_vpc_endpoints", "VpcEndpoints"))
        if isinstance(listed, str):
            return Answers(call=call, unread=listed)
        found: dict[str, tuple[Endpoint, ...]] = dict.fromkeys(asked, ())
        for each in listed:
            parsed = parse_routing.endpoint(each)
            if parsed.service in AGENT_SERVICES:
                found[each["VpcId"]] = (*found.get(each["VpcId"], ()), parsed)
        return Answers(call=call, found=found, asked=asked)

    def acls(self, subnets: Iterable[str]) -> Answers[NetworkAcl]:
        """By subnet."""
        call, asked = "ec2:DescribeNetworkAcls", frozenset(subnets)
        listed = self._list(call, "association.subnet-id", asked, ("describe_network_acls", "NetworkAcls"))
        if isinstance(listed, str):
            return Answers(call=call, unread=listed)
        found = {
            subnet: parse_routing.network_acl(each)
            for each in listed
            for subnet in parse_routing.subnets_of(each)
            if subnet in asked
        }
        return Answers(call=call, found=found, asked=asked)

    def _list(self, call: str, filter_name: str, values: Iterable[str], listing: tuple[str, str]) -> list[Any] | str:
        """All, or why there are none."""
        try:
            return read(call, lambda: list(filtered(self.ec2(), listing, filter_name, sorted(values))))
        except ReadError as error:
            return error.because

"""The network around sick compute environments: few EC2 calls, in bulk, and a gap stays a gap."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from batchmedic.aws import parse_ec2
from batchmedic.aws.answering import read
from batchmedic.aws.ec2_pages import filtered
from batchmedic.aws.template_evidence import launch_templates
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.network import Network
from batchmedic.model.snapshot import Snapshot

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class NetworkEvidence:
    """`ec2` makes the client on first use: it is the dearest one to make, and most looks need none."""

    ec2: Callable[[], Any]

    def __call__(self, snapshot: Snapshot, sick: list[ComputeEnvironment]) -> Network:
        """Subnets of healthy neighbours are read too: they tell which side of a mismatch looks wrong."""
        if not any(one.subnets for one in sick):
            return snapshot.network
        subnets = self._read(
            "ec2:DescribeSubnets",
            "subnet-id",
            _distinct(one.subnets for one in [*sick, *snapshot.compute_environments]),
            ("describe_subnets", "Subnets"),
            lambda each: (each["SubnetId"], parse_ec2.subnet(each)),
        )
        templates = launch_templates(self.ec2, sick)
        with_templates = replace(snapshot, network=Network(launch_templates=templates))
        named = [with_templates.group_ids_of(one) for one in sick]
        groups = self._read(
            "ec2:DescribeSecurityGroups",
            "group-id",
            _distinct(named),
            ("describe_security_groups", "SecurityGroups"),
            lambda each: (each["GroupId"], parse_ec2.security_group(each)),
        )
        return self._strays(Network(subnets=subnets, security_groups=groups, launch_templates=templates), sick)

    def _strays(self, network: Network, sick: list[ComputeEnvironment]) -> Network:
        """For groups that may be in a wrong VPC: what could make that right, and what the VPCs are called."""
        subnets = network.subnets.found
        homes = {subnets[each].vpc_id for one in sick for each in one.subnets if each in subnets}
        groups = network.security_groups.found.values()
        strays = [group for group in groups if len(homes) > 1 or group.vpc_id not in homes]
        if not strays:
            return replace(network, associations=Answers(call=network.associations.call, asked=frozenset()))
        odd = tuple(group.id for group in strays)
        pairs = self._read(
            network.associations.call,
            "group-id",
            odd,
            ("describe_security_group_vpc_associations", "SecurityGroupVpcAssociations"),
            lambda each: (f"{each['GroupId']} {each['VpcId']}", each.get("State", "")),
        )
        vpcs = self._read(
            network.vpcs.call,
            "vpc-id",
            tuple(sorted(homes | {group.vpc_id for group in strays})),
            ("describe_vpcs", "Vpcs"),
            lambda each: (each["VpcId"], parse_ec2.vpc(each)),
        )
        return replace(network, associations=_by_group(pairs, odd), vpcs=vpcs)

    def _read(
        self,
        call: str,
        filter_name: str,
        ids: tuple[str, ...],
        listing: tuple[str, str],
        parse: Callable[[Any], tuple[str, Value]],
    ) -> Answers[Value]:
        if not ids:
            return Answers(call=call, asked=frozenset())
        try:
            listed = read(call, lambda: list(filtered(self.ec2(), listing, filter_name, ids)))
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        return Answers(call=call, found=dict(parse(each) for each in listed), asked=frozenset(ids))


def _by_group(pairs: Answers[str], groups: tuple[str, ...]) -> Answers[Mapping[str, str]]:
    states: dict[str, dict[str, str]] = {}
    for pair, state in pairs.found.items():
        group, vpc = pair.split()
        states.setdefault(group, {})[vpc] = state
    return Answers(call=pairs.call, found=states, asked=frozenset(groups), unread=pairs.unread)


def _distinct(ids: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for some in ids for each in some))

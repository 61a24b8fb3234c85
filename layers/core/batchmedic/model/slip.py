"""Which side of a VPC mismatch looks like the slip, and why: signs, no proof."""

from dataclasses import dataclass
from enum import StrEnum

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot


class Side(StrEnum):
    GROUP = "security group"
    SUBNETS = "subnets"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    side: Side
    because: str


def slip_of(environment: ComputeEnvironment, snapshot: Snapshot, *, group_vpc: str, subnet_vpc: str) -> Slip:
    """Where all groups are in one VPC and the subnets in another; neighbours are only a sign."""
    if snapshot.is_default_vpc(subnet_vpc):
        return Slip(
            side=Side.SUBNETS,
            because=f"The subnets look wrong: they are in the default VPC, and {group_vpc} was made on purpose.",
        )
    if snapshot.is_default_vpc(group_vpc):
        return Slip(
            side=Side.GROUP,
            because=f"The security group looks wrong: it is in the default VPC, and {subnet_vpc} was made on purpose.",
        )
    neighbours = [other for other in snapshot.compute_environments if other.usable and other.arn != environment.arn]
    here = sum(subnet_vpc in snapshot.vpcs_of(other) for other in neighbours)
    there = sum(group_vpc in snapshot.vpcs_of(other) for other in neighbours)
    if here > there:
        sign = f"A sign for a wrong security group: {_count(here)} in {subnet_vpc}, {there or 'none'} in {group_vpc}."
        return Slip(side=Side.GROUP, because=sign)
    if there > here:
        sign = f"A sign for wrong subnets: {_count(there)} in {group_vpc}, {here or 'none'} in {subnet_vpc}."
        return Slip(side=Side.SUBNETS, because=sign)
    nothing = "Nothing shows which side is the slip; a person who knows the network should choose."
    return Slip(side=Side.UNKNOWN, because=nothing)


def _count(environments: int) -> str:
    return f"{environments} other usable {'environment is' if environments == 1 else 'environments are'}"

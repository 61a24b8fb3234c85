"""What the instanceTypes of a compute environment stand for: types, families and AWS Batch's own keywords."""

from collections.abc import Iterable
from functools import cache

from local.account.ec2_instance_types import all_types

# Batch User Guide, instance-type-compute-table; since 1 Nov 2025 `optimal` follows default_x86_64
FAMILIES = {
    "default_x86_64": ("m6i", "c6i", "r6i", "c7i"),
    "default_arm64": ("m6g", "c6g", "r6g", "c7g"),
    "optimal": ("m6i", "c6i", "r6i", "c7i"),
}
RESERVED_BY_AGENT = 32  # MiB, ECS_RESERVED_MEMORY: Batch User Guide, memory-management
# AWS documents one size, m4.large: of 8192 MiB, 7985 are there. Inferred: 64 MiB of the loss are the same everywhere,
# the rest is a share of the size, chosen so that m4.large comes out as documented.
FIXED_LOSS = 64
SHARE_LOST = (8192 - 7985 - FIXED_LOSS) / 8192


def registered_memory(nominal: int) -> int:
    """MiB that a container instance registers with its cluster."""
    return int(nominal - FIXED_LOSS - nominal * SHARE_LOST) - RESERVED_BY_AGENT


def expand(wanted: Iterable[str]) -> tuple[str, ...]:
    return _expand(tuple(wanted))


@cache
def _expand(wanted: tuple[str, ...]) -> tuple[str, ...]:
    families = {family for each in wanted for family in FAMILIES.get(each, (each,))}
    return tuple(name for name in all_types() if name in families or name.partition(".")[0] in families)


def architectures(wanted: Iterable[str]) -> set[str]:
    """`arm64` or `other`: an environment takes only one of the two."""
    types = all_types()
    return {
        "arm64" if "arm64" in types[name]["ProcessorInfo"]["SupportedArchitectures"] else "other"
        for name in expand(wanted)
    }

"""What earlier looks saw and no look can see again: the instances are gone, their incident is open."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from batchmedic.model.launching import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """By environment (ARN): instances that ran for long and never registered. By instance type: the MiB that one
    registered."""

    never_registered: Mapping[str, tuple[Instance, ...]] = field(default_factory=dict)
    registered_memory: Mapping[str, int] = field(default_factory=dict)

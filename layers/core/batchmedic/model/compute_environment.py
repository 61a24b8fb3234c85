"""Compute environments as AWS Batch describes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplateReference:
    """The launch template that a compute environment names; overrides are references of their own."""

    template: str  # id or name
    version: str = "$Default"

    @property
    def key(self) -> str:
        return f"{self.template}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeEnvironment:
    """A compute environment; the network and instance fields are empty where Batch does not have them (UNMANAGED)."""

    arn: str
    name: str
    state: str = "ENABLED"
    status: str = "VALID"
    status_reason: str = ""
    managed: bool = True
    kind: str = "EC2"  # computeResources.type; an open enumeration
    min_vcpus: int = 0
    desired_vcpus: int = 0
    max_vcpus: int = 0
    instance_types: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    launch_templates: tuple[LaunchTemplateReference, ...] = ()
    allocation_strategy: str | None = None
    ecs_cluster: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether Batch would place a job here: it skips DISABLED and INVALID environments."""
        return self.state == "ENABLED" and self.status in ("VALID", "UPDATING")

    @property
    def fargate(self) -> bool:
        return self.kind in ("FARGATE", "FARGATE_SPOT")

    @property
    def launches_instances(self) -> bool:
        return self.managed and self.kind in ("EC2", "SPOT")

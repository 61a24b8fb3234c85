"""Compute environments as AWS Batch describes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplateReference:
    """The launch template that a compute environment names; overrides are references of their own."""

    template: str  # id or name
    version: str = "$Default"

    @property
    def key(self) -> str:
        return f"{self.template}@{self.version}"


KNOWN_KINDS = ("EC2", "SPOT", "FARGATE", "FARGATE_SPOT")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeEnvironment:
    """A compute environment; the network and instance fields are empty where Batch does not have them (UNMANAGED)."""

    arn: str
    name: str
    state: str = "ENABLED"
    status: str = "VALID"
    status_reason: str = ""
    managed: bool = True
    unmanaged: bool = False  # what is neither of the two is of a type not known here
    kind: str = "EC2"  # computeResources.type; an open enumeration
    min_vcpus: int = 0
    desired_vcpus: int = 0
    max_vcpus: int = 0
    instance_types: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    launch_templates: tuple[LaunchTemplateReference, ...] = ()
    image_ids: tuple[str, ...] = ()  # imageId and imageIdOverride: only where the owner chose one
    image_types: tuple[str, ...] = ()  # ec2Configuration[].imageType
    allocation_strategy: str | None = None
    service_role: str | None = None
    instance_role: str | None = None  # name or ARN, as it was given
    spot_fleet_role: str | None = None
    bid_percentage: int | None = None  # of the On-Demand price; None: not said, which means 100
    job_execution_timeout: timedelta = timedelta(minutes=30)  # of updatePolicy; the default is Batch's
    scale_down_delay: timedelta = timedelta(0)  # scalingPolicy.minScaleDownDelayMinutes
    orchestration: str = "ECS"
    ecs_cluster: str | None = None
    eks_cluster: str | None = None
    eks_namespace: str | None = None
    unchanged_since: datetime | None = None  # since when this status was seen, where it is a passing one
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def passing(self) -> bool:
        """Whether the status is one that should go over by itself."""
        return self.status in ("CREATING", "UPDATING", "DELETING")

    @property
    def usable(self) -> bool:
        """Whether Batch would place a job here: it skips DISABLED and INVALID environments."""
        return self.state == "ENABLED" and self.status in ("VALID", "UPDATING")

    @property
    def best_fit(self) -> bool:
        """Also where no strategy is named (AWS Batch API, ComputeResource)."""
        return self.allocation_strategy in (None, "BEST_FIT")

    @property
    def by_spot_fleet(self) -> bool:
        """Whether a Spot Fleet launches its instances, no Auto Scaling group (AWS Batch API, ComputeResource)."""
        return self.kind == "SPOT" and self.best_fit

    @property
    def fargate(self) -> bool:
        return self.kind in ("FARGATE", "FARGATE_SPOT")

    @property
    def launches_instances(self) -> bool:
        return self.managed and self.kind in ("EC2", "SPOT")

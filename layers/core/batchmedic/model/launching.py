"""The instances that EC2 was asked to launch for compute environments, and what became of them."""

from dataclasses import dataclass
from datetime import datetime

from batchmedic.model.answers import NOT_ASKED, Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One try of an Auto Scaling group or a Spot Fleet to launch an instance; `message` is EC2's text of a failed one,
    of a group cut at 255 characters (Auto Scaling API, Activity), of a fleet with the kind of its event in front."""

    at: datetime
    succeeded: bool
    message: str = ""
    zone: str = ""
    subnet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An EC2 instance of a compute environment; terminated ones are seen for about an hour.

    `state` is pending, running, shutting-down, terminated …; `state_reason` the code of why it changed last.
    """

    id: str
    instance_type: str = ""
    state: str = "running"
    state_reason: str = ""
    launched_at: datetime | None = None
    subnet: str = ""
    zone: str = ""
    vpc_id: str = ""
    public_address: bool = False
    security_groups: tuple[str, ...] = ()
    scaling_group: str = ""
    spot_fleet: str = ""  # the id of the request, where a Spot Fleet launched it

    @property
    def runs(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launching:
    """By environment (ARN): its instances, and the launches of its Auto Scaling group or Spot Fleet, the latest first
    (not found: it has none). By instance type: the zones that offer it. By quota code: the limit in vCPUs."""

    instances: Answers[tuple[Instance, ...]] = Answers(call="ec2:DescribeInstances", unread=NOT_ASKED)
    launches: Answers[tuple[Launch, ...]] = Answers(call="autoscaling:DescribeScalingActivities", unread=NOT_ASKED)
    offerings: Answers[frozenset[str]] = Answers(call="ec2:DescribeInstanceTypeOfferings", unread=NOT_ASKED)
    quotas: Answers[float] = Answers(call="servicequotas:GetServiceQuota", unread=NOT_ASKED)

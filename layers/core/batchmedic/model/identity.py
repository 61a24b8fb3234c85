"""The roles and instance profiles that compute environments use."""

from dataclasses import dataclass

from batchmedic.model.answers import NOT_ASKED, Answers

# What AWS Batch needs to say why a job waits (Batch user guide, "Jobs stuck in a RUNNABLE status").
REASON_ACTIONS = ("autoscaling:DescribeScalingActivities", "ec2:DescribeSpotFleetRequestHistory")

# What an ECS agent does to join (ECS developer guide, "Amazon ECS container instance IAM role").
JOIN_ACTIONS = ("ecs:DiscoverPollEndpoint", "ecs:Poll", "ecs:RegisterContainerInstance")

# What a Spot Fleet does to let an instance go (managed policy AmazonEC2SpotFleetTaggingRole).
RELEASE_ACTIONS = ("ec2:TerminateInstances",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role; `trusts` holds the services that may assume it."""

    arn: str
    trusts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceProfile:
    """An IAM instance profile, the ARNs of its roles (one at most), and the services that these trust (None: not
    said)."""

    arn: str
    roles: tuple[str, ...] = ()
    trusts: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Roles and instance profiles by name (the last part of an ARN); by role ARN, the actions that Batch may not do,
    those of JOIN_ACTIONS that instances with this role may not do, and those of RELEASE_ACTIONS that a Spot Fleet may
    not."""

    roles: Answers[Role] = Answers(call="iam:GetRole", unread=NOT_ASKED)
    instance_profiles: Answers[InstanceProfile] = Answers(call="iam:GetInstanceProfile", unread=NOT_ASKED)
    denied: Answers[tuple[str, ...]] = Answers(call="iam:SimulatePrincipalPolicy", unread=NOT_ASKED)
    join_denied: Answers[tuple[str, ...]] = Answers(call="iam:SimulatePrincipalPolicy", unread=NOT_ASKED)
    release_denied: Answers[tuple[str, ...]] = Answers(call="iam:SimulatePrincipalPolicy", unread=NOT_ASKED)


def name_of(role_or_arn: str) -> str:
    """IAM asks by name, not by ARN."""
    return role_or_arn.rpartition("/")[2]

"""What else hangs on a compute environment: read only before it is changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from batchmedic.model.answers import NOT_ASKED, Answers
from batchmedic.model.network import SecurityGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Every answer may be missing; what depends on it then waits for a person."""

    # by group id: the groups of the subnets' VPC that have the name of a stray group, or the name that we would give
    namesakes: Answers[SecurityGroup] = Answers(call="ec2:DescribeSecurityGroups", unread=NOT_ASKED)
    # by stray group id: the ids of the groups whose rules name it
    references: Answers[tuple[str, ...]] = Answers(call="ec2:DescribeSecurityGroups", unread=NOT_ASKED)
    # by physical id (ARN of the environment, VPC and subnet ids): the CloudFormation stack that holds it
    stacks: Answers[str] = Answers(call="cloudformation:DescribeStackResources", unread=NOT_ASKED)
    # by name of the environment: the user agent that created it, as far back as CloudTrail goes
    makers: Answers[str] = Answers(call="cloudtrail:LookupEvents", unread=NOT_ASKED)
    # by cluster ARN: tasks that start or run
    tasks: Answers[int] = Answers(call="ecs:DescribeClusters", unread=NOT_ASKED)

    def stack_of(self, physical_id: str) -> str | None:
        return self.stacks.get(physical_id)


def name_of_ours(environment: str) -> str:
    """The name of the security group that batchmedic makes for this environment (its name)."""
    return f"batchmedic-{environment}"


def tags_of_ours(stack: str, environment: str) -> Mapping[str, str]:
    """What a security group carries that this stack made for this environment (its name)."""
    return {
        "batchmedic:stack": stack,
        "batchmedic:managed": "true",
        "batchmedic:compute-environment": environment,
    }

"""CloudFormation as far as it tells which stack holds a resource."""

from collections.abc import Mapping
from typing import Any

from local.account.errors import AwsError, not_simulated
from local.account.world import Stack, World

Request = dict[str, Any]


class CloudFormation:
    def __init__(self, world: World) -> None:
        self._world = world

    def describe_stack_resources(self, request: Request) -> Request:
        """All resources of the stack that holds this physical id (CloudFormation API, DescribeStackResources)."""
        wanted = request.get("PhysicalResourceId")
        if "StackName" in request:
            raise not_simulated("cloudformation:DescribeStackResources by the name of a stack")
        if wanted is None:  # the text is inferred
            raise AwsError("ValidationError", "Either StackName or PhysicalResourceId must be specified")
        for stack in self._world.stacks:
            if any(physical_id == wanted for _, physical_id in stack.resources.values()):
                return {"StackResources": [self._describe(stack, name) for name in stack.resources]}
        raise AwsError("ValidationError", f"Stack for {wanted} does not exist")

    def _describe(self, stack: Stack, logical_id: str) -> Mapping[str, Any]:
        kind, physical_id = stack.resources[logical_id]
        return {
            "StackName": stack.name,
            "StackId": stack.arn,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": self._world.began,
            "ResourceStatus": "CREATE_COMPLETE",
        }

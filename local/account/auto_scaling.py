"""The Auto Scaling groups that AWS Batch makes for its environments, and what they noted down."""

from collections.abc import Sequence
from typing import Any

from local.account.auto_scaling_activities import group_arn
from local.account.batch_records import Batch, ComputeEnvironment, Instance
from local.account.ec2_network import Network
from local.account.errors import AwsError
from local.account.pages import BadTokenError, page
from local.account.world import World

Request = dict[str, Any]

GROUPS_PER_PAGE, ACTIVITIES_PER_PAGE, MOST = 50, 100, 100  # Auto Scaling API reference


class AutoScaling:
    def __init__(self, world: World, batch: Batch, network: Network) -> None:
        self._world = world
        self._batch = batch
        self._network = network

    def describe_auto_scaling_groups(self, request: Request) -> Request:
        if request.get("Filters"):
            raise AwsError("ValidationError", "The simulated account knows no filters of Auto Scaling groups.")
        wanted = request.get("AutoScalingGroupNames")
        chosen = [each for each in self._groups() if not wanted or each.auto_scaling_group in wanted]
        return _paged("AutoScalingGroups", [self._describe(each) for each in chosen], request, GROUPS_PER_PAGE)

    def describe_scaling_activities(self, request: Request) -> Request:
        """The latest first; of all groups, if none is named."""
        name = request.get("AutoScalingGroupName")
        chosen = [each for each in self._groups() if not name or each.auto_scaling_group == name]
        activities = [activity for environment in chosen for activity in environment.activities]
        activities.sort(key=lambda activity: activity["StartTime"], reverse=True)
        for each in request.get("Filters", []):
            if each["Name"] != "Status":
                raise AwsError("ValidationError", "The simulated account knows the filter Status only.")
            activities = [activity for activity in activities if activity["StatusCode"] in each["Values"]]
        return _paged("Activities", activities, request, ACTIVITIES_PER_PAGE)

    def _groups(self) -> list[ComputeEnvironment]:
        """Made when an environment becomes VALID for the first time: inferred."""
        return [
            each
            for each in self._batch.environments.values()
            if each.auto_scaling_group and (each.status == "VALID" or each.activities)
        ]

    def _describe(self, environment: ComputeEnvironment) -> Request:
        subnets = environment.resources["subnets"]
        name = environment.auto_scaling_group
        return {
            "AutoScalingGroupName": name,
            "AutoScalingGroupARN": group_arn(self._world, environment),
            "MinSize": 0,
            "MaxSize": environment.resources["maxvCpus"],
            "DesiredCapacity": len(environment.instances),
            "DefaultCooldown": 300,
            "AvailabilityZones": self._network.zones(subnets),
            "HealthCheckType": "EC2",
            "CreatedTime": environment.created_at,
            "VPCZoneIdentifier": ",".join(subnets),
            "Instances": [_describe_instance(each) for each in environment.instances],
            "Tags": [
                {
                    "ResourceId": name,
                    "ResourceType": "auto-scaling-group",
                    "Key": "AWSBatchServiceTag",
                    "Value": "batch",
                    "PropagateAtLaunch": True,
                }
            ],
        }


def _describe_instance(instance: Instance) -> Request:
    return {
        "InstanceId": instance.id,
        "InstanceType": instance.type,
        "AvailabilityZone": instance.zone,
        "LifecycleState": "Pending" if instance.state == "pending" else "InService",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": True,
    }


def _paged(member: str, items: Sequence[Request], request: Request, usual: int) -> Request:
    try:
        found, token = page(items, request.get("NextToken"), min(request.get("MaxRecords", usual), MOST))
    except BadTokenError as error:
        raise AwsError("InvalidNextToken", "The token is not valid") from error
    return {member: found, **({"NextToken": token} if token else {})}

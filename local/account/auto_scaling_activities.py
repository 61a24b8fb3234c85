"""What an Auto Scaling group notes down about the instances it starts and ends."""

import json
from datetime import datetime
from typing import Any

from local.account.batch_launching import Refusal
from local.account.batch_records import ComputeEnvironment, Instance
from local.account.world import World

FAILED = "Launching EC2 instance failed."
UNSUCCESSFUL = "EC2 Instance Launch Unsuccessful"
MESSAGE_LIMIT = 255  # Auto Scaling API reference, Activity.StatusMessage

Activity = dict[str, Any]


def launched(world: World, environment: ComputeEnvironment, instance: Instance) -> Activity:
    description = f"Launching a new EC2 instance: {instance.id}"
    return _activity(world, environment, description, _details(instance.subnet_id, instance.zone))


def terminated(world: World, environment: ComputeEnvironment, instance: Instance) -> Activity:
    description = f"Terminating EC2 instance: {instance.id}"
    return _activity(world, environment, description, _details(instance.subnet_id, instance.zone))


def note_refusal(
    world: World, environment: ComputeEnvironment, refusal: Refusal, *, subnet_id: str, zone: str, instance_id: str
) -> None:
    """The group tells EventBridge, too."""
    activity = _refused(world, environment, refusal, _details(subnet_id, zone))
    environment.activities.insert(0, activity)
    _tell(world, environment, activity, instance_id)


def _refused(world: World, environment: ComputeEnvironment, refusal: Refusal, details: str) -> Activity:
    """Form: EC2 Auto Scaling User Guide, ts-as-instancelaunchfailure and as-verify-scaling-activity."""
    message = f"{refusal.message.removesuffix(FAILED).rstrip()} {FAILED}"
    description = f"Launching a new EC2 instance.  Status Reason: {message}"
    activity = _activity(world, environment, description, details)
    return {**activity, "StatusCode": "Failed", "StatusMessage": message[:MESSAGE_LIMIT]}


def _tell(world: World, environment: ComputeEnvironment, activity: Activity, instance_id: str) -> None:
    """The event of a failed launch; shape: EC2 Auto Scaling User Guide, ec2-auto-scaling-event-reference."""
    kept = ("StatusCode", "AutoScalingGroupName", "ActivityId", "StatusMessage", "Cause")
    detail = {
        **{name: activity[name] for name in kept},
        "Details": json.loads(activity["Details"]),
        "RequestId": activity["ActivityId"],
        "StartTime": _stamp(activity["StartTime"]),
        "EndTime": _stamp(activity["EndTime"]),
        "EC2InstanceId": instance_id,
    }
    world.publish(UNSUCCESSFUL, [group_arn(world, environment)], detail, source="aws.autoscaling")


def group_arn(world: World, environment: ComputeEnvironment) -> str:
    name = f"autoScalingGroup:{environment.uuid}:autoScalingGroupName/{environment.auto_scaling_group}"
    return world.arn("autoscaling", name)


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _details(subnet_id: str, zone: str) -> str:
    return json.dumps({"Subnet ID": subnet_id, "Availability Zone": zone})


def _activity(world: World, environment: ComputeEnvironment, description: str, details: str) -> Activity:
    desired = environment.resources.get("desiredvCpus", 0)
    return {
        "ActivityId": world.uuid(),
        "AutoScalingGroupName": environment.auto_scaling_group or "",
        "Description": description,
        "Cause": f"At {_stamp(world.now())} a user request changed the desired capacity to {desired}.",
        "StartTime": world.now(),
        "EndTime": world.now(),
        "StatusCode": "Successful",
        "Progress": 100,
        "Details": details,
    }

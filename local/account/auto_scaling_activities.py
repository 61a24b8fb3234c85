"""What an Auto Scaling group notes down about the instances it starts and ends."""

import json
from typing import Any

from local.account.batch_records import ComputeEnvironment, Instance
from local.account.world import World

MESSAGE_LIMIT = 255  # Auto Scaling API reference, Activity.StatusMessage

Activity = dict[str, Any]


def launched(world: World, environment: ComputeEnvironment, instance: Instance) -> Activity:
    description = f"Launching a new EC2 instance: {instance.id}"
    return _activity(world, environment, description, _details(instance.subnet_id, instance.zone))


def terminated(world: World, environment: ComputeEnvironment, instance: Instance) -> Activity:
    description = f"Terminating EC2 instance: {instance.id}"
    return _activity(world, environment, description, _details(instance.subnet_id, instance.zone))


def refused(world: World, environment: ComputeEnvironment, instance_type: str, zone: str) -> Activity:
    """Text: EC2 Auto Scaling User Guide, ts-as-instancelaunchfailure."""
    message = (
        f"We currently do not have sufficient {instance_type} capacity in the Availability Zone you requested "
        f"({zone}). Our system will be working on provisioning additional capacity. Launching EC2 instance failed."
    )
    description = f"Launching a new EC2 instance. Status Reason: {message}"
    activity = _activity(world, environment, description, _details(environment.resources["subnets"][0], zone))
    return {**activity, "StatusCode": "Failed", "StatusMessage": message[:MESSAGE_LIMIT]}


def _details(subnet_id: str, zone: str) -> str:
    return json.dumps({"Subnet ID": subnet_id, "Availability Zone": zone})


def _activity(world: World, environment: ComputeEnvironment, description: str, details: str) -> Activity:
    desired = environment.resources.get("desiredvCpus", 0)
    return {
        "ActivityId": world.uuid(),
        "AutoScalingGroupName": environment.auto_scaling_group or "",
        "Description": description,
        "Cause": f"At {world.now():%Y-%m-%dT%H:%M:%SZ} a user request changed the desired capacity to {desired}.",
        "StartTime": world.now(),
        "EndTime": world.now(),
        "StatusCode": "Successful",
        "Progress": 100,
        "Details": details,
    }

"""Describes the instances that compute environments have launched."""

import hashlib
from typing import Any

from local.account.batch_joining import profile_arn
from local.account.batch_records import Batch, Instance
from local.account.ec2_filters import Record, by_ids, filtered, member, paged
from local.account.ec2_instance_types import all_types
from local.account.ec2_spot_fleets import fleet_id
from local.account.ec2_topology import Topology
from local.account.world import World

INSTANCE_FILTERS = {
    "instance-id": member("InstanceId"),
    "instance-type": member("InstanceType"),
    "instance-state-name": lambda one: [one["State"]["Name"]],
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
    "instance.group-id": lambda one: [group["GroupId"] for group in one["SecurityGroups"]],
}
STATE_CODES = {"pending": 0, "running": 16, "terminated": 48}  # EC2 API reference, InstanceState


class Instances:
    def __init__(self, world: World, batch: Batch, topology: Topology) -> None:
        self._world = world
        self._batch = batch
        self._topology = topology

    def describe_instances(self, parameters: Record) -> Record:
        known = {
            each.id: self._describe(each)
            for environment in self._batch.environments.values()
            for each in (*environment.instances, *environment.terminated)
            if environment.type == "MANAGED"
        }
        found = by_ids(known, parameters.get("InstanceIds"), "InvalidInstanceID.NotFound", "instance ID")
        chosen = filtered(found, parameters.get("Filters"), INSTANCE_FILTERS)
        return paged("Reservations", [self._reservation(each) for each in chosen], parameters)

    def _reservation(self, instance: Record) -> Record:
        return {
            "ReservationId": instance["InstanceId"].replace("i-", "r-"),
            "OwnerId": self._world.account_id,
            "Instances": [instance],
        }

    def _describe(self, instance: Instance) -> dict[str, Any]:
        """Tags: the Auto Scaling group puts its name on what it launches (Auto Scaling User Guide), EC2 the id of the
        request on what a Spot Fleet launches (EC2 User Guide, "Tag a Spot Fleet")."""
        described = {
            "InstanceId": instance.id,
            "InstanceType": instance.type,
            "Architecture": all_types()[instance.type]["ProcessorInfo"]["SupportedArchitectures"][-1],
            "State": {"Name": instance.state, "Code": STATE_CODES[instance.state]},
            "LaunchTime": instance.launched_at,
            "Placement": {"AvailabilityZone": instance.zone, "Tenancy": "default"},
            "SubnetId": instance.subnet_id,
            "VpcId": self._topology.subnets.get(instance.subnet_id, {}).get("VpcId"),
            "ImageId": instance.image_id,
            "IamInstanceProfile": self._profile(instance),
            "SecurityGroups": [{"GroupId": each} for each in instance.security_groups],
            "StateTransitionReason": "",
            "Tags": [{"Key": "AWSBatchServiceTag", "Value": "batch"}],
            **_ending(instance),
        }
        if instance.state_reason:
            code, message = instance.state_reason
            described["StateReason"] = {"Code": code, "Message": message}
        group = instance.environment.auto_scaling_group
        if group:
            described["Tags"].append({"Key": "aws:autoscaling:groupName", "Value": group})
        if instance.environment.uses_spot_fleet:
            described["Tags"].append({"Key": "aws:ec2spot:fleet-request-id", "Value": fleet_id(instance.environment)})
        if instance.environment.kind == "SPOT":
            described["InstanceLifecycle"] = "spot"
        return {key: value for key, value in described.items() if value is not None}

    def _profile(self, instance: Instance) -> dict[str, str] | None:
        if not instance.environment.resources.get("instanceRole"):
            return None
        arn = profile_arn(self._world, instance.environment)
        return {"Arn": arn, "Id": "AIPA" + hashlib.sha256(arn.encode()).hexdigest()[:17].upper()}


def _ending(instance: Instance) -> dict[str, Any]:
    """The code that EC2 has for what was ended by its API (EC2 API reference, StateReason); that it is so for what AWS
    Batch ends, and a terminated instance has no public address, is inferred."""
    if instance.ended_at is None:
        return {"PublicIpAddress": instance.public_address}
    message = "Client.UserInitiatedShutdown: User initiated shutdown"
    return {
        "StateReason": {"Code": "Client.UserInitiatedShutdown", "Message": message},
        "StateTransitionReason": f"User initiated ({instance.ended_at:%Y-%m-%d %H:%M:%S} GMT)",
    }

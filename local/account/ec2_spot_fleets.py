"""The Spot Fleet of a compute environment with BEST_FIT on Spot, and what it notes down about its instances."""

from base64 import b64encode
from typing import Any

from botocore.utils import parse_timestamp

from local.account.batch_joining import profile_arn
from local.account.batch_launching import SOLD_OUT, Refusal
from local.account.batch_records import Batch, ComputeEnvironment, Instance
from local.account.ec2_filters import Record, paged
from local.account.errors import AwsError
from local.account.world import World

TOO_MANY, PRICE = "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow"
POOL = "{type}, {image}, Linux/UNIX, {zone}"
USER_DATA = "#!/bin/bash\necho ECS_CLUSTER={cluster} >> /etc/ecs/ecs.config\n"  # inferred: an agent has to be told


def fleet_id(environment: ComputeEnvironment) -> str:
    return f"sfr-{environment.uuid}"


def launched(world: World, instance: Instance) -> Record:
    return _event(world, "instanceChange", "launched", f"{instance.type}", InstanceId=instance.id)


def terminated(world: World, instance: Instance) -> Record:
    return _event(world, "instanceChange", "terminated", f"{instance.type}", InstanceId=instance.id)


def refused(world: World, refusal: Refusal, *, instance_type: str, image: str, zone: str) -> Record:
    """Types and subtypes: EC2 API, EventInformation. That the pool and EC2's own text stand in the description, and a
    lack of capacity is an error, is in the wild; which kind the other causes are is inferred."""
    pool = POOL.format(type=instance_type, image=image, zone=zone)
    if refusal.code == TOO_MANY:
        return _event(world, "error", "spotInstanceCountLimitExceeded", refusal.message)
    if refusal.code == PRICE:
        text = f"{pool}, Spot bid price is less than Spot market price"
        return _event(world, "Information", "launchSpecUnusable", text)
    if refusal.code == SOLD_OUT:
        return _event(world, "error", "spotFleetRequestConfigurationInvalid", f"{pool}: {refusal.message}")
    return _event(world, "Information", "launchSpecTemporarilyBlacklisted", f"{pool}, {refusal.message}")


def _event(world: World, kind: str, sub_type: str, description: str, **more: str) -> Record:
    information = {"EventSubType": sub_type, "EventDescription": description, **more}
    return {"EventType": kind, "Timestamp": world.now(), "EventInformation": information}


class SpotFleets:
    def __init__(self, world: World, batch: Batch) -> None:
        self._world = world
        self._batch = batch

    def describe_spot_fleet_requests(self, parameters: Record) -> Record:
        """A fleet is there from the first try to launch: inferred."""
        found = [self._described(each) for each in self._batch.environments.values() if each.fleet_history]
        return paged("SpotFleetRequestConfigs", found, parameters)

    def describe_spot_fleet_request_history(self, parameters: Record) -> Record:
        for environment in self._batch.environments.values():
            if environment.fleet_history and fleet_id(environment) == parameters["SpotFleetRequestId"]:
                since = parse_timestamp(parameters["StartTime"])
                events = [each for each in environment.fleet_history if each["Timestamp"] >= since]
                answer = paged("HistoryRecords", events, parameters)
                return {**answer, "SpotFleetRequestId": parameters["SpotFleetRequestId"], "StartTime": since}
        text = f"The spot fleet request ID '{parameters['SpotFleetRequestId']}' does not exist"
        raise AwsError("InvalidSpotFleetRequestId.NotFound", text)

    def _described(self, environment: ComputeEnvironment) -> Record:
        resources, cluster = environment.resources, environment.cluster_arn.rpartition("/")[2]
        common: dict[str, Any] = {
            "IamInstanceProfile": {"Arn": profile_arn(self._world, environment)},
            "SecurityGroups": [{"GroupId": each} for each in resources.get("securityGroupIds", [])],
            "UserData": b64encode(USER_DATA.format(cluster=cluster).encode()).decode(),
        }
        return {
            "SpotFleetRequestId": fleet_id(environment),
            "SpotFleetRequestState": "active",
            "CreateTime": environment.fleet_history[0]["Timestamp"],
            "SpotFleetRequestConfig": {
                "IamFleetRole": resources.get("spotIamFleetRole", ""),
                "TargetCapacity": environment.provisioned_vcpus,
                "Type": "maintain",
                "LaunchSpecifications": [{**common, "SubnetId": each} for each in resources["subnets"]],
            },
        }

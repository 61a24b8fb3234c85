"""Real instance types and where they are offered: the data files that moto ships, as EC2 answered them."""

import gzip
import json
from functools import cache
from importlib import resources

from botocore.model import ListShape

from local.account import shapes
from local.account.ec2_filters import Record, by_ids, filtered, member, paged
from local.account.errors import AwsError
from local.account.world import World

DATA = resources.files("moto.ec2") / "resources"
MOST_TYPES = 100  # per call: EC2 API reference, DescribeInstanceTypes
TYPE_FILTERS = {
    "instance-type": member("InstanceType"),
    "processor-info.supported-architecture": lambda one: one["ProcessorInfo"]["SupportedArchitectures"],
    "current-generation": member("CurrentGeneration"),
    "bare-metal": member("BareMetal"),
    "supported-usage-class": lambda one: one["SupportedUsageClasses"],
    "memory-info.size-in-mib": lambda one: [one["MemoryInfo"]["SizeInMiB"]],
    "vcpu-info.default-vcpus": lambda one: [one["VCpuInfo"]["DefaultVCpus"]],
}
OFFERING_FILTERS = {"instance-type": member("InstanceType"), "location": member("Location")}


@cache
def all_types() -> dict[str, Record]:
    shape = shapes.operation_model("ec2", "DescribeInstanceTypes").output_shape
    assert shape is not None
    listed = shape.members["InstanceTypes"]
    assert isinstance(listed, ListShape)
    found = json.loads(gzip.decompress((DATA / "instance_types.json.gz").read_bytes()))
    return {name: shapes.pruned(one, listed.member) for name, one in sorted(found.items())}


@cache
def offerings(location_type: str, region: str) -> tuple[Record, ...]:
    path = DATA / "instance_type_offerings" / location_type / f"{region}.json.gz"
    if not path.is_file():
        return ()
    listed = json.loads(gzip.decompress(path.read_bytes()))
    return tuple({**each, "LocationType": location_type} for each in listed if each["InstanceType"] in all_types())


@cache
def _offered_in(region: str) -> dict[str, Record]:
    names = {each["InstanceType"] for each in offerings("region", region)}
    return {name: one for name, one in all_types().items() if name in names}


@cache
def offered_in_zones(region: str, zones: tuple[str, ...]) -> frozenset[str]:
    listed = offerings("availability-zone", region)
    return frozenset(each["InstanceType"] for each in listed if each["Location"] in zones)


def zones_that_offer(region: str, instance_type: str) -> list[str]:
    listed = offerings("availability-zone", region)
    return sorted(each["Location"] for each in listed if each["InstanceType"] == instance_type)


class InstanceTypes:
    def __init__(self, world: World) -> None:
        self._world = world

    def describe_instance_types(self, parameters: Record) -> Record:
        names = parameters.get("InstanceTypes", [])
        if len(names) > MOST_TYPES:
            raise AwsError("InvalidParameterValue", f"The maximum number of instance types is {MOST_TYPES}")
        if names and "MaxResults" in parameters:
            text = "The parameter MaxResults cannot be used with the parameter InstanceTypes"
            raise AwsError("InvalidParameterCombination", text)
        offered = _offered_in(self._world.region)
        missing = [each for each in names if each not in offered]
        if missing:
            listed = ", ".join(missing)
            text = f"The following supplied instance types do not exist: [{listed}]"
            raise AwsError("InvalidInstanceType", text)
        found = by_ids(offered, names, "InvalidInstanceType", "instance type")
        chosen = filtered(found, parameters.get("Filters"), TYPE_FILTERS)
        return paged("InstanceTypes", chosen, parameters, MOST_TYPES)

    def describe_instance_type_offerings(self, parameters: Record) -> Record:
        listed = offerings(parameters.get("LocationType", "region"), self._world.region)
        return paged("InstanceTypeOfferings", filtered(listed, parameters.get("Filters"), OFFERING_FILTERS), parameters)

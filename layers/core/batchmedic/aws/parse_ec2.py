"""Reads EC2's and ECS's answers into the model."""

from collections.abc import Iterable, Mapping
from typing import Any

from batchmedic.aws import user_data
from batchmedic.model.capacity import Cluster, ContainerInstance, Image, InstanceType
from batchmedic.model.network import LaunchTemplateVersion, SecurityGroup, Subnet, Vpc

HTTPS = 443
LOG_DRIVERS = "com.amazonaws.ecs.capability.logging-driver."  # the begin of attributes of container instances


def subnet(described: Mapping[str, Any]) -> Subnet:
    return Subnet(
        id=described["SubnetId"],
        vpc_id=described["VpcId"],
        zone=described.get("AvailabilityZone") or "",
        free_addresses=described.get("AvailableIpAddressCount"),
        public_addresses=bool(described.get("MapPublicIpOnLaunch")),
    )


def vpc(described: Mapping[str, Any]) -> Vpc:
    names = [tag["Value"] for tag in described.get("Tags") or () if tag.get("Key") == "Name"]
    return Vpc(id=described["VpcId"], name="".join(names[:1]), is_default=bool(described.get("IsDefault")))


def security_group(described: Mapping[str, Any]) -> SecurityGroup:
    ingress, egress = described.get("IpPermissions") or (), described.get("IpPermissionsEgress") or ()
    named = {pair.get("GroupId") for rule in (*ingress, *egress) for pair in rule.get("UserIdGroupPairs") or ()}
    return SecurityGroup(
        id=described["GroupId"],
        name=described.get("GroupName", ""),
        vpc_id=described["VpcId"],
        open_to_the_world=any(_anywhere(rule) for rule in ingress),
        lets_https_out=any(_anywhere(rule) and _covers_https(rule) for rule in egress),
        lets_some_https_out=any(_covers_https(rule) for rule in egress),
        names_itself=described["GroupId"] in named,
        tags={tag.get("Key", ""): tag.get("Value", "") for tag in described.get("Tags") or ()},
    )


def _anywhere(rule: Mapping[str, Any]) -> bool:
    ranges = [each.get("CidrIp") for each in rule.get("IpRanges") or ()]
    ranges += [each.get("CidrIpv6") for each in rule.get("Ipv6Ranges") or ()]
    return any(each in ("0.0.0.0/0", "::/0") for each in ranges)


def _covers_https(rule: Mapping[str, Any]) -> bool:
    """Protocol -1 is all of them (EC2 API, IpPermission)."""
    if rule.get("IpProtocol") == "-1":
        return True
    first, last = rule.get("FromPort"), rule.get("ToPort")
    return rule.get("IpProtocol") in ("tcp", "6") and first is not None and last is not None and first <= HTTPS <= last


def launch_template_version(described: Mapping[str, Any]) -> LaunchTemplateVersion:
    """What it says of security groups, image and user data; the text of the last is not kept, it carries secrets."""
    data = described.get("LaunchTemplateData") or {}
    interfaces = data.get("NetworkInterfaces") or ()
    text = user_data.decoded(data.get("UserData"))
    volumes = [each.get("Ebs") or {} for each in data.get("BlockDeviceMappings") or ()]
    public = [each["AssociatePublicIpAddress"] for each in interfaces if "AssociatePublicIpAddress" in each]
    return LaunchTemplateVersion(
        id=described.get("LaunchTemplateId") or "",
        image_id=data.get("ImageId") or None,
        user_data_is_multipart=user_data.is_multipart(text) if data.get("UserData") else None,
        names_file_systems=user_data.names_file_systems(text),
        agent_blocks=user_data.agent_blocks(text),
        public_address=any(public) if public else None,
        volume_keys=tuple(volume["KmsKeyId"] for volume in volumes if volume.get("KmsKeyId")),
        elastic_fabric_adapter=any("efa" in str(each.get("InterfaceType", "")).lower() for each in interfaces),
        reserved_capacity=_reserves(data),
        security_groups=tuple(data.get("SecurityGroupIds") or ()),
        security_group_names=tuple(data.get("SecurityGroups") or ()),
        network_interface_groups=tuple(group for interface in interfaces for group in interface.get("Groups") or ()),
    )


def _reserves(data: Mapping[str, Any]) -> bool:
    """A target, or a preference for reservations only, or a capacity block (EC2 API, RequestLaunchTemplateData)."""
    wanted = data.get("CapacityReservationSpecification") or {}
    preference = wanted.get("CapacityReservationPreference")
    block = (data.get("InstanceMarketOptions") or {}).get("MarketType") == "capacity-block"
    return bool(wanted.get("CapacityReservationTarget")) or preference == "capacity-reservations-only" or block


def instance_type(described: Mapping[str, Any]) -> InstanceType:
    gpus = (described.get("GpuInfo") or {}).get("Gpus") or ()
    return InstanceType(
        name=described["InstanceType"],
        vcpus=int((described.get("VCpuInfo") or {}).get("DefaultVCpus") or 0),
        memory=int((described.get("MemoryInfo") or {}).get("SizeInMiB") or 0),
        gpus=sum(int(gpu.get("Count") or 0) for gpu in gpus),
        architectures=tuple((described.get("ProcessorInfo") or {}).get("SupportedArchitectures") or ()),
    )


def container_instance(described: Mapping[str, Any]) -> ContainerInstance:
    attributes = {each.get("name") or "": each.get("value") for each in described.get("attributes") or ()}
    log_drivers = [name.removeprefix(LOG_DRIVERS) for name in attributes if name.startswith(LOG_DRIVERS)]
    return ContainerInstance(
        instance_type=attributes.get("ecs.instance-type") or "",
        registered_memory=_resource(described.get("registeredResources"), "MEMORY"),
        remaining_memory=_resource(described.get("remainingResources"), "MEMORY"),
        remaining_vcpus=_resource(described.get("remainingResources"), "CPU") / 1024,  # ECS counts 1,024 per vCPU
        running_tasks=int(described.get("runningTasksCount") or 0) + int(described.get("pendingTasksCount") or 0),
        agent_connected=bool(described.get("agentConnected", True)),
        instance_id=described.get("ec2InstanceId") or "",
        takes_awslogs=not log_drivers or "awslogs" in log_drivers,
    )


def cluster(described: Mapping[str, Any]) -> Cluster:
    return Cluster(
        status=described.get("status") or "",
        registered_instances=int(described.get("registeredContainerInstancesCount") or 0),
        tasks=int(described.get("runningTasksCount") or 0) + int(described.get("pendingTasksCount") or 0),
        services=int(described.get("activeServicesCount") or 0),
    )


def image(described: Mapping[str, Any]) -> Image:
    return Image(
        id=described["ImageId"],
        name=described.get("Name") or "",
        architecture=described.get("Architecture") or "",
        state=described.get("State") or "",
    )


def _resource(resources: Iterable[Mapping[str, Any]] | None, name: str) -> int:
    return next((int(each.get("integerValue") or 0) for each in resources or () if each.get("name") == name), 0)

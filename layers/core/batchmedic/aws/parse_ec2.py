"""Reads EC2's and ECS's answers into the model."""

from collections.abc import Mapping
from typing import Any

from batchmedic.model.capacity import ContainerInstance, InstanceType
from batchmedic.model.network import LaunchTemplateVersion, SecurityGroup, Subnet, Vpc


def subnet(described: Mapping[str, Any]) -> Subnet:
    return Subnet(id=described["SubnetId"], vpc_id=described["VpcId"])


def vpc(described: Mapping[str, Any]) -> Vpc:
    names = [tag["Value"] for tag in described.get("Tags") or () if tag.get("Key") == "Name"]
    return Vpc(id=described["VpcId"], name="".join(names[:1]), is_default=bool(described.get("IsDefault")))


def security_group(described: Mapping[str, Any]) -> SecurityGroup:
    return SecurityGroup(id=described["GroupId"], name=described.get("GroupName", ""), vpc_id=described["VpcId"])


def launch_template_version(described: Mapping[str, Any]) -> LaunchTemplateVersion:
    """Only what it says of security groups; user data is never read."""
    data = described.get("LaunchTemplateData") or {}
    interfaces = data.get("NetworkInterfaces") or ()
    return LaunchTemplateVersion(
        security_groups=tuple(data.get("SecurityGroupIds") or ()),
        security_group_names=tuple(data.get("SecurityGroups") or ()),
        network_interface_groups=tuple(group for interface in interfaces for group in interface.get("Groups") or ()),
    )


def instance_type(described: Mapping[str, Any]) -> InstanceType:
    gpus = (described.get("GpuInfo") or {}).get("Gpus") or ()
    return InstanceType(
        name=described["InstanceType"],
        vcpus=int((described.get("VCpuInfo") or {}).get("DefaultVCpus") or 0),
        memory=int((described.get("MemoryInfo") or {}).get("SizeInMiB") or 0),
        gpus=sum(int(gpu.get("Count") or 0) for gpu in gpus),
    )


def container_instance(described: Mapping[str, Any]) -> ContainerInstance:
    attributes = {each.get("name"): each.get("value") for each in described.get("attributes") or ()}
    memory = [
        each.get("integerValue") for each in described.get("registeredResources") or () if each.get("name") == "MEMORY"
    ]
    return ContainerInstance(
        instance_type=attributes.get("ecs.instance-type") or "",
        registered_memory=int(memory[0] or 0) if memory else 0,
        agent_connected=bool(described.get("agentConnected", True)),
    )

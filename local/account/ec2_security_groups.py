"""Security groups, and the further VPCs that they may be associated with."""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local.account import durations
from local.account.ec2_filters import Record, arn, by_ids, filtered, member, paged, tags
from local.account.ec2_rules import SOURCES, taken_out
from local.account.errors import AwsError
from local.account.world import World

GROUP_FILTERS = {
    "group-id": member("GroupId"),
    "group-name": member("GroupName"),
    "vpc-id": member("VpcId"),
    "description": member("Description"),
    "owner-id": member("OwnerId"),
    "ip-permission.group-id": lambda group: _named_groups(group, "IpPermissions"),
    "egress.ip-permission.group-id": lambda group: _named_groups(group, "IpPermissionsEgress"),
    "ip-permission.cidr": lambda group: _ranges(group, "IpPermissions"),
    "egress.ip-permission.cidr": lambda group: _ranges(group, "IpPermissionsEgress"),
}
ASSOCIATION_FILTERS = {
    "group-id": member("GroupId"),
    "vpc-id": member("VpcId"),
    "state": member("State"),
    "group-owner-id": member("GroupOwnerId"),
    "vpc-owner-id": member("VpcOwnerId"),
}
ALL_OUT: Record = {
    "IpProtocol": "-1",
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    "Ipv6Ranges": [],
    "PrefixListIds": [],
    "UserIdGroupPairs": [],
}


class SecurityGroups:
    def __init__(self, world: World) -> None:
        self._world = world
        self.vpcs: dict[str, Record] = {}
        self.groups: dict[str, Record] = {}
        self.associations: dict[tuple[str, str], Record] = {}
        self.in_use: Callable[[], set[str]] = set
        self._made_at: dict[str, datetime] = {}

    def add(self, name: str, description: str, vpc_id: str, group_tags: list[dict[str, str]]) -> Record:
        """A new group lets everything out and nothing in (EC2 User Guide, security groups)."""
        group_id = self._world.ec2_id("sg")
        group = {
            "GroupId": group_id,
            "GroupName": name,
            "Description": description,
            "VpcId": vpc_id,
            "OwnerId": self._world.account_id,
            "SecurityGroupArn": arn(self._world, "security-group", group_id),
            "Tags": group_tags,
            "IpPermissions": [],
            "IpPermissionsEgress": [dict(ALL_OUT)],
        }
        self.groups[group_id] = group
        self._made_at[group_id] = self._world.now()
        return group

    def add_default(self, vpc_id: str) -> None:
        """Its members let one another in (VPC User Guide, default-security-group)."""
        group = self.add("default", "default VPC security group", vpc_id, [])
        group["IpPermissions"] = [{**ALL_OUT, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": group["GroupId"]}]}]

    def create_security_group(self, parameters: Record) -> Record:
        name, vpc_id = parameters["GroupName"], parameters.get("VpcId") or self._default_vpc()
        if name.lower().startswith("sg-"):
            raise AwsError("InvalidParameterValue", f"Value ({name}) for parameter GroupName is invalid.")
        if vpc_id not in self.vpcs:
            raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
        # unique in its VPC, whatever the case of its letters: EC2 API reference, CreateSecurityGroup
        if any(each["VpcId"] == vpc_id and each["GroupName"].lower() == name.lower() for each in self.groups.values()):
            raise AwsError("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc_id}'")
        group = self.add(name, parameters["Description"], vpc_id, tags(parameters, "security-group"))
        return {key: group[key] for key in ("GroupId", "Tags", "SecurityGroupArn")}

    def describe_security_groups(self, parameters: Record) -> Record:
        found = by_ids(self._visible(), parameters.get("GroupIds"), "InvalidGroup.NotFound", "security group")
        names = parameters.get("GroupNames")
        if names:  # of the default VPC only
            by_name = {each["GroupName"]: each for each in found if each["VpcId"] == self._default_vpc()}
            found = by_ids(by_name, names, "InvalidGroup.NotFound", "security group")
        return paged("SecurityGroups", filtered(found, parameters.get("Filters"), GROUP_FILTERS), parameters)

    def delete_security_group(self, parameters: Record) -> Record:
        group = self._group(parameters)
        if group["GroupName"] == "default":
            text = f'the specified group: "{group["GroupId"]}" name: "default" cannot be deleted by a user'
            raise AwsError("CannotDelete", text)
        if group["GroupId"] in self.in_use() or self._named_by_others(group["GroupId"]):
            raise AwsError("DependencyViolation", f"resource {group['GroupId']} has a dependent object")
        del self.groups[group["GroupId"]]
        self.associations = {key: one for key, one in self.associations.items() if key[0] != group["GroupId"]}
        return {"Return": True, "GroupId": group["GroupId"]}

    def authorize_security_group_ingress(self, parameters: Record) -> Record:
        return self._authorize(parameters, "IpPermissions")

    def authorize_security_group_egress(self, parameters: Record) -> Record:
        return self._authorize(parameters, "IpPermissionsEgress")

    def revoke_security_group_ingress(self, parameters: Record) -> Record:
        return self._revoke(parameters, "IpPermissions")

    def revoke_security_group_egress(self, parameters: Record) -> Record:
        return self._revoke(parameters, "IpPermissionsEgress")

    def associate_security_group_vpc(self, parameters: Record) -> Record:
        """Not for default groups, nor for default VPCs (EC2 API reference, AssociateSecurityGroupVpc)."""
        group, vpc_id = self._group(parameters), parameters["VpcId"]
        if vpc_id not in self.vpcs:
            raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
        if group["GroupName"] == "default" or self.vpcs[vpc_id]["IsDefault"] or group["VpcId"] == vpc_id:
            raise AwsError("InvalidParameterValue", f"{group['GroupId']} cannot be associated with {vpc_id}")
        association = {
            "GroupId": group["GroupId"],
            "VpcId": vpc_id,
            "VpcOwnerId": self._world.account_id,
            "GroupOwnerId": self._world.account_id,
            "State": "associating",
        }
        self.associations[group["GroupId"], vpc_id] = association
        self._world.after(durations.SECURITY_GROUP_ASSOCIATION, lambda: association.update(State="associated"))
        return {"State": association["State"]}

    def disassociate_security_group_vpc(self, parameters: Record) -> Record:
        """Not while instances use it there (EC2 API reference, DisassociateSecurityGroupVpc)."""
        pair = (parameters["GroupId"], parameters["VpcId"])
        if pair not in self.associations:
            raise AwsError("InvalidParameterValue", f"{pair[0]} is not associated with {pair[1]}")
        if pair[0] in self.in_use():
            raise AwsError("DependencyViolation", f"resource {pair[0]} has a dependent object")
        del self.associations[pair]
        return {"State": "disassociating"}

    def describe_security_group_vpc_associations(self, parameters: Record) -> Record:
        chosen = filtered(self.associations.values(), parameters.get("Filters"), ASSOCIATION_FILTERS)
        return paged("SecurityGroupVpcAssociations", chosen, parameters)

    def serves(self, group_id: str, vpc_id: str) -> bool:
        if self.groups[group_id]["VpcId"] == vpc_id:
            return True
        return self.associations.get((group_id, vpc_id), {}).get("State") == "associated"

    def _default_vpc(self) -> str:
        for vpc in self.vpcs.values():
            if vpc["IsDefault"]:
                return str(vpc["VpcId"])
        raise AwsError("VPCIdNotSpecified", "No default VPC for this user")

    def _group(self, parameters: Record) -> Record:
        group_id, visible = parameters.get("GroupId"), self._visible()
        if group_id is None:
            return by_ids(
                {each["GroupName"]: each for each in visible.values() if each["VpcId"] == self._default_vpc()},
                [parameters.get("GroupName", "")],
                "InvalidGroup.NotFound",
                "security group",
            )[0]
        return by_ids(visible, [group_id], "InvalidGroup.NotFound", "security group")[0]

    def _visible(self) -> dict[str, Record]:
        """EC2 is eventually consistent (EC2 API reference, "Eventual consistency"); how late it may be is inferred."""
        lag = self._world.security_group_lag
        now = self._world.now()
        return {each: group for each, group in self.groups.items() if not lag or now - self._made_at[each] >= lag}

    def _named_by_others(self, group_id: str) -> bool:
        directions = ("IpPermissions", "IpPermissionsEgress")
        others = (each for each in self.groups.values() if each["GroupId"] != group_id)
        return any(group_id in _named_groups(each, direction) for each in others for direction in directions)

    def _authorize(self, parameters: Record, direction: str) -> Record:
        group = self._group(parameters)
        for permission in parameters.get("IpPermissions") or [_flat_permission(parameters)]:
            rule = {**{key: [] for key in ALL_OUT if key != "IpProtocol"}, **permission}
            if rule in group[direction]:
                raise AwsError("InvalidPermission.Duplicate", "the specified rule already exists")
            for pair in rule["UserIdGroupPairs"]:
                self._require_same_network(group, pair)
            group[direction].append(rule)
        return {"Return": True}

    def _revoke(self, parameters: Record, direction: str) -> Record:
        """By the values of rules; one that is not there fails the call (EC2 API reference, error codes)."""
        group = self._group(parameters)
        rules = copy.deepcopy(group[direction])
        for permission in parameters.get("IpPermissions") or [_flat_permission(parameters)]:
            if not taken_out(rules, permission):
                raise AwsError(
                    "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
                )
        group[direction] = [rule for rule in rules if any(rule.get(key) for key in SOURCES)]
        return {"Return": True}

    def _require_same_network(self, group: Record, pair: Record) -> None:
        other = self.groups.get(pair.get("GroupId", ""))
        if other is None or other["VpcId"] != group["VpcId"]:
            text = "You have specified two resources that belong to different networks."
            raise AwsError("InvalidGroup.NotFound", text)


def _named_groups(group: Record, direction: str) -> list[str]:
    return [
        pair["GroupId"] for rule in group[direction] for pair in rule.get("UserIdGroupPairs", []) if "GroupId" in pair
    ]


def _ranges(group: Record, direction: str) -> list[str]:
    return [each["CidrIp"] for rule in group[direction] for each in rule.get("IpRanges", [])]


def _flat_permission(parameters: Record) -> dict[str, Any]:
    """The older form, with one rule in the request's own members."""
    permission: dict[str, Any] = {
        key: parameters[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in parameters
    }
    if "CidrIp" in parameters:
        permission["IpRanges"] = [{"CidrIp": parameters["CidrIp"]}]
    return permission

"""Network ACLs: numbered rules at the border of a subnet, of which the first that fits decides."""

from ipaddress import ip_address

from local.account.ec2_filters import Record, by_ids, filtered, member, paged, tags
from local.account.ec2_topology import ANYWHERE, NOT_FOUND, Topology, cidr, network, one
from local.account.errors import AwsError
from local.account.world import World

LAST_RULE = 32767  # denies what no other rule decides, cannot be changed: VPC User Guide, nacl-rules
HIGHEST = 32766  # EC2 API reference, CreateNetworkAclEntry
ALL, TCP = "-1", "6"
NUMBERS = {"tcp": TCP, "udp": "17", "icmp": "1", "all": ALL}
ACL_FILTERS = {
    "network-acl-id": member("NetworkAclId"),
    "vpc-id": member("VpcId"),
    "default": member("IsDefault"),
    "owner-id": member("OwnerId"),
    "association.subnet-id": lambda acl: [each["SubnetId"] for each in acl["Associations"]],
    "association.association-id": lambda acl: [each["NetworkAclAssociationId"] for each in acl["Associations"]],
}


class NetworkAcls:
    def __init__(self, world: World, topology: Topology) -> None:
        self._world = world
        self._topology = topology

    def add(self, vpc_id: str, acl_tags: list[dict[str, str]], *, default: bool = False) -> Record:
        """The default one lets all pass, a new one nothing (VPC User Guide, default- and custom-network-acl)."""
        both = (False, True)
        acl: Record = {
            "NetworkAclId": self._world.ec2_id("acl"),
            "VpcId": vpc_id,
            "OwnerId": self._world.account_id,
            "IsDefault": default,
            "Associations": [],
            "Entries": [
                *(_all_traffic(100, "allow", egress=egress) for egress in both if default),
                *(_all_traffic(LAST_RULE, "deny", egress=egress) for egress in both),
            ],
            "Tags": acl_tags,
        }
        self._topology.acls[acl["NetworkAclId"]] = acl
        return acl

    def adopt(self, subnet: Record) -> None:
        """A new subnet gets the default ACL of its VPC."""
        default = next(
            each for each in self._topology.acls.values() if each["VpcId"] == subnet["VpcId"] and each["IsDefault"]
        )
        self._associate(default, subnet["SubnetId"])

    def forget_subnet(self, subnet_id: str) -> None:
        for acl in self._topology.acls.values():
            acl["Associations"] = [each for each in acl["Associations"] if each["SubnetId"] != subnet_id]

    def create_network_acl(self, parameters: Record) -> Record:
        vpc = one(self._topology.vpcs, parameters["VpcId"])
        return {"NetworkAcl": self.add(vpc["VpcId"], tags(parameters, "network-acl"))}

    def describe_network_acls(self, parameters: Record) -> Record:
        found = by_ids(self._topology.acls, parameters.get("NetworkAclIds"), *NOT_FOUND["acl"])
        return paged("NetworkAcls", filtered(found, parameters.get("Filters"), ACL_FILTERS), parameters)

    def delete_network_acl(self, parameters: Record) -> Record:
        """Neither the default one nor one that a subnet has (EC2 API reference, DeleteNetworkAcl)."""
        acl = self._acl(parameters)
        if acl["IsDefault"]:
            raise AwsError("InvalidParameterValue", f"cannot delete default network ACL {acl['NetworkAclId']}")
        if acl["Associations"]:
            text = f"The networkAcl '{acl['NetworkAclId']}' has dependencies and cannot be deleted."
            raise AwsError("DependencyViolation", text)
        del self._topology.acls[acl["NetworkAclId"]]
        return {}

    def replace_network_acl_association(self, parameters: Record) -> Record:
        acl, association_id = self._acl(parameters), parameters["AssociationId"]
        for other in self._topology.acls.values():
            for each in other["Associations"]:
                if each["NetworkAclAssociationId"] == association_id:
                    other["Associations"].remove(each)
                    return {"NewAssociationId": self._associate(acl, each["SubnetId"])}
        raise AwsError("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")

    def _associate(self, acl: Record, subnet_id: str) -> str:
        association_id = self._world.ec2_id("aclassoc")
        acl["Associations"].append(
            {
                "NetworkAclAssociationId": association_id,
                "NetworkAclId": acl["NetworkAclId"],
                "SubnetId": subnet_id,
            }
        )
        return association_id

    # --- entries

    def create_network_acl_entry(self, parameters: Record) -> Record:
        acl = self._acl(parameters)
        if _find(acl, parameters):
            text = f"The network acl entry identified by {parameters['RuleNumber']} already exists."
            raise AwsError("NetworkAclEntryAlreadyExists", text)
        acl["Entries"].append(_entry(parameters))
        acl["Entries"].sort(key=lambda each: int(each["RuleNumber"]))
        return {}

    def replace_network_acl_entry(self, parameters: Record) -> Record:
        acl = self._acl(parameters)
        acl["Entries"][acl["Entries"].index(self._existing(acl, parameters))] = _entry(parameters)
        return {}

    def delete_network_acl_entry(self, parameters: Record) -> Record:
        acl = self._acl(parameters)
        acl["Entries"].remove(self._existing(acl, parameters))
        return {}

    def _existing(self, acl: Record, parameters: Record) -> Record:
        found = _find(acl, parameters)
        if found is None or found["RuleNumber"] > HIGHEST:
            text = f"The network acl entry identified by {parameters['RuleNumber']} does not exist."
            raise AwsError("InvalidNetworkAclEntry.NotFound", text)
        return found

    def _acl(self, parameters: Record) -> Record:
        return one(self._topology.acls, parameters["NetworkAclId"])


def lets_pass(acl: Record, address: str, ports: tuple[int, int], *, egress: bool) -> bool:
    """Whether all TCP traffic to (from) this address passes, on each of these destination ports."""
    first, last = ports
    entries = [each for each in acl["Entries"] if each["Egress"] is egress and _is_about(each, address)]
    bounds = {bound for each in entries if "PortRange" in each for bound in _bounds(each["PortRange"])}
    tried = {first, *(each for each in bounds if first <= each <= last)}
    return all(_action(entries, port) == "allow" for port in tried)


def _action(entries: list[Record], port: int) -> str:
    for each in sorted(entries, key=lambda entry: int(entry["RuleNumber"])):
        ports = each.get("PortRange")
        if ports is None or ports["From"] <= port <= ports["To"]:
            return str(each["RuleAction"])
    return "deny"


def _bounds(ports: Record) -> tuple[int, int]:
    """Where something else may begin to hold."""
    return ports["From"], ports["To"] + 1


def _is_about(entry: Record, address: str) -> bool:
    block = entry.get("CidrBlock")
    return entry["Protocol"] in (ALL, TCP) and block is not None and ip_address(address) in network(block)


def _all_traffic(number: int, action: str, *, egress: bool) -> Record:
    return {"RuleNumber": number, "Protocol": ALL, "RuleAction": action, "Egress": egress, "CidrBlock": ANYWHERE}


def _find(acl: Record, parameters: Record) -> Record | None:
    wanted = (parameters["RuleNumber"], parameters["Egress"])
    return next((each for each in acl["Entries"] if (each["RuleNumber"], each["Egress"]) == wanted), None)


def _entry(parameters: Record) -> Record:
    if not 1 <= parameters["RuleNumber"] <= HIGHEST:
        raise AwsError("InvalidParameterValue", f"Value ({parameters['RuleNumber']}) for ruleNumber is invalid.")
    members = ("RuleNumber", "RuleAction", "Egress", "Ipv6CidrBlock", "PortRange", "IcmpTypeCode")
    entry = {key: parameters[key] for key in members if key in parameters}
    protocol = parameters["Protocol"].lower()
    entry["Protocol"] = NUMBERS.get(protocol, protocol)
    if "CidrBlock" in parameters:
        entry["CidrBlock"] = cidr(parameters["CidrBlock"])
    if entry["Protocol"] == ALL:
        entry.pop("PortRange", None)  # all ports, whatever is said (EC2 API reference, CreateNetworkAclEntry)
    return entry

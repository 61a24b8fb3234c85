"""What EC2 remembers of networks, by id and as it describes them; each part of EC2 writes its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network

from local.account.ec2_filters import Record
from local.account.errors import AwsError

Records = dict[str, Record]

ANYWHERE = "0.0.0.0/0"
NOT_FOUND = {  # code and sentence: EC2 API reference, error codes; the nouns are EC2's own
    "acl": ("InvalidNetworkAclID.NotFound", "networkAcl ID"),
    "eipalloc": ("InvalidAllocationID.NotFound", "allocation ID"),
    "igw": ("InvalidInternetGatewayID.NotFound", "internetGateway ID"),
    "nat": ("NatGatewayNotFound", "natGateway ID"),
    "rtb": ("InvalidRouteTableID.NotFound", "routeTable ID"),
    "subnet": ("InvalidSubnetID.NotFound", "subnet ID"),
    "vpc": ("InvalidVpcID.NotFound", "vpc ID"),
    "vpce": ("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"),
}


@dataclass(kw_only=True)
class Topology:
    vpcs: Records = field(default_factory=dict)
    subnets: Records = field(default_factory=dict)
    route_tables: Records = field(default_factory=dict)
    internet_gateways: Records = field(default_factory=dict)
    nat_gateways: Records = field(default_factory=dict)
    endpoints: Records = field(default_factory=dict)
    acls: Records = field(default_factory=dict)
    addresses: Records = field(default_factory=dict)  # Elastic IP addresses, by allocation id

    def table_of(self, subnet_id: str) -> Record:
        """Without an association of its own, a subnet uses the main table (VPC User Guide, subnet-route-tables)."""
        for table in self.route_tables.values():
            if any(each.get("SubnetId") == subnet_id for each in table["Associations"]):
                return table
        return self.main_table(self.subnets[subnet_id]["VpcId"])

    def main_table(self, vpc_id: str) -> Record:
        return next(
            table
            for table in self.route_tables.values()
            if table["VpcId"] == vpc_id and any(each["Main"] for each in table["Associations"])
        )

    def acl_of(self, subnet_id: str) -> Record:
        """Every subnet has exactly one (VPC User Guide, vpc-network-acls)."""
        return next(
            acl for acl in self.acls.values() if any(each["SubnetId"] == subnet_id for each in acl["Associations"])
        )

    def is_attached(self, gateway_id: str, vpc_id: str) -> bool:
        gateway = self.internet_gateways.get(gateway_id, {})
        return any(each["VpcId"] == vpc_id for each in gateway.get("Attachments", []))


def one(records: Mapping[str, Record], record_id: str) -> Record:
    """The record of this id, or EC2's error for its kind."""
    if record_id not in records:
        code, noun = NOT_FOUND.get(record_id.partition("-")[0], ("InvalidParameterValue", "ID"))
        raise AwsError(code, f"The {noun} '{record_id}' does not exist")
    return records[record_id]


def cidr(text: str) -> str:
    """In canonical form, as EC2 keeps it: 100.68.0.18/18 becomes 100.68.0.0/18 (EC2 API reference, CreateRoute)."""
    return str(network(text))


def network(text: str) -> IPv4Network:
    try:
        found = ip_network(text, strict=False)
    except ValueError as error:
        text = f"Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        raise AwsError("InvalidParameterValue", text) from error
    assert isinstance(found, IPv4Network)
    return found

"""What leads out of a VPC: internet gateways, NAT gateways and the Elastic IP addresses that these need."""

from collections.abc import Callable
from datetime import timedelta

from local.account.ec2_filters import Record, by_ids, filtered, member, paged, tags
from local.account.ec2_topology import NOT_FOUND, Topology, one
from local.account.errors import AwsError
from local.account.world import World

DELETED_VISIBLE = timedelta(hours=1)  # "about an hour": VPC User Guide, nat-gateway-working-with
INTERNET_FILTERS = {
    "internet-gateway-id": member("InternetGatewayId"),
    "owner-id": member("OwnerId"),
    "attachment.vpc-id": lambda gateway: [each["VpcId"] for each in gateway["Attachments"]],
    "attachment.state": lambda gateway: [each["State"] for each in gateway["Attachments"]],
}
NAT_FILTERS = {
    "nat-gateway-id": member("NatGatewayId"),
    "state": member("State"),
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
}


class Gateways:
    def __init__(self, world: World, topology: Topology) -> None:
        self._world = world
        self._topology = topology
        self.has_public_instances: Callable[[str], bool] = lambda _vpc_id: False

    # --- internet gateways

    def create_internet_gateway(self, parameters: Record) -> Record:
        gateway: Record = {
            "InternetGatewayId": self._world.ec2_id("igw"),
            "OwnerId": self._world.account_id,
            "Attachments": [],
            "Tags": tags(parameters, "internet-gateway"),
        }
        self._topology.internet_gateways[gateway["InternetGatewayId"]] = gateway
        return {"InternetGateway": gateway}

    def attach_internet_gateway(self, parameters: Record) -> Record:
        """One VPC for a gateway, one gateway for a VPC (VPC User Guide, VPC_Internet_Gateway)."""
        gateway, vpc_id = self._internet_gateway(parameters), parameters["VpcId"]
        one(self._topology.vpcs, vpc_id)
        if gateway["Attachments"]:
            text = f"resource {gateway['InternetGatewayId']} is already attached to network"
            raise AwsError("Resource.AlreadyAssociated", text)
        if self._has_internet_gateway(vpc_id):
            text = f"Network {vpc_id} already has an internet gateway attached"
            raise AwsError("InvalidParameterValue", text)
        gateway["Attachments"] = [{"VpcId": vpc_id, "State": "available"}]
        return {}

    def detach_internet_gateway(self, parameters: Record) -> Record:
        """Not while public addresses are in use there (EC2 API reference, DetachInternetGateway)."""
        gateway, vpc_id = self._internet_gateway(parameters), parameters["VpcId"]
        if not self._topology.is_attached(gateway["InternetGatewayId"], vpc_id):
            text = f"resource {gateway['InternetGatewayId']} is not attached to network {vpc_id}"
            raise AwsError("Gateway.NotAttached", text)
        if self._has_public_nat_gateway(vpc_id) or self.has_public_instances(vpc_id):
            text = (
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before "
                "detaching the gateway."
            )
            raise AwsError("DependencyViolation", text)
        gateway["Attachments"] = []
        return {}

    def delete_internet_gateway(self, parameters: Record) -> Record:
        gateway_id = self._internet_gateway(parameters)["InternetGatewayId"]
        if self._topology.internet_gateways[gateway_id]["Attachments"]:
            text = f"The internetGateway '{gateway_id}' has dependencies and cannot be deleted."
            raise AwsError("DependencyViolation", text)
        del self._topology.internet_gateways[gateway_id]
        return {}

    def describe_internet_gateways(self, parameters: Record) -> Record:
        gateways = self._topology.internet_gateways
        found = by_ids(gateways, parameters.get("InternetGatewayIds"), *NOT_FOUND["igw"])
        return paged("InternetGateways", filtered(found, parameters.get("Filters"), INTERNET_FILTERS), parameters)

    def _internet_gateway(self, parameters: Record) -> Record:
        return one(self._topology.internet_gateways, parameters["InternetGatewayId"])

    def _has_internet_gateway(self, vpc_id: str) -> bool:
        return any(self._topology.is_attached(each, vpc_id) for each in self._topology.internet_gateways)

    # --- NAT gateways

    def allocate_address(self, parameters: Record) -> Record:
        """Of a range that is kept for examples: RFC 5737."""
        address = {
            "AllocationId": self._world.ec2_id("eipalloc"),
            "PublicIp": f"198.51.100.{len(self._topology.addresses) % 254 + 1}",
            "Domain": "vpc",
            "NetworkBorderGroup": self._world.region,
        }
        self._topology.addresses[address["AllocationId"]] = {**address, "Tags": tags(parameters, "elastic-ip")}
        return address

    def create_nat_gateway(self, parameters: Record) -> Record:
        """Available at once: inferred. Without an internet gateway in its VPC a public one fails (VPC User Guide,
        nat-gateway-troubleshooting)."""
        subnet = one(self._topology.subnets, parameters.get("SubnetId", ""))
        kind = parameters.get("ConnectivityType", "public")
        gateway = {
            "NatGatewayId": self._world.ec2_id("nat"),
            "SubnetId": subnet["SubnetId"],
            "VpcId": subnet["VpcId"],
            "ConnectivityType": kind,
            "State": "available",
            "CreateTime": self._world.now(),
            "NatGatewayAddresses": self._nat_addresses(kind, parameters),
            "Tags": tags(parameters, "natgateway"),
        }
        if kind == "public" and not self._has_internet_gateway(subnet["VpcId"]):
            text = f"Network {subnet['VpcId']} has no Internet gateway attached"
            gateway |= {"State": "failed", "FailureCode": "Gateway.NotAttached", "FailureMessage": text}
        self._topology.nat_gateways[gateway["NatGatewayId"]] = gateway
        return {"NatGateway": gateway}

    def delete_nat_gateway(self, parameters: Record) -> Record:
        """It stays to be seen for a while; its routes stay, too (EC2 API reference, DeleteNatGateway)."""
        gateways = self._topology.nat_gateways
        gateway = one(gateways, parameters["NatGatewayId"])
        gateway |= {"State": "deleted", "DeleteTime": self._world.now()}
        self._world.after(DELETED_VISIBLE, lambda: gateways.pop(gateway["NatGatewayId"], None))
        return {"NatGatewayId": gateway["NatGatewayId"]}

    def describe_nat_gateways(self, parameters: Record) -> Record:
        found = by_ids(self._topology.nat_gateways, parameters.get("NatGatewayIds"), *NOT_FOUND["nat"])
        return paged("NatGateways", filtered(found, parameters.get("Filter"), NAT_FILTERS), parameters)

    def _nat_addresses(self, kind: str, parameters: Record) -> list[Record]:
        if kind != "public":
            return []
        if "AllocationId" not in parameters:
            raise AwsError("MissingParameter", "The request must contain the parameter AllocationId")
        address = one(self._topology.addresses, parameters["AllocationId"])
        return [{"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"], "IsPrimary": True}]

    def _has_public_nat_gateway(self, vpc_id: str) -> bool:
        return any(
            each["VpcId"] == vpc_id and each["ConnectivityType"] == "public" and each["State"] == "available"
            for each in self._topology.nat_gateways.values()
        )

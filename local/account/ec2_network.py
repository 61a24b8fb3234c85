"""VPCs and subnets."""

from collections.abc import Callable

from local.account.ec2_filters import Record, arn, by_ids, filtered, member, paged, tags
from local.account.ec2_gateways import Gateways
from local.account.ec2_network_acls import NetworkAcls
from local.account.ec2_routes import RouteTables
from local.account.ec2_security_groups import SecurityGroups
from local.account.ec2_topology import ANYWHERE, Topology, one
from local.account.errors import AwsError, not_simulated
from local.account.world import World

VPC_FILTERS = {
    "vpc-id": member("VpcId"),
    "state": member("State"),
    "cidr": member("CidrBlock"),
    "is-default": member("IsDefault"),
    "owner-id": member("OwnerId"),
}
SUBNET_FILTERS = {
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
    "state": member("State"),
    "availability-zone": member("AvailabilityZone"),
    "cidr-block": member("CidrBlock"),
    "owner-id": member("OwnerId"),
    "map-public-ip-on-launch": member("MapPublicIpOnLaunch"),
}
DEFAULT_CIDR = "172.31.0.0/16"
RESERVED_ADDRESSES = 5  # of every subnet: VPC User Guide, subnet-sizing
ZONES = "abc"


class Network:
    def __init__(
        self,
        world: World,
        topology: Topology,
        *,
        groups: SecurityGroups,
        tables: RouteTables,
        acls: NetworkAcls,
        gateways: Gateways,
    ) -> None:
        self._world = world
        self._groups = groups
        self._tables = tables
        self._acls = acls
        self._gateways = gateways
        self._topology = topology
        self.vpcs = topology.vpcs
        self.subnets = topology.subnets
        self.in_use: Callable[[str], int] = lambda _subnet_id: 0  # addresses that are taken

    # --- VPCs

    def create_vpc(self, parameters: Record) -> Record:
        return {"Vpc": self._add_vpc(parameters.get("CidrBlock", "10.0.0.0/16"), parameters)}

    def create_default_vpc(self, parameters: Record) -> Record:
        """Comes with one public subnet in each Availability Zone and a way out (VPC User Guide, default-vpc)."""
        if any(vpc["IsDefault"] for vpc in self.vpcs.values()):
            raise AwsError("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
        vpc = self._add_vpc(DEFAULT_CIDR, parameters, is_default=True)
        for number, zone in enumerate(ZONES):
            self._add_subnet(vpc["VpcId"], f"172.31.{16 * number}.0/20", self._world.region + zone, [])
        gateway_id = self._gateways.create_internet_gateway({})["InternetGateway"]["InternetGatewayId"]
        self._gateways.attach_internet_gateway({"InternetGatewayId": gateway_id, "VpcId": vpc["VpcId"]})
        table_id = self._topology.main_table(vpc["VpcId"])["RouteTableId"]
        out = {"RouteTableId": table_id, "DestinationCidrBlock": ANYWHERE, "GatewayId": gateway_id}
        self._tables.create_route(out)
        return {"Vpc": vpc}

    def describe_vpcs(self, parameters: Record) -> Record:
        found = by_ids(self.vpcs, parameters.get("VpcIds"), "InvalidVpcID.NotFound", "vpc ID")
        return paged("Vpcs", filtered(found, parameters.get("Filters"), VPC_FILTERS), parameters)

    def _add_vpc(self, cidr: str, parameters: Record, *, is_default: bool = False) -> Record:
        vpc = {
            "VpcId": self._world.ec2_id("vpc"),
            "OwnerId": self._world.account_id,
            "State": "available",
            "CidrBlock": cidr,
            "InstanceTenancy": parameters.get("InstanceTenancy", "default"),
            "IsDefault": is_default,
            "Tags": tags(parameters, "vpc"),
        }
        self.vpcs[vpc["VpcId"]] = vpc
        self._groups.vpcs[vpc["VpcId"]] = vpc
        self._groups.add_default(vpc["VpcId"])
        self._tables.add(vpc, [], main=True)
        self._acls.add(vpc["VpcId"], [], default=True)
        return vpc

    # --- subnets

    def create_subnet(self, parameters: Record) -> Record:
        vpc_id = parameters["VpcId"]
        if vpc_id not in self.vpcs:
            raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
        zone: str = parameters.get("AvailabilityZone", self._world.region + "a")
        cidr = parameters.get("CidrBlock") or self.vpcs[vpc_id]["CidrBlock"]
        return {"Subnet": self._add_subnet(vpc_id, cidr, zone, tags(parameters, "subnet"))}

    def describe_subnets(self, parameters: Record) -> Record:
        found = by_ids(self.subnets, parameters.get("SubnetIds"), "InvalidSubnetID.NotFound", "subnet ID")
        chosen = filtered(found, parameters.get("Filters"), SUBNET_FILTERS)
        now = [{**each, "AvailableIpAddressCount": self.free_addresses(each["SubnetId"])} for each in chosen]
        return paged("Subnets", now, parameters)

    def free_addresses(self, subnet_id: str) -> int:
        had: int = self.subnets[subnet_id]["AvailableIpAddressCount"]
        return max(0, had - self.in_use(subnet_id))

    def delete_subnet(self, parameters: Record) -> Record:
        if self.subnets.pop(parameters["SubnetId"], None) is None:
            raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{parameters['SubnetId']}' does not exist")
        self._tables.forget_subnet(parameters["SubnetId"])
        self._acls.forget_subnet(parameters["SubnetId"])
        return {}

    def modify_subnet_attribute(self, parameters: Record) -> Record:
        """One attribute at a time (EC2 API reference)."""
        changed = [each for each in parameters if each != "SubnetId"]
        if changed != ["MapPublicIpOnLaunch"]:
            raise not_simulated(f"ec2:ModifySubnetAttribute of {changed}")
        subnet = one(self.subnets, parameters["SubnetId"])
        subnet["MapPublicIpOnLaunch"] = parameters["MapPublicIpOnLaunch"].get("Value", False)
        return {}

    def _add_subnet(self, vpc_id: str, cidr: str, zone: str, subnet_tags: list[dict[str, str]]) -> Record:
        subnet_id = self._world.ec2_id("subnet")
        subnet = {
            "SubnetId": subnet_id,
            "SubnetArn": arn(self._world, "subnet", subnet_id),
            "VpcId": vpc_id,
            "OwnerId": self._world.account_id,
            "State": "available",
            "CidrBlock": cidr,
            "AvailabilityZone": zone,
            "AvailableIpAddressCount": 2 ** (32 - int(cidr.rpartition("/")[2])) - RESERVED_ADDRESSES,
            "DefaultForAz": self.vpcs[vpc_id]["IsDefault"],
            "MapPublicIpOnLaunch": self.vpcs[vpc_id]["IsDefault"],
            "AssignIpv6AddressOnCreation": False,
            "Tags": subnet_tags,
        }
        self.subnets[subnet_id] = subnet
        self._acls.adopt(subnet)
        return subnet

    def zones(self, subnet_ids: list[str]) -> list[str]:
        return sorted({self.subnets[each]["AvailabilityZone"] for each in subnet_ids if each in self.subnets})

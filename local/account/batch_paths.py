"""Whether an instance reaches the ECS endpoints: by routes out of its VPC, or by endpoints in it."""

from dataclasses import dataclass
from ipaddress import ip_address

from local.account.ec2_filters import Record
from local.account.ec2_network_acls import lets_pass
from local.account.ec2_routes import state
from local.account.ec2_rules import let_pass
from local.account.ec2_security_groups import SecurityGroups
from local.account.ec2_topology import Topology, network

HTTPS = 443
EPHEMERAL = (32768, 60999)  # where Linux wants its answers: VPC User Guide, nacl-ephemeral-ports
SERVICES = ("ecs", "ecs-agent", "ecs-telemetry")  # ECS Developer Guide, vpc-endpoints
OUTSIDE = "203.0.113.10"  # where ECS answers on the internet: made up, of a range that is kept for examples


@dataclass(frozen=True, kw_only=True)
class Paths:
    topology: Topology
    groups: SecurityGroups
    region: str

    def obstacle(self, subnet_id: str, group_ids: list[str], *, public: bool) -> str | None:
        """Why an instance in this subnet, with these security groups, does not reach ECS.

        With private DNS the name of a service leads to its endpoint and nowhere else (VPC User Guide,
        interface-endpoints); a service without one is reached by the internet.
        """
        if subnet_id not in self.topology.subnets:
            return f"subnet {subnet_id} is gone"
        for service in SERVICES:
            endpoint = self._endpoint(subnet_id, service)
            if endpoint is None:
                found = self._outside(subnet_id, group_ids, public=public)
            else:
                found = self._inside(subnet_id, group_ids, endpoint)
            if found:
                return f"{service}: {found}"
        return None

    # --- by the internet

    def _outside(self, subnet_id: str, group_ids: list[str], *, public: bool) -> str | None:
        blocked = self._no_route(subnet_id, public=public)
        return blocked or self._no_egress(group_ids, OUTSIDE, ()) or self._no_passage(subnet_id, OUTSIDE)

    def _no_route(self, subnet_id: str, *, public: bool) -> str | None:
        """Targets other than these two are taken for a path: inferred."""
        vpc_id = self.topology.subnets[subnet_id]["VpcId"]
        route = self._route(subnet_id)
        if route is None:
            return f"{subnet_id} has no route out"
        if state(self.topology, vpc_id, route) == "blackhole":
            return f"the route out of {subnet_id} is a blackhole"
        if route.get("GatewayId", "").startswith("igw-"):
            return None if public else f"{subnet_id} leads to an internet gateway, but there is no public address"
        if "NatGatewayId" in route:
            return self._beyond(self.topology.nat_gateways[route["NatGatewayId"]])
        return None

    def _beyond(self, nat_gateway: Record) -> str | None:
        """A NAT gateway needs a way out of its own (VPC User Guide, vpc-nat-gateway)."""
        route = self._route(nat_gateway["SubnetId"]) if nat_gateway["SubnetId"] in self.topology.subnets else None
        if route is None or "NatGatewayId" in route or state(self.topology, nat_gateway["VpcId"], route) != "active":
            return f"{nat_gateway['NatGatewayId']} stands in a subnet without a route out"
        if route.get("GatewayId", "").startswith("igw-") and nat_gateway["ConnectivityType"] != "public":
            return f"{nat_gateway['NatGatewayId']} has no public address"
        return None

    def _route(self, subnet_id: str) -> Record | None:
        """The most specific one that leads there (EC2 API reference, CreateRoute)."""
        routes = [
            each
            for each in self.topology.table_of(subnet_id)["Routes"]
            if "DestinationCidrBlock" in each and ip_address(OUTSIDE) in network(each["DestinationCidrBlock"])
        ]
        return max(routes, key=lambda each: network(each["DestinationCidrBlock"]).prefixlen, default=None)

    # --- by endpoints

    def _endpoint(self, subnet_id: str, service: str) -> Record | None:
        for each in self.topology.endpoints.values():
            here = each["VpcId"] == self.topology.subnets[subnet_id]["VpcId"]
            answers = each["VpcEndpointType"] == "Interface" and each["State"] == "available" and each["SubnetIds"]
            if here and answers and each["PrivateDnsEnabled"] and each["ServiceName"] == self._service_name(service):
                return each
        return None

    def _service_name(self, service: str) -> str:
        return f"com.amazonaws.{self.region}.{service}"

    def _inside(self, subnet_id: str, group_ids: list[str], endpoint: Record) -> str | None:
        interface = subnet_id if subnet_id in endpoint["SubnetIds"] else endpoint["SubnetIds"][0]
        theirs = [each["GroupId"] for each in endpoint["Groups"]]
        address = self._address(interface)
        blocked = self._no_egress(group_ids, address, theirs)
        if blocked is None and interface != subnet_id:  # a network ACL stands at the border of a subnet
            blocked = self._no_passage(subnet_id, address)
        if blocked:
            return blocked
        answering = [self.groups.groups[each] for each in theirs if each in self.groups.groups]
        mine = self._address(subnet_id)
        if not let_pass(answering, "IpPermissions", HTTPS, address=mine, members=group_ids):
            return f"no security group of {endpoint['VpcEndpointId']} lets HTTPS in from {subnet_id}"
        return None

    def _address(self, subnet_id: str) -> str:
        """Some address of it; rules that name parts of a subnet are not told apart."""
        return str(network(self.topology.subnets[subnet_id]["CidrBlock"]).network_address + 10)

    # --- what both need

    def _no_egress(self, group_ids: list[str], address: str, members: list[str] | tuple[()]) -> str | None:
        groups = [self.groups.groups[each] for each in group_ids if each in self.groups.groups]
        if let_pass(groups, "IpPermissionsEgress", HTTPS, address=address, members=members):
            return None
        return f"no security group lets HTTPS out to {address}"

    def _no_passage(self, subnet_id: str, address: str) -> str | None:
        acl = self.topology.acl_of(subnet_id)
        if not lets_pass(acl, address, (HTTPS, HTTPS), egress=True):
            return f"{acl['NetworkAclId']} does not let HTTPS out"
        if not lets_pass(acl, address, EPHEMERAL, egress=False):
            return f"{acl['NetworkAclId']} does not let answers in"
        return None

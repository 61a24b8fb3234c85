"""Route tables: a main one in each VPC, further ones, their routes, and the subnets that use them."""

from local.account.ec2_filters import Record, by_ids, filtered, member, paged, tags
from local.account.ec2_topology import NOT_FOUND, Topology, cidr, one
from local.account.errors import AwsError, not_simulated
from local.account.world import World

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "EgressOnlyInternetGatewayId",
    "CoreNetworkArn",
)
TABLE_FILTERS = {
    "vpc-id": member("VpcId"),
    "route-table-id": member("RouteTableId"),
    "owner-id": member("OwnerId"),
    "association.subnet-id": lambda table: _each(table, "Associations", "SubnetId"),
    "association.main": lambda table: _each(table, "Associations", "Main"),
    "association.route-table-association-id": lambda table: _each(table, "Associations", "RouteTableAssociationId"),
    "route.destination-cidr-block": lambda table: _each(table, "Routes", "DestinationCidrBlock"),
    "route.gateway-id": lambda table: _each(table, "Routes", "GatewayId"),
    "route.nat-gateway-id": lambda table: _each(table, "Routes", "NatGatewayId"),
    "route.state": lambda table: _each(table, "Routes", "State"),
}


class RouteTables:
    def __init__(self, world: World, topology: Topology) -> None:
        self._world = world
        self._topology = topology

    def add(self, vpc: Record, table_tags: list[dict[str, str]], *, main: bool = False) -> Record:
        """With the local route, which nobody can remove (VPC User Guide, VPC_Route_Tables)."""
        local = {"DestinationCidrBlock": vpc["CidrBlock"], "GatewayId": "local", "Origin": "CreateRouteTable"}
        table = {
            "RouteTableId": self._world.ec2_id("rtb"),
            "VpcId": vpc["VpcId"],
            "OwnerId": self._world.account_id,
            "Associations": [],
            "Routes": [local],
            "PropagatingVgws": [],
            "Tags": table_tags,
        }
        self._topology.route_tables[table["RouteTableId"]] = table
        if main:
            self._associate(table, Main=True)
        return table

    def create_route_table(self, parameters: Record) -> Record:
        vpc = one(self._topology.vpcs, parameters["VpcId"])
        return {"RouteTable": described(self._topology, self.add(vpc, tags(parameters, "route-table")))}

    def describe_route_tables(self, parameters: Record) -> Record:
        known = {each: described(self._topology, table) for each, table in self._topology.route_tables.items()}
        found = by_ids(known, parameters.get("RouteTableIds"), *NOT_FOUND["rtb"])
        return paged("RouteTables", filtered(found, parameters.get("Filters"), TABLE_FILTERS), parameters)

    def delete_route_table(self, parameters: Record) -> Record:
        """Not while a subnet uses it, and never the main one (EC2 API reference, DeleteRouteTable)."""
        table = self._table(parameters)
        if table["Associations"]:
            text = f"The routeTable '{table['RouteTableId']}' has dependencies and cannot be deleted."
            raise AwsError("DependencyViolation", text)
        del self._topology.route_tables[table["RouteTableId"]]
        return {}

    # --- which subnets use them

    def associate_route_table(self, parameters: Record) -> Record:
        table = self._table(parameters)
        if "SubnetId" not in parameters:
            raise not_simulated("route tables of gateways")
        subnet = one(self._topology.subnets, parameters["SubnetId"])
        self._require_same_network(table, subnet["VpcId"], subnet["SubnetId"])
        if any(each["SubnetId"] == subnet["SubnetId"] for each in self._associations() if not each["Main"]):
            text = f"the specified association for route table {table['RouteTableId']} conflicts with an existing one"
            raise AwsError("Resource.AlreadyAssociated", text)
        made = self._associate(table, Main=False, SubnetId=subnet["SubnetId"])
        return {"AssociationId": made["RouteTableAssociationId"], "AssociationState": made["AssociationState"]}

    def disassociate_route_table(self, parameters: Record) -> Record:
        """The subnet falls back to the main table (EC2 API reference, DisassociateRouteTable)."""
        association = self._association(parameters["AssociationId"])
        if association["Main"]:
            text = f"cannot disassociate the main route table association {association['RouteTableAssociationId']}"
            raise AwsError("InvalidParameterValue", text)
        self._remove(association)
        return {}

    def replace_route_table_association(self, parameters: Record) -> Record:
        """Of the main association, too: another table becomes the main one (EC2 API reference)."""
        table, old = self._table(parameters), self._association(parameters["AssociationId"])
        self._require_same_network(table, self._topology.route_tables[old["RouteTableId"]]["VpcId"], "the association")
        self._remove(old)
        where = {"SubnetId": old["SubnetId"]} if "SubnetId" in old else {}
        made = self._associate(table, Main=old["Main"], **where)
        return {"NewAssociationId": made["RouteTableAssociationId"], "AssociationState": made["AssociationState"]}

    def forget_subnet(self, subnet_id: str) -> None:
        for association in self._associations():
            if association.get("SubnetId") == subnet_id:
                self._remove(association)

    def _associate(self, table: Record, **where: object) -> Record:
        association = {
            "RouteTableAssociationId": self._world.ec2_id("rtbassoc"),
            "RouteTableId": table["RouteTableId"],
            "AssociationState": {"State": "associated"},
            **where,
        }
        table["Associations"].append(association)
        return association

    def _associations(self) -> list[Record]:
        return [each for table in self._topology.route_tables.values() for each in table["Associations"]]

    def _association(self, association_id: str) -> Record:
        for each in self._associations():
            if each["RouteTableAssociationId"] == association_id:
                return each
        raise AwsError("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")

    def _remove(self, association: Record) -> None:
        self._topology.route_tables[association["RouteTableId"]]["Associations"].remove(association)

    # --- routes

    def create_route(self, parameters: Record) -> Record:
        table, route = self._table(parameters), self._route(parameters)
        if _find(table, route):
            raise AwsError("RouteAlreadyExists", f"The route identified by {_destination(route)} already exists.")
        table["Routes"].append(route)
        return {"Return": True}

    def replace_route(self, parameters: Record) -> Record:
        table, route = self._table(parameters), self._route(parameters)
        old = _find(table, route)
        if old is None:
            text = f"There is no route defined for '{_destination(route)}' in the route table. Use CreateRoute instead."
            raise AwsError("InvalidParameterValue", text)
        table["Routes"][table["Routes"].index(old)] = route
        return {}

    def delete_route(self, parameters: Record) -> Record:
        table = self._table(parameters)
        wanted = _canonical({key: parameters[key] for key in DESTINATIONS if key in parameters})
        old = _find(table, wanted)
        if old is None:
            text = f"no route with destination {_destination(wanted)} in route table {table['RouteTableId']}"
            raise AwsError("InvalidRoute.NotFound", text)
        if old.get("GatewayId") == "local":
            raise AwsError("InvalidParameterValue", f"cannot remove local route {_destination(old)}")
        table["Routes"].remove(old)
        return {}

    def _route(self, parameters: Record) -> Record:
        destination = {key: parameters[key] for key in DESTINATIONS if key in parameters}
        target = {key: parameters[key] for key in TARGETS if key in parameters}
        if len(destination) != 1 or len(target) != 1:
            text = "The request must name exactly one destination and exactly one target."
            raise AwsError("InvalidParameterCombination", text)
        self._require_target(self._table(parameters), target)
        return {**_canonical(destination), **target, "Origin": "CreateRoute"}

    def _require_target(self, table: Record, target: Record) -> None:
        """Gateways of other kinds than these two are taken for good."""
        gateway_id = target.get("GatewayId", "")
        if gateway_id.startswith("igw-"):
            if gateway_id not in self._topology.internet_gateways:
                raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway_id}' does not exist")
            if not self._topology.is_attached(gateway_id, table["VpcId"]):
                raise _other_network(table, gateway_id)
        if "NatGatewayId" in target:
            nat_id = target["NatGatewayId"]
            if nat_id not in self._topology.nat_gateways:
                raise AwsError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat_id}' does not exist")
            self._require_same_network(table, self._topology.nat_gateways[nat_id]["VpcId"], nat_id)

    def _table(self, parameters: Record) -> Record:
        return one(self._topology.route_tables, parameters["RouteTableId"])

    def _require_same_network(self, table: Record, vpc_id: str, other: str) -> None:
        if table["VpcId"] != vpc_id:
            raise _other_network(table, other)


def described(topology: Topology, table: Record) -> Record:
    routes = [{**route, "State": state(topology, table["VpcId"], route)} for route in table["Routes"]]
    return {**table, "Routes": routes}


def state(topology: Topology, vpc_id: str, route: Record) -> str:
    """A route stays when its target goes, and leads nowhere: `blackhole` (EC2 API reference, Route)."""
    gateway_id, nat_id = route.get("GatewayId", ""), route.get("NatGatewayId")
    if gateway_id.startswith("igw-") and not topology.is_attached(gateway_id, vpc_id):
        return "blackhole"
    if gateway_id.startswith("vpce-") and gateway_id not in topology.endpoints:
        return "blackhole"
    if nat_id and topology.nat_gateways.get(nat_id, {}).get("State") != "available":
        return "blackhole"
    return "active"


def _canonical(destination: Record) -> Record:
    block = destination.get("DestinationCidrBlock")
    return {**destination, "DestinationCidrBlock": cidr(block)} if block else destination


def _find(table: Record, route: Record) -> Record | None:
    return next((each for each in table["Routes"] if _destination(each) == _destination(route)), None)


def _destination(route: Record) -> str | None:
    return next((str(route[key]) for key in DESTINATIONS if key in route), None)


def _each(table: Record, members: str, name: str) -> list[object]:
    return [each[name] for each in table[members] if name in each]


def _other_network(table: Record, other: str) -> AwsError:
    text = f"route table {table['RouteTableId']} and {other} belong to different networks"
    return AwsError("InvalidParameterValue", text)

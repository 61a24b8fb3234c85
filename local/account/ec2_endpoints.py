"""VPC endpoints: AWS services that answer inside a VPC."""

import json

from local.account.ec2_filters import Record, by_ids, filtered, member, paged, tags
from local.account.ec2_security_groups import SecurityGroups
from local.account.ec2_topology import NOT_FOUND, Topology, one
from local.account.errors import AwsError
from local.account.world import World

ENDPOINT_FILTERS = {
    "vpc-endpoint-id": member("VpcEndpointId"),
    "vpc-id": member("VpcId"),
    "service-name": member("ServiceName"),
    "vpc-endpoint-type": member("VpcEndpointType"),
    "vpc-endpoint-state": member("State"),
}
ALL_ALLOWED = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


class Endpoints:
    def __init__(self, world: World, topology: Topology, groups: SecurityGroups) -> None:
        self._world = world
        self._topology = topology
        self._groups = groups

    def create_vpc_endpoint(self, parameters: Record) -> Record:
        """A gateway unless told otherwise (EC2 API reference); available at once: inferred."""
        vpc_id = one(self._topology.vpcs, parameters["VpcId"])["VpcId"]
        if not parameters.get("ServiceName", "").startswith(f"com.amazonaws.{self._world.region}."):
            text = f"The Vpc Endpoint Service '{parameters.get('ServiceName')}' does not exist"
            raise AwsError("InvalidServiceName", text)
        kind = parameters.get("VpcEndpointType", "Gateway")
        endpoint = {
            "VpcEndpointId": self._world.ec2_id("vpce"),
            "VpcEndpointType": kind,
            "VpcId": vpc_id,
            "OwnerId": self._world.account_id,
            "ServiceName": parameters["ServiceName"],
            "State": "available",
            "PolicyDocument": parameters.get("PolicyDocument", json.dumps(ALL_ALLOWED)),
            "CreationTimestamp": self._world.now(),
            "RequesterManaged": False,
            "Tags": tags(parameters, "vpc-endpoint"),
            **(self._interfaces(vpc_id, parameters) if kind == "Interface" else self._routes(parameters)),
        }
        self._require_free_name(endpoint)
        self._topology.endpoints[endpoint["VpcEndpointId"]] = endpoint
        self._lead_to(endpoint)
        return {"VpcEndpoint": endpoint}

    def modify_vpc_endpoint(self, parameters: Record) -> Record:
        endpoint = one(self._topology.endpoints, parameters["VpcEndpointId"])
        changed = {
            **endpoint,
            "PrivateDnsEnabled": parameters.get("PrivateDnsEnabled", endpoint["PrivateDnsEnabled"]),
            "SubnetIds": _changed(endpoint["SubnetIds"], parameters, "SubnetIds"),
        }
        groups = _changed([each["GroupId"] for each in endpoint["Groups"]], parameters, "SecurityGroupIds")
        changed["Groups"] = [self._group(each) for each in groups]
        self._require_free_name(changed)
        endpoint.update(changed)
        return {"Return": True}

    def delete_vpc_endpoints(self, parameters: Record) -> Record:
        """Each by itself (EC2 API reference); routes to gateway endpoints go with them (the same page)."""
        code, noun = NOT_FOUND["vpce"]
        failed = []
        for endpoint_id in parameters["VpcEndpointIds"]:
            if self._topology.endpoints.pop(endpoint_id, None) is None:
                problem = {"Code": code, "Message": f"The {noun} '{endpoint_id}' does not exist"}
                failed.append({"ResourceId": endpoint_id, "Error": problem})
            for table in self._topology.route_tables.values():
                table["Routes"] = [each for each in table["Routes"] if each.get("GatewayId") != endpoint_id]
        return {"Unsuccessful": failed}

    def describe_vpc_endpoints(self, parameters: Record) -> Record:
        found = by_ids(self._topology.endpoints, parameters.get("VpcEndpointIds"), *NOT_FOUND["vpce"])
        return paged("VpcEndpoints", filtered(found, parameters.get("Filters"), ENDPOINT_FILTERS), parameters)

    def security_groups_in_use(self) -> set[str]:
        return {group["GroupId"] for each in self._topology.endpoints.values() for group in each["Groups"]}

    def _interfaces(self, vpc_id: str, parameters: Record) -> Record:
        """The VPC's default group if none is named (EC2 API reference); private DNS unless refused: inferred."""
        groups = parameters.get("SecurityGroupIds") or [
            each["GroupId"]
            for each in self._groups.groups.values()
            if each["VpcId"] == vpc_id and each["GroupName"] == "default"
        ]
        subnets = parameters.get("SubnetIds", [])
        if any(one(self._topology.subnets, each)["VpcId"] != vpc_id for each in subnets):
            raise AwsError("InvalidParameter", f"The subnets of an endpoint must belong to {vpc_id}.")
        return {
            "SubnetIds": subnets,
            "Groups": [self._group(each) for each in groups],
            "PrivateDnsEnabled": parameters.get("PrivateDnsEnabled", True),
            "RouteTableIds": [],
        }

    def _routes(self, parameters: Record) -> Record:
        tables = parameters.get("RouteTableIds", [])
        for each in tables:
            one(self._topology.route_tables, each)
        return {"RouteTableIds": tables, "SubnetIds": [], "Groups": [], "PrivateDnsEnabled": False}

    def _lead_to(self, endpoint: Record) -> None:
        """A gateway endpoint puts a route to its service's addresses into each table (VPC User Guide)."""
        service = endpoint["ServiceName"].rpartition(".")[2]
        for table_id in endpoint["RouteTableIds"]:
            self._topology.route_tables[table_id]["Routes"].append(
                {
                    "DestinationPrefixListId": f"pl-{service.encode().hex():0>8}",
                    "GatewayId": endpoint["VpcEndpointId"],
                    "Origin": "CreateRoute",
                }
            )

    def _require_free_name(self, endpoint: Record) -> None:
        """A service's name can lead to one endpoint of a VPC only; the text is seen in the wild."""
        for each in self._topology.endpoints.values():
            same = all(each[name] == endpoint[name] for name in ("VpcId", "ServiceName"))
            other = each["VpcEndpointId"] != endpoint["VpcEndpointId"]
            if same and other and each["PrivateDnsEnabled"] and endpoint["PrivateDnsEnabled"]:
                text = "private-dns-enabled cannot be set because there is already a conflicting DNS domain in the VPC"
                raise AwsError("InvalidParameter", text)

    def _group(self, group_id: str) -> Record:
        if group_id not in self._groups.groups:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        return {"GroupId": group_id, "GroupName": self._groups.groups[group_id]["GroupName"]}


def _changed(ids: list[str], parameters: Record, what: str) -> list[str]:
    kept = [each for each in ids if each not in parameters.get(f"Remove{what}", [])]
    return list(dict.fromkeys([*kept, *parameters.get(f"Add{what}", [])]))

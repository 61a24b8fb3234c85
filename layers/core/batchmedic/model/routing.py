"""The ways out of subnets: routes, VPC endpoints, network ACLs."""

from dataclasses import dataclass

from batchmedic.model.answers import NOT_ASKED, Answers

EVERYWHERE = ("0.0.0.0/0", "::/0")
# what an ECS agent talks to (ECS developer guide, "Amazon ECS interface VPC endpoints")
AGENT_SERVICES = ("ecs", "ecs-agent", "ecs-telemetry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`target` is an id (nat-…, igw-…, tgw-…, vpce-…) or `local`; a blackhole leads to something that is gone."""

    destination: str
    target: str
    blackhole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """`main`: it is that of the VPC, which subnets without one of their own use."""

    id: str
    main: bool = False
    routes: tuple[Route, ...] = ()

    @property
    def default(self) -> Route | None:
        """The route to everywhere else; IPv4 first, for that is what ECS is asked by."""
        by_destination = {route.destination: route for route in self.routes}
        return next((by_destination[each] for each in EVERYWHERE if each in by_destination), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An interface VPC endpoint for a service of ECS; `usable`: it is available and has private DNS."""

    id: str
    service: str  # ecs, ecs-agent, ecs-telemetry
    usable: bool = True
    security_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAcl:
    """Whether it lets TCP 443 out to public addresses and their answers in; to some of them counts as yes."""

    id: str
    lets_https_out: bool = True
    lets_answers_in: bool = True

    @property
    def lets_https_through(self) -> bool:
        return self.lets_https_out and self.lets_answers_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """By subnet: the route table and the network ACL in force; by VPC: the endpoints for the services of ECS."""

    tables: Answers[RouteTable] = Answers(call="ec2:DescribeRouteTables", unread=NOT_ASKED)
    endpoints: Answers[tuple[Endpoint, ...]] = Answers(call="ec2:DescribeVpcEndpoints", unread=NOT_ASKED)
    acls: Answers[NetworkAcl] = Answers(call="ec2:DescribeNetworkAcls", unread=NOT_ASKED)

"""From the launch of an instance to its joining: reads only as far as the break is not found yet."""

from dataclasses import dataclass, replace

from batchmedic.aws.identity_evidence import IdentityEvidence
from batchmedic.aws.launch_evidence import LaunchEvidence
from batchmedic.aws.routing_evidence import RoutingEvidence
from batchmedic.errors import NotReadError
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.joining import NotJoining, not_joining
from batchmedic.model.launch_trouble import Cause, launch_trouble
from batchmedic.model.launching import Launching
from batchmedic.model.snapshot import Snapshot

MOST = 8  # deep calls for one sick environment, all in all
ROLE = 2  # calls: the profile names the role, the role says what it may
UNSUPPORTED = "EC2_INSTANCE_CONFIGURATION_UNSUPPORTED"
FARGATE_QUOTA = ("fargate", "L-3032A538")  # vCPUs of On-Demand tasks; the code is from memory


@dataclass(frozen=True, slots=True)
class FunnelEvidence:
    launch: LaunchEvidence
    routing: RoutingEvidence
    identity: IdentityEvidence

    def launching(self, seen: Snapshot, stalled: list[ComputeEnvironment]) -> Snapshot:
        """The instances of environments that start nothing, and why launches failed where no instance is late."""
        on_instances = [one for one in stalled if one.launches_instances]
        fargate = [one for one in stalled if one.fargate]
        if not stalled:
            return seen
        instances = self.launch.instances(on_instances)
        seen = replace(seen, launching=Launching(instances=instances))
        launched = [one for one in on_instances if who_does_not_join(one, seen) is None]
        unnamed = [one for one in launched if not seen.capacity.container_instances.found.get(one.ecs_cluster or "")]
        launches = self.launch.launches(launched, instances, unnamed=unnamed)
        seen = replace(seen, launching=replace(seen.launching, launches=launches))
        odd = [one for one in launched if is_not_offered(one, seen)]
        return replace(
            seen,
            launching=replace(
                seen.launching,
                offerings=self.launch.offerings(odd) if odd else seen.launching.offerings,
                quotas=self.launch.quotas([FARGATE_QUOTA]) if fargate else seen.launching.quotas,
            ),
        )

    def joining(self, seen: Snapshot, environments: list[ComputeEnvironment]) -> Snapshot:
        """The ways out of the subnets; endpoints where routes do not do, roles and ACLs where nothing shows yet."""
        stuck = [who for one in environments if (who := who_does_not_join(one, seen)) is not None]
        if not stuck:
            return seen
        known = seen.network.subnets.found
        vpcs = {each: known[each].vpc_id for who in stuck for each in who.subnets if each in known}
        seen = replace(seen, routing=replace(seen.routing, tables=self.routing.tables(vpcs)))
        closed = [who for who in stuck if not _routed(who, seen)]
        if closed:
            endpoints = self.routing.endpoints({vpcs[each] for who in closed for each in who.subnets if each in vpcs})
            seen = replace(seen, routing=replace(seen.routing, endpoints=endpoints))
        open_questions = [who for who in stuck if not _is_explained(who, seen)]
        by_role = [who for who in open_questions if who.none_registered and _spent(who, seen, closed) + ROLE <= MOST]
        if by_role:
            seen = replace(seen, identity=self.identity.joining([who.environment for who in by_role]))
        by_acl = [
            who for who in open_questions if _spent(who, seen, closed) + (ROLE if who in by_role else 0) + 1 <= MOST
        ]
        if by_acl:
            acls = self.routing.acls({each for who in by_acl for each in who.subnets if each in vpcs})
            seen = replace(seen, routing=replace(seen.routing, acls=acls))
        return seen


def who_does_not_join(environment: ComputeEnvironment, seen: Snapshot) -> NotJoining | None:
    """None also where that could not be read."""
    try:
        return not_joining(environment, seen)
    except NotReadError:
        return None


def is_not_offered(environment: ComputeEnvironment, seen: Snapshot) -> bool:
    """Whether EC2, or AWS Batch, says that an instance type is not to be had there."""
    if any(UNSUPPORTED in (queue.aws_reason or "") for queue in seen.queues_of(environment)):
        return True
    try:
        trouble = launch_trouble(environment, seen)
    except NotReadError:
        return False
    return trouble is not None and bool(trouble.by(Cause.NOT_OFFERED))


def _routed(who: NotJoining, seen: Snapshot) -> bool:
    """Whether each of the subnets has a route that leads out, as far as routes were read."""
    tables = seen.routing.tables
    return tables.unread is None and all(
        (table := tables.found.get(subnet)) is not None and table.leads_out(public=who.has_public_addresses(seen))
        for subnet in who.subnets
    )


def _is_explained(who: NotJoining, seen: Snapshot) -> bool:
    """Whether what was read for nothing else shows the fault already: no way out, closed groups, user data."""
    found = seen.network.security_groups.found
    groups = [found[each] for each in who.security_groups(seen) if each in found]
    closed = bool(groups) and not any(group.lets_some_https_out for group in groups)
    blocked = who.none_registered and any(each.agent_blocks for each in seen.templates_of(who.environment))
    return closed or blocked or (not _routed(who, seen) and not _has_endpoints(who, seen))


def _has_endpoints(who: NotJoining, seen: Snapshot) -> bool:
    found, subnets = seen.routing.endpoints.found, seen.network.subnets.found
    return any(
        endpoint.usable for each in who.subnets if each in subnets for endpoint in found.get(subnets[each].vpc_id, ())
    )


def _spent(who: NotJoining, seen: Snapshot, closed: list[NotJoining]) -> int:
    """Calls so far for this environment alone: subnets, groups and routes; templates; its cluster and instances, where
    it has any; endpoints."""
    templates = len({each.key for each in who.environment.launch_templates})
    cluster = 0 if who.gave_up else 2 + bool(who.registered)
    return 3 + templates + cluster + (who in closed)

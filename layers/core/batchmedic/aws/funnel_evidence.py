"""From the launch of an instance to its joining: reads only as far as the break is not found yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from batchmedic.aws.fleet_evidence import FleetEvidence
from batchmedic.aws.identity_evidence import IdentityEvidence
from batchmedic.aws.launch_evidence import LaunchEvidence
from batchmedic.aws.routing_evidence import RoutingEvidence
from batchmedic.errors import NotReadError
from batchmedic.model.agent_start import obstacles
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.joining import NotJoining, not_joining
from batchmedic.model.launch_trouble import Cause, launch_trouble
from batchmedic.model.launching import Launch, Launching
from batchmedic.model.quotas import quotas_of, stated_limit
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.ways_out import group_sets, lets_no_https_out, ways_out

MOST = 8  # deep calls for one sick environment, all in all
ROLE = 2  # calls: the profile names the role, the role says what it may
UNSUPPORTED = "EC2_INSTANCE_CONFIGURATION_UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class FunnelEvidence:
    launch: LaunchEvidence
    fleet: FleetEvidence
    routing: RoutingEvidence
    identity: IdentityEvidence

    def launching(self, seen: Snapshot, stalled: list[ComputeEnvironment]) -> Snapshot:
        """The instances of environments that start nothing, and why launches failed where no instance is late."""
        if not stalled:
            return seen
        on_instances = [one for one in stalled if one.launches_instances]
        fleets = self.fleet.fleets([one for one in on_instances if one.by_spot_fleet], seen)
        instances = self.launch.instances([one for one in on_instances if not one.by_spot_fleet])
        seen = replace(seen, launching=Launching(instances=instances.joined(self.fleet.instances(fleets))))
        launched = [one for one in on_instances if who_does_not_join(one, seen) is None]
        seen = replace(seen, launching=replace(seen.launching, launches=self._launches(launched, fleets, seen)))
        odd = [one for one in launched if _is_not_offered(one, seen)]
        codes = [quota for one in stalled if (quota := _quota_to_read(one, seen)) is not None]
        return replace(
            seen,
            launching=replace(
                seen.launching,
                offerings=self.launch.offerings(odd) if odd else seen.launching.offerings,
                quotas=self.launch.quotas(dict.fromkeys(codes)) if codes else seen.launching.quotas,
            ),
        )

    def _launches(
        self, launched: list[ComputeEnvironment], fleets: Answers[str], seen: Snapshot
    ) -> Answers[tuple[Launch, ...]]:
        """By Auto Scaling groups, and by Spot Fleets, whose history is one call more: it has to be affordable."""
        registered = seen.capacity.container_instances.found
        empty = [one for one in launched if not registered.get(one.ecs_cluster or "")]
        groups = [one for one in launched if not one.by_spot_fleet]
        unnamed = [one for one in groups if one in empty]
        by_groups = self.launch.launches(groups, seen.launching.instances, unnamed=unnamed)
        affordable = [one.arn for one in launched if one in empty or not one.launch_templates]
        return by_groups.joined(self.fleet.launches(fleets.only(affordable), seen.at))

    def joining(self, seen: Snapshot, environments: list[ComputeEnvironment]) -> Snapshot:
        """The ways out of the subnets; endpoints where routes do not do; then, as long as the calls last, what else may
        keep instances out where nothing shows yet: the role, the ACL, endpoints beside a route."""
        stuck = [who for one in environments if (who := who_does_not_join(one, seen)) is not None]
        if not stuck:
            return seen
        known = seen.network.subnets.found
        vpcs = {each: known[each].vpc_id for who in stuck for each in who.subnets if each in known}
        seen = replace(seen, routing=replace(seen.routing, tables=self.routing.tables(vpcs)))
        closed = [who for who in stuck if _needs_endpoints(who, seen)]
        if closed:
            seen = self._with_endpoints(seen, closed, vpcs)
        open_questions = [who for who in stuck if not _is_explained(who, seen)]
        spent = {who.environment.arn: _spent(who, closed) for who in open_questions}
        by_role = _affordable([who for who in open_questions if who.none_registered], ROLE, spent)
        if by_role:
            seen = replace(seen, identity=self.identity.joining([who.environment for who in by_role]))
        by_acl = _affordable(open_questions, 1, spent)
        if by_acl:
            acls = self.routing.acls({each for who in by_acl for each in who.subnets if each in vpcs})
            seen = replace(seen, routing=replace(seen.routing, acls=acls))
        behind = _affordable([who for who in open_questions if who not in closed], 1, spent)
        if behind:  # endpoints with private DNS take the traffic even where there is a route
            seen = self._with_endpoints(seen, behind, vpcs)
        return seen

    def _with_endpoints(self, seen: Snapshot, stuck: list[NotJoining], vpcs: Mapping[str, str]) -> Snapshot:
        """Also those of the VPCs of these; `vpcs` by subnet."""
        endpoints = self.routing.endpoints({vpcs[each] for who in stuck for each in who.subnets if each in vpcs})
        return replace(seen, routing=replace(seen.routing, endpoints=seen.routing.endpoints.joined(endpoints)))


def who_does_not_join(environment: ComputeEnvironment, seen: Snapshot) -> NotJoining | None:
    """None also where that could not be read."""
    try:
        return not_joining(environment, seen)
    except NotReadError:
        return None


def needs_no_sizes(environment: ComputeEnvironment, seen: Snapshot) -> bool:
    """Where another answer was asked for instead: what fits decides nothing as long as nothing is to be had."""
    if who_does_not_join(environment, seen) is not None:
        return True
    return _is_not_offered(environment, seen) or (
        environment.launches_instances and _quota_to_read(environment, seen) is not None
    )


def _is_not_offered(environment: ComputeEnvironment, seen: Snapshot) -> bool:
    """Whether EC2, or AWS Batch, says that an instance type is not to be had there."""
    if any(UNSUPPORTED in (queue.aws_reason or "") for queue in seen.queues_of(environment)):
        return True
    return _answered_yes(lambda: launch_trouble(environment, seen, Cause.NOT_OFFERED) is not None)


def _quota_to_read(environment: ComputeEnvironment, seen: Snapshot) -> tuple[str, str] | None:
    """(service, code) of the quota that decides, where no text states its limit."""
    if not environment.fargate and not _answered_yes(lambda: _hits_a_nameless_limit(environment, seen)):
        return None
    quotas = quotas_of(environment)
    (quota,) = quotas if len(quotas) == 1 else (None,)
    return (quota.service, quota.code) if quota else None


def _hits_a_nameless_limit(environment: ComputeEnvironment, seen: Snapshot) -> bool:
    trouble = launch_trouble(environment, seen, Cause.QUOTA)
    return trouble is not None and all(stated_limit(one.message) is None for one in trouble.failures)


def _needs_endpoints(who: NotJoining, seen: Snapshot) -> bool:
    """Whether routes alone do not lead to ECS."""
    try:
        ways_out(who, seen)
    except NotReadError as gap:
        return gap.call == seen.routing.endpoints.call
    return False


def _is_explained(who: NotJoining, seen: Snapshot) -> bool:
    """Whether what was read for nothing else shows the fault already: no way out, closed groups, user data."""
    questions: tuple[Callable[[], bool], ...] = (
        lambda: any(not way.is_open for way in ways_out(who, seen)),
        lambda: any(lets_no_https_out(groups) for groups in group_sets(who, seen)),
        lambda: who.none_registered and any(True for _ in obstacles(who.environment, seen)),
    )
    return any(map(_answered_yes, questions))


def _answered_yes(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except NotReadError:
        return False


def _spent(who: NotJoining, closed: list[NotJoining]) -> int:
    """Calls so far for this environment alone: subnets, groups and routes; its templates; its cluster, Spot Fleet and
    instances, where it has any; endpoints."""
    cluster = 0 if who.gave_up else 2 + bool(who.registered) + who.environment.by_spot_fleet
    return 3 + bool(who.environment.launch_templates) + cluster + (who in closed)


def _affordable(stuck: list[NotJoining], calls: int, spent: dict[str, int]) -> list[NotJoining]:
    """Those that so many further calls may be made for; notes them as spent."""
    able = [who for who in stuck if spent[who.environment.arn] + calls <= MOST]
    for who in able:
        spent[who.environment.arn] += calls
    return able

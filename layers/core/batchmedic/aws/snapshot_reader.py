"""Reads the world into one snapshot, in two stages: cheap triage, then evidence where something is sick."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from batchmedic.aws.batch_triage import triage
from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.fleet_evidence import FleetEvidence
from batchmedic.aws.funnel_evidence import FunnelEvidence, needs_no_sizes, who_does_not_join
from batchmedic.aws.identity_evidence import IdentityEvidence
from batchmedic.aws.launch_evidence import LaunchEvidence
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.aws.routing_evidence import RoutingEvidence
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import idle_with_instances
from batchmedic.model.waiting import is_stalled
from batchmedic.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSnapshotReader:
    batch: Any
    network: NetworkEvidence
    capacity: CapacityEvidence
    identity: IdentityEvidence
    funnel: FunnelEvidence
    account: str
    region: str
    clock: Clock

    def triage(self, places: frozenset[str] | None, *, until: datetime) -> Snapshot:
        return triage(self.batch, places, account=self.account, region=self.region, clock=self.clock, until=until)

    def evidence(
        self, snapshot: Snapshot, environments: frozenset[str], *, suspects: frozenset[str] = frozenset()
    ) -> Snapshot:
        """The network of all; then only what can still tell something: the funnel from the launch to the job where a
        job waits, roles, images and clusters where an environment is INVALID and its network is sound.

        That keeps it at eight calls for one sick environment, whatever is wrong with it.
        """
        sick = [one for one in snapshot.compute_environments if one.arn in environments]
        managed = [one for one in sick if one.managed]
        waiting = [one for one in _waiting(snapshot, managed) if one.launches_instances and one.status != "INVALID"]
        seen = replace(snapshot, network=self.network(snapshot, managed))
        registered = self.capacity.registered(waiting)
        seen = replace(seen, capacity=replace(seen.capacity, container_instances=registered))
        stalled = [
            one
            for one in _waiting(snapshot, managed)
            if one.usable and (one.arn in suspects or is_stalled(one, snapshot)) and not seen.network_explains(one)
        ]
        seen = self.funnel.launching(seen, stalled)
        joiners = [one for one in managed if who_does_not_join(one, seen) and not seen.network_explains(one)]
        seen = self.funnel.joining(seen, joiners)
        sized = [one for one in waiting if one not in joiners and not (one in stalled and needs_no_sizes(one, seen))]
        invalid = [one for one in managed if one.status == "INVALID" and one not in joiners]
        puzzling = [one for one in invalid if not seen.network_explains(one)]
        unmanaged = [one for one in _waiting(snapshot, sick) if not one.managed]
        idle = [one for one in sick if one.arn in idle_with_instances(snapshot)]
        capacity = replace(
            seen.capacity,
            instance_types=self.capacity.sizes(sized),
            clusters=self.capacity.clusters([*puzzling, *unmanaged, *idle]),
            images=self.capacity.images(_images(seen, puzzling)),
        )
        roles = self.identity(puzzling)
        identity = replace(
            seen.identity,
            roles=roles.roles,
            instance_profiles=seen.identity.instance_profiles.joined(roles.instance_profiles),
            release_denied=self.identity.releasing(idle),
            denied=self.identity.denied([one for one in managed if one.status == "VALID" and one not in stalled]),
        )
        return replace(seen, capacity=capacity, identity=identity)

    def network_and_sizes(self, snapshot: Snapshot, environments: frozenset[str]) -> Snapshot:
        """All that a repair depends on; it needs no measured memory."""
        sick = [one for one in snapshot.compute_environments if one.arn in environments]
        network = self.network(snapshot, [one for one in sick if one.managed])
        sized = [one for one in _waiting(snapshot, sick) if one.launches_instances and one.status != "INVALID"]
        sizes = self.capacity.sizes(sized)
        return replace(snapshot, network=network, capacity=replace(snapshot.capacity, instance_types=sizes))


def reader_by(client: Callable[[str], Any], *, account: str, region: str, clock: Clock) -> AwsSnapshotReader:
    """With clients by the name of the service; only that of AWS Batch is made now."""
    identity = IdentityEvidence(lambda: client("iam"))
    return AwsSnapshotReader(
        batch=client("batch"),
        network=NetworkEvidence(lambda: client("ec2")),
        capacity=CapacityEvidence(lambda: client("ec2"), lambda: client("ecs")),
        identity=identity,
        funnel=FunnelEvidence(
            LaunchEvidence(client),
            FleetEvidence(lambda: client("ec2")),
            RoutingEvidence(lambda: client("ec2")),
            identity,
        ),
        account=account,
        region=region,
        clock=clock,
    )


def _waiting(snapshot: Snapshot, environments: list[ComputeEnvironment]) -> list[ComputeEnvironment]:
    """Those that a job waits for."""
    return [one for one in environments if any(queue.head for queue in snapshot.queues_of(one))]


def _images(snapshot: Snapshot, environments: list[ComputeEnvironment]) -> list[str]:
    """Those of the environments and of their launch templates."""
    versions = [version for one in environments for version in snapshot.templates_of(one)]
    named = [image for one in environments for image in one.image_ids]
    return list(dict.fromkeys([*named, *(version.image_id for version in versions if version.image_id)]))

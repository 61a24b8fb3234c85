"""Reads the world into one snapshot, in two stages: cheap triage, then evidence where something is sick."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from batchmedic.aws.batch_triage import triage
from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.identity_evidence import IdentityEvidence
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import idle_with_instances
from batchmedic.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSnapshotReader:
    batch: Any
    network: NetworkEvidence
    capacity: CapacityEvidence
    identity: IdentityEvidence
    account: str
    region: str
    clock: Clock

    def triage(self, queues: frozenset[str] | None, *, until: datetime) -> Snapshot:
        return triage(self.batch, queues, account=self.account, region=self.region, clock=self.clock, until=until)

    def evidence(self, snapshot: Snapshot, environments: frozenset[str]) -> Snapshot:
        """The network of all; sizes where a job waits; roles, images and clusters only where the network is sound.

        That keeps it at eight calls for one sick environment, whatever is wrong with it.
        """
        sized = self.network_and_sizes(snapshot, environments)
        sick = [one for one in snapshot.compute_environments if one.arn in environments]
        managed = [one for one in sick if one.managed]
        puzzling = [one for one in managed if one.status == "INVALID" and not sized.network_explains(one)]
        unmanaged = [one for one in _waiting(snapshot, sick) if not one.managed]
        idle = [one for one in sick if one.arn in idle_with_instances(snapshot)]
        capacity = replace(
            sized.capacity,
            clusters=self.capacity.clusters([*puzzling, *unmanaged, *idle]),
            images=self.capacity.images(_images(sized, puzzling)),
        )
        working = [one for one in managed if one.status == "VALID"]
        identity = replace(self.identity(puzzling), denied=self.identity.denied(working))
        return replace(sized, capacity=capacity, identity=identity)

    def network_and_sizes(self, snapshot: Snapshot, environments: frozenset[str], *, measured: bool = True) -> Snapshot:
        """All that a repair depends on; it needs no measured memory."""
        sick = [one for one in snapshot.compute_environments if one.arn in environments]
        network = self.network(snapshot, [one for one in sick if one.managed])
        sized = [one for one in _waiting(snapshot, sick) if one.launches_instances and one.status != "INVALID"]
        return replace(snapshot, network=network, capacity=self.capacity.sizes(sized, measured=measured))


def _waiting(snapshot: Snapshot, environments: list[ComputeEnvironment]) -> list[ComputeEnvironment]:
    """Those that a job waits for."""
    return [one for one in environments if any(queue.head for queue in snapshot.queues_of(one))]


def _images(snapshot: Snapshot, environments: list[ComputeEnvironment]) -> list[str]:
    """Those of the environments and of their launch templates."""
    versions = [version for one in environments for version in snapshot.templates_of(one)]
    named = [image for one in environments for image in one.image_ids]
    return list(dict.fromkeys([*named, *(version.image_id for version in versions if version.image_id)]))

"""Reads the world into one snapshot, in two stages: cheap triage, then evidence where something is sick."""

from dataclasses import dataclass, replace
from typing import Any

from batchmedic.aws.batch_triage import triage
from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.model.snapshot import Snapshot
from batchmedic.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSnapshotReader:
    batch: Any
    network: NetworkEvidence
    capacity: CapacityEvidence
    account: str
    region: str
    clock: Clock

    def triage(self, queues: frozenset[str] | None) -> Snapshot:
        return triage(self.batch, queues, account=self.account, region=self.region, now=self.clock())

    def evidence(self, snapshot: Snapshot, environments: frozenset[str]) -> Snapshot:
        """Unmanaged environments have nothing here to read; sizes matter only where a job waits for instances."""
        sick = [one for one in snapshot.compute_environments if one.arn in environments and one.managed]
        sized = [one for one in sick if one.launches_instances and any(q.head for q in snapshot.queues_of(one))]
        return replace(snapshot, network=self.network(snapshot, sick), capacity=self.capacity(sized))

"""The Spot Fleets that AWS Batch makes in place of Auto Scaling groups: it does not tell which one is whose."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from batchmedic.model.compute_environment import ComputeEnvironment


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotFleet:
    """`role` is an ARN; `clusters` are the names of the ECS clusters that its user data tells instances to join."""

    id: str
    role: str
    made_at: datetime
    clusters: frozenset[str] = frozenset()


def is_tellable(environment: ComputeEnvironment, fleets: Collection[SpotFleet], sharers: int) -> bool:
    """Whether anything shows which fleets are of this environment; `sharers` environments have its Spot Fleet role."""
    return sharers == 1 or any(fleet.clusters for fleet in fleets if fleet.role == environment.spot_fleet_role)


def fleet_of(environment: ComputeEnvironment, fleets: Collection[SpotFleet]) -> SpotFleet | None:
    """The newest one: by the cluster where user data names any (inferred: instances must be told), else by the role."""
    cluster = (environment.ecs_cluster or "").rpartition("/")[2]
    of_role = [fleet for fleet in fleets if fleet.role == environment.spot_fleet_role]
    named = [fleet for fleet in of_role if cluster in fleet.clusters]
    silent = [fleet for fleet in of_role if not fleet.clusters]
    return max(named or silent, key=lambda fleet: fleet.made_at, default=None)

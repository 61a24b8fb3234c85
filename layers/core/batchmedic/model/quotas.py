"""Which vCPU quota of an account the instances of a compute environment count in.

Service Quotas names its quotas by codes that AWS lists nowhere but in its answers; these are as public projects show
them. The families of a quota are those in its name (EC2 user guide, "Amazon EC2 instance type quotas").
"""

import re
from dataclasses import dataclass

from batchmedic.model.capacity import patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment

STATED = re.compile(r"vCPU limit of (?P<limit>\d+(?:\.\d+)?)", re.IGNORECASE)
SERIES = re.compile(r"[a-z]+(?=-?\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The limit of vCPUs that may run at once."""

    code: str
    name: str
    service: str = "ec2"

    def __str__(self) -> str:
        return f'"{self.name}" ({self.code})'

    def arn(self, environment: ComputeEnvironment) -> str:
        """In the account and Region of the environment."""
        _, partition, _, region, account, *_ = environment.arn.split(":")
        return f"arn:{partition}:servicequotas:{region}:{account}:{self.service}/{self.code}"


STANDARD = "Standard (A, C, D, H, I, M, R, T, Z)"
ON_DEMAND_AND_SPOT = {
    "standard": (
        Quota(code="L-1216C47A", name=f"Running On-Demand {STANDARD} instances"),
        Quota(code="L-34B43A08", name=f"All {STANDARD} Spot Instance Requests"),
    ),
    "g": (
        Quota(code="L-DB2E81BA", name="Running On-Demand G and VT instances"),
        Quota(code="L-3819A6DF", name="All G and VT Spot Instance Requests"),
    ),
    "p": (
        Quota(code="L-417A185B", name="Running On-Demand P instances"),
        Quota(code="L-7212CCBC", name="All P Spot Instance Requests"),
    ),
}
FARGATE = {
    "FARGATE": Quota(code="L-3032A538", name="Fargate On-Demand vCPU resource count", service="fargate"),
    "FARGATE_SPOT": Quota(code="L-36FBB829", name="Fargate Spot vCPU resource count", service="fargate"),
}
BUCKETS = {
    **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), "standard"),
    **dict.fromkeys(("g", "gr", "vt"), "g"),
    "p": "p",
}


def quota_of(instance_type: str, *, spot: bool) -> Quota | None:
    """Of a size or a family; None for the kinds whose quotas are not known here."""
    series = SERIES.match(instance_type)
    bucket = BUCKETS.get(series[0] if series else "")
    return ON_DEMAND_AND_SPOT[bucket][spot] if bucket else None


def quotas_of(environment: ComputeEnvironment) -> frozenset[Quota | None]:
    """Those that its instances may count in; with None where it allows types whose quota is not known here."""
    if environment.fargate:
        return frozenset({FARGATE[environment.kind]})
    spot = environment.kind == "SPOT"
    return frozenset(quota_of(pattern, spot=spot) for pattern in patterns_of(environment.instance_types))


def stated_limit(message: str) -> float | None:
    """The limit that EC2 names in its refusal; that for Spot Instances names none."""
    found = STATED.search(message)
    return float(found["limit"]) if found else None

"""EC2 does not offer the instance types of the compute environment in the Availability Zones of its subnets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import update_refused
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.launch_trouble import PATIENCE, Cause, Trouble, held_up, jobs_of, launch_trouble
from batchmedic.model.launching import Launch
from batchmedic.model.offers import allowed_types, further_zones, in_words, zones_of, zones_offering
from batchmedic.model.snapshot import Snapshot

BLOCKED = "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED"
REFUSED = re.compile(
    r"instance type \((?P<type>[^)]+)\) is not supported in your requested Availability Zone \((?P<zone>[^)]+)\)"
    r"(?:.*? or choosing (?P<others>[a-z0-9, -]+))?",
    re.IGNORECASE | re.DOTALL,
)
# also said of other things than the type, so it takes the offerings to understand it
UNSUPPORTED = re.compile(r"requested configuration is currently not supported", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Whether any allowed type is offered in any zone of the subnets; None where that is not known for all of them."""

    types: tuple[str, ...]
    zones: tuple[str, ...]
    any_here: bool | None


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """EC2 says it of a launch; that none of the types is offered in any zone takes EC2's list, and decides."""
    trouble = launch_trouble(environment, snapshot, Cause.NOT_OFFERED)
    offered = _offered(environment, snapshot)
    if trouble is not None:
        yield _refused(environment, trouble, offered, snapshot)
    elif offered.any_here is False and (queues := _unsupported(environment, snapshot)):
        yield _never(environment, offered, queues, snapshot)


def _offered(environment: ComputeEnvironment, snapshot: Snapshot) -> Offered:
    types = allowed_types(environment, snapshot)
    zones = zones_of(environment, snapshot)
    offering = [zones_offering(each, snapshot) for each in types or ()]
    here = any(zones & each for each in offering if each)
    known = bool(zones and offering) and None not in offering
    return Offered(
        types=types or environment.instance_types,
        zones=tuple(sorted(zones)),
        any_here=True if here else False if known else None,
    )


def _unsupported(environment: ComputeEnvironment, snapshot: Snapshot) -> tuple[JobQueue, ...]:
    """The queues for which AWS Batch or EC2 call the configuration unsupported, without a word about the type."""
    queues = held_up(environment, snapshot)
    blocked = tuple(queue for queue in queues if (queue.aws_reason or "").startswith(BLOCKED))
    if blocked or not queues:
        return blocked
    other = launch_trouble(environment, snapshot, Cause.OTHER)
    return queues if other and any(UNSUPPORTED.search(one.message) for one in other.failures) else ()


def _refused(environment: ComputeEnvironment, trouble: Trouble, offered: Offered, snapshot: Snapshot) -> Evidence:
    said = [found for one in trouble.failures if (found := REFUSED.search(one.message))]
    types = tuple(sorted({found["type"] for found in said})) or offered.types
    zones = tuple(sorted({found["zone"] for found in said})) or _zones(trouble.failures)
    named = {zone for found in said for zone in re.split(r"[\s,]+", found["others"] or "") if zone.count("-") > 1}
    further = tuple(sorted({*named, *further_zones(environment, types, snapshot)} - set(offered.zones)))
    decided = offered.any_here is False or (len(offered.zones) == 1 and offered.types == types and not offered.any_here)
    where = f" in {in_words(zones, last='or')}" if zones else " in these Availability Zones"
    return Evidence(
        message=f"EC2 does not offer {in_words(types, last='or')}{where}, so it has refused instances for compute "
        f"environment {environment.name} {trouble.in_words}."
        f"{_those_that_do(environment, types, further)}{_contradicted(offered)}",
        facts={**trouble.facts, "instance_types": list(types), "zones": list(zones), "offered_in": list(further)},
        confidence=Confidence.PROBABLE if offered.any_here else Confidence.CERTAIN,
        jobs=trouble.jobs,
        recommendation=_advice(environment, further, offered.zones),
        steps=_steps(environment, types, offered.zones, snapshot),
        patience=None if decided else PATIENCE,
    )


def _never(
    environment: ComputeEnvironment, offered: Offered, queues: tuple[JobQueue, ...], snapshot: Snapshot
) -> Evidence:
    further = further_zones(environment, offered.types, snapshot)
    none_of = offered.types[0] if len(offered.types) == 1 else f"any of {in_words(offered.types, last='or')}"
    return Evidence(
        message=f"EC2 does not offer {none_of} in {in_words(offered.zones, last='or')}, where the subnets of compute "
        f"environment {environment.name} are, so none of its instances can launch."
        f"{_those_that_do(environment, offered.types, further)}",
        facts={
            "instance_types": list(offered.types),
            "zones": list(offered.zones),
            "offered_in": list(further),
        },
        jobs=jobs_of(queues),
        recommendation=_advice(environment, further, offered.zones),
        steps=_steps(environment, offered.types, offered.zones, snapshot),
    )


def _zones(failures: tuple[Launch, ...]) -> tuple[str, ...]:
    return tuple(sorted({one.zone for one in failures if one.zone}))


def _those_that_do(environment: ComputeEnvironment, types: tuple[str, ...], further: tuple[str, ...]) -> str:
    if not further:
        return ""
    they = "It is" if len(types) == 1 else "Some of them are"
    return f" {they} offered in {in_words(further)}, where {environment.name} has no subnet."


def _contradicted(offered: Offered) -> str:
    return " Its list of offers has allowed types in these zones, all the same." if offered.any_here else ""


def _advice(environment: ComputeEnvironment, further: tuple[str, ...], zones: tuple[str, ...]) -> str:
    types = f"allow it types that are offered in {in_words(zones, last='or')}" if zones else "allow it other types"
    subnets = f"Give {environment.name} a subnet in {in_words(further, last='or')}, or " if further else ""
    advice = f"{subnets}{types}."
    return f"{advice[0].upper()}{advice[1:]}{update_refused(environment)}"


def _steps(
    environment: ComputeEnvironment, types: tuple[str, ...], zones: tuple[str, ...], snapshot: Snapshot
) -> tuple[str, ...]:
    region = snapshot.region
    names, subnets = ",".join(types), ",".join((*environment.subnets, "SUBNET_ID"))
    offers = f"aws ec2 describe-instance-type-offerings --region {region} --location-type availability-zone"
    return (
        f"{offers} --filters Name=instance-type,Values={names} "
        "--query 'InstanceTypeOfferings[].[InstanceType,Location]' --output text",
        f"{offers} --filters Name=location,Values={','.join(zones) or 'ZONE'} "
        "--query 'InstanceTypeOfferings[].InstanceType' --output text",
        update_environment(environment, region, f"subnets={subnets}"),
        update_environment(environment, region, "instanceTypes=INSTANCE_TYPE"),
    )


DIAGNOSIS = Diagnosis(
    id="instance_type_not_offered",
    title="Instance type is not offered in the zones of the subnets",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-discovery.html",
    check_environment=check,
    explains=("launch_failed",),
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeSubnets",
    ),
)

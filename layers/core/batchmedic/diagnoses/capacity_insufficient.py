"""EC2 has no capacity for the instance types of the compute environment in its Availability Zones."""

import re
from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import update_refused
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.launch_trouble import PATIENCE, Cause, held_up, jobs_of, launch_trouble
from batchmedic.model.launching import Launch
from batchmedic.model.offers import further_zones, in_words, zones_of
from batchmedic.model.snapshot import Snapshot

BLOCKED = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
REFUSED = re.compile(
    r"sufficient (?P<type>\S+) capacity in the Availability Zone you requested \((?P<zone>[^)]+)\)", re.IGNORECASE
)


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """EC2 says it of each launch; AWS Batch says it once all environments of the queue lack capacity."""
    trouble = launch_trouble(environment, snapshot, Cause.CAPACITY)
    if trouble is not None:
        types = _types(trouble.failures) or environment.instance_types
        zones = _zones(trouble.failures) or tuple(sorted(zones_of(environment, snapshot)))
        yield Evidence(
            message=f"EC2 has had no {_market(environment)}capacity for compute environment {environment.name} "
            f"{trouble.in_words}: {_tried(types, zones)}.{_elsewhere(environment, types, snapshot)}",
            facts={**trouble.facts, "instance_types": list(types), "zones": list(zones)},
            jobs=trouble.jobs,
            recommendation=_advice(environment, types, snapshot),
            steps=_steps(environment, types, trouble.queues, snapshot),
        )
    elif blocked := _blocked(environment, snapshot):
        types = environment.instance_types
        yield Evidence(
            message=f"AWS Batch gets no instances for compute environment {environment.name}. It says of the job at "
            f"the head of job queue {blocked[0].name}: {(blocked[0].aws_reason or '').rstrip('.')}."
            f"{_elsewhere(environment, types, snapshot)}",
            facts={"instance_types": list(types), "zones": sorted(zones_of(environment, snapshot))},
            jobs=jobs_of(blocked),
            recommendation=_advice(environment, types, snapshot),
            steps=_steps(environment, types, blocked, snapshot),
        )


def _blocked(environment: ComputeEnvironment, snapshot: Snapshot) -> tuple[JobQueue, ...]:
    """Unless its launches, as far as they were read, fail for something else, or succeed."""
    launches = snapshot.launching.launches.found.get(environment.arn, ())
    if any(snapshot.at - one.at <= PATIENCE for one in launches):
        return ()
    queues = held_up(environment, snapshot)
    return tuple(queue for queue in queues if (queue.aws_reason or "").startswith(BLOCKED))


def _types(failures: tuple[Launch, ...]) -> tuple[str, ...]:
    return tuple(sorted({found["type"] for one in failures if (found := REFUSED.search(one.message))}))


def _zones(failures: tuple[Launch, ...]) -> tuple[str, ...]:
    said = (found["zone"] if (found := REFUSED.search(one.message)) else one.zone for one in failures)
    return tuple(sorted({zone for zone in said if zone}))


def _market(environment: ComputeEnvironment) -> str:
    return "Spot " if environment.kind == "SPOT" else ""


def _tried(types: tuple[str, ...], zones: tuple[str, ...]) -> str:
    where = f" in {in_words(zones)}" if zones else ""
    return f"it was asked for {in_words(types) or 'instances'}{where}"


def _elsewhere(environment: ComputeEnvironment, types: tuple[str, ...], snapshot: Snapshot) -> str:
    further = further_zones(environment, types, snapshot)
    if not further:
        return ""
    them = types[0] if len(types) == 1 else "Some of these types"
    verb = "is" if len(types) == 1 else "are"
    return f" {them} {verb} also offered in {in_words(further)}, where {environment.name} has no subnet."


def _advice(environment: ComputeEnvironment, types: tuple[str, ...], snapshot: Snapshot) -> str:
    further = further_zones(environment, types, snapshot)
    zones = f"subnets in {in_words(further, last='or')}" if further else "subnets in further zones"
    behind = " Or put an On-Demand environment behind it in the job queue." if environment.kind == "SPOT" else ""
    return (
        f"Allow {environment.name} more instance types, and give it {zones}: each type and zone has capacity of its "
        f"own.{behind} Capacity may also come back by itself.{update_refused(environment)}"
    )


def _steps(
    environment: ComputeEnvironment, types: tuple[str, ...], queues: tuple[JobQueue, ...], snapshot: Snapshot
) -> tuple[str, ...]:
    region = snapshot.region
    wider = ",".join((*environment.instance_types, "INSTANCE_TYPE"))
    subnets = ",".join((*environment.subnets, "SUBNET_ID"))
    names = ",".join(each for each in types if "." in each) or "INSTANCE_TYPE"
    steps = [
        f"aws ec2 describe-instance-type-offerings --region {region} --location-type availability-zone --filters "
        f"Name=instance-type,Values={names} --query 'InstanceTypeOfferings[].[InstanceType,Location]' --output text",
        update_environment(environment, region, f"instanceTypes={wider},subnets={subnets}"),
    ]
    if environment.kind == "SPOT":
        steps += [_with_on_demand(queue, region) for queue in queues]
    return tuple(steps)


def _with_on_demand(queue: JobQueue, region: str) -> str:
    listed = (*(arn.rpartition("/")[2] for arn in queue.compute_environments), "ON_DEMAND_ENVIRONMENT")
    order = " ".join(f"order={number},computeEnvironment={name}" for number, name in enumerate(listed, 1))
    return f"aws batch update-job-queue --region {region} --job-queue {queue.name} --compute-environment-order {order}"


DIAGNOSIS = Diagnosis(
    id="capacity_insufficient",
    title="EC2 has no capacity for the instance types in their zones",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_capacity.html",
    check_environment=check,
    patience=PATIENCE,
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeInstances",
    ),
)

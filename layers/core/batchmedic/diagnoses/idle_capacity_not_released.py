"""No job is in any queue of the compute environment, yet its instances stay and are paid for."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import name_of
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import SCALE_IN
from batchmedic.scaling.eligible import TAG, wants_tag


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Since when no queue has had a job, scale_to_zero remembers. 45 minutes are normal; a scale-down delay is added.

    A floor that its owner protects by tag is no fault, nor one that scale_to_zero is about to lower.
    """
    if not environment.launches_instances or environment.desired_vcpus == 0:
        return
    since = snapshot.jobless.get(environment.arn)
    if since is None or snapshot.at - since <= SCALE_IN:
        return
    idle = snapshot.at - since
    if environment.min_vcpus > 0:
        yield from _floor(environment, snapshot, since)
    elif environment.scale_down_delay > SCALE_IN and idle <= environment.scale_down_delay + SCALE_IN:
        yield _delay(environment, snapshot, since)
    elif idle > environment.scale_down_delay + SCALE_IN:
        found = _tasks(environment, snapshot, since) or _role(environment, snapshot, since)
        yield found or _unknown(environment, snapshot, since)


def _floor(environment: ComputeEnvironment, snapshot: Snapshot, since: datetime) -> Iterator[Evidence]:
    tag = environment.tags.get(TAG)
    scarce = wants_tag(environment, reserved_capacity=False)
    if tag not in (None, "on") or (snapshot.scaling_mode not in ("plan", "off") and scarce is None):
        return
    why = scarce or f"ScaleToZeroMode is {snapshot.scaling_mode}"
    if tag == "on" and snapshot.scaling_mode == "plan":
        return
    yield Evidence(
        message=f"{_idle(environment, since)}; its minvCpus of {environment.min_vcpus} keeps them. It is not "
        f"lowered by itself: {why}.",
        facts=_facts(environment, "floor"),
        recommendation=f"Set minvCpus to 0: AWS Batch launches instances when jobs come. Tag it {TAG}=on to have that "
        f"done, or {TAG}=off to hear no more of it.",
        steps=(
            f"aws batch update-compute-environment --region {snapshot.region} --compute-environment {environment.name} "
            "--compute-resources minvCpus=0",
        ),
    )


def _delay(environment: ComputeEnvironment, snapshot: Snapshot, since: datetime) -> Evidence:
    minutes = environment.scale_down_delay // timedelta(minutes=1)
    return Evidence(
        message=f"{_idle(environment, since)}; its scaling policy keeps each for {minutes} minutes after its last job.",
        facts=_facts(environment, "scale-down delay"),
        recommendation="If jobs do not come in such intervals, make minScaleDownDelayMinutes smaller; 0 removes it.",
        steps=(
            f"aws batch update-compute-environment --region {snapshot.region} --compute-environment {environment.name} "
            "--compute-resources scalingPolicy={minScaleDownDelayMinutes=0}",
        ),
    )


def _tasks(environment: ComputeEnvironment, snapshot: Snapshot, since: datetime) -> Evidence | None:
    """AWS Batch does not take an instance away on which a task runs."""
    if environment.ecs_cluster is None:
        return None
    cluster = snapshot.capacity.clusters.get(environment.ecs_cluster)
    if cluster is None or not cluster.tasks:
        return None
    services = f", and {cluster.services} services start them" if cluster.services else ""
    name = environment.ecs_cluster.rpartition("/")[2]
    return Evidence(
        message=f"{_idle(environment, since)}; {cluster.tasks} tasks that are no jobs run on its cluster "
        f"{name}{services}.",
        facts=_facts(environment, "tasks that are no jobs"),
        recommendation="Stop the tasks, or the service that starts them: a daemon service keeps every instance.",
        steps=(
            f"aws ecs list-tasks --region {snapshot.region} --cluster {environment.ecs_cluster}",
            f"aws ecs list-services --region {snapshot.region} --cluster {environment.ecs_cluster}",
        ),
    )


def _role(environment: ComputeEnvironment, snapshot: Snapshot, since: datetime) -> Evidence | None:
    """A Spot Fleet that may not terminate instances keeps them (Batch user guide, spot-fleet-not-authorized)."""
    role = environment.spot_fleet_role or ""
    if not environment.by_spot_fleet or not snapshot.identity.release_denied.found.get(role):
        return None
    return Evidence(
        message=f"{_idle(environment, since)}; its Spot Fleet role {role} may not do ec2:TerminateInstances, so its "
        "Spot Fleet cannot let them go.",
        facts=_facts(environment, "Spot Fleet role"),
        recommendation=f"Attach the managed policy AmazonEC2SpotFleetTaggingRole to the role {name_of(role)}.",
        steps=(
            f"aws iam attach-role-policy --region {snapshot.region} --role-name {name_of(role)} --policy-arn "
            f"arn:{role.split(':')[1]}:iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole",
        ),
    )


def _unknown(environment: ComputeEnvironment, snapshot: Snapshot, since: datetime) -> Evidence:
    role = environment.spot_fleet_role
    unread = environment.by_spot_fleet and role not in snapshot.identity.release_denied.found
    lacks = f"its Spot Fleet role {role} lacks AmazonEC2SpotFleetTaggingRole; " if unread else ""
    return Evidence(
        message=f"{_idle(environment, since)}, and nothing read here keeps them. Possible: {lacks}an instance is "
        "protected from scale-in; AWS Batch itself is late.",
        facts=_facts(environment, "not known"),
        confidence=Confidence.POSSIBLE,
        recommendation="Look for protected instances in its Auto Scaling group; if there are none, open a case with "
        "AWS Support.",
        steps=(
            f"aws autoscaling describe-auto-scaling-instances --region {snapshot.region} --query "
            "'AutoScalingInstances[?ProtectedFromScaleIn].[InstanceId,AutoScalingGroupName]' --output text",
        ),
    )


def _idle(environment: ComputeEnvironment, since: datetime) -> str:
    """The vCPUs are AWS Batch's own number: what it asks for. A duration would be news at every look."""
    return (
        f"Compute environment {environment.name} has had no job in any of its queues since {since:%Y-%m-%d %H:%M} UTC "
        f"and keeps instances of {environment.desired_vcpus} vCPUs"
    )


def _facts(environment: ComputeEnvironment, cause: str) -> dict[str, object]:
    return {"cause": cause, "desired_vcpus": environment.desired_vcpus, "min_vcpus": environment.min_vcpus}


DIAGNOSIS = Diagnosis(
    id="idle_capacity_not_released",
    title="Instances stay although there is no work",
    severity=Severity.WARNING,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/compute_environment_parameters.html",
    check_environment=check,
    reads=("ecs:DescribeClusters",),
)

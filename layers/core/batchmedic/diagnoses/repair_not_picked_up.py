"""What AWS Batch complained of is repaired, but it has not looked at the compute environment again."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import name_of
from batchmedic.model.images import UNUSABLE_STATES, images_of, processors_of
from batchmedic.model.invalid import SERVICE_LINKED_ROLE, look_again, require_read, update_refused
from batchmedic.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Family:
    """Causes with one kind of text; `sound` says in words that the thing is sound now, empty where it is not."""

    text: str
    sound: Callable[[ComputeEnvironment, Snapshot], str]
    resolves: bool = False  # only an update that replaces instances takes the repair in
    confidence: Confidence = Confidence.PROBABLE

    def speaks(self, reason: str) -> bool:
        return re.search(self.text, reason, re.IGNORECASE) is not None


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """The text says what was wrong; whether it still is, the ids as they are now decide."""
    if environment.status != "INVALID" or not environment.managed:
        return
    family = next((one for one in FAMILIES if one.speaks(environment.status_reason)), None)
    if family is None:
        return
    require_read("ec2:DescribeSubnets", environment, snapshot)
    now = family.sound(environment, snapshot)
    if now:
        yield _repaired(environment, snapshot.region, now, family)


def _repaired(environment: ComputeEnvironment, region: str, now: str, family: Family) -> Evidence:
    aliases = [each.key for each in environment.launch_templates if each.version in ("$Latest", "$Default")]
    alias = (
        f" Launch template {', '.join(aliases)} is resolved to a number only at an update that replaces instances."
        if aliases
        else ""
    )
    replacing = family.resolves and environment.subnets and environment.launches_instances
    subnets = ",".join(environment.subnets)
    return Evidence(
        message=f"Compute environment {environment.name} is still INVALID for a cause that no longer shows: {now}. "
        f"AWS Batch said: {environment.status_reason.strip()}",
        facts={"status_reason": environment.status_reason.strip(), "sound_now": now},
        confidence=family.confidence,
        recommendation="Update the compute environment, with the same values as before: that makes AWS Batch look "
        f"again.{alias}{update_refused(environment) if replacing else ''}",
        steps=(
            update_environment(environment, region, f"subnets={subnets}")
            if replacing
            else look_again(environment, region),
            f"aws batch describe-compute-environments --region {region} --compute-environments {environment.name} "
            "--query 'computeEnvironments[0].[status,statusReason]' --output text",
        ),
    )


def _network(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    groups = snapshot.group_ids_of(environment)
    snapshot.network.security_groups.known(groups)
    vpcs = snapshot.vpcs_of(environment)
    by_name = any(version.security_group_names for version in snapshot.templates_of(environment))
    if len(vpcs) != 1 or not groups or by_name:
        return ""
    return (
        f"subnets {', '.join(environment.subnets)} and security groups {', '.join(groups)} exist and are all in VPC "
        f"{next(iter(vpcs))}"
    )


def _service_role(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    role = environment.service_role or ""
    if not role or SERVICE_LINKED_ROLE in role:
        return ""
    return _role(role, "batch.amazonaws.com", snapshot)


def _spot_fleet_role(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    role = environment.spot_fleet_role or ""
    return _role(role, "spotfleet.amazonaws.com", snapshot) if role.startswith("arn:") else ""


def _role(role: str, service: str, snapshot: Snapshot) -> str:
    found = snapshot.identity.roles.get(name_of(role))
    if found is None or service not in found.trusts or (role.startswith("arn:") and found.arn != role):
        return ""
    return f"the role {found.arn} exists and trusts {service}"


def _profile(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    profile = environment.instance_role or ""
    found = snapshot.identity.instance_profiles.get(name_of(profile)) if profile else None
    if found is None or not found.roles or (profile.startswith("arn:") and found.arn != profile):
        return ""
    return f"the instance profile {found.arn} exists and holds a role"


def _template(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    keys = [each.key for each in environment.launch_templates]
    versions = snapshot.network.launch_templates.known(keys)
    unfit = any(version.user_data_is_multipart is False for version in versions)
    if not keys or len(versions) < len(keys) or unfit:
        return ""
    return f"launch template {', '.join(keys)} exists, and no user data in it has a wrong form"


def _image(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    ids = list(images_of(environment, snapshot))
    found = snapshot.capacity.images.known(ids)
    processors = processors_of(environment, snapshot)
    alien = processors and any(image.architecture not in processors for image in found)
    if not ids or len(found) < len(ids) or alien or any(image.state in UNUSABLE_STATES for image in found):
        return ""
    return f"machine image {', '.join(ids)} exists and is made for the processors of the allowed instance types"


def _cluster(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    cluster = snapshot.capacity.clusters.get(environment.ecs_cluster) if environment.ecs_cluster else None
    return f"the ECS cluster {environment.ecs_cluster} is ACTIVE" if cluster and cluster.status == "ACTIVE" else ""


# The texts are of the Batch user guide (INVALID compute environment) or seen in the wild; those of EC2 that Batch would
# quote for things that are missing are inferred. Blank clusters are also what a lack of rights looks like.
FAMILIES = (
    Family(r"not linked to the VPCs", _network),
    Family(r"belong to different networks", _network),
    Family(r"subnets are not all in the same VPC", _network),
    Family(r"(security group|subnet)( ID)? '[^']*' does not exist", _network),
    Family(r"sts:AssumeRole", _service_role),
    Family(r"IamFleetRole", _spot_fleet_role),
    Family(r"instance profile \S+ does not exist", _profile),
    Family(r"launch template\b.*does not exist|could not find launch template version", _template, resolves=True),
    Family(r"UserData is not MIME multipart", _template, resolves=True),
    Family(r"image id '[^']*' does not exist", _image, resolves=True),
    Family(r"architecture '\w+' of the specified instance type does not match", _image, resolves=True),
    Family(r"Clusters can not be blank", _cluster, confidence=Confidence.POSSIBLE),
)

DIAGNOSIS = Diagnosis(
    id="repair_not_picked_up",
    title="Repair is not picked up",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=("compute_environment_invalid",),
    reads=("ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "iam:GetRole", "iam:GetInstanceProfile"),
)

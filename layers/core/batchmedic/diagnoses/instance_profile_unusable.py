"""Instances cannot be launched with the instance profile of the compute environment."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import name_of
from batchmedic.model.invalid import SYMPTOMS, look_again, require_read, update_refused
from batchmedic.model.joining import not_joining
from batchmedic.model.roles import path_option
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """`instanceRole` is the name or the ARN of an instance profile (AWS Batch API, ComputeResource). One without a role
    is another diagnosis where AWS Batch says that no instance joined."""
    profile = environment.instance_role
    if environment.status != "INVALID" or not environment.launches_instances or not profile:
        return
    if ":role/" in profile:
        yield _role_instead(environment, profile, snapshot.region)
        return
    require_read(snapshot.identity.instance_profiles.call, environment, snapshot)
    found, name, region = snapshot.identity.instance_profiles.get(name_of(profile)), name_of(profile), snapshot.region
    if found is None:
        yield Evidence(
            subject=_arn(environment, profile),
            message=f"The instance profile {profile} of compute environment {environment.name} does not exist, so no "
            "instance can be launched with it.",
            facts={"instance_profile": profile, "fault": "missing"},
            recommendation=f"Make the instance profile {name} again, with a role that has the managed policy "
            "AmazonEC2ContainerServiceforEC2Role, or name one that exists.",
            steps=(
                f"aws iam create-instance-profile --region {region} {path_option(profile)}"
                f"--instance-profile-name {name}",
                f"aws iam add-role-to-instance-profile --region {region} --instance-profile-name {name} "
                "--role-name ROLE_NAME",
                look_again(environment, region),
            ),
        )
    elif profile.startswith("arn:") and found.arn != profile:
        yield Evidence(
            message=f"Compute environment {environment.name} names the instance profile {profile}, but the one of "
            f"that name has another ARN: {found.arn}.",
            facts={"instance_profile": profile, "actual": found.arn, "fault": "other ARN"},
            recommendation=f"Give {environment.name} the ARN with the right path.{update_refused(environment)}",
            steps=(update_environment(environment, region, f"instanceRole={found.arn}"),),
        )
    elif not found.roles and not_joining(environment, snapshot) is None:
        yield Evidence(
            subject=found.arn,
            message=f"The instance profile {found.arn} of compute environment {environment.name} holds no role, so "
            "its instances have no rights and cannot register with Amazon ECS.",
            facts={"instance_profile": found.arn, "fault": "no role"},
            recommendation=f"Put a role with the managed policy AmazonEC2ContainerServiceforEC2Role into {name}.",
            steps=(
                f"aws iam add-role-to-instance-profile --region {region} --instance-profile-name {name} "
                "--role-name ROLE_NAME",
                look_again(environment, region),
            ),
        )


def _role_instead(environment: ComputeEnvironment, role: str, region: str) -> Evidence:
    return Evidence(
        message=f"Compute environment {environment.name} names {role} as its instance role: that is the ARN of a role, "
        "where the ARN or the name of an instance profile belongs.",
        facts={"instance_profile": role, "fault": "a role"},
        recommendation="Name the instance profile that holds the role; the console makes one of the same name."
        + update_refused(environment),
        steps=(
            f"aws iam list-instance-profiles-for-role --region {region} --role-name {name_of(role)} "
            "--query 'InstanceProfiles[].Arn' --output text",
            update_environment(environment, region, "instanceRole=INSTANCE_PROFILE_ARN"),
        ),
    )


def _arn(environment: ComputeEnvironment, profile: str) -> str:
    _, partition, _, _, account, *_ = environment.arn.split(":")
    return profile if profile.startswith("arn:") else f"arn:{partition}:iam::{account}:instance-profile/{profile}"


DIAGNOSIS = Diagnosis(
    id="instance_profile_unusable",
    title="Instance profile cannot be used",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("iam:GetInstanceProfile",),
)

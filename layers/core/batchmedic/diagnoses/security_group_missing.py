"""A security group of the compute environment does not exist."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, ec2_arn, update_refused
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.spelling import SECURITY_GROUP


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """That EC2 does not know the id decides; how it is spelt only says why."""
    if not environment.subnets:
        return
    groups = snapshot.network.security_groups
    snapshot.network.launch_templates.known(each.key for each in environment.launch_templates)
    named = tuple(dict.fromkeys(snapshot.group_ids_of(environment)))
    kept = [group for group in named if groups.get(group) is not None]
    origin = "it" if environment.security_groups else "its launch template"
    for group in named:
        if group in kept:
            continue
        malformed = SECURITY_GROUP.malformed(group)
        yield Evidence(
            subject=None if malformed else ec2_arn(environment, "security-group", group),
            message=f'Compute environment {environment.name} cannot launch instances with security group "{group}", '
            f"which {origin} names: {SECURITY_GROUP.why(group) if malformed else 'Amazon EC2 knows no such group'}.",
            facts={"security_group": group, "malformed": malformed, "named_by_template": origin != "it"},
            recommendation=f"Give {environment.name} a security group that exists, in the VPC of its subnets"
            f"{_remaining(kept)}. Groups that it names itself replace those of its launch template."
            + update_refused(environment),
            steps=_steps(environment, snapshot, [*kept, *(SECURITY_GROUP.meant(group) or ["SECURITY_GROUP_ID"])]),
        )


def _remaining(kept: list[str]) -> str:
    return f"; {', '.join(kept)} can stay" if kept else ""


def _steps(environment: ComputeEnvironment, snapshot: Snapshot, groups: list[str]) -> tuple[str, ...]:
    vpcs = ",".join(sorted(snapshot.vpcs_of(environment))) or "VPC_ID"
    return (
        f"aws ec2 describe-security-groups --region {snapshot.region} --filters Name=vpc-id,Values={vpcs} "
        "--query 'SecurityGroups[].[GroupId,GroupName]' --output text",
        update_environment(environment, snapshot.region, f"securityGroupIds={','.join(groups)}"),
    )


DIAGNOSIS = Diagnosis(
    id="security_group_missing",
    title="Security group does not exist",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("ec2:DescribeSecurityGroups", "ec2:DescribeLaunchTemplateVersions"),
)

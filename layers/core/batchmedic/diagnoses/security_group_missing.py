"""A security group of the compute environment does not exist."""

import re
from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, ec2_arn, update_refused
from batchmedic.model.snapshot import Snapshot

ID = re.compile(r"sg-[0-9a-z]+")


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
        malformed = ID.fullmatch(group) is None
        yield Evidence(
            subject=None if malformed else ec2_arn(environment, "security-group", group),
            message=f'Compute environment {environment.name} cannot launch instances with security group "{group}", '
            f"which {origin} names: {_why(group) if malformed else 'Amazon EC2 knows no such group'}.",
            facts={"security_group": group, "malformed": malformed, "named_by_template": origin != "it"},
            recommendation=f"Give {environment.name} a security group that exists, in the VPC of its subnets"
            f"{_remaining(kept)}. Groups that it names itself replace those of its launch template."
            + update_refused(environment),
            steps=_steps(environment, snapshot, _replacement(group, kept)),
        )


def _why(group: str) -> str:
    ids = list(dict.fromkeys(ID.findall(group)))
    if len(ids) > 1:
        return f"this is one text with {len(ids)} ids in it ({', '.join(ids)}) where a list of ids belongs"
    return "this is no id of a security group (sg- and hexadecimal digits)"


def _remaining(kept: list[str]) -> str:
    return f"; {', '.join(kept)} can stay" if kept else ""


def _replacement(group: str, kept: list[str]) -> str:
    ids = list(dict.fromkeys(ID.findall(group)))
    return ",".join([*kept, *(ids if len(ids) > 1 else ["SECURITY_GROUP_ID"])])


def _steps(environment: ComputeEnvironment, snapshot: Snapshot, groups: str) -> tuple[str, ...]:
    vpcs = ",".join(sorted(snapshot.vpcs_of(environment))) or "VPC_ID"
    return (
        f"aws ec2 describe-security-groups --region {snapshot.region} --filters Name=vpc-id,Values={vpcs} "
        "--query 'SecurityGroups[].[GroupId,GroupName]' --output text",
        update_environment(environment, snapshot.region, f"securityGroupIds={groups}"),
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

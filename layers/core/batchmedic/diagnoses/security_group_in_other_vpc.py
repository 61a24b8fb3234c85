"""A security group of the compute environment is in another VPC than its subnets."""

from collections.abc import Iterator

from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.digest import digest
from batchmedic.model.invalid import SYMPTOMS
from batchmedic.model.network import SecurityGroup
from batchmedic.model.slip import slip_of
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """VPC ids and VPC associations decide, never a text; subnets of several VPCs are another fault."""
    if not environment.subnets:
        return
    vpcs = snapshot.vpcs_of(environment)
    if len(vpcs) != 1:
        return
    (vpc,) = vpcs
    named = dict(_groups_and_origins(environment, snapshot))
    groups = snapshot.network.security_groups.known(named)
    odd = [group for group in groups if group.vpc_id != vpc]
    for group in odd:
        state = (snapshot.network.associations.get(group.id) or {}).get(vpc)
        if state == "associated":
            continue
        yield Evidence(
            message=f"Security group {group.id} ({group.name}), which {named[group.id]} names, is in VPC "
            f"{snapshot.vpc_label(group.vpc_id)}; subnets {', '.join(environment.subnets)} are in VPC "
            f"{snapshot.vpc_label(vpc)}{_but_associating(state)}.",
            facts={
                "security_group": group.id,
                "security_group_vpc": group.vpc_id,
                "subnets": list(environment.subnets),
                "subnet_vpc": vpc,
                "association": state,
                "named_by": named[group.id],
                "digest": digest(environment),
            },
            confidence=Confidence.POSSIBLE if state else Confidence.CERTAIN,
            recommendation=f"Give {environment.name} a security group of VPC {vpc}, or subnets of VPC {group.vpc_id}. "
            + _suspect(environment, snapshot, group, vpc, all_odd=len(odd) == len(groups)),
            steps=_steps(environment, snapshot.region, vpc),
        )


def _groups_and_origins(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Security group ids with who names them; the environment's own win over its launch templates'."""
    if environment.security_groups:
        yield from ((group, "the compute environment") for group in environment.security_groups)
        return
    for reference in environment.launch_templates:
        version = snapshot.network.launch_templates.get(reference.key)
        if version is None:
            continue
        if version.security_group_names:
            raise NotReadError("ec2:DescribeSecurityGroups", f"{reference.key} names its security groups by name")
        template = f"launch template {reference.template}, version {reference.version},"
        yield from ((group, template) for group in version.security_groups)
        yield from ((group, f"a network interface of {template}") for group in version.network_interface_groups)


def _but_associating(state: str | None) -> str:
    return f", and its association with that VPC is {state}" if state else ""


def _suspect(
    environment: ComputeEnvironment, snapshot: Snapshot, group: SecurityGroup, vpc: str, *, all_odd: bool
) -> str:
    """Which side looks like the slip, and why; neighbours are only a sign, and often nothing shows it."""
    if not all_odd:
        return f"The security group looks wrong: the other groups of {environment.name} are in {vpc}."
    return slip_of(environment, snapshot, group_vpc=group.vpc_id, subnet_vpc=vpc).because


def _steps(environment: ComputeEnvironment, region: str, vpc: str) -> tuple[str, ...]:
    choose = (
        f"aws ec2 describe-security-groups --region {region} --filters Name=vpc-id,Values={vpc} "
        "--query 'SecurityGroups[].[GroupId,GroupName]' --output text"
    )
    update = (
        f"aws batch update-compute-environment --region {region} --compute-environment {environment.name} "
        "--compute-resources securityGroupIds=SECURITY_GROUP_ID"
    )
    return (choose, update)


DIAGNOSIS = Diagnosis(
    id="security_group_in_other_vpc",
    title="Security group is in another VPC than the subnets",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=(
        "ec2:DescribeSubnets",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSecurityGroupVpcAssociations",
        "ec2:DescribeLaunchTemplateVersions",
    ),
)

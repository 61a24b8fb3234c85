"""The subnets of the compute environment are in different VPCs."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, update_refused
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """An Auto Scaling group lives in one VPC (Amazon EC2 Auto Scaling user guide, "Provide network connectivity")."""
    if not environment.subnets:
        return
    by_vpc = _by_vpc(environment, snapshot)
    if len(by_vpc) <= 1:
        return
    listed = "; ".join(f"{', '.join(subnets)} in {snapshot.vpc_label(vpc)}" for vpc, subnets in by_vpc.items())
    kept = _vpc_of_groups(environment, snapshot)
    subnets = by_vpc.get(kept, [])
    choice = ",".join(subnets) if subnets else "SUBNET_ID"
    yield Evidence(
        message=f"The subnets of compute environment {environment.name} are in {len(by_vpc)} different VPCs, and its "
        f"instances can be in one only: {listed}.",
        facts={"subnets_by_vpc": by_vpc, "security_group_vpc": kept or None},
        recommendation=f"Keep the subnets of one VPC. {_advice(kept, subnets)}{update_refused(environment)}",
        steps=(
            f"aws ec2 describe-subnets --region {snapshot.region} --subnet-ids {' '.join(environment.subnets)} "
            "--query 'Subnets[].[SubnetId,VpcId,AvailabilityZone]' --output text",
            update_environment(environment, snapshot.region, f"subnets={choice}"),
        ),
    )


def _by_vpc(environment: ComputeEnvironment, snapshot: Snapshot) -> dict[str, list[str]]:
    by_vpc: dict[str, list[str]] = {}
    for subnet in snapshot.network.subnets.known(dict.fromkeys(environment.subnets)):
        by_vpc.setdefault(subnet.vpc_id, []).append(subnet.id)
    return by_vpc


def _vpc_of_groups(environment: ComputeEnvironment, snapshot: Snapshot) -> str:
    """Where all its security groups are; empty where that is not known or not one VPC."""
    found = snapshot.network.security_groups.found
    vpcs = {found[group].vpc_id for group in snapshot.group_ids_of(environment) if group in found}
    return vpcs.pop() if len(vpcs) == 1 else ""


def _advice(vpc: str, subnets: list[str]) -> str:
    if subnets:
        return f"Its security groups are in {vpc}, so {', '.join(subnets)} would work as they are."
    return "Its security groups do not show which VPC is meant; they must be in the same one."


DIAGNOSIS = Diagnosis(
    id="subnets_in_different_vpcs",
    title="Subnets are in different VPCs",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("ec2:DescribeSubnets",),
)

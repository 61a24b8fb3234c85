"""A subnet of the compute environment does not exist."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, ec2_arn, update_refused
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.spelling import SUBNET


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """That EC2 does not know the id decides; how it is spelt only says why."""
    named = tuple(dict.fromkeys(environment.subnets))
    kept = [subnet for subnet in named if snapshot.network.subnets.get(subnet) is not None]
    for subnet in named:
        if subnet in kept:
            continue
        malformed = SUBNET.malformed(subnet)
        yield Evidence(
            subject=None if malformed else ec2_arn(environment, "subnet", subnet),
            message=f'Compute environment {environment.name} cannot launch instances in subnet "{subnet}": '
            f"{SUBNET.why(subnet) if malformed else 'Amazon EC2 knows no such subnet'}.",
            facts={"subnet": subnet, "malformed": malformed, "subnets_that_exist": kept},
            recommendation=f"{_advice(environment, kept)}{update_refused(environment)}",
            steps=_steps(environment, snapshot, [*kept, *SUBNET.meant(subnet)] or ["SUBNET_ID"]),
        )


def _advice(environment: ComputeEnvironment, kept: list[str]) -> str:
    if kept:
        return f"{environment.name} would work with {', '.join(kept)} alone; another of the same VPC may be added."
    return f"Give {environment.name} subnets that exist, in the VPC of its security groups."


def _steps(environment: ComputeEnvironment, snapshot: Snapshot, subnets: list[str]) -> tuple[str, ...]:
    groups = snapshot.network.security_groups.found
    vpcs = {groups[each].vpc_id for each in snapshot.group_ids_of(environment) if each in groups}
    where = f"--filters Name=vpc-id,Values={','.join(sorted(vpcs))} " if vpcs else ""
    return (
        f"aws ec2 describe-subnets --region {snapshot.region} {where}"
        "--query 'Subnets[].[SubnetId,VpcId,AvailabilityZone]' --output text",
        update_environment(environment, snapshot.region, f"subnets={','.join(subnets)}"),
    )


DIAGNOSIS = Diagnosis(
    id="subnet_missing",
    title="Subnet does not exist",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("ec2:DescribeSubnets",),
)

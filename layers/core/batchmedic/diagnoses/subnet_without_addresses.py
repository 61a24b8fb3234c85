"""A subnet of the compute environment has no free IP address for an instance."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import ec2_arn, update_refused
from batchmedic.model.launch_trouble import PATIENCE, Cause, Trouble, launch_trouble
from batchmedic.model.network import Subnet
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """EC2 says it of a launch, and counts the addresses; while another subnet has some, it may deliver yet."""
    trouble = launch_trouble(environment, snapshot, Cause.ADDRESSES)
    if trouble is None:
        return
    found = snapshot.network.subnets.found
    known = tuple(found[each] for each in environment.subnets if each in found)
    all_full = len(known) == len(environment.subnets) and all(one.free_addresses == 0 for one in known)
    for subnet in _full(environment, trouble, known):
        failures = tuple(one for one in trouble.failures if one.subnet == subnet)
        yield _evidence(
            environment, subnet, trouble.of(failures or trouble.failures), known, all_full=all_full, snapshot=snapshot
        )


def _full(environment: ComputeEnvironment, trouble: Trouble, known: tuple[Subnet, ...]) -> tuple[str, ...]:
    """The subnets that launches failed in; where that was not said, those that have no address left."""
    tried = tuple(dict.fromkeys(one.subnet for one in trouble.failures if one.subnet))
    empty = tuple(one.id for one in known if one.free_addresses == 0)
    return tried or empty or environment.subnets[:1]


def _evidence(
    environment: ComputeEnvironment,
    subnet: str,
    trouble: Trouble,
    known: tuple[Subnet, ...],
    *,
    all_full: bool,
    snapshot: Snapshot,
) -> Evidence:
    one = next((each for each in known if each.id == subnet), None)
    counted = one is not None and one.free_addresses == 0
    where = f"{subnet} ({one.zone})" if one and one.zone else subnet
    has = "has no free IP address" if counted else "has, in EC2's words, not enough free IP addresses"
    left = {each.id: each.free_addresses for each in known if each.free_addresses is not None}
    listed = f" Left in its subnets: {', '.join(f'{count:,} in {each}' for each, count in left.items())}."
    return Evidence(
        subject=ec2_arn(environment, "subnet", subnet),
        message=f"Subnet {where} {has}, so EC2 has launched nothing there for compute environment {environment.name} "
        f"{trouble.in_words}.{listed if left else ''}",
        facts={**trouble.facts, "subnet": subnet, "free_addresses": left},
        confidence=Confidence.CERTAIN if counted else Confidence.PROBABLE,
        jobs=trouble.jobs,
        recommendation=f"Give {environment.name} a further subnet of the same VPC that has free addresses, or delete "
        f"network interfaces in {subnet} that nobody uses.{update_refused(environment)}",
        steps=_steps(environment, subnet, one.vpc_id if one else "VPC_ID", snapshot.region),
        patience=None if all_full else PATIENCE,
    )


def _steps(environment: ComputeEnvironment, subnet: str, vpc: str, region: str) -> tuple[str, ...]:
    return (
        f"aws ec2 describe-network-interfaces --region {region} --filters Name=subnet-id,Values={subnet} "
        "Name=status,Values=available --query 'NetworkInterfaces[].[NetworkInterfaceId,Description]' --output text",
        f"aws ec2 describe-subnets --region {region} --filters Name=vpc-id,Values={vpc} --query "
        "'Subnets[].[SubnetId,AvailabilityZone,AvailableIpAddressCount]' --output text",
        update_environment(environment, region, f"subnets={','.join((*environment.subnets, 'SUBNET_ID'))}"),
    )


DIAGNOSIS = Diagnosis(
    id="subnet_without_addresses",
    title="Subnet has no free IP addresses",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
    check_environment=check,
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeSubnets",
    ),
)

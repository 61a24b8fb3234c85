"""Instances do not join the ECS cluster, because security groups or a network ACL let no HTTPS out."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, ec2_arn
from batchmedic.model.joining import NotJoining, not_joining
from batchmedic.model.network import SecurityGroup
from batchmedic.model.routing import NetworkAcl
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.ways_out import acls_by_subnet, group_sets, lets_no_https_out


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Network ACLs are only asked about where the groups let the agent out."""
    who = not_joining(environment, snapshot)
    if who is None:
        return
    worn = group_sets(who, snapshot)
    shut = [groups for groups in worn if lets_no_https_out(groups)]
    for groups in shut:
        yield _by_groups(who, groups, snapshot.region, all_are=len(shut) == len(worn))
    if shut:
        return
    acls = acls_by_subnet(who, snapshot)
    closed: dict[NetworkAcl, list[str]] = {}
    for subnet, acl in acls.items():
        if not acl.lets_https_through:
            closed.setdefault(acl, []).append(subnet)
    all_are = sum(map(len, closed.values())) == len(acls)
    for acl, subnets in closed.items():
        yield _by_acl(who, acl, subnets, snapshot.region, all_are=all_are)


def _by_groups(who: NotJoining, groups: tuple[SecurityGroup, ...], region: str, *, all_are: bool) -> Evidence:
    first, ids = groups[0], ", ".join(group.id for group in groups)
    named = f"security group {ids} lets" if len(groups) == 1 else f"none of the security groups {ids} lets"
    amount = "no TCP 443 out" if len(groups) == 1 else "TCP 443 out"
    return Evidence(
        subject=ec2_arn(who.environment, "security-group", first.id),
        message=f"{who.in_words}: {named} {amount}, so their ECS agents cannot reach Amazon ECS.",
        facts={"security_groups": [group.id for group in groups], **who.facts},
        confidence=Confidence.CERTAIN if all_are else Confidence.PROBABLE,
        recommendation=f"Let {first.id} send TCP 443 out: to everywhere, or to the VPC endpoints of Amazon ECS where "
        f"there are such.{who.then}",
        steps=(
            f"aws ec2 authorize-security-group-egress --region {region} --group-id {first.id} --protocol tcp "
            "--port 443 --cidr 0.0.0.0/0",
            *who.look_again(region),
        ),
    )


def _by_acl(who: NotJoining, acl: NetworkAcl, subnets: list[str], region: str, *, all_are: bool) -> Evidence:
    faults = [] if acl.lets_https_out else ["no TCP 443 out"]
    faults += [] if acl.lets_answers_in else ["no answers (TCP 1024-65535) in"]
    entry = f"aws ec2 create-network-acl-entry --region {region} --network-acl-id {acl.id}"
    rule = "--rule-number RULE_NUMBER --protocol 6 --cidr-block 0.0.0.0/0 --rule-action allow"
    out = () if acl.lets_https_out else (f"{entry} --egress {rule} --port-range From=443,To=443",)
    back = () if acl.lets_answers_in else (f"{entry} --ingress {rule} --port-range From=1024,To=65535",)
    return Evidence(
        subject=ec2_arn(who.environment, "network-acl", acl.id),
        message=f"{who.in_words}: network ACL {acl.id} of {', '.join(subnets)} lets {' and '.join(faults)}, so their "
        "ECS agents cannot talk to Amazon ECS.",
        facts={
            "network_acl": acl.id,
            "subnets": subnets,
            "lets_https_out": acl.lets_https_out,
            "lets_answers_in": acl.lets_answers_in,
            **who.facts,
        },
        confidence=Confidence.CERTAIN if all_are else Confidence.PROBABLE,
        recommendation=f"Let {acl.id} pass what an ECS agent needs, by a rule whose number is below that of the rule "
        f"which denies it.{who.then}",
        steps=(
            f"aws ec2 describe-network-acls --region {region} --filters Name=network-acl-id,Values={acl.id} "
            "--query 'NetworkAcls[].Entries[].[Egress,RuleNumber,RuleAction,Protocol,CidrBlock,PortRange]'",
            *out,
            *back,
            *who.look_again(region),
        ),
    )


DIAGNOSIS = Diagnosis(
    id="egress_blocked",
    title="Instances may not talk to Amazon ECS",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_environment=check,
    explains=(*SYMPTOMS, "agent_disconnected"),
    reads=(
        "ec2:DescribeInstances",
        "ecs:ListContainerInstances",
        "ecs:DescribeContainerInstances",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
    ),
)

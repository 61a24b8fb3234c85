"""Instances do not join the ECS cluster, because their role does not let them."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.agent_start import InstanceRole, instance_role
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import JOIN_ACTIONS, name_of
from batchmedic.model.invalid import SYMPTOMS
from batchmedic.model.joining import NotJoining, not_joining
from batchmedic.model.roles import attach, let_in
from batchmedic.model.snapshot import Snapshot

POLICY = "AmazonEC2ContainerServiceforEC2Role"


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """All instances have the same role, so it is not at fault where any of them registered."""
    who = not_joining(environment, snapshot)
    if who is None or not who.none_registered:
        return
    role = instance_role(environment, snapshot)
    if role is None or role.can_join:
        return
    if not role.role:
        yield _without_role(who, role, snapshot.region)
    elif not role.trusts_ec2:
        yield _not_trusting(who, role, snapshot.region)
    else:
        yield _denied(who, role, snapshot.region)


def _without_role(who: NotJoining, role: InstanceRole, region: str) -> Evidence:
    name = name_of(role.profile)
    return Evidence(
        subject=role.profile,
        message=f"{who.in_words}: their instance profile {role.profile} holds no role, so they have no rights at all.",
        facts={"instance_profile": role.profile, "fault": "no role", **who.facts},
        recommendation=f"Put a role with the managed policy {POLICY} into {name}.{who.then}",
        steps=(
            f"aws iam add-role-to-instance-profile --region {region} --instance-profile-name {name} "
            "--role-name ROLE_NAME",
            *who.look_again(region),
        ),
    )


def _not_trusting(who: NotJoining, role: InstanceRole, region: str) -> Evidence:
    return Evidence(
        subject=role.role,
        message=f"{who.in_words}: the trust policy of their role {role.role} does not let in ec2.amazonaws.com, so "
        "they get no credentials.",
        facts={"role": role.role, "fault": "trust", **who.facts},
        recommendation=f"Let ec2.amazonaws.com assume the role {name_of(role.role)}. The command replaces the whole "
        f"trust policy: keep what else must stay in it.{who.then}",
        steps=(let_in(role.role, "ec2.amazonaws.com", region), *who.look_again(region)),
    )


def _denied(who: NotJoining, role: InstanceRole, region: str) -> Evidence:
    """IAM's simulation knows no conditions and no resources, so a part that is denied may be a policy for just this
    cluster."""
    actions, everything = ", ".join(role.denied), set(role.denied) >= set(JOIN_ACTIONS)
    return Evidence(
        subject=role.role,
        message=f"{who.in_words}: their role {role.role} may not do {actions}, which an ECS agent needs to join.",
        facts={"role": role.role, "fault": "denied", "actions": list(role.denied), **who.facts},
        confidence=Confidence.CERTAIN if everything else Confidence.PROBABLE,
        recommendation=f"Attach the managed policy {POLICY} to the role {name_of(role.role)}, and look for a "
        f"permissions boundary or a service control policy that denies it.{who.then}",
        steps=(
            attach(role.role, POLICY, who.environment, region),
            f"aws iam simulate-principal-policy --region {region} --policy-source-arn {role.role} "
            f"--action-names {' '.join(role.denied)} --query 'EvaluationResults[].[EvalActionName,EvalDecision]' "
            "--output text",
            *who.look_again(region),
        ),
    )


DIAGNOSIS = Diagnosis(
    id="instance_role_unusable",
    title="Instance role cannot join the ECS cluster",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=(
        "ec2:DescribeInstances",
        "ecs:ListContainerInstances",
        "ecs:DescribeContainerInstances",
        "iam:GetInstanceProfile",
        "iam:SimulatePrincipalPolicy",
    ),
)

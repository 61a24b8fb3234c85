"""AWS Batch cannot work with the service role of the compute environment."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import name_of
from batchmedic.model.invalid import SERVICE_LINKED_ROLE, SYMPTOMS, Denied, denied, look_again, require_read
from batchmedic.model.roles import let_in, make_again, trusted_by
from batchmedic.model.snapshot import Snapshot

BATCH = "batch.amazonaws.com"


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """IAM decides about existence, path and trust; that an action is denied is AWS Batch's own statement."""
    role = environment.service_role
    if environment.status != "INVALID" or not role:
        return
    refused = denied(environment.status_reason)
    if refused is not None and refused.role == name_of(role):
        yield _denied(environment, role, refused, snapshot.region)
        return
    if SERVICE_LINKED_ROLE in role:
        return
    require_read(snapshot.identity.roles.call, environment, snapshot)
    yield from _identity(environment, role, snapshot)


def _identity(environment: ComputeEnvironment, role: str, snapshot: Snapshot) -> Iterator[Evidence]:
    found, region, name = snapshot.identity.roles.get(name_of(role)), snapshot.region, name_of(role)
    if found is None:
        yield Evidence(
            subject=role,
            message=f"The service role {role} of compute environment {environment.name} does not exist, so AWS Batch "
            "can do nothing in this account.",
            facts={"role": role, "fault": "missing"},
            recommendation=f"Make the role {name} again, with the trust of {BATCH} and the managed policy "
            "AWSBatchServiceRole. AWS Batch does not let an environment change to its service-linked role.",
            steps=(
                *make_again(role, BATCH, "AWSBatchServiceRole", environment, region),
                look_again(environment, region),
            ),
        )
    elif role.startswith("arn:") and found.arn != role:
        yield Evidence(
            subject=role,
            message=f"Compute environment {environment.name} names the service role {role}, but the role of that name "
            f"has another ARN: {found.arn}.",
            facts={"role": role, "actual": found.arn, "fault": "other ARN"},
            recommendation=f"Give {environment.name} the ARN with the right path.",
            steps=(
                f"aws batch update-compute-environment --region {region} --compute-environment {environment.name} "
                f"--service-role {found.arn}",
            ),
        )
    elif BATCH not in found.trusts:
        yield Evidence(
            subject=role,
            message=f"AWS Batch may not assume the service role {role} of compute environment {environment.name}: its "
            f"trust policy lets in {trusted_by(found)}, not {BATCH}.",
            facts={"role": role, "trusts": sorted(found.trusts), "fault": "trust"},
            recommendation=f"Let {BATCH} assume the role {name}. The command replaces the whole trust policy: keep "
            "what else must stay in it.",
            steps=(
                let_in(role, BATCH, region),
                look_again(environment, region),
            ),
        )


def _denied(environment: ComputeEnvironment, role: str, refused: Denied, region: str) -> Evidence:
    name = name_of(role)
    return Evidence(
        subject=role,
        message=f"The service role {role} of compute environment {environment.name} may not do {refused.action} on "
        f"{refused.resource}; AWS Batch tried it as {refused.principal}.",
        facts={
            "role": role,
            "fault": "denied",
            "principal": refused.principal,
            "action": refused.action,
            "resource": refused.resource,
        },
        recommendation=f"Allow {refused.action} on {refused.resource} to the role {name} (the managed policy "
        "AWSBatchServiceRole does) and look for a permissions boundary or a service control policy that denies it.",
        steps=(
            f"aws iam list-attached-role-policies --region {region} --role-name {name}",
            f"aws iam simulate-principal-policy --region {region} --policy-source-arn {role} "
            f"--action-names {refused.action} --resource-arns '{refused.resource}'",
            look_again(environment, region),
        ),
    )


DIAGNOSIS = Diagnosis(
    id="service_role_unusable",
    title="Service role cannot be used",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("iam:GetRole",),
)

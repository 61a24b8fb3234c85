"""Amazon EC2 Spot Fleet cannot work with the Spot Fleet role of the compute environment."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import name_of
from batchmedic.model.invalid import SYMPTOMS, look_again, require_read
from batchmedic.model.roles import let_in, make_again, trusted_by
from batchmedic.model.snapshot import Snapshot

SPOT_FLEET = "spotfleet.amazonaws.com"
ANEW = "AWS Batch does not let it be changed: make a new compute environment"


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Only what a Spot Fleet launches needs the role (AWS Batch API, ComputeResource)."""
    role = environment.spot_fleet_role
    if environment.status != "INVALID" or not environment.by_spot_fleet or not role:
        return
    require_read(snapshot.identity.roles.call, environment, snapshot)
    found, name, region = snapshot.identity.roles.get(name_of(role)), name_of(role), snapshot.region
    if found is None:
        yield Evidence(
            subject=role if role.startswith("arn:") else None,
            message=f"The Spot Fleet role {role} of compute environment {environment.name} does not exist, so no Spot "
            "Instance can be asked for.",
            facts={"role": role, "fault": "missing"},
            recommendation=f"Make the role {name} again, with the trust of {SPOT_FLEET} and the managed policy "
            "AmazonEC2SpotFleetTaggingRole.",
            steps=(
                *make_again(role, SPOT_FLEET, "AmazonEC2SpotFleetTaggingRole", environment, region),
                look_again(environment, region),
            ),
        )
    elif found.arn != role:
        yield Evidence(
            message=f'Compute environment {environment.name} names its Spot Fleet role "{role}", where the ARN '
            f"{found.arn} belongs.",
            facts={"role": role, "actual": found.arn, "fault": "other ARN"},
            confidence=_sure(environment, role),
            recommendation=f"{ANEW} with spotIamFleetRole={found.arn}, or with an allocation strategy like "
            "SPOT_PRICE_CAPACITY_OPTIMIZED, which needs no such role; then give it to the job queue.",
            steps=(
                f"aws batch describe-compute-environments --region {region} --compute-environments {environment.name} "
                "--query 'computeEnvironments[0].computeResources'",
            ),
        )
    elif SPOT_FLEET not in found.trusts:
        yield Evidence(
            subject=role,
            message=f"Spot Fleet may not assume the role {role} of compute environment {environment.name}: its trust "
            f"policy lets in {trusted_by(found)}, not {SPOT_FLEET}.",
            facts={"role": role, "trusts": sorted(found.trusts), "fault": "trust"},
            recommendation=f"Let {SPOT_FLEET} assume the role {name}. The command replaces the whole trust policy: "
            "keep what else must stay in it.",
            steps=(
                let_in(role, SPOT_FLEET, region),
                look_again(environment, region),
            ),
        )


def _sure(environment: ComputeEnvironment, role: str) -> Confidence:
    """A wrong ARN is wrong; of a short name AWS Batch's text tells whether it was taken."""
    named = role.startswith("arn:") or "IamFleetRole" in environment.status_reason
    return Confidence.CERTAIN if named else Confidence.PROBABLE


DIAGNOSIS = Diagnosis(
    id="spot_fleet_role_unusable",
    title="Spot Fleet role cannot be used",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("iam:GetRole",),
)

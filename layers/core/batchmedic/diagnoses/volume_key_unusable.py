"""The KMS key of the instances' volumes cannot be used by the role that launches them."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.launch_trouble import PATIENCE, Cause, launch_trouble
from batchmedic.model.offers import in_words
from batchmedic.model.snapshot import Snapshot

# EC2 Auto Scaling user guide, "Required AWS KMS key policy for use with encrypted volumes"; EC2 user guide, "Spot Fleet
# permissions"
AUTO_SCALING = "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
SPOT_FLEET = "spotfleet.amazonaws.com/AWSServiceRoleForEC2SpotFleet"
OPERATIONS = (
    "Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant"
)


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """EC2 names neither the key nor the cause, so it is never certain; a key in the launch template makes it likely,
    and then a second try decides."""
    trouble = launch_trouble(environment, snapshot, Cause.VOLUME_KEY)
    if trouble is None:
        return
    keys = tuple(dict.fromkeys(key for one in snapshot.templates_of(environment) for key in one.volume_keys))
    role = _role(environment)
    name = role.rpartition("/")[2]
    which = (
        f"Its launch template names {in_words(keys)}: {name} may not use it, or it is disabled or gone."
        if keys
        else f"Which key is not known here: {name} may not use the default EBS encryption key of the account, or that "
        "of the machine image."
    )
    yield Evidence(
        subject=keys[0] if len(keys) == 1 and keys[0].startswith("arn:") else None,
        message=f"Every instance of compute environment {environment.name} has ended at its start {trouble.in_words}, "
        f"with Client.InternalError: EC2's word for a volume whose KMS key it cannot use. {which}",
        facts={**trouble.facts, "keys": list(keys), "role": name},
        confidence=Confidence.PROBABLE if keys else Confidence.POSSIBLE,
        jobs=trouble.jobs,
        recommendation=f"See that the key is enabled, and let {name} use it: by its key policy, or by a grant, which "
        "is what a key of another account needs.",
        steps=_steps(environment, keys, role, snapshot),
        patience=None if keys and len(trouble.failures) > 1 else PATIENCE,
    )


def _role(environment: ComputeEnvironment) -> str:
    """Who launches: an Auto Scaling group, but a Spot Fleet for BEST_FIT with Spot Instances."""
    return SPOT_FLEET if environment.by_spot_fleet else AUTO_SCALING


def _steps(environment: ComputeEnvironment, keys: tuple[str, ...], role: str, snapshot: Snapshot) -> tuple[str, ...]:
    region, partition = snapshot.region, environment.arn.split(":")[1]
    principal = f"arn:{partition}:iam::{snapshot.account}:role/aws-service-role/{role}"
    named = keys or ("KEY_ARN",)
    find = () if keys else (f"aws ec2 get-ebs-default-kms-key-id --region {region}",)
    return (
        *find,
        *(
            f"aws kms describe-key --region {region} --key-id {key} "
            "--query 'KeyMetadata.[Arn,KeyState,KeyManager]' --output text"
            for key in named
        ),
        *(
            f"aws kms create-grant --region {region} --key-id {key} --grantee-principal {principal} "
            f"--operations {OPERATIONS}"
            for key in named
        ),
    )


DIAGNOSIS = Diagnosis(
    id="volume_key_unusable",
    title="Volume key cannot be used",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html",
    check_environment=check,
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeInstances",
    ),
)

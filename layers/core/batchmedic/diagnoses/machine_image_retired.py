"""The compute environment launches its instances from Amazon Linux 2, which AWS has retired."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot

SUCCESSORS = {"ECS_AL2": "ECS_AL2023", "ECS_AL2_NVIDIA": "ECS_AL2023_NVIDIA"}


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Where the owner chose an image, its type says little of what is in it (AWS Batch API, Ec2Configuration)."""
    retired = [image for image in environment.image_types if image in SUCCESSORS]
    if not environment.launches_instances or environment.image_ids or not retired:
        return
    kept = [SUCCESSORS.get(image, image) for image in environment.image_types]
    types = ",".join(f"{{imageType={image}}}" for image in dict.fromkeys(kept))
    nvidia = " The NVIDIA image of Amazon Linux 2023 does not support the p3 and g3 families." if _gpu(retired) else ""
    yield Evidence(
        message=f"Compute environment {environment.name} launches instances of the image type "
        f"{' and '.join(retired)}, which is Amazon Linux 2: AWS Batch makes no new compute environments with it since "
        "30 June 2026.",
        facts={"image_types": list(environment.image_types)},
        recommendation=f"Move {environment.name} to {' and '.join(SUCCESSORS[image] for image in retired)}; AWS Batch "
        f"then replaces its instances.{nvidia}",
        steps=(update_environment(environment, snapshot.region, f"'ec2Configuration=[{types}]'"),),
    )


def _gpu(retired: list[str]) -> bool:
    return "ECS_AL2_NVIDIA" in retired


DIAGNOSIS = Diagnosis(
    id="machine_image_retired",
    title="Compute environment uses a retired machine image",
    severity=Severity.INFO,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/batch-planned-lifecycle-events.html",
    check_environment=check,
    blind_spot=True,
    reads=("batch:DescribeComputeEnvironments",),
)

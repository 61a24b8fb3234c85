"""The machine image of the compute environment is gone, not shared, or for another processor."""

import re
from collections.abc import Iterator

from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.capacity import Image
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.images import UNUSABLE_STATES, images_of, processors_of
from batchmedic.model.invalid import SYMPTOMS, ec2_arn, require_read, update_refused
from batchmedic.model.snapshot import Snapshot

GONE = re.compile(r"image id '\[?(?P<image>ami-[0-9a-z]+)\]?' does not exist", re.IGNORECASE)
OTHER_PROCESSOR = re.compile(r"architecture '\w+' of the specified instance type does not match", re.IGNORECASE)


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """EC2 decides whether there is such an image; where it was not asked, AWS Batch's text is a hint."""
    if environment.status != "INVALID" or not environment.launches_instances:
        return
    images = list(images_of(environment, snapshot))
    if not images:
        return
    require_read(snapshot.capacity.images.call, environment, snapshot)
    for image_id in images:
        try:
            image = snapshot.capacity.images.get(image_id)
        except NotReadError as gap:
            said = GONE.search(environment.status_reason)
            if gap.because == NOT_ASKED or said is None or said["image"] != image_id:
                raise
            yield _gone(environment, image_id, snapshot.region, Confidence.POSSIBLE)
            continue
        if image is None:
            yield _gone(environment, image_id, snapshot.region, Confidence.CERTAIN)
        elif image.state in UNUSABLE_STATES:
            yield _in_state(environment, image, snapshot.region)
        else:
            yield from _other_processor(environment, image, snapshot)


def _gone(environment: ComputeEnvironment, image: str, region: str, confidence: Confidence) -> Evidence:
    unread = "" if confidence is Confidence.CERTAIN else " AWS Batch says so; the image itself could not be read."
    return Evidence(
        subject=ec2_arn(environment, "image", image),
        message=f"Machine image {image} of compute environment {environment.name} does not exist, or is not shared "
        f"with this account.{unread}",
        facts={"image": image, "fault": "missing"},
        confidence=confidence,
        recommendation=f"Have {image} shared again, or choose another image.{update_refused(environment)}",
        steps=_steps(environment, region, image),
    )


def _in_state(environment: ComputeEnvironment, image: Image, region: str) -> Evidence:
    return Evidence(
        subject=ec2_arn(environment, "image", image.id),
        message=f"Machine image {image.id} of compute environment {environment.name} is {image.state}, so no instance "
        "can be launched from it.",
        facts={"image": image.id, "fault": "state", "state": image.state},
        recommendation=f"Choose an image that is available.{update_refused(environment)}",
        steps=_steps(environment, region, image.id),
    )


def _other_processor(environment: ComputeEnvironment, image: Image, snapshot: Snapshot) -> Iterator[Evidence]:
    """Only where the whole environment has another processor; a name tells the processor less surely than EC2 does."""
    processors = processors_of(environment, snapshot)
    if not processors or not image.architecture or image.architecture in processors:
        return
    says_so = OTHER_PROCESSOR.search(environment.status_reason) is not None
    listed = snapshot.capacity.instance_types.unread is None
    types = ", ".join(environment.instance_types) or "default_x86_64"
    yield Evidence(
        message=f"Machine image {image.id} is made for {image.architecture} processors, and the instance types of "
        f"compute environment {environment.name} ({types}) have {' and '.join(sorted(processors))} ones.",
        facts={"image": image.id, "fault": "architecture", "is": image.architecture, "types": sorted(processors)},
        confidence=Confidence.CERTAIN if says_so or listed else Confidence.PROBABLE,
        recommendation=f"Choose an image for {' or '.join(sorted(processors))}, or instance types of "
        f"{image.architecture} together with jobs made for it.{update_refused(environment)}",
        steps=_steps(environment, snapshot.region, image.id),
    )


def _steps(environment: ComputeEnvironment, region: str, image: str) -> tuple[str, ...]:
    show = (
        f"aws ec2 describe-images --region {region} --filters Name=image-id,Values={image} --include-deprecated "
        "--query 'Images[].[ImageId,OwnerId,State,Architecture,Name]' --output text"
    )
    return (show, update_environment(environment, region, "imageId=IMAGE_ID"))


DIAGNOSIS = Diagnosis(
    id="machine_image_unusable",
    title="Machine image cannot be used",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/compute_resource_AMIs.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("ec2:DescribeImages", "ec2:DescribeLaunchTemplateVersions"),
)

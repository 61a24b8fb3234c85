"""The launch template of the compute environment is gone, or its user data has a form that AWS Batch refuses."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.agent_start import expects_multipart
from batchmedic.model.commands import new_template_version, use_template
from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.invalid import SYMPTOMS, ec2_arn, update_refused
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """A VALID environment has resolved its template already, and goes on without it (Batch user guide, "Use Amazon EC2
    launch templates")."""
    if environment.status != "INVALID" or not environment.launches_instances:
        return
    for reference in dict.fromkeys(environment.launch_templates):
        version = snapshot.network.launch_templates.get(reference.key)
        if version is None:
            yield _gone(environment, reference, snapshot.region)
        elif version.user_data_is_multipart is False and _wants_multipart(environment):
            yield _not_multipart(environment, reference, snapshot.region)


def _wants_multipart(environment: ComputeEnvironment) -> bool:
    """Where user data may have another form, only AWS Batch's own word counts."""
    return _says_so(environment) or expects_multipart(environment)


def _says_so(environment: ComputeEnvironment) -> bool:
    return "not mime multipart" in environment.status_reason.lower()


def _gone(environment: ComputeEnvironment, reference: LaunchTemplateReference, region: str) -> Evidence:
    by_id = reference.template.startswith("lt-")
    return Evidence(
        subject=ec2_arn(environment, "launch-template", reference.template) if by_id else None,
        message=f"Version {reference.version} of launch template {reference.template}, which compute environment "
        f"{environment.name} names, does not exist.",
        facts={"launch_template": reference.template, "version": reference.version, "fault": "missing"},
        recommendation=f"Give {environment.name} a launch template and version that exist; the command also drops "
        f"overrides unless they are sent along.{update_refused(environment)}",
        steps=(_versions(reference, region), use_template(environment, region, "LAUNCH_TEMPLATE_ID", "VERSION")),
    )


def _not_multipart(environment: ComputeEnvironment, reference: LaunchTemplateReference, region: str) -> Evidence:
    return Evidence(
        message=f"The user data of launch template {reference.template}, version {reference.version}, is not in the "
        f"MIME multipart format that AWS Batch needs, so it cannot add its own part for {environment.name}.",
        facts={"launch_template": reference.template, "version": reference.version, "fault": "user data"},
        confidence=Confidence.CERTAIN if _says_so(environment) else Confidence.PROBABLE,
        recommendation="Wrap the user data in a MIME multipart document, make a new version of the template with it, "
        f"and let AWS Batch resolve that version: it looks only at an update.{update_refused(environment)}",
        steps=(
            new_template_version(reference, region, "file://multipart-user-data.json"),
            use_template(environment, region, reference.template, "VERSION"),
        ),
    )


def _versions(reference: LaunchTemplateReference, region: str) -> str:
    if reference.template.startswith("lt-"):
        return (
            f"aws ec2 describe-launch-templates --region {region} --filters "
            f"Name=launch-template-id,Values={reference.template} "
            "--query 'LaunchTemplates[].[LaunchTemplateName,DefaultVersionNumber,LatestVersionNumber]' --output text"
        )
    return (
        f"aws ec2 describe-launch-templates --region {region} --filters "
        f"Name=launch-template-name,Values={reference.template} "
        "--query 'LaunchTemplates[].[LaunchTemplateId,DefaultVersionNumber,LatestVersionNumber]' --output text"
    )


DIAGNOSIS = Diagnosis(
    id="launch_template_unusable",
    title="Launch template cannot be used",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("ec2:DescribeLaunchTemplateVersions",),
)

"""Instances do not join the ECS cluster, because user data keeps the ECS agent from it."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.agent_start import NOT_MULTIPART, Obstacle, obstacles
from batchmedic.model.commands import new_template_version, use_template
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, ec2_arn, update_refused
from batchmedic.model.joining import NotJoining, not_joining
from batchmedic.model.snapshot import Snapshot

# what a line does, by kind (model/network.py, AgentBlock): never its text, for user data may carry secrets
DOES = {
    "cluster": "sets ECS_CLUSTER, which AWS Batch sets itself, so the agent joins another cluster",
    "deadlock": "waits for the ECS agent, which starts only after the user data has ended",
    "stop": "stops or removes the ECS agent",
}
ADVICE = {
    "cluster": "Leave ECS_CLUSTER to AWS Batch.",
    "deadlock": "Start what needs the agent without waiting for it (systemctl enable --now --no-block), or leave it "
    "out.",
    "stop": "Leave the agent as the image has it.",
    NOT_MULTIPART: "Wrap the user data in a MIME multipart document.",
}


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """All instances run the same user data, so it is not at fault where any of them registered. Which version AWS Batch
    resolved earlier is not shown, so this is never certain."""
    who = not_joining(environment, snapshot)
    if who is None or not who.none_registered:
        return
    for obstacle in obstacles(environment, snapshot):
        yield _evidence(who, obstacle, snapshot.region)


def _evidence(who: NotJoining, obstacle: Obstacle, region: str) -> Evidence:
    reference, environment = obstacle.reference, who.environment
    id = obstacle.version.id or (reference.template if reference.template.startswith("lt-") else "")
    return Evidence(
        subject=ec2_arn(environment, "launch-template", id) if id else None,
        message=f"{who.in_words}: {_what(obstacle)}.",
        facts={
            "launch_template": reference.template,
            "version": reference.version,
            "line": obstacle.line,
            "fault": obstacle.kind,
            **who.facts,
        },
        confidence=Confidence.PROBABLE,
        recommendation=f"{ADVICE.get(obstacle.kind, 'Take the line out.')} Make a new version of the template with it, "
        f"and let AWS Batch resolve that version: it looks only at an update.{update_refused(environment)}",
        steps=(
            new_template_version(reference, region, "file://new-user-data.json"),
            use_template(environment, region, reference.template, "VERSION"),
        ),
    )


def _what(obstacle: Obstacle) -> str:
    where = f"user data of launch template {obstacle.reference.template}, version {obstacle.reference.version}"
    if obstacle.kind == NOT_MULTIPART:
        return f"the {where}, is not in the MIME multipart format, so AWS Batch cannot add its own part"
    return f"line {obstacle.line} of the {where}, {DOES.get(obstacle.kind, 'keeps the ECS agent from joining')}"


DIAGNOSIS = Diagnosis(
    id="user_data_blocks_agent",
    title="User data keeps the ECS agent from joining",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=(
        "ec2:DescribeInstances",
        "ecs:ListContainerInstances",
        "ecs:DescribeContainerInstances",
        "ec2:DescribeLaunchTemplateVersions",
    ),
)

"""The compute environment has been CREATING, UPDATING or DELETING for far longer than that normally takes."""

from collections.abc import Iterator

from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import normal_status

ADVICE = {
    "CREATING": "If it does not end by itself, disable and delete it, and make it anew.",
    "UPDATING": "An update waits for jobs that run on old instances: end them, or wait for the timeout of the update "
    "policy.",
    "DELETING": "See that its service role, its ECS cluster and its Auto Scaling group still exist: AWS Batch needs "
    "the first to remove the others.",
}


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """AWS Batch does not say since when; only sweeps remember it."""
    if not environment.passing:
        return
    if environment.unchanged_since is None:
        raise NotReadError("the memory of sweeps", NOT_ASKED)
    lasted, normal = snapshot.at - environment.unchanged_since, normal_status(environment)
    if lasted <= normal:
        return
    minutes, usual = int(lasted.total_seconds() // 60), int(normal.total_seconds() // 60)
    reason = environment.status_reason.strip()
    said = f"AWS Batch says: {reason}" if reason else "AWS Batch gives no reason."
    yield Evidence(
        message=f"Compute environment {environment.name} has been {environment.status} for at least {minutes} minutes; "
        f"normal are up to {usual} minutes. {said}",
        facts={"status": environment.status, "minutes": minutes, "normal_minutes": usual},
        confidence=Confidence.PROBABLE,
        recommendation=f"{ADVICE[environment.status]} If nothing shows a cause, open a case with AWS Support.",
        steps=_steps(environment, snapshot.region),
    )


def _steps(environment: ComputeEnvironment, region: str) -> tuple[str, ...]:
    show = f"aws batch describe-compute-environments --region {region} --compute-environments {environment.name}"
    if environment.ecs_cluster is None:
        return (show,)
    return (show, f"aws ecs list-tasks --region {region} --cluster {environment.ecs_cluster} --desired-status RUNNING")


DIAGNOSIS = Diagnosis(
    id="compute_environment_stuck",
    title="Compute environment does not finish changing",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html",
    check_environment=check,
    reads=("batch:DescribeComputeEnvironments",),
)

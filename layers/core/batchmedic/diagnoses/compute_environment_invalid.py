"""A compute environment is INVALID, and what AWS says of it is the best that anybody knows."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """Diagnoses that know the cause name this one in `explains`, so it is told only where none of them fires."""
    if environment.status != "INVALID":
        return
    reason = environment.status_reason.strip()
    said = f"AWS Batch says: {reason}" if reason else "AWS Batch gives no reason."
    yield Evidence(
        message=f"Compute environment {environment.name} is INVALID, so no job can start in it. {said}",
        facts={"status_reason": reason, "state": environment.state},
        recommendation="Repair what the reason names, then update the compute environment: AWS Batch then looks again.",
        steps=(
            f"aws batch describe-compute-environments --region {snapshot.region} "
            f"--compute-environments {environment.name}",
        ),
    )


DIAGNOSIS = Diagnosis(
    id="compute_environment_invalid",
    title="Compute environment is INVALID",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html",
    check_environment=check,
)

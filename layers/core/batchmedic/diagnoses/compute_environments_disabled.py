"""Jobs wait in a job queue all of whose compute environments are DISABLED."""

from collections.abc import Iterator

from batchmedic.errors import NotReadError
from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """A queue that is switched off and empty is somebody's decision; one in which jobs wait is a fault."""
    environments = snapshot.environments_of(queue)
    if not environments or any(environment.state == "ENABLED" for environment in environments):
        return
    if queue.front is None:
        raise NotReadError("batch:GetJobQueueSnapshot", queue.front_unread)
    if queue.front_count == 0:
        return
    names = ", ".join(environment.name for environment in environments)
    which = "the only" if len(environments) == 1 else f"each of the {len(environments)}"
    soundest = next((one for one in environments if one.status == "VALID"), environments[0])
    yield Evidence(
        message=f"Jobs wait in job queue {queue.name}, but {which} of its compute environments is DISABLED: {names}.",
        facts={"compute_environments": [environment.arn for environment in environments]},
        jobs=tuple(job.arn for job in queue.front),
        recommendation=f"Enable compute environment {soundest.name} of job queue {queue.name}, or cancel the jobs that "
        "wait in it.",
        steps=(
            f"aws batch update-compute-environment --region {snapshot.region} "
            f"--compute-environment {soundest.name} --state ENABLED",
        ),
    )


DIAGNOSIS = Diagnosis(
    id="compute_environments_disabled",
    title="Every compute environment of the job queue is disabled",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_queue=check,
    reads=("batch:GetJobQueueSnapshot",),
)

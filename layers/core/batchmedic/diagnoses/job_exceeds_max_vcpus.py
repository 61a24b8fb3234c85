"""The job asks for more vCPUs than any compute environment of its queue may reach."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """`maxvCpus` decides; unmanaged environments have none, so a queue that lists one is left alone."""
    environments = snapshot.environments_of(queue)
    if not environments or not all(environment.managed for environment in environments):
        return
    largest = max(environments, key=lambda environment: environment.max_vcpus)
    for group in queue.blocking_groups(lambda group: group.requirements.vcpus > largest.max_vcpus):
        wanted = group.requirements.vcpus
        yield Evidence(
            message=f"Jobs in job queue {queue.name} need {wanted:g} vCPUs; the largest maxvCpus of its compute "
            f"environments is {largest.max_vcpus} ({largest.name}).",
            facts={"vcpus": wanted, "largest_max_vcpus": largest.max_vcpus},
            jobs=tuple(job.arn for job in group.jobs),
            recommendation=f"Raise maxvCpus of {largest.name} to at least {_whole(wanted)}, or submit the jobs with "
            f"at most {largest.max_vcpus} vCPUs.",
            steps=(
                f"aws batch update-compute-environment --region {snapshot.region} "
                f"--compute-environment {largest.name} --compute-resources maxvCpus={_whole(wanted)}",
            ),
        )


def _whole(vcpus: float) -> int:
    return int(-(-vcpus // 1))


DIAGNOSIS = Diagnosis(
    id="job_exceeds_max_vcpus",
    title="Job needs more vCPUs than its compute environments may grow to",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_misconfiguration.html",
    check_queue=check,
)

"""The job asks for GPUs, and no instance type that its queue allows has enough of them."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.capacity import InstanceType
from batchmedic.model.commands import allow_larger_type, only_by_replacement
from batchmedic.model.elsewhere import could_run_now
from batchmedic.model.fit import Room, rooms_of_queue
from batchmedic.model.job import Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import size_is_shown


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """One instance must have all GPUs of the job (AWS Batch API, ResourceRequirement), beside its vCPUs."""
    rooms = rooms_of_queue(queue, snapshot) if queue.groups else ()
    certain = all(room.exact for room in rooms)
    if not rooms or not (certain or size_is_shown(queue, snapshot)):
        return
    for group in queue.blocking_groups(lambda group: _lacks_gpus(group.requirements, rooms)):
        wanted = group.requirements
        best = max(rooms, key=lambda room: (room.instance.gpus, room.instance.vcpus))
        yield Evidence(
            message=f"Jobs in job queue {queue.name} need {_count(wanted.gpus)} each; {_has(wanted, best.instance)}.",
            facts={"gpus": wanted.gpus, "vcpus": wanted.vcpus, "most": best.instance.gpus},
            confidence=Confidence.CERTAIN if certain else Confidence.PROBABLE,
            jobs=tuple(job.arn for job in group.jobs),
            recommendation=f"Allow an instance type with at least {_count(wanted.gpus)} and {wanted.vcpus:g} vCPUs in "
            f"{best.environment.name}, or submit the jobs to a job queue that has one."
            + only_by_replacement(best.environment)
            + could_run_now(wanted, queue, snapshot),
            steps=allow_larger_type(best, snapshot.region, f"GpuInfo.Gpus[0].Count>=`{wanted.gpus}`"),
        )


def _lacks_gpus(wanted: Requirements, rooms: tuple[Room, ...]) -> bool:
    """Where the vCPUs alone are too many, that is another diagnosis."""
    enough_vcpus = any(room.instance.vcpus >= wanted.vcpus for room in rooms)
    return wanted.gpus > 0 and enough_vcpus and not any(room.has_cores(wanted) for room in rooms)


def _has(wanted: Requirements, best: InstanceType) -> str:
    if not best.gpus:
        return "no instance type that its compute environments allow has any"
    has = f"{best.name}, which has the most of the instance types that its compute environments allow, has {best.gpus}"
    if best.gpus < wanted.gpus:
        return has
    return f"{has} and {best.vcpus} vCPUs, but the jobs need {wanted.vcpus:g} vCPUs beside them"


def _count(gpus: int) -> str:
    return f"{gpus} GPU" if gpus == 1 else f"{gpus} GPUs"


DIAGNOSIS = Diagnosis(
    id="job_needs_gpu",
    title="Job needs GPUs that its instance types do not have",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/gpu-jobs.html",
    check_queue=check,
    explains=("job_exceeds_max_vcpus", "job_exceeds_memory"),
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs", "ec2:DescribeInstanceTypes"),
)

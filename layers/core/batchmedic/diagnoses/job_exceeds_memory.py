"""The job asks for more memory than any instance of its queue offers to jobs."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import allow_larger_type, only_by_replacement
from batchmedic.model.elsewhere import could_run_now
from batchmedic.model.fit import Room, rooms_of_queue
from batchmedic.model.job import Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import size_is_shown


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """Registered memory decides where an instance is there to tell; EC2's nominal size, and patience, elsewhere."""
    rooms = rooms_of_queue(queue, snapshot) if queue.groups else ()
    for group in queue.blocking_groups(lambda group: _too_big(group.requirements, rooms)):
        wanted = group.requirements
        able = _able(wanted, rooms)
        best = max(able, key=lambda room: room.surely)
        certain = all(room.exact and wanted.memory > room.at_most for room in able)
        if not certain and not size_is_shown(queue, snapshot):
            return
        largest = max(able, key=lambda room: room.instance.memory).instance
        yield Evidence(
            message=f"Jobs in job queue {queue.name} need {wanted.memory:,} MiB; the largest instance type that its "
            f"compute environments allow, {largest.name}, has {largest.memory:,} MiB, of which {best.surely:,} MiB fit "
            f"a job ({best.source}).",
            facts={
                "memory": wanted.memory,
                "fits": best.surely,
                "measured": best.measured,
                "instance_type": best.instance.name,
                "nominal": largest.memory,
            },
            confidence=Confidence.CERTAIN if certain else Confidence.PROBABLE,
            jobs=tuple(job.arn for job in group.jobs),
            recommendation=f"Submit the jobs with at most {best.surely:,} MiB, or allow a larger instance type than "
            f"{largest.name} in {best.environment.name}."
            + only_by_replacement(best.environment)
            + could_run_now(wanted, queue, snapshot),
            steps=allow_larger_type(best, snapshot.region, f"MemoryInfo.SizeInMiB>`{wanted.memory}`"),
        )


def _able(wanted: Requirements, rooms: tuple[Room, ...]) -> list[Room]:
    """Only types with the vCPUs and GPUs that the job also needs; lacking those is another diagnosis."""
    return [room for room in rooms if room.has_cores(wanted)]


def _too_big(wanted: Requirements, rooms: tuple[Room, ...]) -> bool:
    able = _able(wanted, rooms)
    return bool(able) and all(wanted.memory > (room.surely if room.exact else room.at_most) for room in able)


DIAGNOSIS = Diagnosis(
    id="job_exceeds_memory",
    title="Job needs more memory than its instances offer",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html",
    check_queue=check,
    explains=("job_exceeds_max_vcpus",),
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs", "ec2:DescribeInstanceTypes"),
)

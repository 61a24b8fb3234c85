"""The job asks for more vCPUs than the largest instance type that its queue allows."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import allow_larger_type, only_by_replacement
from batchmedic.model.elsewhere import could_run_now
from batchmedic.model.fit import rooms_of_queue
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import size_is_shown


def check(queue: JobQueue, snapshot: Snapshot) -> Iterator[Evidence]:
    """ECS keeps no vCPU back, so EC2's number decides; of a keyword AWS chooses the types, so patience decides too."""
    rooms = rooms_of_queue(queue, snapshot) if queue.groups else ()
    certain = all(room.exact for room in rooms)
    if not rooms or not (certain or size_is_shown(queue, snapshot)):
        return
    largest = max(rooms, key=lambda room: room.instance.vcpus)
    instance, environment = largest.instance, largest.environment
    for group in queue.blocking_groups(lambda group: group.requirements.vcpus > instance.vcpus):
        wanted = group.requirements
        whole = int(-(-wanted.vcpus // 1))
        each = "on each node" if wanted.multi_node else "each"
        ceiling = max(whole, int(-(-wanted.total_vcpus // 1)))
        too_low = f" Its maxvCpus of {environment.max_vcpus} must then be at least {ceiling}, too."
        yield Evidence(
            message=f"Jobs in job queue {queue.name} need {wanted.vcpus:g} vCPUs {each}; the largest instance type "
            f"that its compute environments allow, {instance.name}, has {instance.vcpus}.",
            facts={"vcpus": wanted.vcpus, "largest": instance.vcpus, "instance_type": instance.name},
            confidence=Confidence.CERTAIN if certain else Confidence.PROBABLE,
            jobs=tuple(job.arn for job in group.jobs),
            recommendation=f"Submit the jobs with at most {instance.vcpus} vCPUs {each}, or allow an instance type "
            f"with at least {whole} vCPUs in {environment.name}."
            + (too_low if environment.max_vcpus < ceiling else "")
            + only_by_replacement(environment)
            + could_run_now(wanted, queue, snapshot),
            steps=allow_larger_type(largest, snapshot.region, f"VCpuInfo.DefaultVCpus>=`{whole}`"),
        )


DIAGNOSIS = Diagnosis(
    id="job_exceeds_vcpus",
    title="Job needs more vCPUs than its instance types have",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_misconfiguration.html",
    check_queue=check,
    explains=("job_exceeds_max_vcpus", "job_exceeds_memory"),
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs", "ec2:DescribeInstanceTypes"),
)

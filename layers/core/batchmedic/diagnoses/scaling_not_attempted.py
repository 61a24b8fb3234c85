"""AWS Batch asks for no instance, although a job waits that fits and there is room for it."""

from collections.abc import Iterator

from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.commands import describe_job, scaling_groups
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.fit import enabled_environments, rooms_of
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import SLOW_START
from batchmedic.model.waiting import held_back_on_purpose, minutes, normal_wait, overdue


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """By elimination, so only possible; told of the first environment of a queue that could take the job."""
    if not _idle(environment):
        return
    for queue in snapshot.queues_of(environment):
        if queue.head is None or not overdue(queue, snapshot) or held_back_on_purpose(queue):
            continue
        if not _nothing_else_moves(queue, snapshot) or _first_that_could(queue, snapshot) != environment:
            continue
        waited, normal = queue.head_has_waited(snapshot.at), normal_wait(queue, snapshot)
        yield Evidence(
            message=f"The job at the head of job queue {queue.name} has waited for {minutes(waited)} (normal are up to "
            f"{minutes(normal)}). It fits the instance types of {environment.name}, and none of its maxvCpus of "
            f"{environment.max_vcpus} is in use, yet AWS Batch asks for no instance: desiredvCpus is 0.",
            facts={"waited_minutes": int(waited.total_seconds() // 60), "max_vcpus": environment.max_vcpus},
            confidence=Confidence.POSSIBLE,
            jobs=tuple(job.arn for job in queue.front or ()),
            recommendation="Look for what Batch says of the job and whether its Auto Scaling group was asked for "
            "anything. If neither shows a cause, cancel the job at the head and submit it again; if the next one "
            "waits as well, open a case with AWS Support.",
            steps=(describe_job(queue.head.id, snapshot.region), scaling_groups(environment, snapshot.region)),
        )


def _idle(environment: ComputeEnvironment) -> bool:
    unused = environment.desired_vcpus == 0 and environment.max_vcpus > 0
    return environment.launches_instances and environment.usable and not environment.passing and unused


def _nothing_else_moves(queue: JobQueue, snapshot: Snapshot) -> bool:
    """An environment that changes, has instances or is of another kind may be where the job is meant to run."""
    return all(_idle(one) or not (one.usable or one.passing) for one in enabled_environments(queue, snapshot))


def _first_that_could(queue: JobQueue, snapshot: Snapshot) -> ComputeEnvironment | None:
    """Multi-node jobs get instances of their own (Batch user guide, "Managed compute environments"), and what the
    nodes of an EKS cluster keep for themselves is not known: not judged."""
    wanted = queue.groups[0].requirements
    if wanted.multi_node or wanted.platform == "FARGATE":
        return None
    for environment in snapshot.environments_of(queue):
        if not _idle(environment) or environment.orchestration != "ECS" or wanted.vcpus > environment.max_vcpus:
            continue
        if any(room.exact and room.takes(wanted) for room in rooms_of(environment, snapshot)):
            return environment
    return None


DIAGNOSIS = Diagnosis(
    id="scaling_not_attempted",
    title="AWS Batch asks for no instance",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_environment=check,
    patience=SLOW_START,  # the wait may still be that for a fault which is over
    last_resort=1,
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs", "ec2:DescribeInstanceTypes"),
)

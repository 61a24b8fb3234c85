"""What one look is about, so that nothing outside it is judged."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import SCALE_IN


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """ARNs of the job queues and compute environments that a look is about."""

    job_queues: frozenset[str]
    compute_environments: frozenset[str]


def environments_at(places: frozenset[str], environments: Iterable[ComputeEnvironment]) -> frozenset[str]:
    """The environments (ARNs) that are named by their names: EC2 refused to launch their instances."""
    return frozenset(one.arn for one in environments if one.name in places)


def queues_at(
    places: frozenset[str], queues: Iterable[JobQueue], environments: Iterable[ComputeEnvironment]
) -> frozenset[str]:
    """The queues (ARNs) that are named, or list an environment that is named by its name."""
    meant = environments_at(places, environments)
    return frozenset(one.arn for one in queues if one.arn in places or meant.intersection(one.compute_environments))


def view_of(snapshot: Snapshot, places: frozenset[str] | None) -> View:
    """The queues of these places with their environments; for a sweep (None) everything, also environments of no
    queue."""
    if places is None:
        return View(
            job_queues=frozenset(queue.arn for queue in snapshot.job_queues),
            compute_environments=frozenset(environment.arn for environment in snapshot.compute_environments),
        )
    arns = queues_at(places, snapshot.job_queues, snapshot.compute_environments)
    named = [queue for queue in snapshot.job_queues if queue.arn in arns]
    return View(
        job_queues=frozenset(queue.arn for queue in named),
        compute_environments=frozenset(arn for queue in named for arn in queue.compute_environments),
    )


def sick_environments(snapshot: Snapshot, view: View, suspects: Collection[str]) -> frozenset[str]:
    """Those worth a deep look: INVALID, serving a queue in which a job waits, or among the suspects (ARNs)."""
    invalid = {one.arn for one in snapshot.compute_environments if one.status == "INVALID"}
    waiting = {arn for queue in snapshot.job_queues if queue.head is not None for arn in queue.compute_environments}
    return view.compute_environments & (invalid | waiting | idle_with_instances(snapshot) | set(suspects))


def idle_with_instances(snapshot: Snapshot) -> set[str]:
    """Those whose instances should have gone by now (ARNs)."""
    long_ago = snapshot.at - SCALE_IN
    with_any = {one.arn for one in snapshot.compute_environments if one.launches_instances and one.desired_vcpus > 0}
    return {arn for arn, since in snapshot.jobless.found.items() if since < long_ago and arn in with_any}

"""Looks whether an environment works: jobs in any of its queues, tasks on its cluster."""

from dataclasses import dataclass, field

from batchmedic.errors import ReadError
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.ports import Workload
from batchmedic.scaling.floor import Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One round over the queues: each is asked once, however many environments it lists."""

    workload: Workload
    queues: tuple[JobQueue, ...]
    asked: dict[str, Activity] = field(default_factory=dict)  # by queue (ARN)

    def again(self) -> "Watch":
        return Watch(workload=self.workload, queues=self.queues)

    def activity(self, one: ComputeEnvironment) -> Activity:
        """What could not be read is not idle."""
        for queue in self.queues:
            if one.arn in queue.compute_environments:
                found = self._work_in(queue)
                if not found.idle:
                    return found
        return self._tasks_of(one)

    def _work_in(self, queue: JobQueue) -> Activity:
        if queue.arn not in self.asked:
            self.asked[queue.arn] = self._ask(queue)
        return self.asked[queue.arn]

    def _ask(self, queue: JobQueue) -> Activity:
        try:
            status = self.workload.work_in(queue.arn)
        except ReadError as error:
            because = f"the jobs of job queue {queue.name} could not be listed ({error.because})"
            return Activity(idle=False, because=because, unknown=True)
        if status is None:
            return Activity(idle=True, because=f"no job is in job queue {queue.name}")
        return Activity(idle=False, because=f"a job in job queue {queue.name} is {status}")

    def _tasks_of(self, one: ComputeEnvironment) -> Activity:
        if one.ecs_cluster is None:
            return Activity(idle=True, jobless=True, because="no job is in any of its queues")
        clusters = self.workload.clusters([one])
        cluster = clusters.found.get(one.ecs_cluster)
        if clusters.unread is not None or cluster is None:
            because = f"its cluster could not be looked at ({clusters.unread or 'it is gone'})"
            return Activity(idle=False, jobless=True, because=because, unknown=True)
        if cluster.tasks:
            return Activity(idle=False, jobless=True, because=f"{cluster.tasks} tasks start or run on its cluster")
        because = "no job is in any of its queues, and no task on its cluster"
        return Activity(idle=True, jobless=True, because=because)

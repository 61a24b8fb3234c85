"""Gives jobs to compute environments, first in first out, and asks for the instances they need."""

from local.account.batch_blocked import Blocked, Verdict, supports
from local.account.batch_capacity import Capacity
from local.account.batch_job_states import JobStates
from local.account.batch_launching import Launching
from local.account.batch_log_drivers import can_log
from local.account.batch_records import Batch, ComputeEnvironment, Instance, Job, JobQueue, Room
from local.account.world import World

COULD_RUN = (Verdict.COULD_RUN, Verdict.SOLD_OUT, Verdict.LAUNCH_REFUSED)  # what was refused is tried again
Rooms = dict[str, list[Room]]  # by the name of the environment


class Scheduler:
    def __init__(self, world: World, batch: Batch, states: JobStates, capacity: Capacity, launching: Launching) -> None:
        self._batch = batch
        self._states = states
        self._capacity = capacity
        self._launching = launching
        self._blocked = Blocked(world, batch, capacity)

    def settle(self) -> None:
        """Everything that follows from what has just changed; queues of higher priority go first."""
        queues = sorted(self._batch.queues.values(), key=lambda queue: -queue.priority)
        for queue in queues:
            self._dispatch(queue)
        rooms: Rooms = {}
        for queue in queues:
            self._ask_for_instances(queue, rooms)
        for environment in self._batch.environments.values():
            if not any(queue.waiting for queue in self._batch.queues_of(environment)):
                self._capacity.forget_refusal(environment)
            self._capacity.keep_floor(environment)
            self._capacity.give_up(environment)
            self._capacity.scale_in(environment)
        for queue in queues:
            self._blocked.look(queue)

    def _dispatch(self, queue: JobQueue) -> None:
        """The head of the queue holds up what is behind it: inferred from job_stuck_in_runnable (Batch User Guide)."""
        while queue.waiting and self._place(queue, queue.waiting[0]):
            pass

    def _place(self, queue: JobQueue, job: Job) -> bool:
        """Environments are tried in their order; INVALID and DISABLED ones are skipped."""
        for environment in queue.environments:
            if not environment.takes_jobs or not supports(environment, job):
                continue
            if job.nodes > 1:
                nodes = [each for each in self._nodes_of(environment, job) if each.takes_jobs and can_log(each, job)]
                if len(nodes) == job.nodes:
                    self._states.start(job, environment, nodes)
                    return True
                continue
            if environment.on_fargate:
                if self._could_run(environment, job) and self._fargate_has_room(environment, job):
                    self._states.start(job, environment, [])
                    return True
                continue
            instance = self._instance_with_room(environment, job)
            if instance is not None:
                self._states.start(job, environment, [instance])
                return True
        return False

    def _instance_with_room(self, environment: ComputeEnvironment, job: Job) -> Instance | None:
        for instance in environment.instances:
            if instance.takes_jobs and can_log(instance, job) and instance.room.take(job):
                return instance
        return None

    def _fargate_has_room(self, environment: ComputeEnvironment, job: Job) -> bool:
        """A job that would exceed the account's quota waits, too: inferred."""
        used = sum(each.vcpus for each in environment.running)
        below_ceiling: bool = used + job.vcpus <= environment.resources["maxvCpus"]
        return below_ceiling and (environment.kind != "FARGATE" or self._launching.fargate_takes(job.vcpus))

    def _nodes_of(self, environment: ComputeEnvironment, job: Job) -> list[Instance]:
        return [each for each in environment.instances if each.node_of is job and not each.draining]

    def _could_run(self, environment: ComputeEnvironment, job: Job) -> bool:
        return self._blocked.verdict(environment, job) in COULD_RUN

    # --- instances for the jobs that wait

    def _ask_for_instances(self, queue: JobQueue, rooms: Rooms) -> None:
        for job in queue.waiting:
            if not self._provide(queue, job, rooms):
                return

    def _provide(self, queue: JobQueue, job: Job, rooms: Rooms) -> bool:
        """There will be room for the job: on an instance that is on its way, or on one more."""
        for environment in queue.environments:
            if not environment.on_instances:
                continue
            verdict = self._blocked.verdict(environment, job)
            if verdict is Verdict.NO_TYPE_OFFERED:
                self._capacity.launch_for(environment, job)  # in vain, as its history will show
            if verdict not in COULD_RUN:
                continue
            if job.nodes > 1:
                return self._provide_nodes(environment, job)
            found = rooms.setdefault(environment.name, [each.room for each in environment.instances])
            if any(room.take(job) for room in found):
                return True
            instance = self._capacity.launch_for(environment, job)
            if instance is not None:
                room = instance.room
                room.take(job)
                found.append(room)
                return True
        return False

    def _provide_nodes(self, environment: ComputeEnvironment, job: Job) -> bool:
        """All nodes in one environment, each on a new instance of its own (managed_compute_environments)."""
        for _ in range(job.nodes - len(self._nodes_of(environment, job))):
            instance = self._capacity.launch_for(environment, job)
            if instance is None:
                return False
            instance.node_of = job
        return True

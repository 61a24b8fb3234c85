"""Takes jobs from state to state, and tells EventBridge: Batch User Guide, job_states and batch_job_events."""

from datetime import timedelta

from local.account import durations
from local.account.batch_job_details import event_detail
from local.account.batch_records import ACTIVE_STATUSES, FINAL_STATUSES, Batch, ComputeEnvironment, Instance, Job
from local.account.world import World

FRONT = 100  # jobs that GetJobQueueSnapshot shows: Batch API reference
DONE = "Essential container in task exited"  # seen in the wild


class JobStates:
    def __init__(self, world: World, batch: Batch) -> None:
        self._world = world
        self._batch = batch

    def move(self, job: Job, status: str, reason: str | None = None) -> None:
        """There is an event for every change, and none for the submission itself."""
        before, job.status, job.status_reason = job.status, status, reason
        self._world.publish("Batch Job State Change", [job.arn], event_detail(job))
        if job.parent is not None:
            self._count_child(job.parent, before, status)
        if status in FINAL_STATUSES:
            self._free_dependents(job)

    # --- waiting

    def make_ready(self, job: Job) -> None:
        """PENDING while a job that this one depends on is not done, then RUNNABLE."""
        if job.status not in ("SUBMITTED", "PENDING"):
            return
        open_jobs = [self._batch.jobs[each] for each in job.waits_for if self._batch.jobs[each].status != "SUCCEEDED"]
        if any(each.status == "FAILED" for each in open_jobs):
            self.end(job, "FAILED", "Dependent Job failed")
        elif open_jobs:
            for each in open_jobs:
                self._batch.dependents.setdefault(each.id, []).append(job)
            self.move(job, "PENDING")
        elif job.children:
            self._make_children_ready(job)
        else:
            self._queue_up(job)

    def _make_children_ready(self, parent: Job) -> None:
        """The parent becomes PENDING and stays it while children run (Batch User Guide, array_jobs)."""
        if parent.status != "PENDING":
            self.move(parent, "PENDING")
        for child in parent.children:
            if child.status == "SUBMITTED":
                child.created_at = self._world.millis()  # of a child: when it was spawned (Batch API, JobDetail)
                self._queue_up(child)

    def _queue_up(self, job: Job) -> None:
        job.queue.waiting.append(job)
        job.position_since = self._world.millis()
        self.move(job, "RUNNABLE")

    def _leave_queue(self, job: Job) -> None:
        waiting = job.queue.waiting
        place = waiting.index(job)
        del waiting[place]
        for behind in waiting[place:FRONT]:
            behind.position_since = self._world.millis()

    # --- running

    def start(self, job: Job, environment: ComputeEnvironment, instances: list[Instance]) -> None:
        """On one instance, on one for each node, or on none: Fargate."""
        self._leave_queue(job)
        job.environment, job.instance, job.tries = environment, next(iter(instances), None), job.tries + 1
        job.more_instances = instances[1:]
        environment.running.append(job)
        for instance in instances:
            instance.jobs.append(job)
            instance.idle_since, instance.has_run_a_job = None, True
        self.move(job, "STARTING")
        attempt = job.tries
        delay = durations.JOB_STARTING_ON_INSTANCE if instances else durations.JOB_STARTING_ON_FARGATE
        self._world.after(delay, lambda: self._run(job, attempt))

    def _run(self, job: Job, attempt: int) -> None:
        if job.tries != attempt or job.status != "STARTING":
            return
        job.started_at = self._world.millis()
        self.move(job, "RUNNING")
        limit = job.described.get("timeout", {}).get("attemptDurationSeconds", job.lasts)
        timed_out = job.lasts > limit
        self._world.after(timedelta(seconds=min(job.lasts, limit)), lambda: self._finish(job, attempt, timed_out))

    def _finish(self, job: Job, attempt: int, timed_out: bool) -> None:
        if job.tries != attempt or job.status != "RUNNING":
            return
        if timed_out:
            self.stop(job, "Job attempt duration exceeded timeout", retry=False)
            return
        self._release(job, DONE, exit_code=0)
        self.end(job, "SUCCEEDED", DONE)

    def stop(self, job: Job, reason: str, *, retry: bool = True) -> None:
        """Ends a job that is STARTING or RUNNING; it tries again only if it has a retry strategy."""
        self._release(job, reason, exit_code=137)
        if retry and len(job.attempts) < job.described["retryStrategy"]["attempts"]:
            job.started_at = job.stopped_at = None
            self._queue_up(job)
        else:
            self.end(job, "FAILED", reason)

    def _release(self, job: Job, reason: str, *, exit_code: int) -> None:
        job.stopped_at = self._world.millis()
        attempt = {"container": {"exitCode": exit_code}, "stoppedAt": job.stopped_at, "statusReason": reason}
        if job.started_at is not None:
            attempt["startedAt"] = job.started_at
        if job.environment is not None:
            job.environment.running.remove(job)
        if job.instance is not None and job.instance.container_instance_arn:
            attempt["container"] = {"exitCode": exit_code, "containerInstanceArn": job.instance.container_instance_arn}
        for instance in job.instances:
            instance.jobs.remove(job)
            if not instance.jobs:
                instance.idle_since = self._world.now()
                self._world.after(instance.idle_limit)
        job.attempts.append(attempt)

    # --- ending

    def end(self, job: Job, status: str, reason: str | None) -> None:
        if job.status == "RUNNABLE":
            self._leave_queue(job)
        job.stopped_at = job.stopped_at or self._world.millis()
        self.move(job, status, reason)

    def cancel(self, job: Job, reason: str) -> None:
        """CancelJob: jobs that have begun to start are left alone (Batch API reference)."""
        for each in (*job.children, job):
            if each.status not in (*ACTIVE_STATUSES, *FINAL_STATUSES):
                each.is_cancelled = True
                self.end(each, "FAILED", reason)

    def terminate(self, job: Job, reason: str) -> None:
        for each in (*job.children, job):
            if each.status in FINAL_STATUSES:
                continue
            each.is_terminated = True
            if each.status in ACTIVE_STATUSES:
                self.stop(each, reason, retry=False)
            else:
                self.end(each, "FAILED", reason)

    # --- families of jobs

    def _count_child(self, parent: Job, before: str, after: str) -> None:
        parent.child_statuses[before] -= 1
        parent.child_statuses[after] += 1
        failed, succeeded = parent.child_statuses["FAILED"], parent.child_statuses["SUCCEEDED"]
        if failed + succeeded == parent.size:
            self.end(parent, "FAILED" if failed else "SUCCEEDED", "Array Child Job failed" if failed else None)

    def _free_dependents(self, job: Job) -> None:
        for dependent in self._batch.dependents.pop(job.id, []):
            if dependent.status != "PENDING":
                continue
            if job.status == "FAILED":
                self.end(dependent, "FAILED", "Dependent Job failed")
            elif all(self._batch.jobs[each].status == "SUCCEEDED" for each in dependent.waits_for):
                self.make_ready(dependent)

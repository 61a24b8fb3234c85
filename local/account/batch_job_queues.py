"""Create, update, describe and delete job queues."""

from typing import Any

from local.account import durations
from local.account.batch_environments import paged
from local.account.batch_job_states import JobStates
from local.account.batch_records import FINAL_STATUSES, Batch, ComputeEnvironment, JobQueue
from local.account.errors import client_error, not_simulated
from local.account.world import World

Request = dict[str, Any]

MOST = 100  # per page: Batch API reference
MOST_QUEUES, MOST_ENVIRONMENTS = 50, 3  # Batch User Guide, service_limits
HANDED_BACK = ("schedulingPolicyArn", "jobStateTimeLimitActions")
HEALTHY = "JobQueue Healthy"  # Batch API reference, example of DescribeJobQueues


class JobQueues:
    def __init__(self, world: World, batch: Batch, states: JobStates) -> None:
        self._world = world
        self._batch = batch
        self._states = states

    def create_job_queue(self, request: Request) -> Request:
        name = request["jobQueueName"]
        if name in self._batch.queues:
            raise client_error("Object already exists")
        if len(self._batch.queues) >= MOST_QUEUES:
            raise client_error(f"The account has {MOST_QUEUES} job queues already")
        if "serviceEnvironmentOrder" in request:
            raise not_simulated("service environments")
        queue = JobQueue(
            name=name,
            arn=self._world.arn("batch", f"job-queue/{name}"),
            state=request.get("state", "ENABLED"),
            priority=request["priority"],
            order=self._order(request.get("computeEnvironmentOrder", []), attached=[]),
            tags=request.get("tags", {}),
            described={key: request[key] for key in HANDED_BACK if key in request},
        )
        self._batch.queues[name] = queue
        self._change(queue, "CREATING")
        return {"jobQueueName": queue.name, "jobQueueArn": queue.arn}

    def update_job_queue(self, request: Request) -> Request:
        queue = self._batch.queue(request["jobQueue"])
        _require_settled(queue, "update")
        if "computeEnvironmentOrder" in request:
            queue.order = self._order(request["computeEnvironmentOrder"], attached=queue.environments)
        queue.state = request.get("state", queue.state)
        queue.priority = request.get("priority", queue.priority)
        queue.described |= {key: request[key] for key in HANDED_BACK if key in request}
        self._change(queue, "UPDATING")
        return {"jobQueueName": queue.name, "jobQueueArn": queue.arn}

    def describe_job_queues(self, request: Request) -> Request:
        wanted = request.get("jobQueues")
        queues = self._batch.queues.values()
        chosen = [each for each in queues if not wanted or each.name in wanted or each.arn in wanted]
        return paged("jobQueues", [_describe(each) for each in chosen], request, MOST)

    def delete_job_queue(self, request: Request) -> Request:
        """Its jobs are terminated (Batch API reference); the texts are seen in the wild."""
        queue = self._batch.queue(request["jobQueue"])
        if queue.state != "DISABLED":
            raise client_error("Cannot delete, state must be DISABLED")
        _require_settled(queue, "delete")
        for job in queue.jobs:
            if job.status not in FINAL_STATUSES:
                self._states.terminate(job, "Job queue was deleted")
        queue.status = "DELETING"
        self._world.after(durations.JOB_QUEUE_CHANGE, lambda: self._batch.queues.pop(queue.name))
        return {}

    def _change(self, queue: JobQueue, status: str) -> None:
        queue.status = status
        self._world.after(durations.JOB_QUEUE_CHANGE, lambda: setattr(queue, "status", "VALID"))

    def _order(self, listed: list[Request], attached: list[ComputeEnvironment]) -> list[tuple[int, ComputeEnvironment]]:
        """The rules are documented (Batch API reference, ComputeEnvironmentOrder), the texts are inferred."""
        order = [(each["order"], self._batch.environment(each["computeEnvironment"])) for each in listed]
        if not 1 <= len(order) <= MOST_ENVIRONMENTS:
            raise client_error(f"A job queue has 1 to {MOST_ENVIRONMENTS} compute environments")
        for _, environment in order:
            if environment.status != "VALID" and environment not in attached:
                raise client_error(f"{environment.arn} is not valid: its status is {environment.status}")
        if len({environment.on_fargate for _, environment in order}) > 1:
            raise client_error("EC2 and Fargate compute environments can't be mixed in a job queue")
        return order


def _require_settled(queue: JobQueue, verb: str) -> None:
    if queue.status in ("CREATING", "UPDATING", "DELETING"):
        raise client_error(f"Cannot {verb}, resource is being modified.")


def _describe(queue: JobQueue) -> Request:
    first = queue.environments[0]
    kind = "EKS" if first.orchestration == "EKS" else "ECS_FARGATE" if first.on_fargate else "ECS"
    return {
        "jobQueueName": queue.name,
        "jobQueueArn": queue.arn,
        "state": queue.state,
        "status": queue.status,
        "statusReason": HEALTHY if queue.status == "VALID" else "",
        "priority": queue.priority,
        "computeEnvironmentOrder": [
            {"order": number, "computeEnvironment": environment.arn} for number, environment in queue.order
        ],
        "jobQueueType": kind,
        "tags": queue.tags,
        **queue.described,
    }

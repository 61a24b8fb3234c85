"""Read jobs: DescribeJobs, ListJobs and the front of a queue."""

from collections.abc import Iterable
from typing import Any

from local.account.batch_environments import paged
from local.account.batch_job_details import describe, summarize
from local.account.batch_job_states import FRONT
from local.account.batch_records import ACTIVE_STATUSES, Batch, Job
from local.account.errors import client_error, not_simulated
from local.account.world import World

Request = dict[str, Any]

MOST_DESCRIBED = 100  # Batch API reference, DescribeJobs
MOST_BY_STATUS, MOST_BY_FILTER = 1000, 100  # Batch API reference, ListJobs


class JobListing:
    def __init__(self, world: World, batch: Batch) -> None:
        self._world = world
        self._batch = batch

    def describe_jobs(self, request: Request) -> Request:
        """Jobs that are not known are simply not in the answer: inferred."""
        if len(request["jobs"]) > MOST_DESCRIBED:
            text = "Error executing request, Exception : Maximum number of jobs supported is 100"
            raise client_error(text)
        ids = dict.fromkeys(each.rpartition("/")[2] for each in request["jobs"])
        return {"jobs": [describe(self._batch.jobs[each]) for each in ids if each in self._batch.jobs]}

    def list_jobs(self, request: Request) -> Request:
        """RUNNING jobs unless told otherwise; with a filter, jobs in every state (Batch API reference, ListJobs)."""
        jobs = self._scope(request)
        filters = request.get("filters", [])
        if len(filters) > 1:
            raise client_error("Only one filter is supported at a time")
        by_share = bool(filters) and filters[0]["name"] == "SHARE_IDENTIFIER"
        for each in filters:
            jobs = [job for job in jobs if _passes(job, each["name"], each.get("values", []))]
        if not filters or (by_share and "jobStatus" in request):
            jobs = [job for job in jobs if job.status == request.get("jobStatus", "RUNNING")]
        most = MOST_BY_FILTER if filters else MOST_BY_STATUS
        return paged("jobSummaryList", [summarize(job) for job in jobs], request, most)

    def get_job_queue_snapshot(self, request: Request) -> Request:
        """The first RUNNABLE jobs in dispatch order (Batch API reference, FrontOfQueueDetail)."""
        queue = self._batch.queue(request["jobQueue"])
        now = self._world.millis()
        used = sum(
            job.all_vcpus
            for environment in queue.environments
            for job in environment.running
            if job.queue is queue and job.status in ACTIVE_STATUSES
        )
        return {
            "frontOfQueue": {
                "jobs": [
                    {"jobArn": job.arn, "earliestTimeAtPosition": job.position_since} for job in queue.waiting[:FRONT]
                ],
                "lastUpdatedAt": now,
            },
            "queueUtilization": {
                "totalCapacityUsage": [{"capacityUnit": "VCPU", "quantity": float(used)}],
                "lastUpdatedAt": now,
            },
        }

    def _scope(self, request: Request) -> Iterable[Job]:
        given = [name for name in ("jobQueue", "arrayJobId", "multiNodeJobId") if name in request]
        if len(given) != 1:
            raise client_error("Exactly one of jobQueue, arrayJobId and multiNodeJobId must be given")
        if given == ["multiNodeJobId"]:
            raise not_simulated("multi-node parallel jobs")
        if given == ["jobQueue"]:
            return self._batch.queue(request["jobQueue"]).jobs
        parent = self._batch.jobs.get(request["arrayJobId"])
        if parent is None or not parent.children:
            raise client_error(f"{request['arrayJobId']} is not an array job")
        return parent.children


def _passes(job: Job, name: str, values: list[str]) -> bool:
    """JOB_NAME ignores case and takes a trailing `*`; JOB_DEFINITION is a name or an ARN (Batch API, ListJobs)."""
    definition = job.described["jobDefinition"]
    match name:
        case "JOB_NAME":
            return any(_like(job.name.lower(), value.lower()) for value in values)
        case "JOB_DEFINITION":
            short = definition.rpartition("/")[2].partition(":")[0]
            return any(_like(short, value) or definition == value for value in values)
        case "BEFORE_CREATED_AT":
            return any(job.created_at < int(value) for value in values)
        case "AFTER_CREATED_AT":
            return any(job.created_at > int(value) for value in values)
        case "SHARE_IDENTIFIER":
            return any(job.described.get("shareIdentifier") == value for value in values)
    raise client_error(f"Unknown filter {name}")


def _like(text: str, pattern: str) -> bool:
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern

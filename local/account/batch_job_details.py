"""How AWS Batch describes a job: in DescribeJobs, in ListJobs and in its events."""

import copy
from typing import Any

from local.account.batch_records import Job

# Batch User Guide, array_jobs
ARRAY_STATUSES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")


def describe(job: Job) -> dict[str, Any]:
    described = {
        "jobArn": job.arn,
        "jobName": job.name,
        "jobId": job.id,
        "jobQueue": job.queue.arn,
        "status": job.status,
        "attempts": job.attempts,
        "createdAt": job.created_at,
        **job.described,
        "isCancelled": job.is_cancelled,
        "isTerminated": job.is_terminated,
        **_times(job),
    }
    if job.instance is not None and described.get("container"):
        described["container"] = {
            **described["container"],
            "containerInstanceArn": job.instance.container_instance_arn,
        }
    return described


def event_detail(job: Job) -> dict[str, Any]:
    """Like DescribeJobs, without what the documented events do not show: Batch User Guide, batch_job_events."""
    detail = describe(job)
    for name in ("isCancelled", "isTerminated"):
        del detail[name]
    if not detail["tags"]:
        del detail["tags"]
    return copy.deepcopy(detail)


def summarize(job: Job) -> dict[str, Any]:
    summary = {
        "jobArn": job.arn,
        "jobId": job.id,
        "jobName": job.name,
        "createdAt": job.created_at,
        "status": job.status,
        "jobDefinition": job.described["jobDefinition"],
        **_times(job),
    }
    if job.nodes > 1:
        summary["nodeProperties"] = {"numNodes": job.nodes}
    if job.attempts and job.attempts[-1]["container"]:
        summary["container"] = {"exitCode": job.attempts[-1]["container"]["exitCode"]}
    return summary


def _times(job: Job) -> dict[str, Any]:
    """Members that are there only when they mean something."""
    found = {"statusReason": job.status_reason, "startedAt": job.started_at, "stoppedAt": job.stopped_at}
    array: dict[str, Any] = {}
    if job.size is not None:
        array = {"size": job.size, "statusSummary": {each: job.child_statuses[each] for each in ARRAY_STATUSES}}
    if job.index is not None:
        array = {"index": job.index, "statusSummary": {}}
    return {key: value for key, value in {**found, "arrayProperties": array or None}.items() if value is not None}

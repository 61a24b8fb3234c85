"""Which instances can write a job's logs: a job is placed only where its log driver is (job_stuck_in_runnable)."""

from collections.abc import Iterator
from typing import Any

from local.account.batch_records import Instance, Job

USUAL = "awslogs"  # unless the definition says otherwise: Batch User Guide, using_awslogs


def can_log(instance: Instance, job: Job) -> bool:
    """Drivers other than the usual one are taken for present; pods log by Kubernetes."""
    return instance.has_awslogs or USUAL not in log_drivers(job)


def log_drivers(job: Job) -> set[str]:
    return {each.get("logConfiguration", {}).get("logDriver", USUAL) for each in _containers(job.described)}


def _containers(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for holder in (described, *described.get("nodeProperties", {}).get("nodeRangeProperties", [])):
        if holder.get("container"):
            yield holder["container"]
        for task in holder.get("ecsProperties", {}).get("taskProperties", []):
            yield from task["containers"]

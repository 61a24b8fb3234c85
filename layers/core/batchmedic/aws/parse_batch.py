"""Reads AWS Batch's answers into the model. Every member may be missing and every enumeration may grow."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.job import Job, Requirements
from batchmedic.model.job_queue import JobQueue


def job_queue(described: Mapping[str, Any]) -> JobQueue:
    order = sorted(described.get("computeEnvironmentOrder") or (), key=lambda entry: entry.get("order", 0))
    return JobQueue(
        arn=described["jobQueueArn"],
        name=described["jobQueueName"],
        state=described.get("state", "ENABLED"),
        status=described.get("status", "VALID"),
        compute_environments=tuple(entry["computeEnvironment"] for entry in order if "computeEnvironment" in entry),
        tags=described.get("tags") or {},
    )


def compute_environment(described: Mapping[str, Any]) -> ComputeEnvironment:
    resources = described.get("computeResources") or {}
    return ComputeEnvironment(
        arn=described["computeEnvironmentArn"],
        name=described["computeEnvironmentName"],
        state=described.get("state", "ENABLED"),
        status=described.get("status", "VALID"),
        status_reason=described.get("statusReason") or "",
        managed=described.get("type", "MANAGED") == "MANAGED",
        kind=resources.get("type", ""),
        min_vcpus=resources.get("minvCpus") or 0,
        desired_vcpus=resources.get("desiredvCpus") or 0,
        max_vcpus=resources.get("maxvCpus") or 0,
        instance_types=tuple(resources.get("instanceTypes") or ()),
        subnets=tuple(resources.get("subnets") or ()),
        security_groups=tuple(resources.get("securityGroupIds") or ()),
        launch_templates=tuple(_launch_templates(resources.get("launchTemplate") or {})),
        allocation_strategy=resources.get("allocationStrategy"),
        ecs_cluster=described.get("ecsClusterArn") or None,
        tags=described.get("tags") or {},
    )


def _launch_templates(specification: Mapping[str, Any]) -> Iterable[LaunchTemplateReference]:
    for reference in (specification, *(specification.get("overrides") or ())):
        template = reference.get("launchTemplateId") or reference.get("launchTemplateName")
        if template:
            yield LaunchTemplateReference(template=template, version=reference.get("version") or "$Default")


def job(described: Mapping[str, Any], *, at_position_since: datetime | None) -> Job:
    """A described job; its environment, command and parameters are not read, they hold people's secrets."""
    return Job(
        arn=described.get("jobArn") or described["jobId"],
        name=described.get("jobName", ""),
        requirements=_requirements(described),
        status=described.get("status", ""),
        status_reason=described.get("statusReason") or None,
        at_position_since=at_position_since,
    )


def _requirements(described: Mapping[str, Any]) -> Requirements | None:
    """One container, or the sum of a task's containers; None for multi-node and EKS jobs."""
    tasks = (described.get("ecsProperties") or {}).get("taskProperties") or ()
    containers = [each for task in tasks for each in task.get("containers") or ()] or [described.get("container") or {}]
    wanted = [_of_container(container) for container in containers]
    if described.get("nodeProperties") or described.get("eksProperties") or not any(wanted):
        return None
    try:
        vcpus, memory, gpus = (_total(wanted, kind) for kind in ("VCPU", "MEMORY", "GPU"))
        return Requirements(vcpus=vcpus, memory=int(memory), gpus=int(gpus))
    except (ValueError, OverflowError):  # one odd job must not end the look at all the others
        return None


def _total(wanted: Iterable[Mapping[str, Any]], kind: str) -> float:
    total = sum(float(each.get(kind, 0)) for each in wanted)
    if not isfinite(total):
        raise ValueError(f"{kind} is no number")
    return total


def _of_container(container: Mapping[str, Any]) -> dict[str, Any]:
    """Values are strings in resourceRequirements, numbers in the old fields (AWS Batch API, ContainerDetail)."""
    listed = {entry.get("type"): entry.get("value") for entry in container.get("resourceRequirements") or ()}
    old = {"VCPU": container.get("vcpus"), "MEMORY": container.get("memory")}
    return {key: value for key, value in {**old, **listed}.items() if value}


def moment(milliseconds: Any) -> datetime | None:
    """Batch states times in milliseconds since the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if isinstance(milliseconds, int | float) else None

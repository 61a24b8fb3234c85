"""Reads AWS Batch's answers into the model. Every member may be missing and every enumeration may grow."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from batchmedic.aws.parse_requirements import requirements
from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.job import Job
from batchmedic.model.job_queue import JobQueue


def job_queue(described: Mapping[str, Any]) -> JobQueue:
    order = sorted(described.get("computeEnvironmentOrder") or (), key=lambda entry: entry.get("order", 0))
    return JobQueue(
        arn=described["jobQueueArn"],
        name=described["jobQueueName"],
        state=described.get("state", "ENABLED"),
        status=described.get("status", "VALID"),
        compute_environments=tuple(entry["computeEnvironment"] for entry in order if "computeEnvironment" in entry),
        kind=described.get("jobQueueType") or "",
        scheduling_policy=described.get("schedulingPolicyArn") or None,
        time_limited_reasons=tuple(
            action["reason"] for action in described.get("jobStateTimeLimitActions") or () if "reason" in action
        ),
        tags=described.get("tags") or {},
    )


def compute_environment(described: Mapping[str, Any]) -> ComputeEnvironment:
    resources = described.get("computeResources") or {}
    configurations = resources.get("ec2Configuration") or ()
    eks = described.get("eksConfiguration") or {}
    images = [resources.get("imageId"), *(each.get("imageIdOverride") for each in configurations)]
    timeout = (described.get("updatePolicy") or {}).get("jobExecutionTimeoutMinutes")
    return ComputeEnvironment(
        arn=described["computeEnvironmentArn"],
        name=described["computeEnvironmentName"],
        state=described.get("state", "ENABLED"),
        status=described.get("status", "VALID"),
        status_reason=described.get("statusReason") or "",
        managed=described.get("type", "MANAGED") == "MANAGED",
        unmanaged=described.get("type") == "UNMANAGED",
        kind=resources.get("type", ""),
        min_vcpus=resources.get("minvCpus") or 0,
        desired_vcpus=resources.get("desiredvCpus") or 0,
        max_vcpus=resources.get("maxvCpus") or 0,
        instance_types=tuple(resources.get("instanceTypes") or ()),
        subnets=tuple(resources.get("subnets") or ()),
        security_groups=tuple(resources.get("securityGroupIds") or ()),
        launch_templates=tuple(_launch_templates(resources.get("launchTemplate") or {})),
        image_ids=tuple(image for image in images if image),
        image_types=tuple(each["imageType"] for each in configurations if each.get("imageType")),
        allocation_strategy=resources.get("allocationStrategy"),
        service_role=described.get("serviceRole") or None,
        instance_role=resources.get("instanceRole") or None,
        spot_fleet_role=resources.get("spotIamFleetRole") or None,
        bid_percentage=resources.get("bidPercentage") or None,
        job_execution_timeout=timedelta(minutes=timeout) if isinstance(timeout, int) else timedelta(minutes=30),
        scale_down_delay=_minutes((resources.get("scalingPolicy") or {}).get("minScaleDownDelayMinutes")),
        orchestration=described.get("containerOrchestrationType") or "ECS",
        ecs_cluster=described.get("ecsClusterArn") or None,
        eks_cluster=eks.get("eksClusterArn") or None,
        eks_namespace=eks.get("kubernetesNamespace") or None,
        tags=described.get("tags") or {},
    )


def _minutes(given: Any) -> timedelta:
    return timedelta(minutes=given) if isinstance(given, int) else timedelta(0)


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
        requirements=requirements(described),
        status=described.get("status", ""),
        status_reason=described.get("statusReason") or None,
        at_position_since=at_position_since,
        file_systems=tuple(dict.fromkeys(_file_systems(described))),
        consumable_resources=tuple(_consumable_resources(described.get("consumableResourceProperties") or {})),
    )


def _file_systems(described: Mapping[str, Any]) -> Iterable[str]:
    """Of volumes, only which kind of network file system they mount (AWS Batch API, Volume)."""
    tasks = (described.get("ecsProperties") or {}).get("taskProperties") or ()
    ranges = (described.get("nodeProperties") or {}).get("nodeRangeProperties") or ()
    of_nodes = [each.get("container") or {} for each in ranges]
    tasks_of_nodes = [task for each in ranges for task in (each.get("ecsProperties") or {}).get("taskProperties") or ()]
    for holder in (described.get("container") or {}, *tasks, *of_nodes, *tasks_of_nodes):
        for volume in holder.get("volumes") or ():
            path = str((volume.get("host") or {}).get("sourcePath") or "").lower()
            if volume.get("efsVolumeConfiguration"):
                yield "Amazon EFS"
            elif any(word in path for word in ("efs", "fsx", "nfs", "lustre")):
                yield f"a path of the host that looks like a network file system ({path})"


def _consumable_resources(properties: Mapping[str, Any]) -> Iterable[str]:
    for listed in properties.get("consumableResourceList") or ():
        if listed.get("consumableResource"):
            yield listed["consumableResource"]


def moment(milliseconds: Any) -> datetime | None:
    """Batch states times in milliseconds since the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if isinstance(milliseconds, int | float) else None

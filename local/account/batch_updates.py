"""Carries out an update of a compute environment: UPDATING first, VALID or INVALID in the end."""

from datetime import timedelta
from typing import Any

from local.account import durations
from local.account.batch_job_states import JobStates
from local.account.batch_records import ComputeEnvironment
from local.account.batch_update_rules import check, is_infrastructure_update
from local.account.batch_validation import HEALTHY, Validation
from local.account.world import World

Request = dict[str, Any]


class Updates:
    def __init__(self, world: World, validation: Validation, states: JobStates) -> None:
        self._world = world
        self._validation = validation
        self._states = states

    def create(self, environment: ComputeEnvironment) -> None:
        self._validation.resolve_templates(environment)
        self._world.after(durations.ENVIRONMENT_CREATING, lambda: self._settle(environment))

    def update(self, environment: ComputeEnvironment, request: Request) -> None:
        check(environment, request)
        environment.was_valid = environment.status == "VALID"
        environment.replacing = is_infrastructure_update(environment, request)
        environment.status, environment.status_reason = "UPDATING", ""
        _apply(environment, request)
        if environment.replacing:
            self._replace(environment)
        else:
            self._world.after(durations.SCALING_UPDATE, lambda: self._settle(environment))

    def _replace(self, environment: ComputeEnvironment) -> None:
        """Running jobs get some time, then they are terminated (Batch User Guide, infrastructure-updates)."""
        self._validation.resolve_templates(environment)  # again, even if the template was not in the request
        policy = environment.described.get("updatePolicy", {})
        minutes = policy.get("jobExecutionTimeoutMinutes", durations.JOB_EXECUTION_TIMEOUT_MINUTES)
        patience = timedelta(minutes=0 if policy.get("terminateJobsOnUpdate") else minutes)
        for instance in environment.instances:
            instance.draining = True
        self._world.after(patience, lambda: self._stop_draining(environment))
        self._world.after(durations.INFRASTRUCTURE_UPDATE, lambda: self._finish_replacing(environment))

    def _stop_draining(self, environment: ComputeEnvironment) -> None:
        for job in list(environment.running):
            if job.instance is not None and job.instance.draining:
                self._states.stop(job, "Host EC2 terminated by an update of the compute environment")

    def _finish_replacing(self, environment: ComputeEnvironment) -> None:
        if environment.running or environment.stalled:
            self._world.after(durations.INFRASTRUCTURE_UPDATE_POLL, lambda: self._finish_replacing(environment))
            return
        environment.replacing = False
        self._settle(environment)

    def _settle(self, environment: ComputeEnvironment) -> None:
        if environment.stalled:
            self._world.after(durations.INFRASTRUCTURE_UPDATE_POLL, lambda: self._settle(environment))
            return
        complaint = self._validation.complaint(environment)
        environment.status = "INVALID" if complaint else "VALID"
        environment.status_reason = complaint or HEALTHY


def _apply(environment: ComputeEnvironment, request: Request) -> None:
    environment.state = request.get("state", environment.state)
    environment.service_role = request.get("serviceRole", environment.service_role)
    environment.unmanaged_vcpus = request.get("unmanagedvCpus", environment.unmanaged_vcpus)
    for name in ("updatePolicy", "context"):
        if name in request:
            environment.described[name] = request[name]
    for name, value in request.get("computeResources", {}).items():
        _apply_resource(environment, name, value)
    if "desiredvCpus" in environment.resources:
        floor = environment.resources.get("minvCpus", 0)
        environment.resources["desiredvCpus"] = max(floor, environment.resources["desiredvCpus"])


def _apply_resource(environment: ComputeEnvironment, name: str, value: Any) -> None:
    resources = environment.resources
    if name == "updateToLatestImageVersion":
        return  # falls back to false when the update is over (Batch User Guide)
    if name in ("securityGroupIds", "subnets") and not value and environment.on_fargate:
        return  # an empty list: no change on Fargate, "remove them all" elsewhere (Batch API reference)
    if name == "launchTemplate" and not (value.get("launchTemplateId") or value.get("launchTemplateName")):
        resources.pop(name, None)  # an empty id or name removes the template (Batch API reference)
    elif name == "scalingPolicy" and not value.get("minScaleDownDelayMinutes"):
        resources.pop(name, None)  # 0 unsets it (Batch API reference)
    else:
        resources[name] = value

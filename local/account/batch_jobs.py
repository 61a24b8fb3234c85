"""Submit, cancel and terminate jobs."""

from typing import Any

from botocore.model import StructureShape

from local.account import durations, shapes
from local.account.batch_job_definitions import find
from local.account.batch_job_states import JobStates
from local.account.batch_records import Batch, Job, JobQueue
from local.account.batch_requirements import container, is_windows, requirements, seconds, with_task_overrides
from local.account.errors import client_error, not_simulated
from local.account.world import World

Request = dict[str, Any]

SMALLEST_ARRAY, LARGEST_ARRAY = 2, 10_000  # Batch User Guide, service_limits
MOST_DEPENDENCIES = 20  # the same page


class Jobs:
    def __init__(self, world: World, batch: Batch, states: JobStates) -> None:
        self._world = world
        self._batch = batch
        self._states = states

    def submit_job(self, request: Request) -> Request:
        queue = self._batch.queue(request["jobQueue"])
        if queue.state != "ENABLED" or queue.status != "VALID":
            raise client_error(f"JobQueue {queue.name} is not ENABLED and VALID")  # the rule is documented
        definition = find(self._batch, request["jobDefinition"])
        job = self._job(self._world.uuid(), request, queue, definition)
        job.waits_for = self._dependencies(request)
        size = request.get("arrayProperties", {}).get("size")
        if size is not None:
            self._add_children(job, size)
        self._batch.jobs[job.id] = job
        queue.jobs.append(job)
        self._world.after(durations.JOB_TO_RUNNABLE, lambda: self._states.make_ready(job))
        return {"jobArn": job.arn, "jobName": job.name, "jobId": job.id}

    def cancel_job(self, request: Request) -> Request:
        self._states.cancel(self._find(request["jobId"]), request["reason"])
        return {}

    def terminate_job(self, request: Request) -> Request:
        self._states.terminate(self._find(request["jobId"]), request["reason"])
        return {}

    def _find(self, job_id: str) -> Job:
        job = self._batch.jobs.get(job_id)
        if job is None:
            raise client_error(f"Job {job_id} does not exist")
        return job

    def _job(self, job_id: str, request: Request, queue: JobQueue, definition: Request) -> Job:
        if "eksPropertiesOverride" in request or "nodePropertyOverrides" in request.get("nodeOverrides", {}):
            raise not_simulated("overrides of pods and of single nodes")
        definition = with_task_overrides(definition, request.get("ecsPropertiesOverride", {}))
        merged = container(definition, request.get("containerOverrides", {}))
        described = _described(request, definition, merged)
        vcpus, memory, gpus = requirements(definition, merged)
        return Job(
            id=job_id,
            arn=self._world.arn("batch", f"job/{job_id}"),
            name=request["jobName"],
            queue=queue,
            vcpus=vcpus,
            memory=memory,
            gpus=gpus,
            created_at=self._world.millis(),
            described=described,
            nodes=described.get("nodeProperties", {}).get("numNodes", 1),
            windows=is_windows(definition),
            lasts=seconds(definition, merged, durations.JOB_RUNNING.total_seconds()),
        )

    def _dependencies(self, request: Request) -> set[str]:
        listed = request.get("dependsOn", [])
        if len(listed) > MOST_DEPENDENCIES:
            raise client_error(f"A job can depend on at most {MOST_DEPENDENCIES} jobs")
        if any("type" in each for each in listed):
            raise not_simulated("SEQUENTIAL and N_TO_N dependencies")
        return {self._find(each["jobId"]).id for each in listed}

    def _add_children(self, parent: Job, size: int) -> None:
        if not SMALLEST_ARRAY <= size <= LARGEST_ARRAY:
            raise client_error(f"The array size must be between {SMALLEST_ARRAY} and {LARGEST_ARRAY}")
        parent.size = size
        parent.child_statuses["SUBMITTED"] = size
        for index in range(size):
            child = Job(
                id=f"{parent.id}:{index}",
                arn=f"{parent.arn}:{index}",
                name=parent.name,
                queue=parent.queue,
                vcpus=parent.vcpus,
                memory=parent.memory,
                gpus=parent.gpus,
                created_at=parent.created_at,
                described=parent.described,
                windows=parent.windows,
                lasts=parent.lasts,
                parent=parent,
                index=index,
            )
            parent.children.append(child)
            self._batch.jobs[child.id] = child


def _described(request: Request, definition: Request, merged: Request) -> Request:
    described = {
        "retryStrategy": {"evaluateOnExit": [], "attempts": 1, **definition.get("retryStrategy", {})}
        | request.get("retryStrategy", {}),
        "dependsOn": request.get("dependsOn", []),
        "jobDefinition": definition["jobDefinitionArn"],
        "parameters": {**definition["parameters"], **request.get("parameters", {})},
        "container": merged,
        "propagateTags": request.get("propagateTags", definition.get("propagateTags", False)),
        "platformCapabilities": definition.get("platformCapabilities", []),
        "tags": request.get("tags", {}),
    }
    timeout = request.get("timeout") or definition.get("timeout")
    optional = {
        "timeout": timeout,
        "shareIdentifier": request.get("shareIdentifier"),
        "ecsProperties": definition.get("ecsProperties"),
        "eksProperties": definition.get("eksProperties"),
    }
    if "nodeProperties" in definition:
        optional["nodeProperties"] = {
            **definition["nodeProperties"],
            **{name: value for name, value in request.get("nodeOverrides", {}).items() if name == "numNodes"},
        }
    described |= {name: value for name, value in optional.items() if value is not None}
    if "nodeProperties" in definition or "eksProperties" in definition:
        del described["container"]  # what it says of one container stands elsewhere (Batch API reference, JobDetail)
    shape = shapes.service_model("batch").shape_for("JobDetail")
    assert isinstance(shape, StructureShape)
    found: Request = shapes.pruned(described, shape)
    return found

"""Job definitions and their revisions."""

from typing import Any

from local.account.batch_environments import paged
from local.account.batch_records import Batch
from local.account.batch_requirements import requirements
from local.account.errors import client_error
from local.account.world import World

Request = dict[str, Any]

MOST = 100  # per page: Batch API reference


class JobDefinitions:
    def __init__(self, world: World, batch: Batch) -> None:
        self._world = world
        self._batch = batch

    def register_job_definition(self, request: Request) -> Request:
        _check(request)
        name = request["jobDefinitionName"]
        revisions = self._batch.definitions.setdefault(name, [])
        revision = len(revisions) + 1
        arn = self._world.arn("batch", f"job-definition/{name}:{revision}")
        definition = {
            **request,
            "jobDefinitionArn": arn,
            "revision": revision,
            "status": "ACTIVE",
            "parameters": request.get("parameters", {}),
            "tags": request.get("tags", {}),
            "containerOrchestrationType": "EKS" if "eksProperties" in request else "ECS",
        }
        revisions.append(definition)
        return {"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision}

    def deregister_job_definition(self, request: Request) -> Request:
        find(self._batch, request["jobDefinition"])["status"] = "INACTIVE"
        return {}

    def describe_job_definitions(self, request: Request) -> Request:
        wanted, name, status = request.get("jobDefinitions"), request.get("jobDefinitionName"), request.get("status")
        chosen = [
            one
            for revisions in self._batch.definitions.values()
            for one in reversed(revisions)
            if (not name or one["jobDefinitionName"] == name)
            and (not status or one["status"] == status)
            and (not wanted or {one["jobDefinitionArn"], f"{one['jobDefinitionName']}:{one['revision']}"} & set(wanted))
        ]
        return paged("jobDefinitions", chosen, request, MOST)


def _check(request: Request) -> None:
    """Fargate has no GPUs and no multi-node jobs (Batch API reference); the texts are inferred."""
    kind = "nodeProperties" if request["type"] == "multinode" else "containerProperties"
    if kind == "nodeProperties" and kind not in request:
        raise client_error("nodeProperties must be provided for a multinode job definition")
    if "FARGATE" not in request.get("platformCapabilities", []):
        return
    if kind == "nodeProperties":
        raise client_error("multinode job definitions are not applicable for Fargate.")
    if requirements(request, request.get("containerProperties", {}))[2]:
        raise client_error("GPU is not applicable for Fargate.")


def find(batch: Batch, reference: str) -> Request:
    """`name`, `name:revision` or an ARN; a bare name means the latest active revision (Batch API, SubmitJob)."""
    name, _, revision = reference.rpartition("/")[2].partition(":")
    one: Request
    for one in reversed(batch.definitions.get(name, [])):
        if one["status"] == "ACTIVE" and (not revision or str(one["revision"]) == revision):
            return one
    raise client_error(f"JobDefinition {reference} does not exist or is not active")

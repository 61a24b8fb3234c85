"""The ECS clusters behind compute environments, and the container instances that registered with them."""

from typing import Any

from local.account.batch_records import Batch, ComputeEnvironment, Instance
from local.account.errors import AwsError
from local.account.pages import BadTokenError, page
from local.account.world import World

Request = dict[str, Any]

MOST = 100  # per page and per call: ECS API reference
CPU_PER_VCPU = 1024
ATTRIBUTES = {"ecs.os-type": "linux", "com.amazonaws.ecs.capability.logging-driver.json-file": None}  # of every agent
AWSLOGS = {"com.amazonaws.ecs.capability.logging-driver.awslogs": None}


class Ecs:
    def __init__(self, world: World, batch: Batch) -> None:
        self._world = world
        self._batch = batch

    def describe_clusters(self, request: Request) -> Request:
        clusters, failures = [], []
        for wanted in request.get("clusters", ["default"]):
            environment = self._find(wanted)
            if environment is None:
                arn = wanted if wanted.startswith("arn:") else self._world.arn("ecs", f"cluster/{wanted}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                clusters.append(_describe_cluster(environment))
        return {"clusters": clusters, "failures": failures}

    def delete_cluster(self, request: Request) -> Request:
        """What nobody should do to a cluster of AWS Batch: Batch User Guide, invalid_compute_environment."""
        environment = self._require(request["cluster"])
        if _registered(environment):
            code = "ClusterContainsContainerInstancesException"
            raise AwsError(code, "The Cluster cannot be deleted while Container Instances are active or draining.")
        environment.cluster_status = "INACTIVE"
        return {"cluster": _describe_cluster(environment)}

    def list_container_instances(self, request: Request) -> Request:
        if "filter" in request:
            raise AwsError("InvalidParameterException", "The simulated account knows no filter expressions.")
        environment = self._require(request.get("cluster", "default"))
        wanted = request.get("status", "ACTIVE")
        arns = [str(each.container_instance_arn) for each in _registered(environment) if _status(each) == wanted]
        try:
            found, token = page(arns, request.get("nextToken"), min(request.get("maxResults", MOST), MOST))
        except BadTokenError as error:
            raise AwsError("InvalidParameterException", "Invalid token") from error
        return {"containerInstanceArns": found, **({"nextToken": token} if token else {})}

    def describe_container_instances(self, request: Request) -> Request:
        environment = self._require(request.get("cluster", "default"))
        wanted = request["containerInstances"]
        if not 1 <= len(wanted) <= MOST:
            raise AwsError("InvalidParameterException", f"Container instances cannot be empty or more than {MOST}.")
        known = {str(each.container_instance_arn).rpartition("/")[2]: each for each in _registered(environment)}
        found, failures = [], []
        for arn in wanted:
            instance = known.get(arn.rpartition("/")[2])
            if instance is None:
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(_describe_instance(instance))
        return {"containerInstances": found, "failures": failures}

    def _find(self, name_or_arn: str) -> ComputeEnvironment | None:
        for environment in self._batch.environments.values():
            if name_or_arn in (environment.cluster_arn, environment.cluster_arn.rpartition("/")[2]):
                return environment if environment.orchestration == "ECS" else None
        return None

    def _require(self, name_or_arn: str) -> ComputeEnvironment:
        environment = self._find(name_or_arn)
        if environment is None or environment.cluster_status != "ACTIVE":
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        return environment


def _registered(environment: ComputeEnvironment) -> list[Instance]:
    return [each for each in environment.instances if each.container_instance_arn]


def _status(instance: Instance) -> str:
    return "DRAINING" if instance.draining else "ACTIVE"


def _describe_cluster(environment: ComputeEnvironment) -> Request:
    statuses = [job.status for job in environment.running]
    return {
        "clusterArn": environment.cluster_arn,
        "clusterName": environment.cluster_arn.rpartition("/")[2],
        "status": environment.cluster_status,
        "registeredContainerInstancesCount": len(_registered(environment)),
        "runningTasksCount": statuses.count("RUNNING"),
        "pendingTasksCount": statuses.count("STARTING"),
        "activeServicesCount": 0,
    }


def _describe_instance(instance: Instance) -> Request:
    statuses = [job.status for job in instance.jobs]
    drivers = AWSLOGS if instance.has_awslogs else {}
    attributes = {**ATTRIBUTES, **drivers, "ecs.instance-type": instance.type, "ecs.availability-zone": instance.zone}
    room = instance.room
    return {
        "containerInstanceArn": instance.container_instance_arn,
        "ec2InstanceId": instance.id,
        "status": _status(instance),
        "agentConnected": instance.environment.agents_connected,
        "runningTasksCount": statuses.count("RUNNING"),
        "pendingTasksCount": statuses.count("STARTING"),
        "registeredAt": instance.registered_at,
        "registeredResources": _resources(instance.vcpus, instance.registered_memory),
        "remainingResources": _resources(room.vcpus, room.memory),
        "attributes": [
            {"name": name, **({"value": value} if value is not None else {})} for name, value in attributes.items()
        ],
    }


def _resources(vcpus: float, memory: int) -> list[Request]:
    return [
        {"name": "CPU", "type": "INTEGER", "integerValue": int(vcpus * CPU_PER_VCPU)},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": memory},
    ]

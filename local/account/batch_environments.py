"""Create, update, describe and delete compute environments."""

from collections.abc import Callable
from typing import Any

from local.account import durations
from local.account.batch_families import architectures
from local.account.batch_kubernetes import SUPPORTED_VERSIONS
from local.account.batch_records import Batch, ComputeEnvironment
from local.account.batch_update_rules import is_infrastructure_update
from local.account.batch_updates import Updates
from local.account.errors import AwsError, client_error, not_simulated
from local.account.pages import BadTokenError, page
from local.account.world import World

Request = dict[str, Any]

MOST = 100  # per page: Batch API reference
MOST_ENVIRONMENTS = 50  # Batch User Guide, service_limits
MIXED_ARCHITECTURES = (
    "Error executing request, Exception : arm-based instance type cannot be used with other instance types."
)
SERVICE_LINKED_ROLE = "aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"  # what a missing role means
HANDED_BACK = ("eksConfiguration", "context")


class ComputeEnvironments:
    def __init__(self, world: World, batch: Batch, updates: Updates, caller: Callable[[], str]) -> None:
        self._world = world
        self._batch = batch
        self._updates = updates
        self._caller = caller

    def create_compute_environment(self, request: Request) -> Request:
        name = request["computeEnvironmentName"]
        if name in self._batch.environments:
            raise client_error("Object already exists")
        if len(self._batch.environments) >= MOST_ENVIRONMENTS:
            raise client_error(f"The account has {MOST_ENVIRONMENTS} compute environments already")
        _check_creation(request)
        uuid = self._world.uuid()
        environment = ComputeEnvironment(
            name=name,
            arn=self._world.arn("batch", f"compute-environment/{name}"),
            uuid=uuid,
            type=request["type"],
            state=request.get("state", "ENABLED"),
            service_role=self._role(request.get("serviceRole", SERVICE_LINKED_ROLE)),
            cluster_arn=self._world.arn("ecs", f"cluster/AWSBatch-{name}-{uuid}"),
            created_at=self._world.now(),
            tags=request.get("tags", {}),
            resources=_resources(request),
            described={key: request[key] for key in HANDED_BACK if key in request},
            orchestration="EKS" if "eksConfiguration" in request else "ECS",
            unmanaged_vcpus=request.get("unmanagedvCpus"),
        )
        self._batch.environments[name] = environment
        self._updates.create(environment)
        return _named(environment)

    def update_compute_environment(self, request: Request) -> Request:
        environment = self._batch.environment(request["computeEnvironment"])
        if self._world.pass_role_checked and is_infrastructure_update(environment, request):
            self._check_pass_role(environment)
        self._updates.update(environment, request)
        return _named(environment)

    def _check_pass_role(self, environment: ComputeEnvironment) -> None:
        """Whether an update that names no role checks the one that is there is not documented; the text is IAM's."""
        profile = environment.resources.get("instanceRole", "")
        arn = profile if profile.startswith("arn:") else self._world.iam_arn(f"instance-profile/{profile}")
        role = self._world.profile_roles.get(arn)
        if role is not None and role not in self._world.passable_roles:
            text = f"User: {self._caller()} is not authorized to perform: iam:PassRole on resource: {role}"
            raise AwsError("AccessDeniedException", text, 403)

    def describe_compute_environments(self, request: Request) -> Request:
        """Names that do not exist are simply not in the answer: inferred."""
        wanted = request.get("computeEnvironments")
        chosen = [
            each
            for each in self._batch.environments.values()
            if not wanted or each.name in wanted or each.arn in wanted
        ]
        return paged("computeEnvironments", [describe(each) for each in chosen], request, MOST)

    def delete_compute_environment(self, request: Request) -> Request:
        """The texts are seen in the wild."""
        environment = self._batch.environment(request["computeEnvironment"])
        if environment.state != "DISABLED":
            raise client_error("Cannot delete, state must be DISABLED")
        if environment.status in ("CREATING", "UPDATING", "DELETING"):
            raise client_error("Cannot delete, resource is being modified.")
        if self._batch.queues_of(environment):
            raise client_error("Cannot delete, found existing JobQueue relationship")
        environment.status = "DELETING"
        self._world.after(durations.ENVIRONMENT_DELETING, lambda: self._batch.environments.pop(environment.name))
        return {}

    def _role(self, name_or_arn: str) -> str:
        return name_or_arn if name_or_arn.startswith("arn:") else self._world.iam_arn(f"role/{name_or_arn}")


def describe(environment: ComputeEnvironment) -> Request:
    described = {
        "computeEnvironmentName": environment.name,
        "computeEnvironmentArn": environment.arn,
        "type": environment.type,
        "state": environment.state,
        "status": environment.status,
        "statusReason": environment.status_reason,
        "serviceRole": environment.service_role,
        "containerOrchestrationType": environment.orchestration,
        "uuid": environment.uuid,
        "tags": environment.tags,
        **environment.described,
    }
    if environment.orchestration == "ECS":
        described["ecsClusterArn"] = environment.cluster_arn
    if environment.type == "MANAGED":
        described["computeResources"] = {**environment.resources}
    if environment.refused_vcpus:  # that a launch is asked for shows even while EC2 refuses it: inferred
        described["computeResources"]["desiredvCpus"] += environment.refused_vcpus
    if environment.unmanaged_vcpus is not None:
        described["unmanagedvCpus"] = environment.unmanaged_vcpus
    return described


def paged(member: str, items: list[Request], request: Request, most: int) -> Request:
    try:
        found, token = page(items, request.get("nextToken"), min(request.get("maxResults", most), most))
    except BadTokenError as error:
        raise AwsError("ClientException", "Invalid nextToken") from error
    return {member: found, **({"nextToken": token} if token else {})}


def _named(environment: ComputeEnvironment) -> Request:
    return {"computeEnvironmentName": environment.name, "computeEnvironmentArn": environment.arn}


def _resources(request: Request) -> Request:
    """Defaults as documented: BEST_FIT is what a missing strategy means, and is then not described: inferred."""
    resources: Request = dict(request.get("computeResources", {}))
    if resources.get("type") in ("EC2", "SPOT"):
        resources.setdefault("minvCpus", 0)
        resources["desiredvCpus"] = max(resources["minvCpus"], resources.get("desiredvCpus", 0))
        resources.setdefault("instanceTypes", ["default_x86_64"])
    return resources


def _check_creation(request: Request) -> None:
    """The rules are documented (Batch API reference, ComputeResource); of the texts only the one on arm is seen."""
    if request["type"] == "UNMANAGED":
        return
    resources = request.get("computeResources")
    if not resources:
        raise client_error("computeResources must be provided for a MANAGED compute environment")
    if resources["type"] not in ("EC2", "SPOT", "FARGATE", "FARGATE_SPOT"):
        raise not_simulated(f"compute resources of type {resources['type']}")
    if "eksConfiguration" in request:
        _check_kubernetes_versions(resources)
        return
    if not resources.get("subnets"):
        raise client_error("subnets must be provided")
    on_fargate = resources["type"].startswith("FARGATE")
    if not resources.get("securityGroupIds") and (on_fargate or "launchTemplate" not in resources):
        raise client_error("securityGroupIds must be provided")
    if not on_fargate:
        _check_instances(resources)
    elif "minvCpus" in resources:
        raise client_error("minvCpus is not applicable for Fargate")


def _check_kubernetes_versions(resources: Request) -> None:
    """Text: Batch User Guide, supported_kubernetes_version."""
    wanted = [each.get("imageKubernetesVersion") for each in resources.get("ec2Configuration", [])]
    if any(each and each not in SUPPORTED_VERSIONS for each in wanted):
        raise client_error("At least one imageKubernetesVersion in EC2Configuration is not supported.")


def _check_instances(resources: Request) -> None:
    if "instanceRole" not in resources:
        raise client_error("instanceRole must be provided")
    if resources.get("minvCpus", 0) > resources["maxvCpus"]:
        raise client_error("minvCpus must not be greater than maxvCpus")
    if len(architectures(resources.get("instanceTypes", []))) > 1:
        raise client_error(MIXED_ARCHITECTURES)

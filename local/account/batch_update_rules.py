"""What UpdateComputeEnvironment accepts, and whether it replaces instances (updating-compute-environments)."""

from typing import Any

from local.account.batch_records import SERVICE_LINKED, ComputeEnvironment
from local.account.errors import client_error

# Batch User Guide, infrastructure-updates
INFRASTRUCTURE = (
    "allocationStrategy", "bidPercentage", "ec2Configuration", "ec2KeyPair", "imageId", "instanceRole", "instanceTypes",
    "launchTemplate", "placementGroup", "securityGroupIds", "subnets", "tags", "type", "updateToLatestImageVersion",
)  # fmt: skip
UPDATABLE_STRATEGIES = (
    "BEST_FIT_PROGRESSIVE", "BEST_FIT_PROGRESSIVE_ORDERED", "SPOT_CAPACITY_OPTIMIZED",
    "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED",
)  # fmt: skip
NOT_ON_FARGATE = (
    "allocationStrategy", "bidPercentage", "ec2Configuration", "ec2KeyPair", "imageId", "instanceRole", "instanceTypes",
    "launchTemplate", "placementGroup", "tags", "type", "updatePolicy", "updateToLatestImageVersion",
)  # fmt: skip
FARGATE_REFUSAL = (
    f"The following parameters can't be updated for Fargate compute environment: {', '.join(NOT_ON_FARGATE)}."
)
NO_SCALING_DOWN = (
    "Manually scaling down compute environment is not supported. Disconnecting job queues from compute environment "
    "will cause it to scale-down to minvCpus"
)

Request = dict[str, Any]


def is_infrastructure_update(environment: ComputeEnvironment, request: Request) -> bool:
    """One such member makes the whole call an infrastructure update; on Fargate there is none."""
    return not environment.on_fargate and bool(_infrastructure(request))


def check(environment: ComputeEnvironment, request: Request) -> None:
    if environment.status in ("CREATING", "UPDATING", "DELETING"):  # the text is seen in the wild, not documented
        raise client_error("Cannot update, resource is being modified.")
    _check_service_role(environment, request)
    if environment.type == "UNMANAGED":
        if request.get("computeResources"):
            raise client_error("computeResources can't be updated for UNMANAGED compute environment.")
        return
    resources = request.get("computeResources", {})
    if environment.on_fargate:
        _check_fargate(request, resources)
    else:
        _check_instances(environment, request)
    _check_vcpus(environment, resources)


def _infrastructure(request: Request) -> list[str]:
    return [name for name in INFRASTRUCTURE if name in request.get("computeResources", {})]


def _check_service_role(environment: ComputeEnvironment, request: Request) -> None:
    new = request.get("serviceRole")
    if new and (SERVICE_LINKED in new) != environment.has_service_linked_role:
        raise client_error("serviceRole can't be changed between a service-linked role and another role.")


def _check_fargate(request: Request, resources: Request) -> None:
    if any(name in resources or name in request for name in NOT_ON_FARGATE):
        raise client_error(FARGATE_REFUSAL)
    for name in ("minvCpus", "desiredvCpus"):
        if name in resources:
            raise client_error(f"{name} is not applicable for Fargate")


def _check_instances(environment: ComputeEnvironment, request: Request) -> None:
    fields = _infrastructure(request)
    if not fields:
        return
    if not environment.has_service_linked_role:
        text = f"Following fields {', '.join(fields)} can be updated only for Non-fargate Compute Environment having a "
        raise client_error(text + "Batch Service Linked Role")
    if environment.strategy not in UPDATABLE_STRATEGIES:  # the rule is documented, the text is inferred
        text = f"Following fields {', '.join(fields)} can't be updated for a Compute Environment with the allocation "
        raise client_error(text + f"strategy {environment.strategy}")


def _check_vcpus(environment: ComputeEnvironment, resources: Request) -> None:
    """The first text is documented (error-desired-vcpus-update); of the others only the rule is."""
    current = environment.resources
    after = {"minvCpus": 0, **current, **resources}
    minimum, maximum = after["minvCpus"], after["maxvCpus"]
    if minimum > maximum:
        raise client_error(f"minvCpus {minimum} must not be greater than maxvCpus {maximum}")
    if environment.on_fargate:
        return
    if "desiredvCpus" in resources and environment.orchestration == "EKS":
        raise client_error("desiredvCpus is not applicable for EKS compute environments")
    if "desiredvCpus" in resources:
        wanted = resources["desiredvCpus"]
        if wanted < current["desiredvCpus"]:
            raise client_error(NO_SCALING_DOWN)
        if not minimum <= wanted <= maximum:
            raise client_error("desiredvCpus must be between minvCpus and maxvCpus")
    if "maxvCpus" in resources and maximum < after["desiredvCpus"]:
        raise client_error(f"maxvCpus {maximum} must not be less than desiredvCpus {after['desiredvCpus']}")

"""botocore's own service models: they say what a request and an answer may look like."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

SERVICES = ("autoscaling", "batch", "cloudformation", "cloudtrail", "ec2", "ecs", "iam", "service-quotas")


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    return service_model(service).operation_model(operation)


@cache
def operation_names(service: str) -> frozenset[str]:
    return frozenset(service_model(service).operation_names)


def complaints(parameters: Mapping[str, Any], shape: Shape | None) -> str:
    """What botocore would say before it sends this; empty when it would send it."""
    if shape is None:
        return f"no parameters are taken, but got {sorted(parameters)}" if parameters else ""
    report = ParamValidator().validate(parameters, shape)
    return str(report.generate_report()) if report.has_errors() else ""


def pruned(value: Any, shape: Shape) -> Any:
    """A copy without the members that the shape does not know."""
    if isinstance(shape, StructureShape):
        return {key: pruned(value[key], member) for key, member in shape.members.items() if key in value}
    if isinstance(shape, ListShape):
        return [pruned(each, shape.member) for each in value]
    return dict(value) if isinstance(value, dict) else value

"""Two stacks in one Region: nothing that one of them makes has a name that the other wants, too."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conventions.translated import TRANSLATED

RESOURCES: dict[str, dict[str, Any]] = TRANSLATED["Resources"]
OUTSIDE = {"MetricName"}  # names no resource


def names() -> Iterator[Any]:
    for logical_id, resource in RESOURCES.items():
        for name, value in resource.get("Properties", {}).items():
            if name.endswith("Name") and name not in OUTSIDE:
                yield pytest.param(resource["Properties"], name, value, id=f"{logical_id}-{name}")


def is_of_the_stack(value: Any) -> bool:
    """Has the stack's name in it, or that of a resource of the stack."""
    match value:
        case {"Ref": str() as named} | {"Fn::GetAtt": [str() as named, _]}:
            return named == "AWS::StackName" or named in RESOURCES
        case {"Fn::Sub": str() as text}:
            return "${AWS::StackName}" in text
    return False


@pytest.mark.parametrize(("properties", "name", "value"), list(names()))
def test_name_is_of_the_stack(properties: dict[str, Any], name: str, value: Any) -> None:
    inside = name == "SchemaName" and is_of_the_stack(properties["RegistryName"])  # unique in its registry only

    assert is_of_the_stack(value) or inside


def test_nothing_is_exported() -> None:
    """The name of an export is one for all stacks of a Region."""
    assert not [name for name, output in TRANSLATED["Outputs"].items() if "Export" in output]


def metrics_of(part: Any) -> Iterator[dict[str, Any]]:
    """What an alarm watches, also where it reckons with several metrics."""
    match part:
        case {"MetricName": _}:
            yield part
        case dict():
            for value in part.values():
                yield from metrics_of(value)
        case list():
            for value in part:
                yield from metrics_of(value)


WATCHED = [
    pytest.param(metric, id=f"{logical_id}-{metric['MetricName']}")
    for logical_id, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
    for metric in metrics_of(resource["Properties"])
]


@pytest.mark.parametrize("metric", WATCHED)
def test_alarm_does_not_hear_another_stack(metric: dict[str, Any]) -> None:
    """Or the heartbeats of one stack would hide that the other is dead."""
    values = [dimension["Value"] for dimension in metric.get("Dimensions", [])]

    assert is_of_the_stack(metric["Namespace"]) or any(is_of_the_stack(value) for value in values)


def test_functions_count_in_the_namespace_of_the_stack() -> None:
    functions = [one["Properties"] for one in RESOURCES.values() if one["Type"] == "AWS::Lambda::Function"]

    assert functions
    for function in functions:
        assert is_of_the_stack(function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"])

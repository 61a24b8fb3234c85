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

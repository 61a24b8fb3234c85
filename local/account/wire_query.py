"""Reads the parameters of a form-encoded request: `Filter.1.Value.2=x` and its like."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from local.account import shapes

Tree = dict[str, Any]


def parameters(service: str, operation: str, fields: Mapping[str, str]) -> dict[str, Any]:
    tree: Tree = {}
    for name, value in fields.items():
        node = tree
        *parents, last = name.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    shape = shapes.operation_model(service, operation).input_shape
    return _structure(service, shape, tree) if isinstance(shape, StructureShape) else {}


def _structure(service: str, shape: StructureShape, tree: Tree) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        key = _key(service, name, member)
        if key in tree:
            found[name] = _value(service, member, tree[key])
    return found


def _key(service: str, name: str, shape: Shape) -> str:
    """EC2 has names of its own for queries, else the upper-cased location name."""
    if service != "ec2":
        return str(shape.serialization.get("name", name))
    location = shape.serialization.get("name", name)
    return str(shape.serialization.get("queryName", location[:1].upper() + location[1:]))


def _value(service: str, shape: Shape, node: Any) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(service, shape, node)
    if isinstance(shape, ListShape):
        items = node if service == "ec2" else node.get("member", {}) if isinstance(node, dict) else {}
        if not isinstance(items, dict):
            return []  # an empty list is sent as one empty value
        return [_value(service, shape.member, items[index]) for index in sorted(items, key=int)]
    return _scalar(shape.type_name, node)


def _scalar(kind: str, text: str) -> Any:
    if kind == "boolean":
        return text == "true"
    if kind in ("integer", "long"):
        return int(text)
    return float(text) if kind in ("float", "double") else text

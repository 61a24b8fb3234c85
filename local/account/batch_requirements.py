"""What a job asks for: its definition, with the overrides of its submission laid over it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.account.batch_kubernetes import pod_requirements
from local.account.errors import client_error

Properties = dict[str, Any]

# lists that the documented event of a job shows even when they are empty: Batch User Guide, batch_job_events
ALWAYS_LISTED = ("volumes", "environment", "mountPoints", "ulimits", "resourceRequirements", "secrets")


def container(definition: Mapping[str, Any], overrides: Mapping[str, Any]) -> Properties:
    """The `container` of a job; empty for multi-container jobs (Batch API reference, JobDetail)."""
    properties = definition.get("containerProperties")
    if properties is None:
        return {}
    merged: Properties = {**{name: [] for name in ALWAYS_LISTED}, "command": [], **properties, "networkInterfaces": []}
    merged |= {name: overrides[name] for name in ("command", "instanceType", "vcpus", "memory") if name in overrides}
    return _with_lists(merged, overrides)


def with_task_overrides(definition: Mapping[str, Any], overrides: Mapping[str, Any]) -> Properties:
    """The definition with `ecsPropertiesOverride` laid over its containers, by name (Batch API reference)."""
    if "ecsProperties" not in definition or not overrides:
        return dict(definition)
    above = {one.get("name"): one for task in overrides["taskProperties"] for one in task.get("containers", [])}
    tasks = [
        {**task, "containers": [_overridden(one, above.get(one.get("name"), {})) for one in task["containers"]]}
        for task in definition["ecsProperties"]["taskProperties"]
    ]
    return {**definition, "ecsProperties": {**definition["ecsProperties"], "taskProperties": tasks}}


def requirements(definition: Mapping[str, Any], merged: Properties) -> tuple[float, int, int]:
    """vCPUs, MiB and GPUs; containers are summed up, of several kinds of nodes the largest number counts."""
    try:
        if "eksProperties" in definition:
            return pod_requirements(definition["eksProperties"])
        nodes = [_sum(_of_task(each, each.get("container", {}))) for each in _ranges(definition)]
        nodes = nodes or [_sum(_of_task(definition, merged))]
    except ValueError as error:
        raise client_error(f"resourceRequirements: {error}") from error
    return max(each[0] for each in nodes), max(each[1] for each in nodes), max(each[2] for each in nodes)


def is_windows(definition: Mapping[str, Any]) -> bool:
    """By runtimePlatform, which only Fargate jobs have (Batch API reference, RuntimePlatform)."""
    tasks = definition.get("ecsProperties", {}).get("taskProperties", [])
    holders = [definition.get("containerProperties", {}), *tasks]
    return any("WINDOWS" in each.get("runtimePlatform", {}).get("operatingSystemFamily", "") for each in holders)


def seconds(definition: Mapping[str, Any], merged: Properties, default: float) -> float:
    """How long the job runs here; a parameter of the simulation, not of AWS."""
    containers = [*_of_task(definition, merged)]
    containers += [one for each in _ranges(definition) for one in _of_task(each, each.get("container", {}))]
    containers += definition.get("eksProperties", {}).get("podProperties", {}).get("containers", [])
    for variable in (one for each in containers for one in each.get("environment") or each.get("env", [])):
        if variable.get("name") == "SIMULATED_SECONDS":
            return float(variable["value"])
    return default


def _ranges(definition: Mapping[str, Any]) -> list[Properties]:
    found: list[Properties] = definition.get("nodeProperties", {}).get("nodeRangeProperties", [])
    return found


def _of_task(properties: Mapping[str, Any], single: Properties) -> Iterator[Properties]:
    tasks = properties.get("ecsProperties", {}).get("taskProperties", [])
    yield from [each for task in tasks for each in task.get("containers", [])] or [single]


def _sum(containers: Iterable[Properties]) -> tuple[float, int, int]:
    wanted = [_of_container(each) for each in containers]
    return (
        sum(float(each.get("VCPU", 0)) for each in wanted),
        sum(int(each.get("MEMORY", 0)) for each in wanted),
        sum(int(each.get("GPU", 0)) for each in wanted),
    )


def _of_container(each: Mapping[str, Any]) -> dict[str, Any]:
    """Older definitions have `vcpus` and `memory` beside the list (Batch API reference, ContainerProperties)."""
    old = {"VCPU": each.get("vcpus"), "MEMORY": each.get("memory")}
    listed = {one["type"]: one["value"] for one in each.get("resourceRequirements", [])}
    return {**{key: value for key, value in old.items() if value}, **listed}


def _overridden(below: Properties, above: Properties) -> Properties:
    return _with_lists({**below, **{name: above[name] for name in ("command",) if name in above}}, above)


def _with_lists(below: Properties, above: Mapping[str, Any]) -> Properties:
    return {
        **below,
        "environment": _laid_over("name", below.get("environment", []), above.get("environment", [])),
        "resourceRequirements": _laid_over(
            "type", below.get("resourceRequirements", []), above.get("resourceRequirements", [])
        ),
    }


def _laid_over(key: str, below: Iterable[Properties], above: Iterable[Properties]) -> list[Properties]:
    return list({each.get(key): each for each in (*below, *above)}.values())

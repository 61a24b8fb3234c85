"""What a job asks for: its definition, with the overrides of its submission laid over it."""

from collections.abc import Iterable, Mapping
from typing import Any

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
    merged["environment"] = _laid_over("name", merged["environment"], overrides.get("environment", []))
    merged["resourceRequirements"] = _laid_over(
        "type", merged["resourceRequirements"], overrides.get("resourceRequirements", [])
    )
    return merged


def requirements(definition: Mapping[str, Any], merged: Properties) -> tuple[float, int, int]:
    """vCPUs, MiB and GPUs; those of a multi-container job are summed up."""
    tasks = definition.get("ecsProperties", {}).get("taskProperties", [])
    containers = [each for task in tasks for each in task.get("containers", [])] or [merged]
    wanted = [_of_container(each) for each in containers]
    try:
        return (
            sum(float(each.get("VCPU", 0)) for each in wanted),
            sum(int(each.get("MEMORY", 0)) for each in wanted),
            sum(int(each.get("GPU", 0)) for each in wanted),
        )
    except ValueError as error:
        raise client_error(f"resourceRequirements: {error}") from error


def seconds(merged: Properties, default: float) -> float:
    """How long the job runs here; a parameter of the simulation, not of AWS."""
    for variable in merged.get("environment", []):
        if variable.get("name") == "SIMULATED_SECONDS":
            return float(variable["value"])
    return default


def _of_container(each: Mapping[str, Any]) -> dict[str, Any]:
    """Older definitions have `vcpus` and `memory` beside the list (Batch API reference, ContainerProperties)."""
    old = {"VCPU": each.get("vcpus"), "MEMORY": each.get("memory")}
    listed = {one["type"]: one["value"] for one in each.get("resourceRequirements", [])}
    return {**{key: value for key, value in old.items() if value}, **listed}


def _laid_over(key: str, below: Iterable[Properties], above: Iterable[Properties]) -> list[Properties]:
    return list({each.get(key): each for each in (*below, *above)}.values())

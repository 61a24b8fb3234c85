"""Reads what a job asks for, in each of the shapes that AWS Batch knows (AWS Batch API, JobDetail)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from batchmedic.model.job import Requirements

Wanted = Mapping[str, float]  # VCPU, MEMORY (MiB), GPU

KINDS = ("VCPU", "MEMORY", "GPU")
_QUANTITY = re.compile(r"(?P<number>[0-9.]+)(?P<unit>m|Mi|Gi|M|G|)")
_UNITS = {"m": 0.001, "": 1, "Mi": 1, "M": 1, "Gi": 1024, "G": 1024}  # cpu, or memory in MiB


def requirements(described: Mapping[str, Any]) -> Requirements | None:
    """What the largest node asks for; None where the job says it in a way that is not known here."""
    try:
        wanted = [(count, _sum(containers)) for count, containers in _nodes(described)]
        largest = {kind: max((each.get(kind, 0) for _, each in wanted), default=0) for kind in KINDS}
        if not any(largest.values()):
            return None
        count = sum(number for number, _ in wanted)
        return Requirements(
            vcpus=largest["VCPU"],
            memory=int(largest["MEMORY"]),
            gpus=int(largest["GPU"]),
            nodes=count,
            all_vcpus=sum(number * each.get("VCPU", 0) for number, each in wanted) if count > 1 else None,
            platform=_platform(described.get("platformCapabilities") or ()),
            windows=_windows(described),
        )
    except (ValueError, TypeError, AttributeError):  # one odd job must not end the look at all the others
        return None


def _nodes(described: Mapping[str, Any]) -> Iterator[tuple[int, list[Wanted]]]:
    """(number of nodes, what their containers ask for); an ordinary job is one node."""
    properties = described.get("nodeProperties")
    if not properties:
        yield 1, list(_containers(described))
        return
    for each in properties.get("nodeRangeProperties") or ():
        yield _size(each.get("targetNodes", ""), properties.get("numNodes", 0)), list(_containers(each))


def _size(target: str, nodes: int) -> int:
    """How many nodes "0:3", ":3", "4:" or "4" names of so many."""
    first, colon, last = target.partition(":")
    begin = int(first or 0)
    end = int(last) if last else (nodes - 1 if colon else begin)
    return max(end - begin + 1, 1)


def _containers(described: Mapping[str, Any]) -> Iterator[Wanted]:
    tasks = (described.get("ecsProperties") or {}).get("taskProperties") or ()
    if tasks:
        yield from (_of_container(each) for task in tasks for each in task.get("containers") or ())
    elif described.get("eksProperties"):
        pod = described["eksProperties"].get("podProperties") or {}
        yield from (_of_pod(each) for each in pod.get("containers") or ())
    elif described.get("container"):
        yield _of_container(described["container"])


def _of_container(container: Mapping[str, Any]) -> Wanted:
    """Values are strings in resourceRequirements, numbers in the old fields (AWS Batch API, ContainerDetail)."""
    listed = {each.get("type"): each.get("value") for each in container.get("resourceRequirements") or ()}
    old = {"VCPU": container.get("vcpus"), "MEMORY": container.get("memory")}
    return {kind: _number(value) for kind, value in {**old, **listed}.items() if kind and value}


def _of_pod(container: Mapping[str, Any]) -> Wanted:
    """Batch scales EKS environments by requests (AWS Batch user guide, "Memory and vCPU considerations")."""
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    kinds = {"cpu": "VCPU", "memory": "MEMORY", "nvidia.com/gpu": "GPU"}
    return {kinds[name]: _quantity(value) for name, value in asked.items() if name in kinds}


def _quantity(value: Any) -> float:
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        raise ValueError(f"no quantity: {value}")
    return float(found["number"]) * _UNITS[found["unit"]]


def _number(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"no number: {value}")
    return number


def _sum(containers: Iterable[Wanted]) -> Wanted:
    total: dict[str, float] = {}
    for each in containers:
        for kind, number in each.items():
            total[kind] = total.get(kind, 0) + number
    return total


def _platform(capabilities: Sequence[str]) -> str | None:
    """The one that the job requires; a job that names several may run on any of them."""
    return capabilities[0] if len(capabilities) == 1 else None


def _windows(described: Mapping[str, Any]) -> bool:
    """By the job's runtimePlatform (AWS Batch API, RuntimePlatform)."""
    tasks = (described.get("ecsProperties") or {}).get("taskProperties") or ()
    holders = [described.get("container") or {}, *tasks]
    families = [(each.get("runtimePlatform") or {}).get("operatingSystemFamily") for each in holders]
    return any("WINDOWS" in str(family) for family in families)

"""The instance types that an environment may launch, as the room that they offer to jobs."""

from dataclasses import dataclass
from functools import cache

from local.account.batch_families import expand, registered_memory
from local.account.batch_records import ComputeEnvironment, Job
from local.account.ec2_instance_types import all_types, offered_in_zones


@dataclass(frozen=True, kw_only=True)
class Size:
    type: str
    vcpus: int
    memory: int  # MiB that register
    gpus: int

    def holds(self, job: Job) -> bool:
        return job.vcpus <= self.vcpus and job.memory <= self.memory and job.gpus <= self.gpus


def size(name: str) -> Size:
    described = all_types()[name]
    return Size(
        type=name,
        vcpus=described["VCpuInfo"]["DefaultVCpus"],
        memory=registered_memory(described["MemoryInfo"]["SizeInMiB"]),
        gpus=sum(gpu.get("Count", 0) for gpu in described.get("GpuInfo", {}).get("Gpus", [])),
    )


def sizes(environment: ComputeEnvironment, region: str, zones: list[str] | None) -> tuple[Size, ...]:
    """Those that the zones offer, or all. The smallest first, those without GPUs before those with: in this order they
    are launched; inferred."""
    usage = "spot" if environment.kind == "SPOT" else "on-demand"
    return _sizes(tuple(environment.resources["instanceTypes"]), usage, region, None if zones is None else tuple(zones))


@cache
def _sizes(wanted: tuple[str, ...], usage: str, region: str, zones: tuple[str, ...] | None) -> tuple[Size, ...]:
    offered = all_types() if zones is None else offered_in_zones(region, zones)
    names = [name for name in expand(wanted) if name in offered and usage in all_types()[name]["SupportedUsageClasses"]]
    return tuple(sorted(map(size, names), key=lambda one: (one.gpus, one.vcpus, one.memory, one.type)))

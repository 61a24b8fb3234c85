"""Amazon EKS environments: what Batch says of the cluster behind one (batch_eks_invalid_compute_environment)."""

from collections.abc import Iterator
from typing import Any

from local.account.batch_records import ComputeEnvironment
from local.account.world import EksCluster, World

SUPPORTED_VERSIONS = ("1.29", "1.30", "1.31", "1.32", "1.33", "1.34")  # the same guide, supported_kubernetes_version
UNITS = {"Mi": 1, "Gi": 1024, "M": 1, "G": 1024, "": 1}  # MiB, which is what Batch takes


def cluster_of(world: World, environment: ComputeEnvironment) -> EksCluster | None:
    """None for a cluster that nobody told the account about: it is taken for sound."""
    return world.eks_clusters.get(environment.described["eksConfiguration"]["eksClusterArn"])


def complaints(world: World, environment: ComputeEnvironment) -> Iterator[str]:
    cluster = cluster_of(world, environment)
    if cluster is None:
        return
    if cluster.version not in SUPPORTED_VERSIONS:
        yield f"CLIENT_ERROR - EKS Cluster version [{cluster.version}] is unsupported"
    if environment.described["eksConfiguration"]["kubernetesNamespace"] not in cluster.namespaces:
        yield "CLIENT_ERROR - Unable to validate Kubernetes Namespace"


def pod_requirements(properties: dict[str, Any]) -> tuple[float, int, int]:
    """vCPUs, MiB and GPUs of a pod: requests, or else limits (Batch User Guide, memory-cpu-batch-eks)."""
    vcpus, memory, gpus = 0.0, 0, 0
    for each in properties.get("podProperties", {}).get("containers", []):
        resources = each.get("resources", {})
        wanted = {**resources.get("limits", {}), **resources.get("requests", {})}
        vcpus += _cpu(wanted.get("cpu", "0"))
        memory += _memory(wanted.get("memory", "0"))
        gpus += int(wanted.get("nvidia.com/gpu", 0))
    return vcpus, memory, gpus


def _cpu(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _memory(text: str) -> int:
    number = text.rstrip("MGi")
    return int(float(number) * UNITS[text[len(number) :]])

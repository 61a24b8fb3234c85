"""AWS Batch cannot work with the Amazon EKS cluster of the compute environment."""

import re
from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import SYMPTOMS, look_again
from batchmedic.model.snapshot import Snapshot

# Batch user guide, "INVALID compute environment" of AWS Batch on Amazon EKS
VERSION = re.compile(r"EKS Cluster version \[(?P<version>[^\]]+)\] is unsupported", re.IGNORECASE)
NAMESPACE = re.compile(r"Unable to validate Kubernetes Namespace", re.IGNORECASE)
NOT_JOINED = re.compile(r"none of the (instances|nodes) joined the underlying (Amazon )?EKS Cluster", re.IGNORECASE)


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """What is inside a cluster only AWS Batch sees; the documented texts are its own statement."""
    if environment.status != "INVALID" or environment.orchestration != "EKS":
        return
    cluster, region = environment.eks_cluster or "", snapshot.region
    name = cluster.rpartition("/")[2] or "CLUSTER_NAME"
    show = f"aws eks describe-cluster --region {region} --name {name} --query 'cluster.[status,version]' --output text"
    again = look_again(environment, region)
    if version := VERSION.search(environment.status_reason):
        yield Evidence(
            message=f"The EKS cluster {name} of compute environment {environment.name} has Kubernetes version "
            f"{version['version']}, which AWS Batch does not support.",
            facts={"cluster": cluster, "fault": "version", "version": version["version"]},
            recommendation="Update the cluster to a version that AWS Batch supports (one minor version at a time), "
            f"then let AWS Batch look again at {environment.name}.",
            steps=(
                show,
                f"aws eks update-cluster-version --region {region} --name {name} --kubernetes-version VERSION",
                again,
            ),
        )
    elif NAMESPACE.search(environment.status_reason):
        namespace = environment.eks_namespace or "of the environment"
        yield Evidence(
            message=f"AWS Batch cannot validate the Kubernetes namespace {namespace} of compute environment "
            f"{environment.name} in the EKS cluster {name}: it does not exist, or AWS Batch may not see it.",
            facts={"cluster": cluster, "fault": "namespace", "namespace": environment.eks_namespace},
            recommendation=f"Make the namespace and the role bindings that AWS Batch needs in it, with the access of "
            f"AWSServiceRoleForBatch to the cluster, then let AWS Batch look again at {environment.name}.",
            steps=(
                show,
                f"aws eks update-kubeconfig --region {region} --name {name}",
                f"kubectl get namespace,role,rolebinding --namespace {environment.eks_namespace or 'NAMESPACE'}",
                again,
            ),
        )
    elif NOT_JOINED.search(environment.status_reason):
        yield Evidence(
            message=f"AWS Batch launched instances for compute environment {environment.name}, but none of them joined "
            f"the EKS cluster {name}, so it was invalidated and scaled down.",
            facts={"cluster": cluster, "fault": "nodes did not join"},
            recommendation="See that the subnets reach the cluster's endpoint, that the instance role is in the "
            "cluster's access entries (or aws-auth), and that image and user data are made for this cluster; then let "
            "AWS Batch look again.",
            steps=(
                f"aws eks describe-cluster --region {region} --name {name} --query cluster.resourcesVpcConfig",
                f"aws eks list-access-entries --region {region} --cluster-name {name}",
                again,
            ),
        )


DIAGNOSIS = Diagnosis(
    id="kubernetes_unusable",
    title="EKS cluster cannot be used by AWS Batch",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/batch_eks_invalid_compute_environment.html",
    check_environment=check,
    explains=SYMPTOMS,
    reads=("batch:DescribeComputeEnvironments",),
)

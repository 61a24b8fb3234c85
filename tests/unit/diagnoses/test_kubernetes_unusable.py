import pytest

from batchmedic.diagnoses.kubernetes_unusable import check
from tests.factories import a_compute_environment, a_snapshot

NAMESPACE = "CLIENT_ERROR - Unable to validate Kubernetes Namespace"
VERSION = "CLIENT_ERROR - EKS Cluster version [1.21] is unsupported"
NOT_JOINED = "INVALIDATED because none of the nodes joined the underlying Amazon EKS Cluster."


def evidence(reason, **changes):
    environment = {
        "status": "INVALID",
        "orchestration": "EKS",
        "eks_cluster": "arn:aws:eks:eu-west-1:111122223333:cluster/research",
        "eks_namespace": "batch",
    }
    return list(check(a_compute_environment(**{**environment, **changes}, status_reason=reason), a_snapshot()))


@pytest.mark.parametrize(
    ("reason", "changes", "fault"),
    [
        pytest.param(VERSION, {}, "version", id="version"),
        pytest.param(NAMESPACE, {}, "namespace", id="namespace"),
        pytest.param(NOT_JOINED, {}, "nodes did not join", id="not joined"),
        pytest.param("CLIENT_ERROR - something new", {}, None, id="another text"),
        pytest.param(NAMESPACE, {"orchestration": "ECS"}, None, id="ECS"),
        pytest.param(NAMESPACE, {"status": "VALID"}, None, id="not INVALID"),
    ],
)
def test_fires_for_the_documented_texts(reason, changes, fault):
    assert [said.facts["fault"] for said in evidence(reason, **changes)] == ([fault] if fault else [])


def test_names_cluster_version_and_namespace():
    (version,) = evidence(VERSION)
    (namespace,) = evidence(NAMESPACE)

    assert version.message == (
        "The EKS cluster research of compute environment align-ec2 has Kubernetes version 1.21, which AWS Batch does "
        "not support."
    )
    assert "the Kubernetes namespace batch of compute environment align-ec2" in namespace.message

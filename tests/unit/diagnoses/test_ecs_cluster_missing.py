import pytest

from batchmedic.diagnoses.ecs_cluster_missing import check
from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, Cluster
from tests.factories import a_compute_environment, a_job_queue, a_network, a_snapshot

ARN = "arn:aws:ecs:eu-west-1:111122223333:cluster/AWSBatch-align-ec2"


def evidence(cluster, *, network=None, **changes):
    environment = a_compute_environment(**{"status": "INVALID", **changes})
    clusters = Answers(call="ecs:DescribeClusters", found={ARN: cluster} if cluster else {})
    snapshot = a_snapshot(
        compute_environments=(environment,), capacity=Capacity(clusters=clusters), network=network or a_network()
    )
    return list(check(environment, snapshot))


@pytest.mark.parametrize(
    ("cluster", "changes", "fires"),
    [
        pytest.param(Cluster(status="ACTIVE"), {}, False, id="active"),
        pytest.param(Cluster(status="INACTIVE"), {}, True, id="deleted"),
        pytest.param(None, {}, True, id="forgotten"),
        pytest.param(Cluster(status="NEW"), {}, False, id="a status not known here"),
        pytest.param(None, {"status": "VALID"}, False, id="not INVALID"),
        pytest.param(None, {"orchestration": "EKS"}, False, id="EKS"),
        pytest.param(None, {"ecs_cluster": None}, False, id="none named"),
    ],
)
def test_fires_where_the_cluster_is_gone(cluster, changes, fires):
    assert bool(evidence(cluster, **changes)) == fires


def test_says_what_became_of_it():
    (said,) = evidence(Cluster(status="INACTIVE"))

    assert said.message == (
        f"The ECS cluster {ARN} of compute environment align-ec2 is INACTIVE: it was deleted, so no job can be placed "
        "there."
    )


def test_a_cluster_that_was_not_asked_for_is_not_missing():
    with pytest.raises(NotReadError):
        evidence(None, network=a_network(subnets={}))


def test_the_cluster_of_an_idle_unmanaged_environment_is_not_read():
    environment = a_compute_environment(status="INVALID", managed=False, unmanaged=True, subnets=(), security_groups=())
    capacity = Capacity(clusters=Answers(call="ecs:DescribeClusters"))
    snapshot = a_snapshot(compute_environments=(environment,), job_queues=(a_job_queue(),), capacity=capacity)

    with pytest.raises(NotReadError):
        list(check(environment, snapshot))

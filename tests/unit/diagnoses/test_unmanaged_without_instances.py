import pytest

from batchmedic.diagnoses.unmanaged_without_instances import check
from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, Cluster
from tests.factories import a_compute_environment, a_job, a_job_queue, a_late_job, a_snapshot

EMPTY = Cluster(status="ACTIVE")


def evidence(job=None, *, cluster=EMPTY, asked=True, **environment):
    unmanaged = {"managed": False, "unmanaged": True, "kind": "", "max_vcpus": 0, "instance_types": ()}
    own = a_compute_environment(**{**unmanaged, **environment})
    found = {own.ecs_cluster: cluster} if cluster and own.ecs_cluster else {}
    clusters = Answers(call="ecs:DescribeClusters", found=found)
    snapshot = a_snapshot(
        job_queues=(a_job_queue(*([job or a_late_job()])),),
        compute_environments=(own,),
        capacity=Capacity(clusters=clusters) if asked else Capacity(),
    )
    return list(check(own, snapshot))


def test_fires_when_a_job_waits_and_no_instance_is_registered():
    (said,) = evidence()

    assert said.message == (
        "Jobs of job queue align wait for compute environment align-ec2, which is UNMANAGED: AWS Batch never starts "
        "instances there, and 0 container instances are registered with its ECS cluster AWSBatch-align-ec2."
    )
    assert "ECS_CLUSTER=AWSBatch-align-ec2" in said.recommendation
    assert said.steps[0] == (
        "aws ecs list-container-instances --region eu-west-1 "
        "--cluster arn:aws:ecs:eu-west-1:111122223333:cluster/AWSBatch-align-ec2"
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"job": a_job()}, id="its owner may still start some"),
        pytest.param({"cluster": Cluster(status="ACTIVE", registered_instances=1)}, id="one is registered"),
        pytest.param({"cluster": None}, id="the cluster is gone: another diagnosis"),
        pytest.param({"cluster": Cluster(status="INACTIVE")}, id="the cluster is INACTIVE: another diagnosis"),
        pytest.param({"managed": True, "unmanaged": False}, id="managed"),
        pytest.param({"unmanaged": False, "kind": "QUANTUM"}, id="a type not known here"),
        pytest.param({"state": "DISABLED"}, id="disabled"),
        pytest.param({"ecs_cluster": None}, id="no cluster named"),
    ],
)
def test_keeps_quiet(changes):
    assert evidence(**changes) == []


def test_a_cluster_that_was_not_read_decides_nothing():
    with pytest.raises(NotReadError, match="ecs:DescribeClusters"):
        evidence(asked=False)


def test_the_jobs_that_wait_are_named():
    (said,) = evidence()

    assert said.jobs == (a_job().arn,)

import pytest

from batchmedic.diagnoses.scaling_not_attempted import check
from batchmedic.findings import Confidence
from batchmedic.model.capacity import Capacity
from batchmedic.model.job import Requirements
from tests.factories import (
    C7G_4XLARGE,
    C7G_LARGE,
    a_capacity,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_snapshot,
)

LATE = a_late_job()
NODES = Requirements(vcpus=2, memory=2_048, nodes=2, all_vcpus=4)
ON_FARGATE = Requirements(vcpus=2, memory=2_048, platform="FARGATE")


def evidence(job=LATE, *, others=(), queue=None, capacity=None, about=0, **environment):
    environments = (a_compute_environment(**environment), *others)
    jobs = (job,) if job else ()
    own = a_job_queue(*jobs, compute_environments=tuple(one.arn for one in environments), **(queue or {}))
    snapshot = a_snapshot(job_queues=(own,), compute_environments=environments, capacity=capacity or a_capacity())
    return list(check(environments[about], snapshot))


def test_fires_when_a_job_that_fits_waits_and_nothing_is_asked_for():
    (said,) = evidence()

    assert said.message == (
        "The job at the head of job queue align has waited for 30 minutes (normal are up to 10 minutes). It fits the "
        "instance types of align-ec2, and none of its maxvCpus of 64 is in use, yet AWS Batch asks for no instance: "
        "desiredvCpus is 0."
    )
    assert said.confidence is Confidence.POSSIBLE
    assert said.steps[0].startswith("aws batch describe-jobs --region eu-west-1 --jobs 00000001-")
    assert "AWSBatch-align-ec2-" in said.steps[1]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"job": a_job()}, id="within the normal time"),
        pytest.param({"job": None}, id="nothing waits"),
        pytest.param({"desired_vcpus": 16}, id="instances are asked for"),
        pytest.param({"max_vcpus": 0}, id="no room at all"),
        pytest.param({"max_vcpus": 1}, id="no room for the job"),
        pytest.param({"job": a_late_job(memory=65_536)}, id="the job does not fit"),
        pytest.param({"job": a_late_job(memory=32_000)}, id="whether it fits is not sure"),
        pytest.param({"job": a_late_job(requirements=NODES)}, id="multi-node"),
        pytest.param({"job": a_late_job(requirements=ON_FARGATE)}, id="the job wants Fargate"),
        pytest.param({"job": a_late_job(consumable_resources=("licences",))}, id="a consumable resource"),
        pytest.param({"queue": {"scheduling_policy": "arn:policy"}}, id="fair-share scheduling"),
        pytest.param({"state": "DISABLED"}, id="disabled"),
        pytest.param({"status": "INVALID"}, id="INVALID"),
        pytest.param({"status": "UPDATING"}, id="changing"),
        pytest.param({"kind": "FARGATE"}, id="Fargate"),
        pytest.param({"kind": "QUANTUM"}, id="a kind not known here"),
        pytest.param({"managed": False}, id="unmanaged"),
        pytest.param({"orchestration": "EKS"}, id="EKS"),
        pytest.param({"job": a_late_job(waited=12), "instance_types": ("c7g.metal",)}, id="bare metal takes longer"),
    ],
)
def test_keeps_quiet(changes):
    assert evidence(**changes) == []


@pytest.mark.parametrize(
    ("other", "fires"),
    [
        pytest.param({"status": "CREATING"}, False, id="comes up"),
        pytest.param({"desired_vcpus": 16}, False, id="has instances"),
        pytest.param({"kind": "QUANTUM"}, False, id="is of a kind not known here"),
        pytest.param({}, True, id="is idle, too"),
        pytest.param({"status": "INVALID"}, True, id="is INVALID"),
        pytest.param({"state": "DISABLED", "desired_vcpus": 16}, True, id="is disabled"),
    ],
)
def test_another_environment_of_the_queue(other, fires):
    assert bool(evidence(others=(a_compute_environment("other", **other),))) == fires


def test_is_told_of_the_first_environment_only():
    assert evidence(others=(a_compute_environment("other"),), about=1) == []


def test_nothing_is_asked_where_nothing_is_late():
    assert evidence(job=a_job(), capacity=Capacity()) == []


def test_one_type_that_takes_the_job_is_enough():
    (said,) = evidence(
        a_late_job(vcpus=8), capacity=a_capacity(C7G_LARGE, C7G_4XLARGE), instance_types=("c7g.large", "c7g.4xlarge")
    )

    assert said.jobs == (LATE.arn,)

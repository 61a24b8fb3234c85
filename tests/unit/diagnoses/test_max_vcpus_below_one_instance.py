import pytest

from batchmedic.diagnoses.max_vcpus_below_one_instance import check
from batchmedic.findings import Confidence
from batchmedic.model.capacity import Capacity, InstanceType
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

R7G_4XLARGE = InstanceType(name="r7g.4xlarge", vcpus=16, memory=131_072)


def evidence(*jobs, types=(C7G_4XLARGE,), others=(), capacity=None, **environment):
    listed = {"instance_types": tuple(one.name for one in types), "max_vcpus": 8, **environment}
    own = a_compute_environment(**listed)
    queue = a_job_queue(*jobs, compute_environments=(own.arn, *(other.arn for other in others)))
    snapshot = a_snapshot(
        job_queues=(queue,), compute_environments=(own, *others), capacity=capacity or a_capacity(*types)
    )
    return list(check(own, snapshot))


@pytest.mark.parametrize(
    ("job", "strategy", "confidences"),
    [
        pytest.param(a_job(), "BEST_FIT", [Confidence.CERTAIN], id="BEST_FIT never exceeds it: at once"),
        pytest.param(a_job(), None, [Confidence.CERTAIN], id="no strategy means BEST_FIT"),
        pytest.param(a_job(), "BEST_FIT_PROGRESSIVE", [], id="another strategy might exceed it"),
        pytest.param(a_late_job(), "BEST_FIT_PROGRESSIVE", [Confidence.PROBABLE], id="and has not for too long"),
    ],
)
def test_the_strategy_decides_how_certain_it_is(job, strategy, confidences):
    assert [said.confidence for said in evidence(job, allocation_strategy=strategy)] == confidences


@pytest.mark.parametrize(
    ("environment", "types"),
    [
        pytest.param({"max_vcpus": 16}, (C7G_4XLARGE,), id="room for exactly one"),
        pytest.param({}, (C7G_LARGE, C7G_4XLARGE), id="a smaller type is allowed"),
        pytest.param({"desired_vcpus": 16}, (C7G_4XLARGE,), id="an instance is there all the same"),
        pytest.param({"state": "DISABLED"}, (C7G_4XLARGE,), id="disabled"),
        pytest.param({"status": "INVALID"}, (C7G_4XLARGE,), id="INVALID"),
        pytest.param({"kind": "FARGATE"}, (C7G_4XLARGE,), id="Fargate"),
    ],
)
def test_keeps_quiet(environment, types):
    assert evidence(a_late_job(), types=types, **environment) == []


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"vcpus": 12}, id="more vCPUs than maxvCpus"),
        pytest.param({"vcpus": 4, "memory": 65_536}, id="more memory than an instance has"),
        pytest.param({"gpus": 1}, id="GPUs"),
    ],
)
def test_a_job_that_is_too_large_itself_is_another_diagnosis(wanted):
    assert evidence(a_late_job(**wanted), allocation_strategy="BEST_FIT") == []


def test_nothing_is_asked_where_no_job_waits():
    assert evidence(capacity=Capacity(), allocation_strategy="BEST_FIT") == []


@pytest.mark.parametrize(("job", "fires"), [(a_job(), False), (a_late_job(), True)], ids=["in time", "too late"])
def test_another_environment_may_take_the_job(job, fires):
    other = a_compute_environment("other")

    assert bool(evidence(job, others=(other,), allocation_strategy="BEST_FIT")) == fires


def test_says_the_number_that_would_do():
    (said,) = evidence(a_job(), allocation_strategy="BEST_FIT")

    assert said.message == (
        "Compute environment align-ec2 has a maxvCpus of 8; the smallest instance type that it allows, c7g.4xlarge, "
        "has 16 vCPUs. With the allocation strategy BEST_FIT, AWS Batch never exceeds it."
    )
    assert said.recommendation == "Raise maxvCpus of align-ec2 to at least 16."
    assert said.steps == (
        "aws batch update-compute-environment --region eu-west-1 --compute-environment align-ec2 "
        "--compute-resources maxvCpus=16",
    )


def test_names_the_strategy_and_the_jobs_that_wait():
    (said,) = evidence(a_late_job(), allocation_strategy="BEST_FIT_PROGRESSIVE")

    assert "With the allocation strategy BEST_FIT_PROGRESSIVE, AWS Batch might exceed it by one" in said.message
    assert said.jobs == (a_job().arn,)


@pytest.mark.parametrize(
    ("wanted", "types"),
    [
        pytest.param({"vcpus": 8}, (C7G_4XLARGE,), id="all of maxvCpus"),
        pytest.param({"memory": 65_536}, (C7G_4XLARGE, R7G_4XLARGE), id="one type would do"),
    ],
)
def test_a_job_that_would_fit(wanted, types):
    assert evidence(a_job(**wanted), types=types, allocation_strategy="BEST_FIT")


def test_a_job_whose_requirements_are_not_known_is_not_judged():
    assert evidence(a_job(requirements=None), allocation_strategy="BEST_FIT") == []

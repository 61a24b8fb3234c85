import pytest

from batchmedic.diagnoses.job_exceeds_memory import check
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity
from tests.factories import (
    C7G_4XLARGE,
    C7G_LARGE,
    NOW,
    a_capacity,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_snapshot,
    minutes,
)


def evidence(*, memory, waited=20, registered=None, types=(C7G_4XLARGE,), reason=None, vcpus=2, **environment):
    job = a_job(vcpus=vcpus, memory=memory, at_position_since=NOW - minutes(waited), status_reason=reason)
    listed = {"instance_types": tuple(one.name for one in types), **environment}
    queue = a_job_queue(job)
    snapshot = a_snapshot(
        job_queues=(queue,),
        compute_environments=(a_compute_environment(**listed),),
        capacity=a_capacity(*types, registered=registered),
    )
    return list(check(queue, snapshot))


@pytest.mark.parametrize(
    ("memory", "registered", "confidence"),
    [
        pytest.param(16_384, None, None, id="half of it"),
        pytest.param(31_129, None, None, id="95 % of nominal"),
        pytest.param(31_130, None, Confidence.PROBABLE, id="within AWS's buffer"),
        pytest.param(32_768, None, Confidence.PROBABLE, id="nominal, which no instance registers"),
        pytest.param(32_769, None, Confidence.CERTAIN, id="above nominal"),
        pytest.param(31_800, 31_800, None, id="exactly what an instance registered"),
        pytest.param(31_801, 31_800, Confidence.CERTAIN, id="above what an instance registered"),
        pytest.param(31_000, 30_000, Confidence.CERTAIN, id="an instance that keeps more back decides too"),
    ],
)
def test_the_bands(memory, registered, confidence):
    said = evidence(memory=memory, registered={"c7g.4xlarge": registered} if registered else None)

    assert [each.confidence for each in said] == ([confidence] if confidence else [])


@pytest.mark.parametrize(
    ("waited", "reason", "fires"),
    [
        pytest.param(5, None, False, id="within the normal time"),
        pytest.param(11, None, True, id="past it"),
        pytest.param(1, "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource ...", True, id="Batch blames it"),
        pytest.param(5, "UNDETERMINED - Batch job is blocked", False, id="Batch blames something else"),
    ],
)
def test_an_uncertain_size_is_told_only_when_something_else_shows_it(waited, reason, fires):
    assert bool(evidence(memory=32_768, waited=waited, reason=reason)) == fires


def test_a_certain_size_is_told_at_once():
    assert evidence(memory=65_536, waited=0)


def test_says_how_much_fits_and_that_it_was_measured():
    (said,) = evidence(memory=32_768, registered={"c7g.4xlarge": 31_917})

    assert "need 32,768 MiB" in said.message
    assert "31,917 MiB fit a job (measured on a registered c7g.4xlarge container instance)" in said.message
    assert said.recommendation.startswith("Submit the jobs with at most 31,917 MiB")
    assert said.facts["measured"] is True


def test_says_how_much_fits_and_that_it_is_an_estimate():
    (said,) = evidence(memory=32_768)

    assert "31,129 MiB fit a job (an estimate with the 5 % that AWS advises" in said.message


def test_small_instances_lose_a_larger_share():
    assert evidence(memory=3_800, types=(C7G_LARGE,))  # 93 % of 4,096


def test_a_larger_allowed_type_takes_the_job():
    assert evidence(memory=4_096, types=(C7G_LARGE, C7G_4XLARGE)) == []


def test_a_measured_small_type_does_not_speak_for_the_large_one():
    assert evidence(memory=16_384, types=(C7G_LARGE, C7G_4XLARGE), registered={"c7g.large": 3_800}) == []


def test_too_few_vcpus_is_another_fault():
    assert evidence(memory=65_536, vcpus=64) == []


@pytest.mark.parametrize(("memory", "fires"), [(32_768, False), (40_000, True)])
def test_a_keyword_is_judged_only_with_a_wide_margin(memory, fires):
    job = a_job(memory=memory, at_position_since=NOW - minutes(30))
    queue = a_job_queue(job)
    families = {f"{family}.*": (C7G_4XLARGE,) for family in ("m6g", "c6g", "r6g", "c7g")}
    snapshot = a_snapshot(
        job_queues=(queue,),
        compute_environments=(a_compute_environment(instance_types=("default_arm64",)),),
        capacity=Capacity(instance_types=Answers(call="ec2:DescribeInstanceTypes", found=families)),
    )

    said = list(check(queue, snapshot))

    assert [each.confidence for each in said] == ([Confidence.PROBABLE] if fires else [])


@pytest.mark.parametrize("kind", ["FARGATE", "ECS_MANAGED_INSTANCES"])
def test_environments_without_instance_types_are_left_alone(kind):
    assert evidence(memory=65_536, kind=kind) == []

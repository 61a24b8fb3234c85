import pytest

from batchmedic.diagnoses.job_exceeds_vcpus import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, InstanceType
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

C7G_16XLARGE = InstanceType(name="c7g.16xlarge", vcpus=64, memory=131_072, architectures=("arm64",))


def evidence(*jobs, types=(C7G_4XLARGE,), capacity=None, **environment):
    listed = {"instance_types": tuple(one.name for one in types), **environment}
    queue = a_job_queue(*jobs)
    snapshot = a_snapshot(
        job_queues=(queue,),
        compute_environments=(a_compute_environment(**listed),),
        capacity=capacity or a_capacity(*types),
    )
    return list(check(queue, snapshot))


@pytest.mark.parametrize(
    ("vcpus", "types", "fires"),
    [
        pytest.param(16, (C7G_4XLARGE,), False, id="all of an instance: ECS keeps no vCPU back"),
        pytest.param(16.25, (C7G_4XLARGE,), True, id="a quarter more"),
        pytest.param(48, (C7G_4XLARGE, C7G_LARGE), True, id="more than the largest"),
        pytest.param(48, (C7G_4XLARGE, C7G_16XLARGE), False, id="a larger type is allowed"),
    ],
)
def test_the_largest_allowed_type_decides(vcpus, types, fires):
    assert bool(evidence(a_job(vcpus=vcpus), types=types)) == fires


def test_says_both_numbers_and_how_to_allow_more():
    (said,) = evidence(a_job(vcpus=48), max_vcpus=256)

    assert said.message == (
        "Jobs in job queue align need 48 vCPUs each; the largest instance type that its compute environments allow, "
        "c7g.4xlarge, has 16."
    )
    assert said.recommendation == (
        "Submit the jobs with at most 16 vCPUs each, or allow an instance type with at least 48 vCPUs in align-ec2."
    )
    assert "VCpuInfo.DefaultVCpus>=`48`" in said.steps[0]
    assert said.steps[1] == (
        "aws batch update-compute-environment --region eu-west-1 --compute-environment align-ec2 "
        "--compute-resources instanceTypes=c7g.4xlarge,INSTANCE_TYPE"
    )
    assert said.confidence is Confidence.CERTAIN


def test_the_types_offered_have_the_same_processor():
    (said,) = evidence(a_job(vcpus=96), types=(C7G_16XLARGE,))

    assert "--filters Name=processor-info.supported-architecture,Values=arm64 " in said.steps[0]


def test_a_max_vcpus_that_is_too_low_as_well_is_named():
    (said,) = evidence(a_job(vcpus=48), max_vcpus=32)

    assert "Its maxvCpus of 32 must then be at least 48, too." in said.recommendation


def test_best_fit_cannot_be_given_other_types():
    (said,) = evidence(a_job(vcpus=48), allocation_strategy=None)

    assert "BEST_FIT" in said.recommendation
    assert "make a new compute environment" in said.recommendation


def test_a_node_of_a_multi_node_job_is_one_instance():
    wanted = Requirements(vcpus=48, memory=2_048, nodes=4, all_vcpus=192)

    (said,) = evidence(a_job(requirements=wanted), max_vcpus=256)

    assert "need 48 vCPUs on each node;" in said.message


@pytest.mark.parametrize(
    ("job", "fires"),
    [
        pytest.param(a_job(vcpus=48), False, id="within the normal time"),
        pytest.param(a_late_job(vcpus=48), True, id="past it"),
    ],
)
def test_what_a_keyword_stands_for_is_uncertain(job, fires):
    families = {f"{family}.*": (C7G_4XLARGE,) for family in ("m6g", "c6g", "r6g", "c7g")}
    capacity = Capacity(instance_types=Answers(call="ec2:DescribeInstanceTypes", found=families))

    said = evidence(job, capacity=capacity, instance_types=("default_arm64",))

    assert [each.confidence for each in said] == ([Confidence.PROBABLE] if fires else [])


def test_a_large_job_behind_a_head_that_fits_is_not_blamed():
    assert evidence(a_job(1), a_job(2, vcpus=400)) == []


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"kind": "FARGATE"}, id="Fargate"),
        pytest.param({"kind": "ECS_MANAGED_INSTANCES"}, id="a kind not known here"),
        pytest.param({"managed": False, "unmanaged": True, "kind": ""}, id="unmanaged"),
        pytest.param({"state": "DISABLED"}, id="disabled: another fault"),
    ],
)
def test_environments_that_are_left_alone(environment):
    assert evidence(a_job(vcpus=400), **environment) == []


@pytest.mark.parametrize(
    "capacity",
    [
        pytest.param(Capacity(), id="not asked"),
        pytest.param(a_capacity(C7G_LARGE), id="not asked for this type"),
        pytest.param(a_capacity(InstanceType(name="c7g.4xlarge", vcpus=0, memory=32_768)), id="a type without a size"),
    ],
)
def test_sizes_that_are_not_known_decide_nothing(capacity):
    with pytest.raises(NotReadError, match="ec2:DescribeInstanceTypes"):
        evidence(a_job(vcpus=400), capacity=capacity)


def test_one_environment_of_a_kind_not_known_here_is_enough_to_keep_quiet():
    environments = (a_compute_environment(), a_compute_environment("other", kind="QUANTUM"))
    queue = a_job_queue(a_job(vcpus=400), compute_environments=tuple(one.arn for one in environments))

    assert list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments))) == []


def test_one_keyword_makes_the_whole_queue_uncertain():
    families = {f"{family}.*": (C7G_4XLARGE,) for family in ("m6g", "c6g", "r6g", "c7g")}
    found = {**families, "c7g.4xlarge": (C7G_4XLARGE,)}
    environments = (a_compute_environment(), a_compute_environment("other", instance_types=("default_arm64",)))
    queue = a_job_queue(a_job(vcpus=400), compute_environments=tuple(one.arn for one in environments))
    snapshot = a_snapshot(
        job_queues=(queue,),
        compute_environments=environments,
        capacity=Capacity(instance_types=Answers(call="ec2:DescribeInstanceTypes", found=found)),
    )

    assert list(check(queue, snapshot)) == []


def test_a_max_vcpus_that_is_just_enough_is_not_named():
    (said,) = evidence(a_job(vcpus=48), max_vcpus=48)

    assert "maxvCpus" not in said.recommendation


def test_max_vcpus_must_do_for_all_nodes():
    wanted = Requirements(vcpus=48, memory=2_048, nodes=4, all_vcpus=192)

    (said,) = evidence(a_job(requirements=wanted), max_vcpus=64)

    assert "Its maxvCpus of 64 must then be at least 192, too." in said.recommendation

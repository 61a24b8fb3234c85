import pytest

from batchmedic.diagnoses.job_needs_gpu import check
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, InstanceType
from tests.factories import C7G_4XLARGE, a_capacity, a_compute_environment, a_job, a_job_queue, a_late_job, a_snapshot

G5_XLARGE = InstanceType(name="g5.xlarge", vcpus=4, memory=16_384, gpus=1)
G5_12XLARGE = InstanceType(name="g5.12xlarge", vcpus=48, memory=196_608, gpus=4)


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
    ("wanted", "types", "fires"),
    [
        pytest.param({"gpus": 0}, (C7G_4XLARGE,), False, id="none asked for"),
        pytest.param({"gpus": 1}, (C7G_4XLARGE,), True, id="none there"),
        pytest.param({"gpus": 1}, (G5_XLARGE,), False, id="one there"),
        pytest.param({"gpus": 2}, (G5_XLARGE,), True, id="too few"),
        pytest.param({"gpus": 4}, (G5_XLARGE, G5_12XLARGE), False, id="a larger type has enough"),
        pytest.param({"gpus": 1, "vcpus": 16}, (G5_XLARGE, C7G_4XLARGE), True, id="not with so many vCPUs"),
        pytest.param({"gpus": 1, "vcpus": 400}, (G5_XLARGE,), False, id="too many vCPUs: another diagnosis"),
    ],
)
def test_one_instance_must_have_them_all(wanted, types, fires):
    assert bool(evidence(a_job(**wanted), types=types)) == fires


@pytest.mark.parametrize(
    ("wanted", "types", "message"),
    [
        pytest.param(
            {"gpus": 1},
            (C7G_4XLARGE,),
            "Jobs in job queue align need 1 GPU each; no instance type that its compute environments allow has any.",
            id="none",
        ),
        pytest.param(
            {"gpus": 8},
            (G5_XLARGE, G5_12XLARGE),
            "Jobs in job queue align need 8 GPUs each; g5.12xlarge, which has the most of the instance types that its "
            "compute environments allow, has 4.",
            id="too few",
        ),
        pytest.param(
            {"gpus": 1, "vcpus": 16},
            (G5_XLARGE, C7G_4XLARGE),
            "Jobs in job queue align need 1 GPU each; g5.xlarge, which has the most of the instance types that its "
            "compute environments allow, has 1 and 4 vCPUs, but the jobs need 16 vCPUs beside them.",
            id="beside vCPUs",
        ),
    ],
)
def test_says_what_is_missing(wanted, types, message):
    (said,) = evidence(a_job(**wanted), types=types)

    assert said.message == message


def test_says_how_to_allow_a_type_that_has_them():
    (said,) = evidence(a_job(gpus=2))

    assert said.recommendation.startswith("Allow an instance type with at least 2 GPUs and 2 vCPUs in align-ec2")
    assert "GpuInfo.Gpus[0].Count>=`2`" in said.steps[0]
    assert said.steps[1].endswith("--compute-resources instanceTypes=c7g.4xlarge,INSTANCE_TYPE")


@pytest.mark.parametrize(
    ("job", "confidences"),
    [
        pytest.param(a_job(gpus=1), [], id="within the normal time"),
        pytest.param(a_late_job(gpus=1), [Confidence.PROBABLE], id="past it"),
    ],
)
def test_what_a_keyword_stands_for_is_uncertain(job, confidences):
    families = {f"{family}.*": (C7G_4XLARGE,) for family in ("m6g", "c6g", "r6g", "c7g")}
    capacity = Capacity(instance_types=Answers(call="ec2:DescribeInstanceTypes", found=families))

    said = evidence(job, capacity=capacity, instance_types=("default_arm64",))

    assert [each.confidence for each in said] == confidences


def test_a_gpu_job_behind_a_head_that_fits_is_not_blamed():
    assert evidence(a_job(1), a_job(2, gpus=1)) == []


def test_fargate_is_another_diagnosis():
    assert evidence(a_job(gpus=1), kind="FARGATE") == []

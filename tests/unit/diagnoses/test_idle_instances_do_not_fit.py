from dataclasses import replace

import pytest

from batchmedic.diagnoses.idle_instances_do_not_fit import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, ContainerInstance, InstanceType
from tests.factories import C7G_4XLARGE, a_capacity, a_compute_environment, a_job, a_job_queue, a_late_job, a_snapshot

C7G_XLARGE = InstanceType(name="c7g.xlarge", vcpus=4, memory=8_192)
SMALL = ContainerInstance(
    instance_type="c7g.xlarge", registered_memory=7_953, remaining_memory=7_953, remaining_vcpus=4
)
LARGE = a_late_job(memory=20_480)


def evidence(job=LARGE, *, instances=(SMALL,) * 4, asked=True, **environment):
    held = {"min_vcpus": 16, "desired_vcpus": 16, "max_vcpus": 16, "instance_types": ("c7g.xlarge", "c7g.4xlarge")}
    own = a_compute_environment(**{**held, **environment})
    queue = a_job_queue(job)
    registered = Answers(call="ecs:DescribeContainerInstances", found={own.ecs_cluster: tuple(instances)})
    capacity = replace(a_capacity(C7G_XLARGE, C7G_4XLARGE), container_instances=registered) if asked else Capacity()
    snapshot = a_snapshot(job_queues=(queue,), compute_environments=(own,), capacity=capacity)
    return list(check(own, snapshot))


@pytest.mark.parametrize(
    ("environment", "confidence"),
    [
        pytest.param({}, Confidence.CERTAIN, id="minvCpus keeps them"),
        pytest.param({"min_vcpus": 0}, Confidence.PROBABLE, id="they might still be let go"),
        pytest.param({"max_vcpus": 24}, Confidence.POSSIBLE, id="Batch might exceed maxvCpus by one instance"),
        pytest.param(
            {"max_vcpus": 24, "allocation_strategy": "BEST_FIT"}, Confidence.CERTAIN, id="BEST_FIT never exceeds it"
        ),
    ],
)
def test_fires_when_idle_instances_are_in_the_way(environment, confidence):
    assert [said.confidence for said in evidence(**environment)] == [confidence]


@pytest.mark.parametrize(
    ("changes"),
    [
        pytest.param({"job": a_job(memory=20_480)}, id="within the normal time"),
        pytest.param({"job": a_late_job()}, id="the job fits an idle instance"),
        pytest.param({"job": a_late_job(memory=65_536)}, id="no type could take it: another diagnosis"),
        pytest.param({"job": a_late_job(vcpus=20)}, id="more than maxvCpus: another diagnosis"),
        pytest.param({"max_vcpus": 32}, id="room for one that could"),
        pytest.param({"instances": ()}, id="no instance registered"),
        pytest.param({"instances": (SMALL,) * 3}, id="one is on its way"),
        pytest.param({"instances": (SMALL,) * 3 + (replace(SMALL, running_tasks=1),)}, id="one is busy"),
        pytest.param({"instances": (SMALL,) * 3 + (replace(SMALL, agent_connected=False),)}, id="one is cut off"),
        pytest.param({"state": "DISABLED"}, id="disabled"),
        pytest.param({"orchestration": "EKS", "ecs_cluster": None}, id="EKS"),
        pytest.param({"kind": "FARGATE"}, id="Fargate"),
    ],
)
def test_keeps_quiet(changes):
    assert evidence(**changes) == []


def test_a_gpu_is_part_of_the_room():
    wanted = a_late_job(gpus=1)

    assert evidence(wanted) == []  # no allowed type has one: another diagnosis


def test_says_what_is_needed_what_is_there_and_what_would_help():
    (said,) = evidence()

    assert said.message == (
        "Compute environment align-ec2 has 4 idle instances that cannot take the job at the head of job queue align: "
        "it needs 2 vCPUs and 20,480 MiB, and the largest room, on a c7g.xlarge, is 4 vCPUs and 7,953 MiB. The "
        "smallest instance type that could take it, c7g.4xlarge, has 16 vCPUs; under maxvCpus 16, 0 are left."
    )
    assert said.recommendation == (
        "Raise maxvCpus of align-ec2 to at least 32, or lower its minvCpus of 16, which keeps them."
    )
    assert said.steps[0].endswith("--compute-resources maxvCpus=32")


def test_what_was_not_read_decides_nothing():
    with pytest.raises(NotReadError, match="ecs:DescribeContainerInstances"):
        evidence(asked=False)


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(a_late_job(vcpus=4, memory=7_953), id="exactly an idle instance"),
        pytest.param(a_late_job(vcpus=4, memory=6_000), id="well within one"),
    ],
)
def test_a_job_that_fits_an_idle_instance_waits_for_something_else(job):
    assert evidence(job) == []


def test_one_instance_with_room_is_enough():
    roomy = replace(SMALL, instance_type="c7g.4xlarge", remaining_memory=31_000, remaining_vcpus=16)

    assert evidence(instances=(SMALL, roomy)) == []


def test_the_largest_room_and_the_jobs_are_named():
    (said,) = evidence(instances=(replace(SMALL, remaining_vcpus=2), *(SMALL,) * 4))

    assert "is 4 vCPUs and 7,953 MiB" in said.message
    assert said.jobs == (LARGE.arn,)


def test_a_job_as_large_as_max_vcpus_is_judged():
    assert evidence(a_late_job(vcpus=16))

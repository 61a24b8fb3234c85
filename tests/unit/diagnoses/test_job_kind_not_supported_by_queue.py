import pytest

from batchmedic.diagnoses.job_kind_not_supported_by_queue import check
from batchmedic.findings import Confidence
from batchmedic.model.job import Requirements
from tests.factories import a_compute_environment, a_job, a_job_queue, a_late_job, a_snapshot

BLOCKED = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher ..."


def wanted(vcpus=2, memory=8_192, **kind):
    return Requirements(vcpus=vcpus, memory=memory, **kind)


def evidence(*jobs, kinds=("FARGATE",), **environment):
    environments = tuple(a_compute_environment(f"ce-{n}", kind=kind, **environment) for n, kind in enumerate(kinds))
    queue = a_job_queue(*jobs, compute_environments=tuple(one.arn for one in environments))
    return list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments)))


@pytest.mark.parametrize(
    ("kind", "kinds", "says"),
    [
        pytest.param({"windows": True}, ["FARGATE_SPOT"], "are Windows jobs, which AWS Fargate Spot", id="Windows"),
        pytest.param({"gpus": 2}, ["FARGATE"], "ask for 2 GPUs, which AWS Fargate does not have", id="GPU"),
        pytest.param({"gpus": 1}, ["FARGATE", "FARGATE_SPOT"], "ask for 1 GPU, which", id="GPU on both"),
        pytest.param({"nodes": 4}, ["FARGATE"], "are multi-node parallel jobs (4 nodes), which AWS F", id="nodes"),
    ],
)
def test_what_is_documented_as_not_supported_is_certain_at_once(kind, kinds, says):
    (said,) = evidence(a_job(requirements=wanted(**kind)), kinds=kinds)

    assert says in said.message
    assert said.confidence is Confidence.CERTAIN


def test_unmanaged_environments_run_no_multi_node_jobs():
    (said,) = evidence(
        a_job(requirements=wanted(nodes=2)), kinds=("",), managed=False, unmanaged=True, instance_types=()
    )

    assert "does not run in UNMANAGED compute environments" in said.message
    assert said.message.endswith("Its enabled compute environments: ce-0 (UNMANAGED).")


@pytest.mark.parametrize(
    ("platform", "kinds", "fires"),
    [
        pytest.param("EC2", ["FARGATE"], True, id="EC2 on Fargate"),
        pytest.param("FARGATE", ["EC2", "SPOT"], True, id="Fargate on EC2"),
        pytest.param("EC2", ["EC2"], False, id="EC2 on EC2"),
        pytest.param("FARGATE", ["FARGATE_SPOT"], False, id="Fargate on Fargate"),
        pytest.param("MANAGED_INSTANCES", ["EC2"], False, id="a platform not known here"),
        pytest.param(None, ["FARGATE"], False, id="no platform named"),
        pytest.param("EC2", ["FARGATE", "QUANTUM"], False, id="an environment of a kind not known here"),
    ],
)
def test_a_platform_that_the_queue_does_not_have_is_told_once_the_job_is_late(platform, kinds, fires):
    asked = wanted(platform=platform)

    said = evidence(a_late_job(requirements=asked), kinds=kinds)

    assert [each.confidence for each in said] == ([Confidence.PROBABLE] if fires else [])
    assert evidence(a_job(requirements=asked), kinds=kinds) == []


@pytest.mark.parametrize(
    ("vcpus", "memory", "fires"),
    [
        pytest.param(0.25, 512, False, id="the smallest"),
        pytest.param(16, 122_880, False, id="the largest"),
        pytest.param(0.25, 4_096, True, id="too much for a quarter"),
        pytest.param(3, 8_192, True, id="three vCPUs"),
        pytest.param(2, 0, False, id="memory not read"),
        pytest.param(128, 8_192, False, id="more than maxvCpus: another diagnosis"),
    ],
)
def test_a_size_that_is_not_documented_is_possible_once_batch_says_that_it_is_blocked(vcpus, memory, fires):
    asked = wanted(vcpus, memory)

    said = evidence(a_late_job(requirements=asked, status_reason=BLOCKED))

    assert [each.confidence for each in said] == ([Confidence.POSSIBLE] if fires else [])
    assert evidence(a_late_job(requirements=asked)) == []
    assert evidence(a_job(requirements=asked, status_reason=BLOCKED)) == []


@pytest.mark.parametrize(
    ("vcpus", "memory", "recommendation"),
    [
        pytest.param(0.25, 4_096, "Submit the jobs with 0.5 vCPUs and 4,096 MiB.", id="more vCPUs"),
        pytest.param(3, 10_000, "Submit the jobs with 4 vCPUs and 10,240 MiB.", id="more of both"),
        pytest.param(
            32, 200_000, "Submit the jobs to a job queue with EC2 compute environments.", id="larger than the largest"
        ),
    ],
)
def test_recommends_the_next_documented_size(vcpus, memory, recommendation):
    (said,) = evidence(a_late_job(requirements=wanted(vcpus, memory), status_reason=BLOCKED))

    assert said.recommendation == recommendation


@pytest.mark.parametrize(
    ("jobs", "kinds"),
    [
        pytest.param([wanted()], ["FARGATE"], id="a job that can run"),
        pytest.param([wanted(windows=True)], ["FARGATE_SPOT", "FARGATE"], id="Windows, and Fargate is there"),
        pytest.param([wanted(), wanted(gpus=1)], ["FARGATE"], id="behind a job that can run"),
        pytest.param([wanted(gpus=1)], ["ECS_MANAGED_INSTANCES"], id="a kind not known here"),
        pytest.param([wanted(gpus=1)], [], id="no environment"),
    ],
)
def test_keeps_quiet(jobs, kinds):
    waiting = [a_late_job(number, requirements=each) for number, each in enumerate(jobs, 1)]

    assert evidence(*waiting, kinds=kinds) == []


def test_names_the_queue_its_environments_and_the_next_commands():
    (said,) = evidence(a_job(7, requirements=wanted(windows=True)), kinds=["FARGATE_SPOT"])

    assert said.message == (
        "Jobs in job queue align are Windows jobs, which AWS Fargate Spot does not run. Its enabled compute "
        "environments: ce-0 (FARGATE_SPOT)."
    )
    assert said.steps[0] == ("aws batch describe-jobs --region eu-west-1 --jobs 00000007-0000-4000-8000-000000000000")


def test_an_environment_of_another_kind_might_run_them():
    environments = (
        a_compute_environment("own", managed=False, unmanaged=True, kind=""),
        a_compute_environment("other", kind="QUANTUM"),
    )
    queue = a_job_queue(
        a_job(requirements=wanted(nodes=2)), compute_environments=tuple(one.arn for one in environments)
    )

    assert list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments))) == []


def test_unmanaged_environments_run_single_jobs():
    assert evidence(a_late_job(), kinds=("",), managed=False, unmanaged=True) == []


def test_fargate_beside_a_kind_not_known_here_is_not_judged():
    late = a_late_job(requirements=wanted(platform="FARGATE"))

    assert evidence(late, kinds=("EC2", "QUANTUM")) == []


def test_the_largest_max_vcpus_bounds_the_sizes_judged():
    asked = wanted(32, 8_192)

    assert evidence(a_late_job(requirements=asked, status_reason=BLOCKED), max_vcpus=32)

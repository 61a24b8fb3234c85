"""How long a start may take, and what else may hold a job back."""

from datetime import timedelta

import pytest

from batchmedic.model.job import Requirements
from batchmedic.model.waiting import held_back_on_purpose, is_stalled, minutes, normal_wait, overdue, size_is_shown
from tests.factories import a_compute_environment, a_job, a_job_queue, a_late_job, a_snapshot


def wait(job=None, *others, **environment):
    environments = (a_compute_environment(**environment), *others)
    queue = a_job_queue(*([job] if job else []), compute_environments=tuple(one.arn for one in environments))
    return normal_wait(queue, a_snapshot(job_queues=(queue,), compute_environments=environments)), queue


@pytest.mark.parametrize(
    ("environment", "wanted", "expected"),
    [
        pytest.param({"kind": "FARGATE"}, {}, 5, id="Fargate"),
        pytest.param({}, {}, 10, id="EC2"),
        pytest.param({"kind": "SPOT"}, {}, 15, id="Spot"),
        pytest.param({"orchestration": "EKS"}, {}, 15, id="EKS"),
        pytest.param({}, {"gpus": 1}, 15, id="GPU"),
        pytest.param({"kind": "FARGATE"}, {"windows": True}, 20, id="Windows"),
        pytest.param({"instance_types": ("m5", "c5.metal")}, {}, 20, id="bare metal"),
        pytest.param({"kind": "QUANTUM"}, {}, 15, id="a kind not known here"),
    ],
)
def test_normal_times(environment, wanted, expected):
    normal, _ = wait(a_job(requirements=Requirements(vcpus=1, memory=1, **wanted)), **environment)

    assert normal == timedelta(minutes=expected)


def test_the_slowest_enabled_environment_counts():
    assert wait(a_job(), a_compute_environment("spot", kind="SPOT"))[0] == timedelta(minutes=15)
    assert wait(a_job(), a_compute_environment("spot", kind="SPOT", state="DISABLED"))[0] == timedelta(minutes=10)


def test_a_job_whose_requirements_are_not_known_has_a_normal_time_all_the_same():
    assert wait(a_job(requirements=None))[0] == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("jobs", "late"),
    [((), False), ((a_late_job(waited=10),), False), ((a_late_job(waited=11),), True)],
    ids=["nothing waits", "exactly", "past it"],
)
def test_overdue(jobs, late):
    assert overdue(a_job_queue(*jobs), a_snapshot()) == late


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        (a_job(), False),
        (a_job(status_reason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job ..."), True),
        (a_late_job(), True),
    ],
    ids=["early", "Batch blames it", "late"],
)
def test_when_an_uncertain_size_is_worth_telling(job, shown):
    assert size_is_shown(a_job_queue(job), a_snapshot()) == shown


@pytest.mark.parametrize(
    ("queue", "held"),
    [
        (a_job_queue(a_job()), False),
        (a_job_queue(), False),
        (a_job_queue(a_job(consumable_resources=("licences",))), True),
        (a_job_queue(a_job(), scheduling_policy="arn:policy"), True),
    ],
    ids=["a job", "no job", "consumable resource", "fair-share scheduling"],
)
def test_what_waits_on_purpose(queue, held):
    assert held_back_on_purpose(queue) == held


def test_minutes_are_whole():
    assert minutes(timedelta(minutes=14, seconds=59)) == "14 minutes"


@pytest.mark.parametrize(
    ("job", "environment", "stalled"),
    [
        pytest.param(None, {}, False, id="nothing waits"),
        pytest.param(a_late_job(waited=9), {}, False, id="not longer than normal"),
        pytest.param(a_late_job(waited=11), {}, True, id="longer than normal"),
        pytest.param(a_late_job(waited=6), {"kind": "FARGATE"}, True, id="longer than normal on Fargate"),
        pytest.param(a_late_job(waited=11), {"kind": "SPOT"}, True, id="normal, but a late instance may soon be gone"),
        pytest.param(a_late_job(waited=11), {"instance_types": ("c5.metal",)}, False, id="bare metal joins late"),
        pytest.param(a_late_job(waited=1, status_reason="UNDETERMINED - x"), {}, True, id="AWS Batch says so"),
    ],
)
def test_when_a_start_is_worth_following(job, environment, stalled):
    _, queue = wait(job, **environment)
    one = a_compute_environment(**environment)

    assert is_stalled(one, a_snapshot(job_queues=(queue,), compute_environments=(one,))) is stalled

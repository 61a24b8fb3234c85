import pytest

from batchmedic.diagnoses.queue_without_time_limit import DIAGNOSIS, check
from tests.factories import a_job_queue, a_snapshot


@pytest.mark.parametrize(
    ("queue", "fires"),
    [
        pytest.param({"time_limited_reasons": ()}, True, id="no limit"),
        pytest.param({"time_limited_reasons": (), "kind": "EKS"}, True, id="EKS"),
        pytest.param({"time_limited_reasons": ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",)}, False, id="one limit"),
        pytest.param({"time_limited_reasons": (), "kind": "SAGEMAKER_TRAINING"}, False, id="other reasons"),
    ],
)
def test_fires_where_no_time_limit_is_set(queue, fires):
    assert bool(list(check(a_job_queue(**queue), a_snapshot()))) == fires


def test_says_what_it_means_and_how_to_set_one():
    (said,) = check(a_job_queue(time_limited_reasons=()), a_snapshot())

    assert said.message == (
        "Job queue align has no jobStateTimeLimitActions: a job at its head that can never run holds up all jobs "
        "behind it until somebody cancels it."
    )
    assert said.steps == (
        "aws batch update-job-queue --region eu-west-1 --job-queue align --job-state-time-limit-actions "
        "reason=MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE,state=RUNNABLE,maxTimeSeconds=3600,action=CANCEL "
        "reason=MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT,state=RUNNABLE,maxTimeSeconds=3600,action=CANCEL",
    )


def test_is_no_fault():
    assert DIAGNOSIS.blind_spot

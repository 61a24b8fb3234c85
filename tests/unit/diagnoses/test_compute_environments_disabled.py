import pytest

from batchmedic.diagnoses.compute_environments_disabled import check
from batchmedic.errors import NotReadError
from tests.factories import a_compute_environment, a_job, a_job_queue, a_snapshot

JOBS = (a_job(),)


def evidence(*states, jobs=JOBS, **queue_changes):
    environments = tuple(a_compute_environment(f"ce-{n}", state=state) for n, state in enumerate(states))
    queue = a_job_queue(*jobs, compute_environments=tuple(one.arn for one in environments), **queue_changes)
    return list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments)))


@pytest.mark.parametrize(
    ("states", "fires"),
    [
        pytest.param(["ENABLED"], False, id="enabled"),
        pytest.param(["DISABLED", "ENABLED"], False, id="one is enabled"),
        pytest.param(["DISABLED"], True, id="the only one is disabled"),
        pytest.param(["DISABLED", "DISABLED"], True, id="all are disabled"),
        pytest.param([], False, id="no compute environment"),
    ],
)
def test_fires_when_jobs_wait_and_nothing_is_enabled(states, fires):
    assert bool(evidence(*states)) == fires


def test_a_queue_that_is_switched_off_and_empty_is_a_decision_not_a_fault():
    assert evidence("DISABLED", jobs=()) == []


def test_whether_a_job_waits_must_be_known():
    with pytest.raises(NotReadError, match="AccessDenied"):
        evidence("DISABLED", front=None, front_unread="AccessDenied")


def test_names_the_environments_and_how_to_enable_one():
    (said,) = evidence("DISABLED", "DISABLED")

    assert (
        said.message
        == "Jobs wait in job queue align, but each of the 2 of its compute environments is DISABLED: ce-0, ce-1."
    )
    assert said.steps[0].endswith("--compute-environment ce-0 --state ENABLED")


def test_enabling_an_invalid_environment_would_not_help():
    environments = (
        a_compute_environment("broken", state="DISABLED", status="INVALID"),
        a_compute_environment("sound", state="DISABLED"),
    )
    queue = a_job_queue(a_job(), compute_environments=tuple(one.arn for one in environments))

    (said,) = check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments))

    assert said.recommendation.startswith("Enable compute environment sound of job queue align")
    assert said.steps[0].endswith("--compute-environment sound --state ENABLED")

import pytest

from batchmedic.diagnoses.compute_environment_stuck import check
from batchmedic.errors import NotReadError
from tests.factories import NOW, a_compute_environment, a_snapshot, minutes


def evidence(status, for_minutes, **changes):
    since = None if for_minutes is None else NOW - minutes(for_minutes)
    return list(check(a_compute_environment(status=status, unchanged_since=since, **changes), a_snapshot()))


@pytest.mark.parametrize(
    ("status", "for_minutes", "fires"),
    [
        pytest.param("UPDATING", 75, False, id="45 minutes and the 30 of its update policy"),
        pytest.param("UPDATING", 76, True, id="longer than that"),
        pytest.param("CREATING", 30, False, id="creating"),
        pytest.param("CREATING", 31, True, id="creating too long"),
        pytest.param("DELETING", 31, True, id="deleting too long"),
        pytest.param("VALID", 500, False, id="no passing status"),
        pytest.param("SOMETHING_NEW", 500, False, id="a status not known here"),
    ],
)
def test_fires_after_the_normal_time(status, for_minutes, fires):
    assert bool(evidence(status, for_minutes)) == fires


def test_an_update_that_waits_for_long_jobs_is_normal():
    assert evidence("UPDATING", 100, job_execution_timeout=minutes(60)) == []


def test_says_how_long_and_what_is_normal():
    (said,) = evidence("DELETING", 90, status_reason="")

    assert said.message == (
        "Compute environment align-ec2 has been DELETING for at least 90 minutes; normal are up to 30 minutes. "
        "AWS Batch gives no reason."
    )
    assert "its service role" in said.recommendation


def test_since_when_is_not_known_so_nothing_is_said_and_nothing_has_passed():
    with pytest.raises(NotReadError):
        evidence("UPDATING", None)

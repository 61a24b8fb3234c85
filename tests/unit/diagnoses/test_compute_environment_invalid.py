import pytest

from batchmedic.diagnoses.compute_environment_invalid import check
from tests.factories import a_compute_environment, a_snapshot


def evidence(**changes):
    environment = a_compute_environment(**changes)
    return list(check(environment, a_snapshot(compute_environments=(environment,))))


@pytest.mark.parametrize("status", ["VALID", "UPDATING", "CREATING", "DELETING", "SOMETHING_NEW"])
def test_keeps_quiet_about_every_other_status(status):
    assert evidence(status=status) == []


def test_repeats_what_aws_says():
    (said,) = evidence(status="INVALID", status_reason="CLIENT_ERROR - Clusters can not be blank.")

    assert said.message.endswith("AWS Batch says: CLIENT_ERROR - Clusters can not be blank.")
    assert "align-ec2" in said.steps[0]


def test_says_so_where_aws_gives_no_reason():
    (said,) = evidence(status="INVALID", status_reason=" ")

    assert said.message.endswith("AWS Batch gives no reason.")

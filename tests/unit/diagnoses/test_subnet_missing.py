from dataclasses import replace

import pytest

from batchmedic.diagnoses.subnet_missing import DIAGNOSIS, check
from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers
from tests.factories import ACCOUNT, OWN_VPC, REGION, a_compute_environment, a_network, a_snapshot


def evidence(*named, known=("subnet-0a1",)):
    environment = a_compute_environment(subnets=named)
    network = a_network(subnets=dict.fromkeys(known, OWN_VPC))
    return list(check(environment, a_snapshot(compute_environments=(environment,), network=network)))


@pytest.mark.parametrize(
    ("named", "odd"),
    [
        pytest.param(["subnet-0a1"], [], id="exists"),
        pytest.param(["subnet-0a1", "subnet-0dead"], ["subnet-0dead"], id="one of two is gone"),
        pytest.param(["subnet-0a1,subnet-0b1"], ["subnet-0a1,subnet-0b1"], id="two ids in one text"),
        pytest.param(["nonsense"], ["nonsense"], id="no id"),
        pytest.param([], [], id="none named"),
    ],
)
def test_fires_for_each_id_that_ec2_does_not_know(named, odd):
    assert [said.facts["subnet"] for said in evidence(*named)] == odd


def test_what_is_gone_is_itself_the_subject_since_others_may_name_it_too():
    (said,) = evidence("subnet-0a1", "subnet-0dead")

    assert said.subject == f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-0dead"
    assert '"subnet-0dead"' in said.message
    assert "Amazon EC2 knows no such" in said.message
    assert "subnet-0a1" in said.recommendation


def test_a_slip_of_the_pen_is_the_environments_own_and_its_repair_is_ready():
    (said,) = evidence("subnet-0a1, subnet-0b1")

    assert said.subject is None
    assert "one text with 2 ids in it (subnet-0a1, subnet-0b1) where a list of ids belongs" in said.message
    assert said.steps[1].endswith("=subnet-0a1,subnet-0b1")


def test_a_denied_read_is_a_check_not_made():
    network = replace(a_network(), subnets=Answers(call="ec2:Describe", unread="UnauthorizedOperation"))

    with pytest.raises(NotReadError, match="UnauthorizedOperation"):
        list(check(a_compute_environment(), a_snapshot(network=network)))


def test_explains_why_the_environment_is_invalid():
    assert "compute_environment_invalid" in DIAGNOSIS.explains

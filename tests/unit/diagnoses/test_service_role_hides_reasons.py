import pytest

from batchmedic.diagnoses.service_role_hides_reasons import DIAGNOSIS, check
from batchmedic.model.answers import Answers
from batchmedic.model.identity import REASON_ACTIONS, Identity
from tests.factories import ACCOUNT, a_compute_environment, a_snapshot

ROLE = f"arn:aws:iam::{ACCOUNT}:role/batch-service"
SERVICE_LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


def evidence(denied=(), **environment):
    answers = Answers(call="iam:SimulatePrincipalPolicy", found={ROLE: tuple(denied)}, asked=frozenset({ROLE}))
    return list(check(a_compute_environment(**environment), a_snapshot(identity=Identity(denied=answers))))


@pytest.mark.parametrize(
    ("role", "denied", "fires"),
    [
        pytest.param(ROLE, REASON_ACTIONS, True, id="both denied"),
        pytest.param(ROLE, REASON_ACTIONS[:1], True, id="one denied"),
        pytest.param(ROLE, (), False, id="both allowed"),
        pytest.param(SERVICE_LINKED, REASON_ACTIONS, False, id="the service-linked role"),
        pytest.param(None, REASON_ACTIONS, False, id="no role named"),
        pytest.param("batch-service", REASON_ACTIONS, False, id="a short name, which IAM cannot be asked about"),
    ],
)
def test_iam_decides(role, denied, fires):
    assert bool(evidence(denied, service_role=role)) == fires


def test_names_the_role_the_actions_and_the_policy():
    (said,) = evidence(REASON_ACTIONS[:1], service_role=ROLE)

    assert said.subject == ROLE
    assert "may not do autoscaling:DescribeScalingActivities, so AWS Batch neither says why" in said.message
    assert '"Action":["autoscaling:DescribeScalingActivities"]' in said.steps[0]


def test_an_invalid_environment_has_other_worries():
    assert evidence(REASON_ACTIONS, service_role=ROLE, status="INVALID") == []


def test_is_no_fault():
    assert DIAGNOSIS.blind_spot

import pytest

from batchmedic.diagnoses.service_role_unusable import DIAGNOSIS, check
from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers
from batchmedic.model.identity import Identity, Role
from tests.factories import a_compute_environment, a_network, a_snapshot

ROLE = "arn:aws:iam::111122223333:role/service-role/mine"
LINKED = "arn:aws:iam::111122223333:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
SOUND = Role(arn=ROLE, trusts=frozenset({"batch.amazonaws.com"}))
DENIED = (
    "CLIENT_ERROR - User: arn:aws:sts::111122223333:assumed-role/{role}/aws-batch is not authorized to perform: "
    "ecs:CreateCluster on resource: arn:aws:ecs:eu-west-1:111122223333:cluster/x"
)


def evidence(role, *, unread=None, network=None, **changes):
    environment = a_compute_environment(**{"status": "INVALID", "service_role": ROLE, **changes})
    roles = Answers(call="iam:GetRole", found={"mine": role} if role else {}, unread=unread)
    snapshot = a_snapshot(
        compute_environments=(environment,), identity=Identity(roles=roles), network=network or a_network()
    )
    return list(check(environment, snapshot))


@pytest.mark.parametrize(
    ("role", "changes", "fault"),
    [
        pytest.param(SOUND, {}, None, id="sound"),
        pytest.param(None, {}, "missing", id="missing"),
        pytest.param(None, {"status": "VALID"}, None, id="not INVALID"),
        pytest.param(None, {"service_role": None}, None, id="none named"),
        pytest.param(None, {"service_role": LINKED}, None, id="AWS looks after its own"),
        pytest.param(Role(arn=ROLE.replace("service-role/", "")), {}, "other ARN", id="another path"),
        pytest.param(Role(arn=ROLE, trusts=frozenset({"ec2.amazonaws.com"})), {}, "trust", id="trust lost"),
        pytest.param(SOUND, {"status_reason": DENIED.format(role="mine")}, "denied", id="an action denied"),
        pytest.param(SOUND, {"status_reason": DENIED.format(role="other")}, None, id="denied to somebody else"),
    ],
)
def test_fires_where_aws_batch_cannot_work_with_the_role(role, changes, fault):
    assert [said.facts["fault"] for said in evidence(role, **changes)] == ([fault] if fault else [])


def test_the_role_is_the_subject_and_is_made_again_under_the_same_arn():
    (said,) = evidence(None)

    assert said.subject == ROLE
    assert "--path /service-role/ --role-name mine" in said.steps[0]


def test_says_who_was_denied_what():
    (said,) = evidence(SOUND, status_reason=DENIED.format(role="mine"))

    assert said.message == (
        f"The service role {ROLE} of compute environment align-ec2 may not do ecs:CreateCluster on "
        "arn:aws:ecs:eu-west-1:111122223333:cluster/x; AWS Batch tried it as "
        "arn:aws:sts::111122223333:assumed-role/mine/aws-batch."
    )


def test_says_whom_the_trust_policy_lets_in():
    (said,) = evidence(Role(arn=ROLE, trusts=frozenset({"ec2.amazonaws.com"})))

    assert "its trust policy lets in ec2.amazonaws.com, not batch.amazonaws.com." in said.message


@pytest.mark.parametrize(
    "gap", [{"unread": "AccessDenied"}, {"network": a_network(subnets={})}], ids=["denied", "network broken, not asked"]
)
def test_a_role_that_was_not_read_is_not_missing(gap):
    with pytest.raises(NotReadError):
        evidence(None, **gap)


def test_explains_why_the_environment_is_invalid():
    assert "compute_environment_invalid" in DIAGNOSIS.explains

import pytest

from batchmedic.diagnoses.spot_fleet_role_unusable import check
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.identity import Identity, Role
from tests.factories import a_compute_environment, a_snapshot

ROLE = "arn:aws:iam::111122223333:role/fleet"
SOUND = Role(arn=ROLE, trusts=frozenset({"spotfleet.amazonaws.com"}))


def evidence(role, **changes):
    spot = {"status": "INVALID", "kind": "SPOT", "allocation_strategy": "BEST_FIT", "spot_fleet_role": ROLE}
    environment = a_compute_environment(**{**spot, **changes})
    roles = Answers(call="iam:GetRole", found={"fleet": role} if role else {})
    return list(check(environment, a_snapshot(identity=Identity(roles=roles))))


@pytest.mark.parametrize(
    ("role", "changes", "fault"),
    [
        pytest.param(SOUND, {}, None, id="sound"),
        pytest.param(None, {}, "missing", id="missing"),
        pytest.param(SOUND, {"spot_fleet_role": "fleet"}, "other ARN", id="a short name"),
        pytest.param(Role(arn=ROLE, trusts=frozenset({"ec2.amazonaws.com"})), {}, "trust", id="trust lost"),
        pytest.param(None, {"status": "VALID"}, None, id="not INVALID"),
        pytest.param(None, {"kind": "EC2"}, None, id="not Spot"),
        pytest.param(None, {"allocation_strategy": "SPOT_CAPACITY_OPTIMIZED"}, None, id="no Spot Fleet"),
    ],
)
def test_fires_where_spot_fleet_cannot_work_with_the_role(role, changes, fault):
    assert [said.facts["fault"] for said in evidence(role, **changes)] == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("reason", "confidence"),
    [
        ("CLIENT_ERROR - Parameter: SpotFleetRequestConfig.IamFleetRole is invalid.", Confidence.CERTAIN),
        ("CLIENT_ERROR - something else", Confidence.PROBABLE),
    ],
)
def test_a_short_name_is_certain_only_where_aws_batch_refused_it(reason, confidence):
    (said,) = evidence(SOUND, spot_fleet_role="fleet", status_reason=reason)

    assert said.confidence is confidence
    assert said.message == (
        f'Compute environment align-ec2 names its Spot Fleet role "fleet", where the ARN {ROLE} belongs.'
    )

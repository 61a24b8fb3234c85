import pytest

from batchmedic.diagnoses.instance_profile_unusable import check
from batchmedic.model.answers import Answers
from batchmedic.model.identity import Identity, InstanceProfile
from tests.factories import a_compute_environment, a_snapshot

PROFILE = "arn:aws:iam::111122223333:instance-profile/batch"
SOUND = InstanceProfile(arn=PROFILE, roles=("arn:aws:iam::111122223333:role/batch",))


def evidence(profile, **changes):
    environment = a_compute_environment(**{"status": "INVALID", "instance_role": PROFILE, **changes})
    found = {"batch": profile} if profile else {}
    profiles = Answers(call="iam:GetInstanceProfile", found=found)
    return list(check(environment, a_snapshot(identity=Identity(instance_profiles=profiles))))


@pytest.mark.parametrize(
    ("profile", "changes", "fault"),
    [
        pytest.param(SOUND, {}, None, id="sound"),
        pytest.param(SOUND, {"instance_role": "batch"}, None, id="sound, by name"),
        pytest.param(None, {}, "missing", id="missing"),
        pytest.param(None, {"instance_role": "arn:aws:iam::111122223333:role/batch"}, "a role", id="a role's ARN"),
        pytest.param(InstanceProfile(arn=PROFILE), {}, "no role", id="without role"),
        pytest.param(SOUND, {"instance_role": PROFILE.replace("/", "/team/")}, "other ARN", id="another path"),
        pytest.param(None, {"status": "VALID"}, None, id="not INVALID"),
        pytest.param(None, {"kind": "FARGATE"}, None, id="Fargate"),
    ],
)
def test_fires_where_no_instance_can_have_the_profile(profile, changes, fault):
    assert [said.facts["fault"] for said in evidence(profile, **changes)] == ([fault] if fault else [])


def test_the_profile_is_the_subject_also_where_it_is_named_by_name():
    (said,) = evidence(None, instance_role="batch")

    assert said.subject == PROFILE
    assert said.steps[0] == "aws iam create-instance-profile --region eu-west-1 --instance-profile-name batch"

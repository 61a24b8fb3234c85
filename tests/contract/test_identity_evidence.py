"""Roles and instance profiles: moto's IAM, and the answers that it does not give."""

import json

import pytest

from batchmedic.aws.identity_evidence import IdentityEvidence
from batchmedic.errors import NotReadError
from tests.contract.answering import answering, refusal
from tests.factories import a_compute_environment

ROLE = "arn:aws:iam::123456789012:role/batch-service"
SERVICE_LINKED = "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


@pytest.fixture
def iam(aws):
    return aws("iam")


def trust(*services, effect="Allow"):
    statements = [
        {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole"} for service in services
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def look(iam, **environment):
    return IdentityEvidence(lambda: iam)([a_compute_environment(**environment)])


@pytest.mark.parametrize(
    ("policy", "trusted"),
    [
        (trust("batch.amazonaws.com"), {"batch.amazonaws.com"}),
        (trust(["batch.amazonaws.com", "ec2.amazonaws.com"]), {"batch.amazonaws.com", "ec2.amazonaws.com"}),
        (trust("batch.amazonaws.com", effect="Deny"), set()),
        (
            json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}}]}),
            set(),
        ),
    ],
)
def test_a_role_says_which_services_it_trusts(iam, policy, trusted):
    iam.create_role(RoleName="batch-service", AssumeRolePolicyDocument=policy)

    role = look(iam, service_role=ROLE).roles.get("batch-service")

    assert role.trusts == trusted


def test_a_role_that_does_not_exist_is_absent(iam):
    assert look(iam, service_role=ROLE).roles.get("batch-service") is None


def test_the_service_linked_role_is_aws_own_affair(iam):
    with answering(iam, GetRole={"Role": {}}) as calls:
        look(iam, service_role=SERVICE_LINKED)

    assert calls == []


def test_a_profile_names_its_roles(iam):
    iam.create_role(RoleName="instances", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    iam.create_instance_profile(InstanceProfileName="ecsInstanceRole")
    iam.add_role_to_instance_profile(InstanceProfileName="ecsInstanceRole", RoleName="instances")

    found = look(iam, instance_role="arn:aws:iam::123456789012:instance-profile/ecsInstanceRole")

    assert [arn.rsplit("/", 1)[1] for arn in found.instance_profiles.get("ecsInstanceRole").roles] == ["instances"]


def test_a_profile_may_be_given_by_name_and_may_be_absent(iam):
    assert look(iam, instance_role="nobody").instance_profiles.get("nobody") is None


def test_a_role_where_a_profile_belongs_is_not_asked_for(iam):
    with answering(iam, GetInstanceProfile={}) as calls:
        look(iam, instance_role=ROLE)

    assert calls == []


def test_a_denied_read_is_a_gap(iam):
    with answering(iam, GetRole=refusal("AccessDenied", status=403)):
        found = look(iam, service_role=ROLE)

    with pytest.raises(NotReadError, match="iam:GetRole: AccessDenied"):
        found.roles.get("batch-service")


def test_shared_roles_are_asked_for_once(iam):
    iam.create_role(RoleName="batch-service", AssumeRolePolicyDocument=trust("batch.amazonaws.com"))
    environments = [a_compute_environment(f"ce-{n}", service_role=ROLE) for n in range(5)]
    seen = []
    iam.meta.events.register("before-call.iam.GetRole", lambda **_: seen.append(1), unique_id="count")
    try:
        IdentityEvidence(lambda: iam)(environments)
    finally:
        iam.meta.events.unregister("before-call.iam.GetRole", unique_id="count")

    assert len(seen) == 1


def test_nothing_sick_is_nothing_asked():
    assert IdentityEvidence(lambda: None)([]).roles.unread == "not asked in this look"


FLEET = "arn:aws:iam::123456789012:role/fleet"


def deciding(**decisions):
    """Answers SimulatePrincipalPolicy by action; what is not named is allowed."""

    def answer(asked):
        results = [
            {"EvalActionName": action, "EvalDecision": decisions.get(action.replace(":", "_"), "allowed")}
            for action in asked["ActionNames"]
        ]
        return {"EvaluationResults": results}

    return answer


class TestJoining:
    PROFILE = "arn:aws:iam::123456789012:instance-profile/batch"

    @pytest.fixture(autouse=True)
    def a_profile_with_a_role(self, iam):
        iam.create_role(RoleName="batch-service", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
        iam.create_instance_profile(InstanceProfileName="batch")
        iam.add_role_to_instance_profile(InstanceProfileName="batch", RoleName="batch-service")

    def look(self, iam, answer):
        environments = [a_compute_environment(instance_role=self.PROFILE) for _ in range(2)]
        with answering(iam, SimulatePrincipalPolicy=answer) as calls:
            found = IdentityEvidence(lambda: iam).joining(environments)
        return found, [call for call, _ in calls]

    def test_what_the_role_of_the_profile_may_not_do_is_named(self, iam):
        found, calls = self.look(iam, deciding(ecs_Poll="implicitDeny"))

        assert found.join_denied.get(ROLE) == ("ecs:Poll",)
        assert found.instance_profiles.get("batch").trusts == {"ec2.amazonaws.com"}
        assert calls == ["GetInstanceProfile", "SimulatePrincipalPolicy"]

    def test_an_explicit_denial_counts_and_nothing_denied_is_an_answer(self, iam):
        denied, _ = self.look(iam, deciding(ecs_Poll="explicitDeny"))
        allowed, _ = self.look(iam, deciding())

        assert (denied.join_denied.get(ROLE), allowed.join_denied.get(ROLE)) == (("ecs:Poll",), ())

    def test_a_denied_read_is_a_gap_and_the_profile_is_kept(self, iam):
        found, _ = self.look(iam, refusal("AccessDenied", status=403))

        assert found.instance_profiles.get("batch").roles == (ROLE,)
        with pytest.raises(NotReadError, match="iam:SimulatePrincipalPolicy: AccessDenied"):
            found.join_denied.get(ROLE)


class TestReleasing:
    def look(self, iam, *, answer=None, **environment):
        fleet = {"kind": "SPOT", "allocation_strategy": "BEST_FIT", "spot_fleet_role": FLEET, **environment}
        answer = answer or deciding(ec2_TerminateInstances="implicitDeny")
        with answering(iam, SimulatePrincipalPolicy=answer) as calls:
            found = IdentityEvidence(lambda: iam).releasing([a_compute_environment(**fleet)])
        return found, calls

    def test_a_fleet_role_that_may_not_terminate_is_told(self, iam):
        found, calls = self.look(iam)

        assert found.get(FLEET) == ("ec2:TerminateInstances",)
        assert [asked["PolicySourceArn"] for _, asked in calls] == [FLEET]

    @pytest.mark.parametrize(
        "environment",
        [{"allocation_strategy": "SPOT_CAPACITY_OPTIMIZED"}, {"spot_fleet_role": None}, {"spot_fleet_role": "fleet"}],
        ids=["no Spot Fleet", "no role", "a role by its name"],
    )
    def test_others_are_not_asked_about(self, iam, environment):
        assert self.look(iam, **environment)[1] == []

    def test_a_denied_read_is_a_gap(self, iam):
        found, _ = self.look(iam, answer=refusal("AccessDenied", status=403))

        with pytest.raises(NotReadError, match="AccessDenied"):
            found.get(FLEET)

from dataclasses import replace

import pytest

from batchmedic.diagnoses import instance_profile_unusable
from batchmedic.diagnoses.instance_role_unusable import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.identity import JOIN_ACTIONS, Identity, InstanceProfile
from tests.factories import an_instance
from tests.joining import (
    GIVEN_UP,
    GONE,
    LATE,
    PROFILE,
    ROLE,
    a_registered,
    a_world,
    an_identity,
    asked,
)

EMPTY = InstanceProfile(arn=PROFILE)


def trusting(*services):
    return an_identity(profile=InstanceProfile(arn=PROFILE, roles=(ROLE,), trusts=frozenset(services)))


def evidence(identity, *instances, **changes):
    return asked(check, a_world(*instances, identity=identity, **changes))


def test_a_role_that_may_do_nothing():
    (said,) = evidence(an_identity(*JOIN_ACTIONS))

    assert said.message == (
        f"{LATE}their role {ROLE} may not do ecs:DiscoverPollEndpoint, ecs:Poll, ecs:RegisterContainerInstance, which "
        "an ECS agent needs to join."
    )
    assert (said.subject, said.confidence) == (ROLE, Confidence.CERTAIN)
    assert said.steps[0] == (
        "aws iam attach-role-policy --region eu-west-1 --role-name batch --policy-arn "
        "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
    )


def test_a_part_that_is_denied_may_be_a_policy_for_this_cluster_alone():
    (said,) = evidence(an_identity("ecs:Poll"), environment=GIVEN_UP)

    assert said.message.startswith(f"{GONE}their role {ROLE} may not do ecs:Poll, ")
    assert said.confidence is Confidence.PROBABLE
    assert "update-compute-environment" in said.steps[-1]


def test_a_role_that_instances_may_not_assume():
    (said,) = evidence(trusting("batch.amazonaws.com"))

    assert said.facts["fault"] == "trust"
    assert said.steps[0].startswith("aws iam update-assume-role-policy --region eu-west-1 --role-name batch ")


@pytest.mark.parametrize("environment", [{}, GIVEN_UP])
def test_a_profile_without_a_role_is_told_once(environment):
    world = a_world(identity=an_identity(profile=EMPTY), environment=environment)

    assert [said.subject for said in asked(check, world)] == [PROFILE]
    assert asked(instance_profile_unusable.check, world) == []


@pytest.mark.parametrize(
    ("identity", "changes"),
    [
        pytest.param(an_identity(), {}, id="may join"),
        pytest.param(trusting("ec2.amazonaws.com", "ssm.amazonaws.com"), {}, id="trusts EC2"),
        pytest.param(trusting("ec2.amazonaws.com.cn"), {}, id="trusts EC2 in China"),
        pytest.param(an_identity("ecs:Poll"), {"registered": [a_registered()]}, id="another instance joined with it"),
        pytest.param(an_identity("ecs:Poll"), {"environment": {"instance_role": "gone"}}, id="profile missing"),
        pytest.param(an_identity("ecs:Poll"), {"environment": {"instance_role": ROLE}}, id="a role's ARN"),
        pytest.param(an_identity("ecs:Poll"), {"environment": {"instance_role": None}}, id="none is named"),
    ],
)
def test_keeps_quiet(identity, changes):
    assert evidence(identity, **changes) == []


def test_keeps_quiet_while_an_instance_is_young():
    assert evidence(an_identity("ecs:Poll"), an_instance(runs_for=5)) == []


def test_what_was_not_read_is_a_gap():
    with pytest.raises(NotReadError):
        evidence(Identity())
    with pytest.raises(NotReadError):
        evidence(replace(an_identity(), join_denied=Identity().join_denied))

"""Which group takes the stray one's place, and what the update says."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchmedic.aws.changer import check
from batchmedic.changes import NEW_GROUP, Plan
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.network import LaunchTemplateVersion, SecurityGroup
from batchmedic.model.surroundings import tags_of_ours
from batchmedic.remedies.move_to_security_group_of_own_vpc import plan
from batchmedic.remedy import Survey
from batchmedic.repairs.applying import bound
from tests.factories import ENVIRONMENT, OTHER_VPC, OWN_VPC, a_network
from tests.repair_factories import (
    STACK,
    STRAY,
    a_group,
    a_network_of,
    a_sick_environment,
    a_sick_snapshot,
    a_survey,
    surroundings,
)

OURS = dict(tags_of_ours(STACK, "align-ec2"))
OWN_NAME = "batchmedic-align-ec2"


def calls(made: Plan) -> list[str]:
    return [change.call.call for change in made.changes]


def update(made: Plan) -> dict[str, Any]:
    return dict(made.changes[-1].call.parameters)


def groups(made: Plan) -> list[str]:
    found: list[str] = update(made)["computeResources"]["securityGroupIds"]
    return found


def beside(*namesakes: SecurityGroup) -> Survey:
    return a_survey(around=surroundings(namesakes={each.id: each for each in namesakes}))


def astray(*, named: tuple[str, ...] = (STRAY,), **changes: Any) -> Survey:
    found = {each: OTHER_VPC if each.startswith("sg-0a") else OWN_VPC for each in named}
    one = a_sick_environment(security_groups=named, **changes)
    return a_survey(a_sick_snapshot(compute_environments=(one,), network=a_network(groups=found)))


def templated(**version: Any) -> Survey:
    one = a_sick_environment(security_groups=(), launch_templates=(LaunchTemplateReference(template="lt-0a1"),))
    network = a_network_of(a_group(STRAY, vpc=OTHER_VPC), template=LaunchTemplateVersion(**version))
    return a_survey(a_sick_snapshot(compute_environments=(one,), network=network))


@pytest.mark.parametrize(
    ("survey", "taken", "made"),
    [
        pytest.param(beside(), NEW_GROUP, True, id="nothing of that name"),
        pytest.param(beside(a_group("sg-0b2")), "sg-0b2", False, id="a sound namesake"),
        pytest.param(beside(a_group("sg-0b2", open_to_the_world=True)), NEW_GROUP, True, id="open to the world"),
        pytest.param(beside(a_group("sg-0b2", lets_https_out=False)), NEW_GROUP, True, id="lets no 443 out"),
        pytest.param(beside(a_group("sg-0b2", vpc="vpc-0ccc")), NEW_GROUP, True, id="in a third VPC"),
        pytest.param(
            beside(a_group("sg-0b2", tags={"batchmedic:stack": "another"})), NEW_GROUP, True, id="of another stack"
        ),
        pytest.param(beside(a_group("sg-0b2", name=OWN_NAME, tags=OURS)), "sg-0b2", False, id="ours is there"),
    ],
)
def test_the_group_that_takes_its_place(survey: Survey, taken: str, made: bool) -> None:
    planned = plan(survey)

    assert (groups(planned), "ec2:CreateSecurityGroup" in calls(planned)) == ([taken], made)


def test_a_group_called_default_is_never_taken() -> None:
    network = a_network_of(a_group(STRAY, name="default", vpc=OTHER_VPC))
    around = surroundings(namesakes={"sg-0b2": a_group("sg-0b2", name="default")})

    assert groups(plan(a_survey(a_sick_snapshot(network=network), around))) == [NEW_GROUP]


@pytest.mark.parametrize("name", [OWN_NAME, OWN_NAME.upper()])
@pytest.mark.parametrize("tags", [{}, {**OURS, "batchmedic:stack": "another"}])
def test_a_group_of_our_name_that_is_not_ours_stops_the_plan(name: str, tags: dict[str, str]) -> None:
    planned = plan(beside(a_group("sg-0b2", name=name, tags=tags)))

    assert planned.changes == ()
    assert planned.refusal == f"security group sg-0b2 in {OWN_VPC} has the name {OWN_NAME} and is not ours"


def test_a_new_group_is_tagged_in_the_call_that_makes_it_and_has_no_rule() -> None:
    (make, _) = plan(beside()).changes

    assert make.call.parameters == {
        "GroupName": OWN_NAME,
        "Description": "For AWS Batch compute environment align-ec2: made by batchmedic",
        "VpcId": OWN_VPC,
        "TagSpecifications": [
            {"ResourceType": "security-group", "Tags": [{"Key": key, "Value": value} for key, value in OURS.items()]}
        ],
    }


def test_instances_get_a_gentle_policy_and_fargate_none() -> None:
    assert update(plan(astray())) == {
        "computeEnvironment": ENVIRONMENT,
        "computeResources": {"securityGroupIds": [NEW_GROUP]},
        "updatePolicy": {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 360},
    }
    fargate = plan(astray(kind="FARGATE", allocation_strategy=None))
    assert update(fargate).keys() == {"computeEnvironment", "computeResources"}


def test_good_groups_stay() -> None:
    assert groups(plan(astray(named=("sg-0d4", STRAY, "sg-0a2")))) == ["sg-0d4", NEW_GROUP]


def test_the_undo_names_the_groups_that_were_in_force() -> None:
    of_template = plan(templated(security_groups=(STRAY,))).changes[-1]

    assert plan(astray()).changes[-1].undo is not None
    assert of_template.undo is not None
    assert of_template.undo.parameters["computeResources"] == {"securityGroupIds": [STRAY]}


@pytest.mark.parametrize(
    ("survey", "refusal"),
    [
        pytest.param(astray(allocation_strategy="BEST_FIT"), "BEST_FIT", id="BEST_FIT"),
        pytest.param(astray(allocation_strategy=None), "BEST_FIT", id="no strategy is BEST_FIT"),
        pytest.param(
            astray(service_role="arn:aws:iam::111122223333:role/mine"), "service role of its own", id="own role"
        ),
        pytest.param(templated(network_interface_groups=(STRAY,)), "network interface", id="network interface"),
        pytest.param(astray(named=("sg-0d4",)), "no security group is astray", id="nothing astray"),
    ],
)
def test_what_aws_batch_would_not_take_is_not_planned(survey: Survey, refusal: str) -> None:
    planned = plan(survey)

    assert planned.changes == ()
    assert refusal in (planned.refusal or "")


def test_where_no_update_helps_there_are_commands_for_a_replacement() -> None:
    steps = plan(astray(allocation_strategy="BEST_FIT")).steps

    assert [step.split()[2] if step.startswith("aws") else step.split("$(")[1].split()[2] for step in steps] == [
        "create-security-group",
        "describe-compute-environments",
        "create-compute-environment",
        "update-job-queue",
    ]


def test_the_plan_is_known_by_what_it_would_do() -> None:
    assert plan(beside()).id == plan(beside()).id
    assert plan(beside()).id != plan(beside(a_group("sg-0b2"))).id
    assert plan(astray()).id != plan(astray(subnets=("subnet-0a1", "subnet-0a1"))).id


names = st.sampled_from([f"name-of-{STRAY}", OWN_NAME, "default", "other"])
namesakes = st.lists(
    st.builds(
        a_group,
        st.sampled_from(["sg-0b1", "sg-0b2", "sg-0b3"]),
        name=names,
        vpc=st.sampled_from([OWN_VPC, OTHER_VPC]),
        open_to_the_world=st.booleans(),
        lets_https_out=st.booleans(),
        tags=st.sampled_from([{}, OURS, {**OURS, "batchmedic:stack": "another"}]),
    ),
    max_size=4,
)


@given(
    namesakes,
    st.sampled_from(["EC2", "SPOT", "FARGATE", "FARGATE_SPOT"]),
    st.lists(st.sampled_from([STRAY, "sg-0a2", "sg-0d4"]), min_size=1, max_size=3, unique=True),
)
def test_whatever_is_planned_may_be_sent_and_can_be_taken_back(
    found: list[SecurityGroup], kind: str, named: list[str]
) -> None:
    survey = replace(
        astray(named=tuple(named), kind=kind), surroundings=surroundings(namesakes={each.id: each for each in found})
    )
    planned = plan(survey)

    for change in planned.changes:
        check(bound(change.call, "sg-0new"))
    if planned.changes:
        assert planned.changes[-1].undo is not None
        check(planned.changes[-1].undo)
        assert planned.changes[-1].undo.parameters["computeResources"]["securityGroupIds"] == named
    else:
        assert planned.refusal

"""A plan is carried out, put off, given up or void; and a rerun after any cut ends in the same state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.changes import ApiCall, RemedyStatus, Repair
from batchmedic.errors import ChangeError, ConflictError, ReadError
from batchmedic.model.surroundings import tags_of_ours
from batchmedic.remedies.raise_max_vcpus_to_one_instance import plan as raising
from tests.factories import ENVIRONMENT, NOW, OWN_VPC, a_capacity, a_compute_environment, a_snapshot, minutes
from tests.fakes_repairs import PACE, FakeAccount, FakeKillSwitch, Workshop
from tests.repair_factories import (
    MADE,
    STACK,
    STRAY,
    a_group,
    a_plan,
    a_repair,
    a_sick_environment,
    a_sick_snapshot,
    a_survey,
)

CREATE, UPDATE = "ec2:CreateSecurityGroup", "batch:UpdateComputeEnvironment"
OURS = dict(tags_of_ours(STACK, "align-ec2"))
OURS_AT_HOME = a_group(MADE, name="batchmedic-align-ec2", tags=OURS)


def refused(call: str, because: str, *, retryable: bool = False) -> ChangeError:
    return ChangeError(call, because, code=because.partition(":")[0], retryable=retryable)


def applied(workshop: Workshop, repair: Repair | None = None) -> Repair:
    after, claim = workshop.apply(workshop.claim(repair or a_repair()))
    workshop.store.keep(claim, after)
    return workshop.repair


def test_the_group_is_made_then_the_environment_gets_it() -> None:
    workshop = Workshop()

    after = applied(workshop)

    assert workshop.calls == [CREATE, UPDATE]
    assert workshop.account.environment(ENVIRONMENT).security_groups == (MADE,)  # type: ignore[union-attr]
    assert (after.status, after.group, after.version) == (RemedyStatus.VERIFYING, MADE, 1)
    assert (after.applied_at, after.due_at) == (NOW, NOW + PACE)


def test_the_group_is_kept_before_the_environment_is_touched() -> None:
    workshop = Workshop()
    kept: list[str | None] = []
    workshop.account.done = lambda _: kept.append(workshop.repair.group)

    applied(workshop)

    assert kept == [None, MADE]


class Killed(Exception):
    """The process ends."""


@pytest.mark.parametrize("cut", [0, 1])
def test_a_rerun_after_a_cut_makes_nothing_twice(cut: int) -> None:
    workshop = Workshop()

    def die(call: ApiCall) -> None:
        if len(workshop.account.changes) == cut + 1:
            raise Killed

    workshop.account.done = die
    with pytest.raises(Killed):
        workshop.apply(workshop.claim(a_repair()))
    workshop.account.done = lambda _: None
    workshop.clock.advance(minutes(2))

    after = applied(workshop, workshop.repair)

    assert (after.status, after.group) == (RemedyStatus.VERIFYING, MADE)
    assert workshop.calls == [CREATE, UPDATE]


def switched_off(workshop: Workshop) -> None:
    workshop.switch.because = "the SSM parameter /x exists"


def deleted(workshop: Workshop) -> None:
    workshop.account.seen = None


def edited(workshop: Workshop) -> None:
    workshop.account.edit(security_groups=("sg-0f6",))


def squatted(workshop: Workshop) -> None:
    workshop.account.groups["sg-0e5"] = a_group("sg-0e5", name="batchmedic-align-ec2")


def refuse(*refusals: ChangeError | None) -> Callable[[Workshop], None]:
    return lambda workshop: workshop.account.refusals.extend(refusals)


@pytest.mark.parametrize(
    ("happens", "because", "after"),
    [
        pytest.param(switched_off, "the kill switch is on: the SSM parameter /x exists", 10, id="kill switch"),
        pytest.param(lambda workshop: setattr(workshop, "mode", "off"), "RemediationMode is off", 10, id="mode off"),
        pytest.param(
            lambda workshop: workshop.account.edit(tags={"batchmedic:remediation": "off"}),
            "its owner tagged align-ec2 batchmedic:remediation=off",
            10,
            id="tag off",
        ),
        pytest.param(
            refuse(refused(CREATE, "InvalidGroup.Duplicate: the name is in use")),
            "the new security group is not to be seen yet",
            0.5,
            id="made, and not visible yet",
        ),
        pytest.param(
            refuse(refused(CREATE, "RequestLimitExceeded", retryable=True)),
            "ec2:CreateSecurityGroup failed: RequestLimitExceeded",
            1,
            id="throttled",
        ),
    ],
)
def test_what_may_go_over_by_itself_is_put_off(happens: Callable[[Workshop], None], because: str, after: float) -> None:
    workshop = Workshop()
    happens(workshop)

    put_off = applied(workshop)

    assert (put_off.status, put_off.why_not) == (RemedyStatus.APPLYING, because)
    assert put_off.due_at == NOW + minutes(after)
    assert (put_off.version, workshop.calls) == (0, [])


def test_an_environment_that_is_updating_is_waited_for() -> None:
    workshop = Workshop()
    workshop.account.edit(status="UPDATING")

    after = applied(workshop)

    assert (after.status, after.why_not) == (RemedyStatus.APPLYING, "align-ec2 is UPDATING")
    assert (after.due_at, after.group) == (NOW + minutes(2), MADE)


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        pytest.param(deleted, "the compute environment was deleted meanwhile", id="deleted"),
        pytest.param(squatted, "security group sg-0e5 has the name batchmedic-align-ec2 and is not ours", id="squat"),
        pytest.param(
            refuse(None, refused(UPDATE, "ClientException: no")),
            "AWS refused batch:UpdateComputeEnvironment: ClientException: no",
            id="refused for good",
        ),
        pytest.param(
            refuse(
                None,
                refused(
                    UPDATE,
                    "AccessDeniedException: User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: "
                    "iam:PassRole on resource: arn:aws:iam::111122223333:role/ecsInstanceRole because no policy",
                ),
            ),
            "AWS asks for iam:PassRole on arn:aws:iam::111122223333:role/ecsInstanceRole: put that ARN into the "
            "parameter PassableRoleArns of the stack, deploy, and apply the plan again",
            id="PassRole",
        ),
        pytest.param(
            refuse(None, refused(UPDATE, "AccessDeniedException: not authorized to perform: iam:PassRole")),
            "AWS asks for iam:PassRole on the instance role of the environment: put that ARN into the parameter "
            "PassableRoleArns of the stack, deploy, and apply the plan again",
            id="PassRole without a name",
        ),
    ],
)
def test_what_no_repetition_cures_is_told_once(happens: Callable[[Workshop], None], said: str) -> None:
    workshop = Workshop()
    happens(workshop)

    after = applied(workshop)

    assert (after.status, after.said, after.version) == (RemedyStatus.FAILED, said, 1)
    assert after.due_at == (NOW + minutes(60) if after.group else None)


def test_what_is_left_to_do_after_a_failure_names_the_group_that_was_made() -> None:
    workshop = Workshop()
    refuse(None, refused(UPDATE, "ClientException: no"))(workshop)

    left = applied(workshop).plan

    assert left is not None
    assert [change.call.call for change in left.changes] == [UPDATE]
    assert left.changes[0].call.parameters["computeResources"] == {"securityGroupIds": [MADE]}
    assert f"securityGroupIds={MADE} " in left.steps[0]


def test_a_retryable_refusal_is_told_after_an_hour_with_the_group_that_is_left() -> None:
    workshop = Workshop()
    busy = refused(UPDATE, "ClientException: Cannot update, resource is being modified.", retryable=True)
    refuse(None, busy)(workshop)
    assert applied(workshop).status is RemedyStatus.APPLYING
    workshop.clock.advance(minutes(59))
    refuse(busy)(workshop)
    assert applied(workshop, workshop.repair).status is RemedyStatus.APPLYING
    workshop.clock.advance(minutes(1))
    refuse(busy)(workshop)

    after = applied(workshop, workshop.repair)

    assert (after.status, after.group) == (RemedyStatus.FAILED, MADE)
    assert after.said == f"it could not be done for an hour: {busy.call} failed: {busy.because}"
    assert after.due_at == workshop.clock() + minutes(60)


@pytest.mark.parametrize(
    "when", [pytest.param(None, id="before the first change"), pytest.param(CREATE, id="between two changes")]
)
def test_a_users_edit_makes_the_plan_void(when: str | None) -> None:
    workshop = Workshop()
    if when is None:
        edited(workshop)
    workshop.account.done = lambda call: edited(workshop) if call.call == when else None

    after = applied(workshop)

    assert (after.status, after.plan, after.version) == (RemedyStatus.NONE, None, 0)
    assert after.why_not == "somebody changed align-ec2 meanwhile, so nothing was changed"
    assert after.due_at == NOW + minutes(1)
    assert after.group == (MADE if when else None)
    assert UPDATE not in workshop.calls


def test_a_group_of_a_cut_off_try_is_remembered_when_the_plan_is_void() -> None:
    workshop = Workshop(account=FakeAccount(groups={MADE: OURS_AT_HOME}))
    edited(workshop)

    assert applied(workshop).group == MADE


def test_a_person_who_did_just_the_same_has_done_it() -> None:
    workshop = Workshop(account=FakeAccount(groups={MADE: OURS_AT_HOME}))
    workshop.account.edit(security_groups=(MADE,))

    after = applied(workshop)

    assert (after.status, after.group, workshop.calls) == (RemedyStatus.VERIFYING, MADE, [])


def test_a_name_is_taken_only_in_the_right_vpc() -> None:
    elsewhere = replace(OURS_AT_HOME, id="sg-0e5", vpc_id="vpc-0ccc")
    workshop = Workshop(account=FakeAccount(groups={"sg-0e5": elsewhere}))

    assert applied(workshop).group == MADE
    assert workshop.account.groups[MADE].vpc_id == OWN_VPC


def test_whose_lease_was_lost_changes_nothing() -> None:
    workshop = Workshop()
    old = workshop.claim(a_repair())
    workshop.clock.advance(timedelta(seconds=1))
    workshop.claim()

    with pytest.raises(ConflictError):
        workshop.apply(old)
    assert workshop.calls == []


def test_what_cannot_be_read_is_tried_again_as_a_whole() -> None:
    workshop = Workshop()
    claim = workshop.claim(a_repair())
    workshop.account.unreadable = ReadError("batch:DescribeComputeEnvironments", "Throttling", retryable=True)

    with pytest.raises(ReadError):
        workshop.apply(claim)


def test_the_kill_switch_is_asked_before_each_change() -> None:
    workshop = Workshop(switch=FakeKillSwitch())
    workshop.account.done = lambda _: switched_off(workshop)

    after = applied(workshop)

    assert workshop.calls == [CREATE]
    assert (after.status, after.group) == (RemedyStatus.APPLYING, MADE)


def test_several_groups_in_any_order_are_the_same_groups() -> None:
    one = a_sick_environment(security_groups=(STRAY, "sg-0d4"))
    survey = a_survey(a_sick_snapshot(one))
    workshop = Workshop(account=FakeAccount(seen=survey, groups={MADE: OURS_AT_HOME}))
    plan = a_plan(survey)
    wanted = plan.changes[-1].call.parameters["computeResources"]["securityGroupIds"]
    workshop.account.edit(security_groups=tuple(MADE if each.isupper() else each for each in reversed(wanted)))

    assert applied(workshop, a_repair(plan=plan)).status is RemedyStatus.VERIFYING
    assert workshop.calls == []


def test_a_users_own_limit_is_not_overwritten() -> None:
    survey = a_survey(a_snapshot(compute_environments=(a_compute_environment(max_vcpus=8),), capacity=a_capacity()))
    workshop = Workshop(account=FakeAccount(seen=survey))
    workshop.account.edit(max_vcpus=128)

    applied(workshop, a_repair(plan=raising(survey)))

    assert workshop.account.environment(ENVIRONMENT).max_vcpus == 128  # type: ignore[union-attr]

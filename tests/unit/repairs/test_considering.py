"""What is to be done about an incident: nothing, a plan for a person, or the plan at once."""

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from batchmedic.changes import Plan, RemedyStatus, Repair
from batchmedic.errors import CommandError, ConflictError, ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.network import Subnet
from batchmedic.safeguards.permission import TAG
from tests.factories import (
    C7G_4XLARGE,
    ENVIRONMENT,
    NOW,
    OWN_VPC,
    a_capacity,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_network,
    a_snapshot,
    minutes,
)
from tests.fakes_repairs import FUNCTION, FakeAccount, FakeKillSwitch, FakeRepairMemory, Workshop
from tests.repair_factories import (
    MADE,
    STRAY,
    a_plan,
    a_repair,
    a_sick_environment,
    a_sick_snapshot,
    a_survey,
    surroundings,
)

LATER = NOW + minutes(30)
PLAN = a_plan(a_survey())
NONE, PLANNED, WAITS = RemedyStatus.NONE, RemedyStatus.PLANNED, RemedyStatus.AWAITING_APPROVAL


def seen(**changes: Any) -> Workshop:
    return Workshop(account=FakeAccount(seen=a_survey(a_sick_snapshot(**changes))))


def around(**found: dict[str, Any]) -> Workshop:
    return Workshop(account=FakeAccount(seen=a_survey(around=surroundings(**found))))


def considered(workshop: Workshop, before: Repair | None = None, *, approved: str | None = None) -> Repair:
    return workshop.consider(workshop.claim(before).record, approved=approved)


def test_where_nothing_speaks_against_it_the_intent_is_complete_before_anything_is_changed() -> None:
    workshop = Workshop()

    repair = considered(workshop)

    assert (repair.status, repair.plan, repair.version) == (RemedyStatus.APPLYING, PLAN, 0)
    assert (repair.began_at, repair.due_at, repair.was_valid) == (NOW, NOW, False)
    assert repair.waiting_jobs == (a_job().arn,)
    assert workshop.memory.done == {workshop.record.incident.incident_id: (NOW, ENVIRONMENT)}
    assert workshop.calls == []


def test_it_is_known_afterwards_that_it_was_valid_before() -> None:
    one = a_sick_environment(kind="FARGATE", allocation_strategy=None, status="VALID")

    repair = considered(seen(compute_environments=(one,), job_queues=(a_job_queue(a_late_job()),)))

    assert (repair.status, repair.was_valid) == (RemedyStatus.APPLYING, True)


def unread_network() -> Workshop:
    unread: Answers[Subnet] = Answers(call="ec2:DescribeSubnets", unread="UnauthorizedOperation")
    return seen(network=replace(a_network(), subnets=unread))


@pytest.mark.parametrize(
    ("workshop", "status", "why_not", "due_at"),
    [
        pytest.param(Workshop(mode="off"), NONE, None, None, id="mode off"),
        pytest.param(
            seen(compute_environments=(a_sick_environment(tags={TAG: "off"}),)),
            NONE,
            "its owner tagged align-ec2 batchmedic:remediation=off",
            LATER,
            id="tag off",
        ),
        pytest.param(Workshop(mode="plan"), PLANNED, "RemediationMode is plan", LATER, id="mode plan"),
        pytest.param(
            Workshop(switch=FakeKillSwitch(because="x")), PLANNED, "the kill switch is on: x", LATER, id="kill switch"
        ),
        pytest.param(
            Workshop(memory=FakeRepairMemory(unavailable=True)),
            WAITS,
            "it is not known what was repaired lately (the state table is unavailable)",
            LATER,
            id="memory unavailable",
        ),
        pytest.param(
            seen(network=a_network(groups={STRAY: OWN_VPC})), NONE, "the fault is not there any more", None, id="gone"
        ),
        pytest.param(
            unread_network(),
            PLANNED,
            "it could not be looked at closely enough (ec2:DescribeSubnets: UnauthorizedOperation)",
            LATER,
            id="network unread",
        ),
    ],
)
def test_what_holds_it_back_is_said(workshop: Workshop, status: RemedyStatus, why_not: str | None, due_at: Any) -> None:
    repair = considered(workshop)

    assert (repair.status, repair.why_not, repair.due_at) == (status, why_not, due_at)
    assert repair.version == (0 if status is NONE else 1)


def test_an_environment_that_was_deleted_needs_no_repair() -> None:
    repair = considered(Workshop(account=FakeAccount(seen=None)))

    assert repair.why_not == "the compute environment does not exist any more"


def test_a_reason_that_comes_and_goes_is_no_news_but_another_plan_is() -> None:
    workshop = Workshop(mode="plan")
    first = considered(workshop)
    workshop.switch.because = "x"
    other_reason = considered(workshop, first)
    workshop.account.edit(subnets=("subnet-0a1", "subnet-0a1"))
    workshop.switch.because = None
    other_plan = considered(workshop, other_reason)

    assert [first.version, other_reason.version] == [1, 1]
    assert other_reason.why_not == "the kill switch is on: x"
    assert (other_plan.plan and other_plan.plan.id != PLAN.id, other_plan.version) == (True, 2)


def test_a_group_that_was_left_behind_is_not_forgotten() -> None:
    workshop = seen(network=a_network(groups={STRAY: OWN_VPC}))

    repair = considered(workshop, a_repair(NONE, group=MADE))

    assert (repair.group, repair.began_at, repair.due_at) == (MADE, NOW, LATER)


def test_too_many_fixes_hold_from_now_on() -> None:
    workshop = Workshop()
    workshop.memory.done = {f"{n}-1": (NOW, ENVIRONMENT) for n in range(2)}

    repair = considered(workshop)

    assert repair.why_not == ("align-ec2 was fixed 2 times in the last 24 hours, and somebody or something undoes it")
    assert workshop.memory.held == {ENVIRONMENT: repair.why_not}


def test_two_workers_who_counted_the_same_do_not_both_begin() -> None:
    workshop = Workshop()
    real = workshop.memory.past

    class Overtaken(FakeRepairMemory):
        def past(self, *args: Any, **kwargs: Any) -> Any:
            seen = real(*args, **kwargs)
            self.revision += 1
            return seen

    workshop.memory = Overtaken()

    with pytest.raises(ConflictError):
        considered(workshop)


def test_without_an_answer_of_aws_batch_the_message_comes_back() -> None:
    workshop = Workshop()
    record = workshop.open()
    workshop.account.unreadable = ReadError("batch:DescribeJobQueues", "Throttling", retryable=True)

    with pytest.raises(ReadError):
        workshop.consider(record)


# approval


def test_an_approved_plan_is_begun_and_the_hold_is_lifted() -> None:
    workshop = Workshop(mode="plan")
    workshop.memory.held = {ENVIRONMENT: "the last fix failed"}

    repair = considered(workshop, approved=PLAN.id)

    assert (repair.status, repair.approved) == (RemedyStatus.APPLYING, PLAN.id)
    assert workshop.memory.held == {}


@pytest.mark.parametrize(
    ("workshop", "plan", "says"),
    [
        pytest.param(
            Workshop(),
            "0" * 16,
            f"the plan is not {'0' * 16} any more but {PLAN.id}: read it, then approve that one",
            id="another plan",
        ),
        pytest.param(
            Workshop(switch=FakeKillSwitch(because="x")),
            PLAN.id,
            "it cannot be applied: the kill switch is on: x",
            id="kill switch",
        ),
        pytest.param(
            seen(compute_environments=(a_sick_environment(status="UPDATING"),)),
            PLAN.id,
            "it cannot be applied: align-ec2 is UPDATING: AWS Batch takes no change now",
            id="UPDATING",
        ),
    ],
)
def test_an_approval_that_cannot_be_followed_says_why(workshop: Workshop, plan: str, says: str) -> None:
    with pytest.raises(CommandError) as refusal:
        considered(workshop, approved=plan)

    assert (str(refusal.value), workshop.memory.done) == (says, {})


@pytest.mark.parametrize(
    "workshop",
    [
        pytest.param(Workshop(mode="off"), id="mode off"),
        pytest.param(seen(network=a_network(groups={STRAY: OWN_VPC})), id="the fault is gone"),
    ],
)
def test_an_approval_of_what_is_not_done_is_refused(workshop: Workshop) -> None:
    with pytest.raises(CommandError):
        considered(workshop, approved=PLAN.id)


# what people may paste


def first_command(repair: Repair) -> dict[str, str]:
    words = shlex.split(repair.commands[0])
    assert words[words.index("--function-name") + 1] == FUNCTION
    payload: dict[str, str] = json.loads(words[words.index("--payload") + 1])
    return payload


def test_what_waits_comes_with_the_command_that_approves_exactly_it_and_all_by_hand() -> None:
    workshop = Workshop(mode="plan")

    repair = considered(workshop)

    assert first_command(repair) == {"apply": workshop.record.incident.incident_id, "plan": PLAN.id}
    assert repair.commands[1:] == PLAN.steps


def test_what_no_approval_lifts_comes_without_that_command() -> None:
    assert considered(Workshop(switch=FakeKillSwitch(because="x"))).commands == PLAN.steps


@pytest.mark.parametrize(
    ("agent", "line"),
    [
        pytest.param("HashiCorp/1.0 Terraform/1.9", 'security_group_ids = ["NEW_SECURITY_GROUP_ID"]', id="Terraform"),
        pytest.param("OpenTofu/1.9", 'security_group_ids = ["NEW_SECURITY_GROUP_ID"]', id="OpenTofu"),
        pytest.param("pulumi-aws/7", 'securityGroupIds: ["NEW_SECURITY_GROUP_ID"]', id="Pulumi"),
        pytest.param("Ansible/2.19", 'security_group_ids: ["NEW_SECURITY_GROUP_ID"]', id="Ansible"),
        pytest.param(
            "cloudformation.amazonaws.com", 'SecurityGroupIds: ["NEW_SECURITY_GROUP_ID"]', id="CloudFormation"
        ),
    ],
)
def test_who_owns_it_gets_the_line_in_the_owners_language(agent: str, line: str) -> None:
    repair = considered(around(makers={"align-ec2": agent}))

    assert repair.commands[1] == f"{line}  # NEW_SECURITY_GROUP_ID: a security group of the VPC of the subnets"


def test_what_raises_the_bill_is_a_plan_for_a_person() -> None:
    one = a_compute_environment(max_vcpus=8, allocation_strategy="BEST_FIT")
    queue = a_job_queue(a_job())
    survey = a_survey(
        a_snapshot(compute_environments=(one,), job_queues=(queue,), capacity=a_capacity(C7G_4XLARGE)), surroundings()
    )
    workshop = Workshop(account=FakeAccount(seen=survey))
    workshop.open(diagnosis="max_vcpus_below_one_instance", evidence=())

    repair = considered(workshop)

    assert (repair.status, repair.why_not) == (
        WAITS,
        "it lets align-ec2 grow, and so raises the bill: a person decides",
    )
    assert considered(workshop, approved=plan_of(repair).id).status is RemedyStatus.APPLYING


def plan_of(repair: Repair) -> Plan:
    assert repair.plan is not None
    return repair.plan

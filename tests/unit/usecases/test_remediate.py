"""A repair from the first bell to its end, whatever rings in between; and what people may command."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from batchmedic.changes import RemedyStatus, Repair
from batchmedic.contracts import Hint
from batchmedic.errors import ChangeError, ReadError
from batchmedic.transitions import clean_look
from batchmedic.usecases.remediate import Report
from tests.factories import ENVIRONMENT, NOW, QUEUE, a_job, a_job_queue, a_late_job, minutes
from tests.fakes_repairs import FakeAccount, FakeKillSwitch, FakeRepairMemory, FakeRepairStore, Workshop
from tests.repair_factories import (
    MADE,
    STRAY,
    a_group,
    a_plan,
    a_repair,
    a_sick_environment,
    a_sick_snapshot,
    a_survey,
    an_applied_repair,
    surroundings,
)

INCIDENT = "0123456789abcdef-1"
PLAN = a_plan(a_survey()).id
CREATE, UPDATE, DELETE = "ec2:CreateSecurityGroup", "batch:UpdateComputeEnvironment", "ec2:DeleteSecurityGroup"
S = RemedyStatus


def ring(workshop: Workshop, *, after: float = 0, incident_id: str = INCIDENT) -> Report:
    workshop.clock.advance(minutes(after))
    return workshop.remediate([("m", json.dumps({"incident_id": incident_id}))])


def say(workshop: Workshop, **command: str) -> Report:
    return workshop.remediate([("", command)])


def a_workshop(repair: Repair | None = None, **parts: Any) -> Workshop:
    """The incident is open, and its repair has come so far."""
    workshop = Workshop(**parts)
    workshop.open()
    if repair is not None:
        claim = workshop.claim(repair)
        workshop.store.release(claim)
    return workshop


def fixed(status: RemedyStatus = S.VERIFYING, **changes: Any) -> Workshop:
    account = FakeAccount(groups={MADE: a_group(MADE)}, jobs={a_job().arn: "RUNNABLE"})
    account.edit(security_groups=(MADE,), status="VALID")
    return a_workshop(an_applied_repair(status, **changes), account=account)


def resolve(workshop: Workshop) -> None:
    record = replace(clean_look(workshop.record, now=workshop.clock()), last_clean_at=None)
    workshop.store.save(clean_look(record, now=workshop.clock()), now=workshop.clock())


def test_from_the_first_bell_to_the_proof() -> None:
    workshop = a_workshop()

    statuses = [ring(workshop).repairs]
    workshop.account.edit(status="VALID")
    workshop.account.jobs = {a_job().arn: "STARTING"}
    statuses += [ring(workshop, after=2).repairs, ring(workshop, after=2).repairs]

    assert [found[INCIDENT] for found in statuses] == ["verifying", "verifying", "verified"]
    assert workshop.calls == [CREATE, UPDATE]
    assert workshop.doorbells.rung == [INCIDENT, INCIDENT]
    assert workshop.repair.due_at is None


def test_what_was_applied_is_told_looked_at_soon_and_can_be_taken_back() -> None:
    workshop = a_workshop()
    workshop.store.settle(workshop.record, due_at=None)  # people have heard that it opened

    ring(workshop)

    assert workshop.doorbells.rung == [INCIDENT]
    assert workshop.doorbells.remedies == [(INCIDENT, 120)]
    assert workshop.doorbells.later == [(Hint(kind="verify", queue=QUEUE), 120)]
    assert workshop.record.due_at == NOW + timedelta(seconds=150)
    (undo,) = workshop.repair.commands
    assert '{"rollback": "0123456789abcdef-1"}' in undo


@pytest.mark.parametrize("times", [1, 5])
def test_duplicates_change_nothing_twice_and_tell_nothing_twice(times: int) -> None:
    workshop = a_workshop()
    ring(workshop)

    reports = [ring(workshop, after=0.1) for _ in range(times)]

    assert [(report.quiet, report.repairs) for report in reports] == [(1, {})] * times
    assert (workshop.calls, workshop.doorbells.rung) == ([CREATE, UPDATE], [INCIDENT])


@pytest.mark.parametrize(("early", "quiet"), [pytest.param(6, 1, id="early"), pytest.param(5, 0, id="about in time")])
def test_a_bell_before_its_time_is_quiet(early: int, quiet: int) -> None:
    workshop = fixed(due_at=NOW + timedelta(seconds=early))

    assert ring(workshop).quiet == quiet


def test_a_plan_that_waits_is_considered_again_at_every_bell_and_told_once() -> None:
    workshop = a_workshop(mode="plan")
    for _ in range(3):
        ring(workshop, after=1)
    workshop.mode = "apply"

    report = ring(workshop, after=1)

    assert report.repairs == {INCIDENT: "verifying"}
    assert workshop.doorbells.rung == [INCIDENT, INCIDENT]


@pytest.mark.parametrize(
    ("workshop", "incident_id"),
    [
        pytest.param(Workshop(), INCIDENT, id="unknown incident"),
        pytest.param(fixed(S.VERIFIED, due_at=None), INCIDENT, id="verified already"),
        pytest.param(a_workshop(a_repair(S.FAILED, due_at=None)), INCIDENT, id="failed before"),
    ],
)
def test_a_bell_for_nothing_is_quiet(workshop: Workshop, incident_id: str) -> None:
    report = ring(workshop, incident_id=incident_id)

    assert (report.quiet, report.failed, report.repairs, workshop.calls) == (1, [], {}, [])


def test_of_a_diagnosis_without_a_remedy_nothing_is_written() -> None:
    workshop = Workshop()
    workshop.open(diagnosis="subnet_missing")

    assert ring(workshop).quiet == 1
    assert workshop.record.repair is None
    assert ring(workshop).quiet == 1, "the lease was given back"


@pytest.mark.parametrize("repair", [None, a_repair(S.PLANNED, due_at=NOW)])
def test_an_incident_that_is_over_is_not_repaired(repair: Repair | None) -> None:
    workshop = a_workshop(repair)
    resolve(workshop)

    ring(workshop, after=1)

    assert workshop.calls == []


def test_a_group_left_by_a_repair_that_became_void_is_tidied_when_the_incident_is_over() -> None:
    void = a_repair(S.NONE, plan=None, group=MADE, due_at=NOW)
    workshop = a_workshop(void, account=FakeAccount(groups={MADE: a_group(MADE)}))
    resolve(workshop)

    ring(workshop, after=1)
    ring(workshop, after=59)

    assert (workshop.calls, workshop.repair.group) == ([DELETE], None)


@pytest.mark.parametrize("body", ["{", "[]", '{"incident_id": 3}'])
def test_what_is_no_doorbell_goes_back(body: str) -> None:
    assert a_workshop().remediate([("m", body)]).failed == ["m"]


# faults


def store_gone(workshop: Workshop) -> None:
    workshop.store.unavailable = True


def bells_gone(workshop: Workshop) -> None:
    workshop.doorbells.unavailable = True


def aws_gone(workshop: Workshop) -> None:
    workshop.account.unreadable = ReadError("batch:DescribeJobQueues", "Throttling", retryable=True)


def mended(workshop: Workshop) -> None:
    workshop.store.unavailable = workshop.doorbells.unavailable = False
    workshop.account.unreadable = None


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(store_gone, id="incident table"),
        pytest.param(bells_gone, id="queues"),
        pytest.param(aws_gone, id="AWS Batch"),
    ],
)
def test_an_outage_puts_the_message_back_and_afterwards_all_goes_on(fault: Callable[[Workshop], None]) -> None:
    workshop = a_workshop()
    fault(workshop)
    assert ring(workshop).failed == ["m"]
    mended(workshop)

    ring(workshop, after=2)

    assert workshop.repair.status is S.VERIFYING
    assert workshop.calls == [CREATE, UPDATE]


def test_an_outage_right_after_the_change_repeats_no_change() -> None:
    workshop = a_workshop()
    workshop.account.done = lambda call: store_gone(workshop) if call.call == UPDATE else None
    assert ring(workshop).failed == ["m"]
    mended(workshop)

    ring(workshop, after=2)

    assert (workshop.repair.status, workshop.calls) == (S.VERIFYING, [CREATE, UPDATE])


def test_the_intent_stands_before_the_first_change() -> None:
    workshop = a_workshop()
    kept: list[RemedyStatus] = []
    workshop.account.done = lambda _: kept.append(workshop.repair.status)

    ring(workshop)

    assert kept == [S.APPLYING, S.APPLYING]


def test_two_workers_do_not_work_on_the_same_incident() -> None:
    workshop = a_workshop()
    workshop.store.take(INCIDENT, now=NOW, until=NOW + minutes(1.5))

    assert ring(workshop).quiet == 1
    assert ring(workshop, after=2).repairs == {INCIDENT: "verifying"}


def test_a_worker_that_slept_through_its_lease_writes_nothing() -> None:
    workshop = a_workshop()

    def another(_: Any) -> None:
        workshop.store.leases.clear()
        workshop.store.take(INCIDENT, now=NOW, until=NOW)

    workshop.account.done = another

    assert ring(workshop).failed == ["m"]
    assert workshop.calls == [CREATE]


# the end


def test_what_was_valid_before_is_taken_back_by_itself_and_told_once() -> None:
    workshop = fixed(was_valid=True)
    workshop.account.edit(status="INVALID", status_reason="no")

    ring(workshop)

    assert workshop.repair.status is S.ROLLED_BACK
    assert workshop.repair.said == (
        "align-ec2 is INVALID again: no. align-ec2 has its earlier configuration, which leads back to VALID"
    )
    assert (workshop.calls, workshop.doorbells.rung, workshop.repair.version) == ([UPDATE], [INCIDENT], 2)
    assert workshop.account.changes[0].parameters["computeResources"] == {"securityGroupIds": [STRAY]}


def test_what_could_not_be_taken_back_by_itself_says_both() -> None:
    workshop = fixed(was_valid=True)
    workshop.account.edit(security_groups=("sg-0f6",))

    ring(workshop)

    assert workshop.repair.status is S.FAILED
    assert workshop.repair.said == (
        "somebody changed align-ec2 again before it was proved; align-ec2 was changed since, so it is left as it is"
    )
    assert workshop.calls == []


def test_what_was_invalid_before_is_not_taken_back_and_waits_for_a_person_from_then_on() -> None:
    workshop = fixed()
    workshop.account.edit(status="INVALID", status_reason="no")

    ring(workshop)

    assert (workshop.repair.status, workshop.calls) == (S.FAILED, [])
    assert workshop.memory.held == {ENVIRONMENT: "the last fix failed: align-ec2 is INVALID again: no"}


@pytest.mark.parametrize("after", [1, 24 * 60])
def test_what_failed_is_not_tried_again_by_itself(after: float) -> None:
    workshop = a_workshop()
    workshop.account.refusals.append(ChangeError(CREATE, "UnauthorizedOperation", code="x", retryable=False))
    ring(workshop)

    assert ring(workshop, after=after).quiet == 1
    assert (workshop.repair.status, workshop.calls) == (S.FAILED, [])


def test_the_command_in_the_alert_of_a_failure_lets_it_be_tried_again() -> None:
    workshop = a_workshop()
    workshop.account.refusals = [None, ChangeError(UPDATE, "ClientException", code="x", retryable=False)]
    ring(workshop)
    words = shlex.split(workshop.repair.commands[0])
    workshop.clock.advance(minutes(1))

    report = say(workshop, **json.loads(words[words.index("--payload") + 1]))

    assert report.answer["status"] == "verifying"
    assert workshop.calls == [CREATE, UPDATE]
    assert workshop.memory.held == {}


def test_no_group_of_ours_is_left_where_a_later_plan_took_another() -> None:
    """It was made; then somebody edited the environment and added a namesake, which the next plan took."""
    workshop = a_workshop()

    def edit_once(_: Any) -> None:
        workshop.account.done = lambda _: None
        workshop.account.edit(security_groups=(STRAY,), subnets=("subnet-0a1", "subnet-0a1"))
        seen = workshop.account.seen
        assert seen is not None
        workshop.account.seen = replace(seen, surroundings=surroundings(namesakes={"sg-0b2": a_group("sg-0b2")}))

    workshop.account.done = edit_once
    ring(workshop)
    again = workshop.record.incident
    assert workshop.account.seen is not None
    workshop.store.items[INCIDENT].record = replace(
        workshop.store.items[INCIDENT].record, incident=replace(again, evidence=())
    )
    ring(workshop, after=1)
    workshop.account.edit(status="VALID")
    ring(workshop, after=2)
    ring(workshop, after=2)
    assert workshop.repair.status is S.VERIFIED
    ring(workshop, after=60)

    assert workshop.account.groups == {}


# what people command


def test_a_person_lets_a_plan_be_applied() -> None:
    workshop = a_workshop(mode="plan")
    ring(workshop)

    report = say(workshop, apply=INCIDENT, plan=PLAN)

    remedy = report.answer.pop("remedy")
    assert report.answer == {"incident_id": INCIDENT, "status": "verifying", "said": None}
    assert (remedy["status"], remedy["plan"]) == ("verifying", PLAN)
    assert workshop.repair.approved == PLAN


def test_a_person_takes_a_fix_back_and_goes_first_from_then_on() -> None:
    workshop = fixed(S.VERIFIED)

    report = say(workshop, rollback=INCIDENT)

    assert report.answer["status"] == "rolled_back"
    assert workshop.memory.held == {ENVIRONMENT: "a person took the last fix back"}
    assert (workshop.calls, workshop.doorbells.rung) == ([UPDATE], [INCIDENT])


def over() -> Workshop:
    workshop = a_workshop()
    resolve(workshop)
    return workshop


def no_remedy() -> Workshop:
    workshop = Workshop()
    workshop.open(diagnosis="subnet_missing")
    return workshop


def busy() -> Workshop:
    workshop = a_workshop()
    workshop.store.take(INCIDENT, now=NOW, until=NOW + minutes(1))
    return workshop


NOT_THERE = f"there is no incident {INCIDENT}, or it is being worked on: try in 2 minutes"


@pytest.mark.parametrize(
    ("workshop", "command", "refused"),
    [
        pytest.param(
            a_workshop(mode="plan"),
            {"apply": INCIDENT, "plan": "0" * 16},
            f"the plan is not {'0' * 16} any more but {PLAN}: read it, then approve that one",
            id="wrong plan",
        ),
        pytest.param(
            a_workshop(mode="plan"),
            {"apply": INCIDENT},
            'apply names no plan; use {"apply": "<incident id>", "plan": "<plan id>"} of the alert',
            id="no plan",
        ),
        pytest.param(Workshop(), {"apply": INCIDENT, "plan": PLAN}, NOT_THERE, id="unknown incident"),
        pytest.param(busy(), {"apply": INCIDENT, "plan": PLAN}, NOT_THERE, id="being worked on"),
        pytest.param(
            over(), {"apply": INCIDENT, "plan": PLAN}, "the incident is over: there is nothing to repair", id="over"
        ),
        pytest.param(
            no_remedy(),
            {"apply": INCIDENT, "plan": PLAN},
            "no remedy is known for this diagnosis: see what the alert recommends",
            id="no remedy",
        ),
        pytest.param(fixed(), {"apply": INCIDENT, "plan": PLAN}, "the repair is verifying already", id="under way"),
        pytest.param(
            a_workshop(),
            {"rollback": INCIDENT},
            "nothing was applied here that could be taken back",
            id="nothing to take back",
        ),
        pytest.param(
            a_workshop(switch=FakeKillSwitch(because="x")),
            {"apply": INCIDENT, "plan": PLAN},
            "it cannot be applied: the kill switch is on: x",
            id="kill switch",
        ),
        pytest.param(
            a_workshop(memory=FakeRepairMemory(unavailable=True), mode="plan"),
            {"apply": INCIDENT, "plan": PLAN},
            "not now, try again in some minutes: the state table is unavailable",
            id="state table unavailable",
        ),
        pytest.param(
            a_workshop(store=FakeRepairStore()),
            {"rollback": "yesterday's"},
            "rollback names no incident; its id is in the alert, like 0123456789abcdef-1",
            id="no incident id",
        ),
    ],
)
def test_a_command_that_cannot_be_followed_is_answered(
    workshop: Workshop, command: dict[str, str], refused: str
) -> None:
    report = say(workshop, **command)

    assert (report.answer, report.failed) == ({"refused": refused}, [""])
    assert workshop.calls == []


def test_a_refused_command_leaves_the_lease_free() -> None:
    workshop = a_workshop(mode="plan")
    say(workshop, apply=INCIDENT, plan="0" * 16)

    assert say(workshop, apply=INCIDENT, plan=PLAN).answer["status"] == "verifying"


@pytest.mark.parametrize("command", [{"apply": INCIDENT, "plan": PLAN}, {"rollback": INCIDENT}])
def test_no_message_commands(command: dict[str, str]) -> None:
    workshop = fixed(S.VERIFIED)

    report = workshop.remediate([("m", json.dumps(command))])

    assert report.answer == {"refused": "a command is given by invoking the function, not by a message"}
    assert (report.failed, workshop.calls) == (["m"], [])


def test_on_fargate_a_valid_environment_whose_job_is_stuck_is_repaired_and_taken_back_if_that_fails() -> None:
    one = a_sick_environment(kind="FARGATE", allocation_strategy=None, status="VALID")
    snapshot = a_sick_snapshot(one, job_queues=(a_job_queue(a_late_job()),))
    workshop = a_workshop(account=FakeAccount(seen=a_survey(snapshot), jobs={a_job().arn: "RUNNABLE"}))
    ring(workshop)
    workshop.account.edit(status="VALID")

    ring(workshop, after=2)
    ring(workshop, after=2)
    ring(workshop, after=3)

    assert workshop.repair.status is S.ROLLED_BACK
    assert workshop.account.changes[-1].parameters["computeResources"] == {"securityGroupIds": [STRAY]}

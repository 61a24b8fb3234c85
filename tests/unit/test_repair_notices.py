"""What people read about a repair, and when: read it aloud."""

from dataclasses import replace

import pytest

from batchmedic.changes import RemedyStatus, Repair
from batchmedic.errors import ChangeError
from batchmedic.findings import Severity
from batchmedic.incidents import Record, Status
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import OF_STATUS, Reason, notify_reason
from batchmedic.remedies.move_to_security_group_of_own_vpc import plan
from tests.factories import ENVIRONMENT, NOW, QUEUE, a_job, a_job_queue, an_incident
from tests.fakes_repairs import FakeAccount, FakeRepairMemory, Workshop
from tests.repair_factories import a_sick_environment, a_sick_snapshot, a_survey

INCIDENT = an_incident(diagnosis="security_group_in_other_vpc", subject=ENVIRONMENT, title="T", summary="S")
PLAN = plan(a_survey())
REPAIR = Repair(remedy="r", status=RemedyStatus.VERIFYING, plan=PLAN, version=1, applied_at=NOW, group="sg-0new")
UNDO = ("aws lambda invoke ...",)
MADE = "A security group batchmedic-align-ec2 is made in vpc-0aaa. align-ec2 gets security group {} in place of sg-0a1."


def a_repair(status: RemedyStatus, **changes: object) -> Repair:
    return replace(REPAIR, status=status, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("repair", "reason", "head", "lines"),
    [
        pytest.param(
            a_repair(RemedyStatus.AWAITING_APPROVAL, why_not="3 tasks start or run in align-ec2", applied_at=None),
            Reason.REMEDY_PLANNED,
            "FIX WAITS FOR YOU",
            {
                "Not fixed by itself": "3 tasks start or run in align-ec2.",
                "The fix": f"{MADE.format('(the new one)')} {PLAN.because} The first command approves exactly this.",
            },
            id="waits",
        ),
        pytest.param(
            Repair(remedy="r", status=RemedyStatus.PLANNED, version=1, why_not="AWS Batch refuses this"),
            Reason.REMEDY_PLANNED,
            "FIX PLANNED",
            {"Not fixed by itself": "AWS Batch refuses this."},
            id="cannot",
        ),
        pytest.param(
            a_repair(RemedyStatus.VERIFYING, commands=UNDO),
            Reason.REMEDY_APPLIED,
            "FIX APPLIED",
            {"Done": f"{MADE.format('sg-0new')} {PLAN.because} Now it is checked; the command below takes it back."},
            id="applied",
        ),
        pytest.param(
            a_repair(RemedyStatus.VERIFIED, said="align-ec2 is VALID, and job j is STARTING", commands=UNDO),
            Reason.REMEDY_VERIFIED,
            "FIXED AND VERIFIED",
            {
                "Done": MADE.format("sg-0new"),
                "Proved": "align-ec2 is VALID, and job j is STARTING. Not shown: that the jobs reach their data.",
                "To undo": "the command below takes the fix back.",
            },
            id="verified",
        ),
        pytest.param(
            a_repair(RemedyStatus.FAILED, said="align-ec2 is INVALID again: x"),
            Reason.REMEDY_FAILED,
            "FIX FAILED",
            {
                "The fix": f"{MADE.format('sg-0new')} It failed: align-ec2 is INVALID again: x. "
                "It is not tried again by itself."
            },
            id="failed",
        ),
        pytest.param(
            a_repair(RemedyStatus.FAILED, said="AWS refused it", applied_at=None),
            Reason.REMEDY_FAILED,
            "FIX FAILED",
            {"The fix": "It failed: AWS refused it. It is not tried again by itself."},
            id="never done",
        ),
        pytest.param(
            a_repair(
                RemedyStatus.ROLLED_BACK, said="align-ec2 has its earlier configuration, which leads back to INVALID"
            ),
            Reason.REMEDY_ROLLED_BACK,
            "FIX TAKEN BACK",
            {"Taken back": "align-ec2 has its earlier configuration, which leads back to INVALID."},
            id="taken back",
        ),
    ],
)
def test_the_words(repair: Repair, reason: Reason, head: str, lines: dict[str, str]) -> None:
    notice = notice_of(INCIDENT, reason, repair)
    said = dict(notice.lines)

    assert notice.headline == f"{head}: compute environment align-ec2: T"
    assert {label: said.get(label) for label in lines} == lines
    assert len(notice.lines) <= 12


def test_the_first_alert_holds_the_repair_and_its_commands() -> None:
    notice = notice_of(INCIDENT, Reason.OPENED, a_repair(RemedyStatus.VERIFYING, commands=UNDO))

    assert notice.headline.startswith("CRITICAL: ")
    assert "Done" in dict(notice.lines)
    assert "What to do" not in dict(notice.lines)
    assert notice.commands == UNDO


def test_while_a_repair_is_made_nobody_is_asked_to_do_it_by_hand() -> None:
    notice = notice_of(INCIDENT, Reason.OPENED, a_repair(RemedyStatus.APPLYING, applied_at=None, group=None))

    assert dict(notice.lines)["The fix"].endswith("It is being made right now; what became of it is told next.")
    assert "What to do" not in dict(notice.lines)
    assert notice.commands == ()


def test_without_a_repair_the_alert_is_as_the_diagnosis_wrote_it() -> None:
    notice = notice_of(INCIDENT, Reason.OPENED, Repair(remedy="r", status=RemedyStatus.NONE))

    assert dict(notice.lines).keys() == dict(notice_of(INCIDENT, Reason.OPENED).lines).keys()
    assert notice.commands == INCIDENT.steps


OVER = replace(INCIDENT, status=Status.RESOLVED, resolved_at=NOW)
EXPLAINED = replace(OVER, explained_by="fedcba9876543210-1")
INFO = replace(INCIDENT, severity=Severity.INFO)


@pytest.mark.parametrize(
    ("incident", "status", "told", "reason"),
    [
        (INCIDENT, RemedyStatus.VERIFYING, {}, Reason.OPENED),
        (INCIDENT, RemedyStatus.AWAITING_APPROVAL, {}, Reason.OPENED),
        (INCIDENT, RemedyStatus.VERIFYING, {"sns": 1}, Reason.REMEDY_APPLIED),
        (INCIDENT, RemedyStatus.VERIFYING, {"sns": 1, "sns repair": 1}, Reason.QUIET),
        (INCIDENT, RemedyStatus.AWAITING_APPROVAL, {"sns": 1}, Reason.REMEDY_PLANNED),
        (INCIDENT, RemedyStatus.NONE, {"sns": 1}, Reason.QUIET),
        (INCIDENT, RemedyStatus.APPLYING, {"sns": 1}, Reason.QUIET),
        (INCIDENT, RemedyStatus.VERIFIED, {"sns": 1}, Reason.REMEDY_VERIFIED),
        (INCIDENT, RemedyStatus.FAILED, {"sns": 1}, Reason.REMEDY_FAILED),
        (INCIDENT, RemedyStatus.ROLLED_BACK, {"sns": 1}, Reason.REMEDY_ROLLED_BACK),
        (INCIDENT, RemedyStatus.VERIFYING, {"slack": 9, "slack repair": 9}, Reason.OPENED),
        (OVER, RemedyStatus.VERIFYING, {"sns": 1, "sns repair": 1}, Reason.QUIET),
        (OVER, RemedyStatus.VERIFIED, {"sns": 1}, Reason.REMEDY_VERIFIED),
        (OVER, RemedyStatus.VERIFIED, {"sns": 1, "sns repair": 1}, Reason.QUIET),
        (OVER, RemedyStatus.FAILED, {"sns": 1, "sns repair": 1}, Reason.RESOLVED),
        (OVER, RemedyStatus.AWAITING_APPROVAL, {"sns": 1}, Reason.RESOLVED),
        (OVER, RemedyStatus.VERIFIED, {}, Reason.REMEDY_VERIFIED),
        (OVER, RemedyStatus.AWAITING_APPROVAL, {}, Reason.QUIET),
        (INFO, RemedyStatus.AWAITING_APPROVAL, {}, Reason.QUIET),
        (EXPLAINED, RemedyStatus.AWAITING_APPROVAL, {}, Reason.QUIET),
        (EXPLAINED, RemedyStatus.FAILED, {"sns": 1, "sns repair": 1}, Reason.MERGED),
        (EXPLAINED, RemedyStatus.FAILED, {"sns": 1}, Reason.REMEDY_FAILED),
        (INFO, RemedyStatus.VERIFIED, {}, Reason.REMEDY_VERIFIED),
    ],
)
def test_the_next_word(incident: object, status: RemedyStatus, told: dict[str, int], reason: Reason) -> None:
    version = 1 if incident in (INCIDENT, INFO) else 2
    record = Record(incident=incident, version=version, told=told, repair=a_repair(status))  # type: ignore[arg-type]

    assert notify_reason(record, "sns", now=NOW, reminder=None) is reason


# whole alerts, as they come out of a repair


DOORBELL = ("m", {"incident_id": INCIDENT.incident_id})


def alert(workshop: Workshop) -> str:
    workshop.open(title="Security group is in another VPC than the subnets", summary="sg-0a1 is in vpc-0bbb.")
    workshop.remediate([DOORBELL])
    notice = notice_of(workshop.record.incident, OF_STATUS[workshop.repair.status], workshop.repair)
    lines = [notice.headline, *(f"{label}: {text}" for label, text in notice.lines), *notice.commands]
    assert 1 + len(notice.lines) + len(notice.commands) + bool(notice.console) + bool(notice.docs) <= 12
    return "\n".join(lines)


OPENING = """compute environment align-ec2: Security group is in another VPC than the subnets
What is wrong: sg-0a1 is in vpc-0bbb.
Waiting: 3 jobs in job queue align, noticed 2026-11-25 12:00 UTC.
How sure: certain, AWS's own ids and numbers decide it.
"""
WHERE = "Where: account 111122223333, Region eu-west-1; incident 0123456789abcdef-1\n"
INVOKE = (
    "aws lambda invoke --region eu-west-1 --function-name stack-RemediateFunction-1 "
    "--cli-binary-format raw-in-base64-out --payload '{}' /tmp/batchmedic.json && cat /tmp/batchmedic.json"
)


def test_what_waits_for_a_person_reads_well() -> None:
    apply = INVOKE.replace("{}", f'{{"apply": "0123456789abcdef-1", "plan": "{PLAN.id}"}}')

    workshop = Workshop(memory=FakeRepairMemory(held={ENVIRONMENT: "a person took the last fix back"}))

    assert alert(workshop) == (
        f"FIX WAITS FOR YOU: {OPENING}"
        "Not fixed by itself: a person took the last fix back.\n"
        f"The fix: {MADE.format('(the new one)')} {PLAN.because} The first command approves exactly this.\n"
        f"{WHERE}{apply}\n" + "\n".join(PLAN.steps)
    )


def test_what_was_applied_reads_well() -> None:
    undo = INVOKE.replace("{}", '{"rollback": "0123456789abcdef-1"}')

    assert alert(Workshop()) == (
        f"FIX APPLIED: {OPENING}"
        f"Done: {MADE.format('sg-0new')} {PLAN.because} Now it is checked; the command below takes it back.\n"
        f"{WHERE}{undo}"
    )


def refused(because: str) -> Workshop:
    return Workshop(account=FakeAccount(refusals=[ChangeError("ec2:X", because, code="x", retryable=False)]))


def test_what_failed_reads_well() -> None:
    again = INVOKE.replace("{}", f'{{"apply": "0123456789abcdef-1", "plan": "{PLAN.id}"}}')

    assert alert(refused("UnauthorizedOperation")) == (
        f"FIX FAILED: {OPENING}"
        "The fix: It failed: AWS refused ec2:X: UnauthorizedOperation. It is not tried again by itself.\n"
        "To go on: the first command lets it be tried again.\n"
        f"{WHERE}{again}\n" + "\n".join(PLAN.steps)
    )


def test_a_sentence_of_aws_ends_once() -> None:
    assert ".." not in alert(refused("ClientException: Cannot do that."))


def named(name: str, *queues: str) -> Workshop:
    """A BEST_FIT environment of this name, which every one of these queues lists."""
    one = a_sick_environment(allocation_strategy="BEST_FIT", name=name, arn=f"{ENVIRONMENT.rpartition('/')[0]}/{name}")
    listing = tuple(
        a_job_queue(a_job(), name=each, arn=f"{QUEUE}-{each}", compute_environments=(one.arn,)) for each in queues
    )
    survey = replace(a_survey(), environment=one, snapshot=a_sick_snapshot(one, job_queues=listing))
    return Workshop(account=FakeAccount(seen=survey))


@pytest.mark.parametrize(
    ("workshop", "last"),
    [
        pytest.param(named("align-ec2", "a", "b", "c"), "--job-queue c ", id="three queues"),
        pytest.param(
            named("align-ec2", "a", "b", "c", "d"),
            "--job-queue d ",
            id="four queues",
        ),
        pytest.param(
            named("a" * 128, "a"),
            "--job-queue a ",
            id="the longest name",
        ),
    ],
)
def test_the_commands_are_complete(workshop: Workshop, last: str) -> None:
    said = alert(workshop)

    assert last in said
    assert "…" not in said.partition("\nWhere: ")[2]

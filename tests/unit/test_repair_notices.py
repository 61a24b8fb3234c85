"""What people read about a repair, and when: read it aloud."""

from dataclasses import replace

import pytest

from batchmedic.changes import RemedyStatus, Repair
from batchmedic.findings import Severity
from batchmedic.incidents import Record, Status
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason, notify_reason
from batchmedic.remedies.move_to_security_group_of_own_vpc import plan
from tests.factories import ENVIRONMENT, NOW, an_incident
from tests.repair_factories import a_survey

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
                "The fix": MADE.format("(the new one)") + " " + PLAN.because,
                "To let it": "the first command approves exactly this fix.",
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


def test_without_a_repair_the_alert_is_as_the_diagnosis_wrote_it() -> None:
    notice = notice_of(INCIDENT, Reason.OPENED, Repair(remedy="r", status=RemedyStatus.NONE))

    assert dict(notice.lines).keys() == dict(notice_of(INCIDENT, Reason.OPENED).lines).keys()
    assert notice.commands == INCIDENT.steps


OVER = replace(INCIDENT, status=Status.RESOLVED, resolved_at=NOW)
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
        (INFO, RemedyStatus.VERIFIED, {}, Reason.REMEDY_VERIFIED),
    ],
)
def test_the_next_word(incident: object, status: RemedyStatus, told: dict[str, int], reason: Reason) -> None:
    version = 2 if incident is OVER else 1
    record = Record(incident=incident, version=version, told=told, repair=a_repair(status))  # type: ignore[arg-type]

    assert notify_reason(record, "sns") is reason

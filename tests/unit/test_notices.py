import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchmedic.findings import Severity
from batchmedic.incidents import Checks, Record, Status
from batchmedic.notices.clean import clean
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason, notify_reason
from tests.factories import ENVIRONMENT, NOW, QUEUE, an_incident, minutes

OVER = {"status": Status.RESOLVED, "resolved_at": NOW + minutes(12)}


@pytest.mark.parametrize(
    ("told", "incident", "reason"),
    [
        pytest.param({}, {}, Reason.OPENED, id="never told"),
        pytest.param({"sns": 2}, {}, Reason.QUIET, id="told already"),
        pytest.param({"sns": 1}, {}, Reason.WORSENED, id="news since"),
        pytest.param({"sns": 1}, OVER, Reason.RESOLVED, id="over"),
        pytest.param({"slack": 2}, {}, Reason.OPENED, id="only another channel was told"),
        pytest.param({}, OVER, Reason.QUIET, id="over before anybody was told"),
        pytest.param({}, {"severity": Severity.INFO}, Reason.QUIET, id="info is for the digest"),
    ],
)
def test_why_a_channel_should_speak(told, incident, reason):
    record = Record(incident=an_incident(**incident), version=2, told=told)

    assert notify_reason(record, "sns", now=NOW, reminder=None) is reason


def text_of(notice):
    return "\n".join([notice.headline, *(f"{label}: {text}" for label, text in notice.lines), *notice.commands])


def test_an_opening_reads_well():
    incident = an_incident(
        aws_reason="MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) ...",
        checks=Checks(not_checked=({"check": "job_exceeds_memory", "because": "ec2:DescribeInstanceTypes: denied"},)),
        job_count=100,
        job_count_is="at_least",
    )

    assert text_of(notice_of(incident, Reason.OPENED)) == (
        "CRITICAL: job queue align: Job needs more vCPUs than its compute environments may grow to\n"
        "What is wrong: Jobs need 32 vCPUs; the largest maxvCpus is 16.\n"
        "Waiting: at least 100 jobs in job queue align, noticed 2026-11-25 12:00 UTC.\n"
        "How sure: certain, AWS's own ids and numbers decide it.\n"
        "AWS Batch says: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) ...\n"
        "Could not check: job_exceeds_memory (ec2:DescribeInstanceTypes: denied)\n"
        "What to do: Raise maxvCpus to at least 32.\n"
        "Where: account 111122223333, Region eu-west-1; incident 0123456789abcdef-1\n"
        "aws batch update-compute-environment --region eu-west-1 --compute-environment align-ec2"
    )


def test_an_end_reads_well():
    assert text_of(notice_of(an_incident(**OVER), Reason.RESOLVED)) == (
        "RESOLVED: job queue align: Job needs more vCPUs than its compute environments may grow to\n"
        "What was wrong: Jobs need 32 vCPUs; the largest maxvCpus is 16.\n"
        "Now: two looks in a row found it gone; it lasted about 12 minutes.\n"
        "Where: account 111122223333, Region eu-west-1; incident 0123456789abcdef-1"
    )


def test_what_got_worse_says_so_first():
    assert notice_of(an_incident(), Reason.WORSENED).headline.startswith("WORSE, CRITICAL: ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"job_count": 1}, "1 job in job queue align"),
        ({"job_count": 0}, "no job is known to wait in job queue align"),
        ({"job_queues": ()}, "no job queue uses it"),
        ({"job_queues": (QUEUE, QUEUE + "2"), "job_count": 2_000}, "2,000 jobs in job queues align, align2"),
    ],
)
def test_says_who_waits(changes, words):
    assert f"Waiting: {words}, noticed" in text_of(notice_of(an_incident(**changes), Reason.OPENED))


@pytest.mark.parametrize(
    ("subject", "called"),
    [
        (ENVIRONMENT, "compute environment align-ec2"),
        ("arn:aws:ec2:eu-west-1:111122223333:route-table/rtb-0a1", "route table rtb-0a1"),
        ("arn:aws:servicequotas:eu-west-1:111122223333:ec2/L-1216C47A", "quota L-1216C47A"),
    ],
)
def test_the_subject_is_called_by_its_kind_and_name(subject, called):
    assert notice_of(an_incident(subject=subject), Reason.OPENED).headline.startswith(f"CRITICAL: {called}: ")


def test_hostile_text_is_one_clean_line():
    hostile = "a\x1b[31mred\u202e\u200b\r\nFrom: boss\x00" + "é" * 5_000

    notice = notice_of(an_incident(summary=hostile, aws_reason=hostile), Reason.OPENED)

    for _, text in notice.lines:
        assert len(text) <= 900
        assert not set(text) & set("\x1b\u202e\u200b\r\n\x00")


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_clean_text_is_within_its_limit_and_visible(text, limit):
    cleaned = clean(text, limit)

    assert len(cleaned) <= limit
    assert all(character == " " or not character.isspace() for character in cleaned)
    assert clean(cleaned, limit) == cleaned


def test_what_aws_says_is_not_said_twice():
    reason = "CLIENT_ERROR - Clusters can not be blank."
    said = an_incident(summary=f"align-ec2 is INVALID. AWS Batch says: {reason}", aws_reason=reason)

    assert text_of(notice_of(said, Reason.OPENED)).count(reason) == 1

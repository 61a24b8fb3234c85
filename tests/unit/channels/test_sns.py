import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchmedic.channels.sns import Sns, body, subject
from batchmedic.errors import DeliveryError
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from tests.factories import an_incident

NOTICE = notice_of(an_incident(), Reason.OPENED)


def test_delivers_subject_text_and_attributes():
    published = []

    Sns(publish=lambda *message: published.append(message)).deliver(NOTICE)

    ((subject_line, text, attributes),) = published
    assert subject_line.startswith("batchmedic CRITICAL: job queue align: Job needs more vCPUs")
    assert text.splitlines()[0] == NOTICE.headline
    assert "    aws batch update-compute-environment --region eu-west-1 --compute-environment align-ec2" in text
    assert attributes == {
        "event": "Incident Opened",
        "incident_id": "0123456789abcdef-1",
        "diagnosis": "job_exceeds_max_vcpus",
        "severity": "critical",
        "status": "open",
        "subject": "arn:aws:batch:eu-west-1:111122223333:job-queue/align",
    }


@given(st.text())
def test_the_subject_is_what_sns_accepts_whatever_the_title(title):
    line = subject(notice_of(an_incident(title=title), Reason.OPENED))

    assert line.isascii()
    assert line.isprintable()
    assert 0 < len(line) < 100
    assert line[0].isalpha()


def test_the_body_is_twelve_lines_at_most():
    assert len(body(NOTICE).splitlines()) <= 12


def test_a_refusal_reaches_the_caller():
    def refuse(*message):
        raise DeliveryError("no", retryable=True)

    with pytest.raises(DeliveryError):
        Sns(publish=refuse).deliver(NOTICE)

"""Why a channel should speak, by what it told last and what became of the incident since."""

from datetime import timedelta

import pytest

from batchmedic.changes import RemedyStatus
from batchmedic.findings import Severity
from batchmedic.incidents import Record, Status
from batchmedic.notices.reasons import ENDS, EVENTS, Reason, notify_reason, remind_at
from tests.factories import NOW, an_incident, minutes
from tests.repair_factories import a_repair

DAY = timedelta(hours=24)
OPEN = an_incident()
OVER = an_incident(status=Status.RESOLVED, resolved_at=NOW)
EXPLAINED = an_incident(status=Status.RESOLVED, resolved_at=NOW, explained_by="fedcba9876543210-1")
INFO = an_incident(severity=Severity.INFO)
INFO_OVER = an_incident(severity=Severity.INFO, status=Status.RESOLVED, resolved_at=NOW)


def reason(incident, *, told=0, muted=False, reminder=None, now=NOW, channel="sns", **kept):
    record = Record(incident=incident, told={"sns": told} if told else {}, **kept)
    return notify_reason(record, channel, now=now, reminder=reminder, muted=muted)


@pytest.mark.parametrize(
    ("told", "version", "back", "expected"),
    [
        pytest.param(0, 1, 0, Reason.OPENED, id="new"),
        pytest.param(0, 4, 0, Reason.OPENED, id="never told of anything"),
        pytest.param(1, 1, 0, Reason.QUIET, id="told"),
        pytest.param(1, 2, 0, Reason.WORSENED, id="worse since"),
        pytest.param(0, 3, 3, Reason.OPENED, id="back, and told of nothing"),
        pytest.param(0, 4, 3, Reason.OPENED, id="back and worse, and told of nothing"),
        pytest.param(1, 3, 3, Reason.BACK, id="back, and not told of the end"),
        pytest.param(2, 3, 3, Reason.BACK, id="back, and told of the end"),
        pytest.param(2, 4, 3, Reason.BACK, id="back and worse, told of the end"),
        pytest.param(2, 9, 7, Reason.BACK, id="back several times since"),
        pytest.param(3, 3, 3, Reason.QUIET, id="told of the return"),
        pytest.param(3, 4, 3, Reason.WORSENED, id="worse since the return"),
        pytest.param(0, 1, 1, Reason.BACK, id="new after a repair"),
        pytest.param(0, 2, 1, Reason.BACK, id="new after a repair, and worse"),
        pytest.param(1, 1, 1, Reason.QUIET, id="new after a repair, and told"),
        pytest.param(1, 2, 1, Reason.WORSENED, id="worse since it was new after a repair"),
    ],
)
def test_what_an_open_incident_is_worth(told, version, back, expected):
    assert reason(OPEN, told=told, version=version, back_version=back) is expected


@pytest.mark.parametrize(
    ("incident", "told", "version", "back", "expected"),
    [
        pytest.param(OVER, 0, 2, 0, Reason.QUIET, id="over before anybody heard of it"),
        pytest.param(OVER, 0, 2, 1, Reason.QUIET, id="over before anybody heard of it again"),
        pytest.param(OVER, 1, 2, 0, Reason.RESOLVED, id="over"),
        pytest.param(OVER, 1, 4, 3, Reason.RESOLVED, id="over twice, and told of no end"),
        pytest.param(OVER, 3, 4, 3, Reason.RESOLVED, id="over twice, and told of the return"),
        pytest.param(OVER, 4, 4, 3, Reason.QUIET, id="over, and told so"),
        pytest.param(EXPLAINED, 0, 2, 0, Reason.QUIET, id="a symptom that nobody heard of"),
        pytest.param(EXPLAINED, 1, 2, 0, Reason.MERGED, id="a symptom that people heard of"),
        pytest.param(EXPLAINED, 2, 2, 0, Reason.QUIET, id="a symptom, and told so"),
        pytest.param(INFO, 0, 1, 0, Reason.QUIET, id="info is for the digest"),
        pytest.param(INFO, 0, 3, 3, Reason.QUIET, id="info that comes back too"),
        pytest.param(INFO, 1, 2, 0, Reason.QUIET, id="info that was more when it was told"),
        pytest.param(INFO_OVER, 0, 2, 0, Reason.QUIET, id="info that is over"),
        pytest.param(INFO_OVER, 1, 2, 0, Reason.RESOLVED, id="info that was more when it was told, and is over"),
    ],
)
def test_what_an_end_and_info_are_worth(incident, told, version, back, expected):
    assert reason(incident, told=told, version=version, back_version=back) is expected


def test_what_another_channel_told_does_not_count():
    assert reason(OPEN, told=2, version=3, back_version=3, channel="slack") is Reason.OPENED
    assert reason(EXPLAINED, told=1, version=2, channel="slack") is Reason.QUIET


def test_info_that_becomes_more_is_told_as_opened():
    assert reason(an_incident(severity=Severity.WARNING), version=2) is Reason.OPENED


@pytest.mark.parametrize(
    ("incident", "kept", "expected"),
    [
        pytest.param(OPEN, {"told": 0}, Reason.QUIET, id="opened"),
        pytest.param(OPEN, {"told": 1, "version": 2}, Reason.QUIET, id="worse"),
        pytest.param(OPEN, {"told": 2, "version": 3, "back_version": 3}, Reason.QUIET, id="back"),
        pytest.param(OVER, {"told": 1, "version": 2}, Reason.RESOLVED, id="over"),
        pytest.param(OVER, {"told": 0, "version": 2}, Reason.QUIET, id="over, and nobody knew"),
        pytest.param(EXPLAINED, {"told": 1, "version": 2}, Reason.MERGED, id="explained"),
        pytest.param(OPEN, {"repair": a_repair(RemedyStatus.PLANNED, version=1)}, Reason.QUIET, id="a plan"),
        pytest.param(
            OPEN, {"repair": a_repair(RemedyStatus.VERIFYING, version=1)}, Reason.REMEDY_APPLIED, id="a change"
        ),
        pytest.param(
            OVER, {"repair": a_repair(RemedyStatus.VERIFIED, version=1)}, Reason.REMEDY_VERIFIED, id="a proof"
        ),
        pytest.param(
            INFO, {"repair": a_repair(RemedyStatus.FAILED, version=1)}, Reason.REMEDY_FAILED, id="a failure at info"
        ),
    ],
)
def test_what_is_said_of_what_is_muted(incident, kept, expected):
    assert reason(incident, muted=True, **kept) is expected


class TestReminder:
    def reason(self, incident=OPEN, *, hours=24.0, **how):
        told = {"told": 1, "told_at": {"sns": NOW}, "reminder": DAY}
        return reason(incident, now=NOW + minutes(60 * hours), **{**told, **how})

    def test_a_critical_incident_is_called_to_mind(self):
        assert self.reason(hours=23.9) is Reason.QUIET
        assert self.reason() is Reason.STILL_OPEN

    @pytest.mark.parametrize(
        ("incident", "how"),
        [
            pytest.param(an_incident(severity=Severity.WARNING), {}, id="not critical"),
            pytest.param(OVER, {}, id="over and told"),
            pytest.param(OPEN, {"muted": True}, id="muted"),
            pytest.param(OPEN, {"reminder": None}, id="programs"),
            pytest.param(OPEN, {"told_at": {"slack": NOW}}, id="told by another channel"),
        ],
    )
    def test_others_are_not(self, incident, how):
        assert self.reason(incident, **how) is Reason.QUIET

    def test_news_go_before_a_reminder(self):
        assert self.reason(version=2) is Reason.WORSENED

    def test_when_it_would_be(self):
        record = Record(incident=OPEN, told={"sns": 1}, told_at={"sns": NOW})

        assert remind_at(record, "sns", DAY) == NOW + DAY
        assert remind_at(record, "slack", DAY) is None


def test_every_reason_has_its_event_and_a_return_opens_a_ticket_again():
    assert set(EVENTS) == set(Reason) - {Reason.QUIET}
    assert Reason.BACK.event == Reason.OPENED.event
    assert {each.event for each in ENDS} == {"Incident Resolved"}

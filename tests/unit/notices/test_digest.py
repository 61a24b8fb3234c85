"""Whether a day is worth a digest, and what it says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.board import Board, Diary, Mute, Sweep
from batchmedic.findings import Severity
from batchmedic.incidents import Record, Status, key_of
from batchmedic.notices.digest import digest_notice
from tests.factories import ACCOUNT, ENVIRONMENT, NOW, QUEUE, REGION, an_incident, minutes

YESTERDAY = NOW - timedelta(days=1)
MONDAY = NOW + timedelta(days=5)
SWEEP = Sweep(at=NOW, job_queues=12, compute_environments=9, open_incidents=2, checks_not_made=0)
DIARY = Diary(last=SWEEP, sweeps=2_016, digest_at=YESTERDAY, digest_sweeps=1_728)


def a_record(name="align", *, hushed="", **changes):
    usual = {"key": key_of(ACCOUNT, REGION, name, "x"), "subject": f"{QUEUE}-{name}", "title": "T", "opened_at": NOW}
    return Record(incident=an_incident(**{**usual, **changes}), hushed=hushed)


OLD = {"opened_at": YESTERDAY - minutes(1)}
INFO = {"severity": Severity.INFO}


def digest(*records, board=None, diary=DIARY, saved=None, now=NOW):
    return digest_notice(records, board or Board(), diary, saved or {}, account=ACCOUNT, region=REGION, now=now)


def said(*records, **world):
    notice = digest(*records, **world)
    return {"headline": notice.headline, **dict(notice.lines)}


def swept(at, **changes):
    return replace(DIARY, last=replace(SWEEP, at=at, **changes))


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([], id="nothing open"),
        pytest.param([a_record()], id="what was told by itself"),
        pytest.param([a_record(**INFO, **OLD)], id="info of an earlier day"),
        pytest.param([a_record(hushed="x", **OLD)], id="tagged on an earlier day"),
        pytest.param([a_record(**INFO, status=Status.RESOLVED)], id="info that is over"),
        pytest.param([a_record(hushed="x", status=Status.RESOLVED)], id="tagged and over"),
    ],
)
def test_a_day_without_news_has_no_digest(records):
    assert digest(*records) is None


def test_odd_tags_and_blind_spots_wait_for_monday():
    assert digest(diary=swept(NOW, odd_tags=("a",), blind_spots=("b",))) is None


def test_on_mondays_there_is_always_one():
    assert said(now=MONDAY, diary=swept(MONDAY)) == {
        "headline": "DIGEST: nothing open",
        "Open": "nothing that deserves an alert.",
        "Heartbeat": "288 sweeps since the last digest, the last at 2026-11-30 12:00 UTC over 12 job queues and "
        "9 compute environments.",
        "Where": "account 111122223333, Region eu-west-1",
    }


def test_new_info_is_told_with_what_is_open():
    text = said(a_record("new", **INFO), a_record("old", **INFO, **OLD), a_record("loud", severity=Severity.WARNING))

    assert text["headline"] == "DIGEST: 1 warning open, 1 new for your information"
    assert text["Open"] == "1 warning: job queue align-loud: T (warning)."
    assert text["For your information"] == "job queue align-new: T (info)."


def test_on_mondays_all_info_is_listed():
    text = said(a_record("a", **INFO), a_record("b", **INFO, **OLD), now=MONDAY, diary=swept(MONDAY))

    assert text["For your information"] == "job queue align-a: T (info); job queue align-b: T (info)."


def test_without_an_earlier_digest_the_last_day_counts():
    diary = replace(DIARY, digest_at=None)

    assert digest(a_record(**INFO, opened_at=YESTERDAY + minutes(1)), diary=diary) is not None
    assert digest(a_record(**INFO, opened_at=YESTERDAY - minutes(1)), diary=diary) is None


class TestMuted:
    MUTE = Mute(until=NOW + minutes(90), because="a test\x1b queue")

    def test_what_is_muted_and_new_is_told(self):
        text = said(a_record("new", key="a" * 16), board=Board(mutes={f"{QUEUE}-new": self.MUTE}))

        assert text["Muted"] == (
            f"1 open: job queue align-new, incident {'a' * 16}-1 (until 2026-11-25 13:30 UTC: a test queue)."
        )

    def test_a_tag_is_told_likewise(self):
        text = said(a_record("new", key="a" * 16, hushed="align-new tagged batchmedic:alerts=off"))

        assert text["Muted"] == (
            f"1 open: job queue align-new, incident {'a' * 16}-1 (align-new tagged batchmedic:alerts=off)."
        )

    def test_a_mute_that_is_over_is_none(self):
        over = replace(self.MUTE, until=NOW)

        assert digest(a_record("new"), board=Board(mutes={f"{QUEUE}-new": over})) is None

    def test_of_two_mutes_the_longer_one_is_told(self):
        longer = Mute(until=NOW + timedelta(days=9), because="longer")
        record = a_record("new")

        text = said(record, board=Board(mutes={f"{QUEUE}-new": self.MUTE, record.incident.incident_id: longer}))

        assert "(until 2026-12-04 12:00 UTC: longer)" in text["Muted"]

    def test_three_are_named_and_the_rest_counted(self):
        text = said(*(a_record(str(number), hushed="tagged") for number in range(5)))

        assert text["Muted"].startswith("5 open: ")
        assert text["Muted"].count("(tagged)") == 3
        assert text["Muted"].endswith("; and 2 more.")


class TestHeartbeat:
    def test_half_an_hour_without_a_sweep_is_no_news(self):
        assert digest(diary=swept(NOW - minutes(30))) is None

    def test_a_longer_silence_is(self):
        notice = digest(diary=swept(NOW - minutes(31)))

        assert notice.headline == "DIGEST: batchmedic has not looked for more than 30 minutes"
        assert notice.severity is Severity.WARNING
        heartbeat = dict(notice.lines)["Heartbeat"]
        assert "the last at 2026-11-25 11:29 UTC" in heartbeat
        assert heartbeat.endswith("That is too long ago: read the logs of the function diagnose.")

    def test_that_there_never_was_a_sweep_is_too(self):
        notice = digest(diary=Diary())

        assert dict(notice.lines)["Heartbeat"] == (
            "no sweep was ever completed: read the logs of the function diagnose."
        )
        assert notice.severity is Severity.WARNING

    def test_a_diary_that_was_lost_counts_no_sweep_backwards(self):
        lost = Diary(last=replace(SWEEP, at=MONDAY), sweeps=3, digest_sweeps=2_016)

        assert said(now=MONDAY, diary=lost)["Heartbeat"].startswith("0 sweeps since the last digest")


class TestBlindSpots:
    def test_odd_tags_come_first(self):
        diary = swept(MONDAY, odd_tags=("Odd.",), blind_spots=("Blind.",))

        assert said(now=MONDAY, diary=diary)["Blind spots"] == "Odd. Blind."

    def test_three_are_told_and_the_rest_counted(self):
        diary = swept(MONDAY, blind_spots=tuple(f"Blind {number}." for number in range(10)))

        assert said(now=MONDAY, diary=diary)["Blind spots"] == "Blind 0. Blind 1. Blind 2. And 7 more."


def test_a_long_digest_stays_within_twelve_lines_and_their_limits():
    records = [
        a_record(f"{n}-{severity}", title="T" * 900, severity=severity) for severity in Severity for n in range(9)
    ]
    records += [a_record(f"tagged-{n}", hushed="x" * 900) for n in range(9)]
    diary = replace(DIARY, last=replace(SWEEP, at=MONDAY, blind_spots=("x" * 900,) * 10))

    notice = digest(*records, now=MONDAY, diary=diary)

    assert len(notice.lines) + 1 <= 12
    assert all(len(text) <= 900 for _, text in notice.lines)


def test_it_says_what_sleeping_floors_saved_since_the_last_digest():
    saved = {f"{ENVIRONMENT}-{number}": 100.0 * number for number in range(1, 6)}
    diary = replace(swept(MONDAY), digest_saved={f"{ENVIRONMENT}-5": 450.0, f"{ENVIRONMENT}-1": 99.5})

    assert said(now=MONDAY, diary=diary, saved=saved)["Saved"] == (
        "950 vCPU-hours of idle instances since the last digest: align-ec2-4 400, align-ec2-3 300, align-ec2-2 200 and "
        "1 more."
    )


def test_what_was_saved_alone_is_worth_no_digest():
    assert digest(saved={ENVIRONMENT: 1_000.0}) is None

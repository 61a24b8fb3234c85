from dataclasses import replace

import pytest

from batchmedic.findings import Evidence, Severity
from batchmedic.incidents import Checks, Status, incident_of, key_of
from batchmedic.transitions import clean_look, opened, seen_again
from tests.factories import ACCOUNT, NOW, QUEUE, REGION, a_finding, an_incident, minutes


def a_record(**changes):
    return replace(opened(an_incident(), None, now=NOW), revision=1, **changes)


def again(record, fresh, *, all_queues_seen=True):
    return seen_again(record, fresh, all_queues_seen=all_queues_seen, now=NOW + minutes(5))


def test_the_key_is_account_region_subject_and_diagnosis():
    keys = {
        key_of(account, region, subject, diagnosis)
        for account in (ACCOUNT, "444455556666")
        for region in (REGION, "us-east-1")
        for subject in (QUEUE, QUEUE + "2")
        for diagnosis in ("a", "b")
    }

    assert len(keys) == 16


def test_ten_rows_of_evidence_are_kept_and_the_rest_counted():
    finding = a_finding(evidence=tuple(Evidence(message=f"row {n}") for n in range(13)))

    incident = incident_of(finding, Checks(), account=ACCOUNT, region=REGION, now=NOW)

    assert [row.message for row in incident.evidence] == [f"row {n}" for n in range(10)]
    assert incident.summary == "row 0 (3 more like it.)"


@pytest.mark.parametrize(
    ("exact", "seen", "word"), [(True, True, "exact"), (False, True, "at_least"), (True, False, "at_least")]
)
def test_a_count_is_exact_only_if_everything_was_seen(exact, seen, word):
    finding = a_finding(job_count_is_exact=exact, all_queues_seen=seen)

    assert incident_of(finding, Checks(), account=ACCOUNT, region=REGION, now=NOW).job_count_is == word


def test_a_fault_that_comes_back_is_the_next_incident_of_its_key():
    first = opened(an_incident(), None, now=NOW)
    second = opened(an_incident(), first, now=NOW)

    assert (first.incident.incident_id, second.incident.incident_id) == ("0123456789abcdef-1", "0123456789abcdef-2")
    assert second.revision == 0


def test_seen_again_without_news_is_the_same_record_so_that_nothing_is_written():
    record = a_record()
    later = an_incident(last_seen_at=NOW + minutes(5), job_count=7, sample_jobs=("arn:other",))

    assert again(record, later) is record


@pytest.mark.parametrize(
    ("changes", "is_news"),
    [
        pytest.param({"job_queues": (QUEUE, QUEUE + "2")}, True, id="a further queue"),
        pytest.param({"job_queues": ()}, False, id="fewer queues"),
        pytest.param({"job_count": 30}, True, id="ten times the jobs"),
        pytest.param({"job_count": 29, "summary": "other"}, False, id="fewer than ten times"),
        pytest.param({"severity": Severity.WARNING}, False, id="less severe"),
    ],
)
def test_what_is_worse_is_news(changes, is_news):
    record = a_record()

    after = again(record, an_incident(**changes))

    assert after.version - record.version == int(is_news)


def test_a_higher_severity_is_news_and_keeps_when_it_began():
    record = opened(an_incident(severity=Severity.WARNING), None, now=NOW)

    after = again(record, an_incident(opened_at=NOW + minutes(5)))

    assert (after.version, after.incident.severity, after.incident.opened_at) == (2, Severity.CRITICAL, NOW)


def test_a_severity_that_falls_and_rises_again_is_no_news():
    record = again(a_record(), an_incident(severity=Severity.WARNING))

    after = again(record, an_incident())

    assert (record.incident.severity, after.incident.severity) == (Severity.WARNING, Severity.CRITICAL)
    assert (record.version, after.version) == (1, 1)


def test_ten_times_is_counted_from_what_people_were_told():
    record = a_record()
    for jobs in (9, 27):
        record = again(record, an_incident(job_count=jobs, recommendation=str(jobs), job_queues=()))
        assert record.version == 1

    assert again(record, an_incident(job_count=30)).version == 2


def test_a_look_at_one_queue_does_not_soften_what_the_sweep_knew():
    record = a_record()

    assert again(record, an_incident(severity=Severity.WARNING, job_count=1), all_queues_seen=False) is record


def test_two_clean_looks_resolve():
    once = clean_look(a_record(), now=NOW)
    twice = clean_look(once, now=NOW + minutes(5))

    assert (once.is_open, once.version) == (True, 1)
    assert (twice.incident.status, twice.incident.resolved_at) == (Status.RESOLVED, NOW + minutes(5))
    assert twice.version == 2


def test_two_looks_of_one_burst_are_one_clean_look():
    once = clean_look(a_record(), now=NOW)

    assert clean_look(once, now=NOW + minutes(0.9)) is once


def test_a_dirty_look_between_two_clean_ones_starts_the_count_again():
    record = clean_look(a_record(), now=NOW)
    record = again(record, an_incident())
    record = clean_look(record, now=NOW + minutes(10))

    assert record.is_open

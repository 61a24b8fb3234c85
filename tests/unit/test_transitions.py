"""What comes back soon was not over; and whom nobody wants to hear of."""

from dataclasses import replace

import pytest

from batchmedic.changes import RemedyStatus
from batchmedic.findings import Severity
from batchmedic.incidents import ChangedBy, Status
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason, notify_reason
from batchmedic.transitions import clean_look, merged, opened, seen_again
from tests.factories import NOW, QUEUE, an_incident, minutes
from tests.repair_factories import a_repair

OFF = "align tagged batchmedic:alerts=off"
CHANGE = ChangedBy(principal="arn:aws:iam::1:user/ann", event="UpdateComputeEnvironment", at=NOW)


def over(record, *, after=10):
    """Its second clean look; as the table keeps it after people were told."""
    now = record.incident.opened_at + minutes(after)
    once = clean_look(record, now=now - minutes(2))
    return replace(clean_look(once, now=now), revision=record.revision + 2, due_at=None)


def a_first(**changes):
    return replace(opened(an_incident(**changes), None, now=NOW), revision=1)


def again(before, *, after=5.0, hushed="", **changes):
    """Found so many minutes after it was over."""
    now = before.incident.resolved_at + minutes(after)
    fresh = an_incident(opened_at=now, last_seen_at=now, **changes)
    return opened(fresh, before, hushed=hushed, now=now)


class TestComesBack:
    @pytest.mark.parametrize("after", [0.1, 29, 30])
    def test_within_half_an_hour_it_is_the_same_incident(self, after):
        first = over(a_first())

        back = again(first, after=after)

        assert back.incident.incident_id == first.incident.incident_id
        assert (back.revision, back.version, back.back_version) == (first.revision, 3, 3)
        assert back.returns == (first.incident.resolved_at + minutes(after),)
        assert back.is_open
        assert (back.clean_looks, back.last_clean_at) == (0, None)

    @pytest.mark.parametrize("after", [30.01, 31, 60 * 24])
    def test_later_it_is_a_new_one_that_knows_of_no_return(self, after):
        first = over(a_first())

        new = again(first, after=after)

        assert new.incident.generation == 2
        assert (new.revision, new.version, new.back_version, new.returns) == (0, 1, 0, ())

    def test_it_is_told_within_minutes_and_by_its_bell(self):
        back = again(over(a_first()))

        assert back.due_at == back.returns[0] + minutes(2.5)

    def test_it_knows_when_it_began_and_what_it_is_now(self):
        back = again(over(a_first(changed_by=CHANGE)), severity=Severity.WARNING, job_count=7)

        assert (back.incident.opened_at, back.incident.changed_by) == (NOW, CHANGE)
        assert (back.incident.severity, back.incident.job_count, back.job_count_told) == (Severity.WARNING, 7, 7)
        assert (back.incident.status, back.incident.resolved_at) == (Status.OPEN, None)
        assert back.incident.last_seen_at == back.returns[0]

    def test_a_newer_change_takes_the_place_of_the_older(self):
        newer = replace(CHANGE, event="UpdateJobQueue")

        assert again(over(a_first(changed_by=CHANGE)), changed_by=newer).incident.changed_by == newer

    def test_what_was_told_of_it_is_still_known(self):
        first = replace(over(a_first()), told={"sns": 2}, told_at={"sns": NOW})

        assert again(first).told == {"sns": 2}

    def test_a_symptom_that_was_merged_into_its_cause_never_comes_back(self):
        symptom = merged(a_first(), explained_by="fedcba9876543210-1", now=NOW + minutes(1))

        new = again(symptom, after=1)

        assert (new.incident.generation, new.back_version, new.returns) == (2, 0, ())

    def test_a_tag_that_came_meanwhile_counts(self):
        assert again(over(a_first()), hushed=OFF).hushed == OFF
        assert again(over(replace(a_first(), hushed=OFF))).hushed == ""

    def test_it_is_over_again_after_two_clean_looks_more(self):
        back = again(over(a_first()))
        once = clean_look(back, now=back.returns[0] + minutes(5))
        assert once.is_open

        twice = clean_look(once, now=back.returns[0] + minutes(10))

        assert (twice.is_open, twice.version, twice.back_version) == (False, 4, 3)


class TestAfterARepair:
    @pytest.mark.parametrize("status", [each for each in RemedyStatus if not each.undecided])
    def test_after_something_was_changed_a_new_incident_is_told_as_back(self, status):
        first = over(replace(a_first(), repair=a_repair(status)))

        new = again(first)

        assert (new.incident.generation, new.revision, new.version, new.back_version) == (2, 0, 1, 1)
        assert new.repair is None
        assert new.returns == (first.incident.resolved_at + minutes(5),)
        assert notify_reason(new, "sns", now=NOW, reminder=None) is Reason.BACK

    @pytest.mark.parametrize("status", [each for each in RemedyStatus if each.undecided])
    def test_a_mere_plan_stays_with_its_incident(self, status):
        first = over(replace(a_first(), repair=a_repair(status), repair_revision=4))

        back = again(first)

        assert back.incident.generation == 1
        assert (back.repair, back.repair_revision) == (first.repair, 4)

    def test_half_an_hour_later_it_is_new_to_people_too(self):
        new = again(over(replace(a_first(), repair=a_repair(RemedyStatus.VERIFIED))), after=31)

        assert (new.back_version, new.returns) == (0, ())
        assert notify_reason(new, "sns", now=NOW, reminder=None) is Reason.OPENED

    def test_earlier_returns_are_remembered_in_the_new_incident(self):
        back = again(over(a_first()))
        repaired = over(replace(back, repair=a_repair(RemedyStatus.VERIFIED)), after=40)

        assert len(again(repaired).returns) == 2


def flapping(times, *, every=15):
    """Over and back, so many times."""
    record = a_first()
    for number in range(times):
        gone = over(record, after=every * (number + 1))
        record = again(gone, after=5)
    return record


class TestFlaps:
    @pytest.mark.parametrize(
        ("times", "word"),
        [
            *((1, "second"), (2, "third"), (5, "sixth"), (9, "tenth"), (10, "11th"), (12, "13th"), (19, "20th")),
            *((20, "at least the 21st"), (40, "at least the 21st")),
        ],
    )
    def test_people_hear_how_often_it_came(self, times, word):
        record = flapping(times)

        notice = notice_of(record.incident, Reason.BACK, returns=record.returns)

        assert record.incident.generation == 1
        assert notice.headline.startswith(f"BACK AGAIN, CRITICAL ({word} time in 24 hours): job queue align: ")

    def test_twenty_returns_are_remembered(self):
        record = flapping(25)

        assert len(record.returns) == 20
        assert record.returns[-1] > record.returns[0]
        assert record.version == record.back_version == 51

    @pytest.mark.parametrize(
        ("hours", "word"),
        [
            pytest.param((0,), "second", id="once"),
            pytest.param((0, 23.9), "third", id="both within a day"),
            pytest.param((0, 24), "second", id="one of them a day ago"),
            pytest.param((0, 1, 24.5, 25.5), "third", id="two of them earlier"),
        ],
    )
    def test_returns_of_another_day_do_not_count(self, hours, word):
        returns = tuple(NOW + minutes(60 * hour) for hour in hours)

        assert f"({word} time in 24 hours)" in notice_of(an_incident(), Reason.BACK, returns=returns).headline


def look(record, *, hushed="", **changes):
    return seen_again(record, an_incident(**changes), all_queues_seen=True, hushed=hushed, now=NOW + minutes(5))


class TestTagged:
    def test_a_new_incident_knows_why_nobody_is_told(self):
        assert opened(an_incident(), None, hushed=OFF, now=NOW).hushed == OFF

    def test_the_same_tag_is_no_change(self):
        record = replace(a_first(), hushed=OFF)

        assert look(record, hushed=OFF) is record

    @pytest.mark.parametrize(("before", "after"), [("", OFF), (OFF, "")], ids=["comes", "goes"])
    def test_a_tag_that_comes_or_goes_is_written_and_looked_after_and_is_no_news(self, before, after):
        record = replace(a_first(), hushed=before, due_at=None)

        changed = look(record, hushed=after)

        assert (changed.hushed, changed.version, changed.due_at) == (after, 1, NOW + minutes(7.5))

    def test_another_change_leaves_alone_when_it_is_due(self):
        record = replace(a_first(), due_at=NOW + minutes(60))

        assert look(record, summary="other", aws_reason="other").due_at == NOW + minutes(60)

    def test_what_got_worse_as_the_tag_went_is_news(self):
        worse = look(replace(a_first(), hushed=OFF), job_queues=(QUEUE, f"{QUEUE}-2"))

        assert (worse.hushed, worse.version) == ("", 2)

    def test_a_tag_that_comes_between_two_clean_looks_starts_the_count_again(self):
        once = clean_look(a_first(), now=NOW)

        assert look(once, hushed=OFF).clean_looks == 0

"""Who tells, and what was told: one teller at a time, and what one side writes the other never loses."""

from dataclasses import replace
from typing import Any

import pytest

from batchmedic.errors import StoreError
from batchmedic.incidents import Record, Status
from tests.factories import NOW, an_incident, minutes


@pytest.fixture
def saved(store: Any) -> Record:
    record: Record = store.save(Record(incident=an_incident(), due_at=NOW + minutes(2)), now=NOW)
    return record


def resolved(record: Record) -> Record:
    return replace(record, incident=replace(record.incident, status=Status.RESOLVED, resolved_at=NOW))


def claim(store: Any, record: Record, *, at: float = 0, lasts: float = 1) -> Record | None:
    now = NOW + minutes(at)
    claimed: Record | None = store.claim(record.incident.incident_id, now=now, until=now + minutes(lasts))
    return claimed


def latest(store: Any, record: Record) -> Record:
    found: Record = store.latest(record.incident.key)
    return found


def test_nothing_is_claimed_that_does_not_exist(store, saved):
    assert store.claim("ffffffffffffffff-1", now=NOW, until=NOW + minutes(1)) is None
    assert store.claim(f"{saved.incident.key}-2", now=NOW, until=NOW + minutes(1)) is None

    assert store.latest("ffffffffffffffff") is None
    assert store.due() == (saved,)


def test_a_claim_answers_with_the_record(store, saved):
    assert claim(store, saved) == saved


def test_a_claim_answers_with_what_was_saved_last(store, saved):
    news = store.save(replace(saved, version=2, clean_looks=1, last_clean_at=NOW), now=NOW)

    assert claim(store, saved) == news


def test_what_somebody_tells_nobody_else_claims(store, saved):
    claim(store, saved)

    assert claim(store, saved, at=0.5) is None


def test_a_claim_holds_to_its_last_moment(store, saved):
    claim(store, saved, lasts=1)

    assert claim(store, saved, at=1) is None
    assert claim(store, saved, at=1.0001) == saved


def test_a_refused_claim_does_not_lengthen_the_first(store, saved):
    claim(store, saved, lasts=1)
    claim(store, saved, at=0.5, lasts=5)

    assert claim(store, saved, at=2) == saved


def test_saving_leaves_the_claim_alone(store, saved):
    claim(store, saved, lasts=1)
    store.save(replace(saved, version=2), now=NOW)

    assert claim(store, saved, at=0.5) is None


def test_what_was_told_is_kept_by_channel(store, saved):
    store.told(saved, "sns", now=NOW)
    told = store.told(saved, "slack", now=NOW)
    again = store.told(replace(told, version=2), "sns", now=NOW)

    assert told.told == {"sns": 1, "slack": 1}
    assert again.told == {"sns": 2, "slack": 1}
    assert latest(store, saved) == replace(saved, told={"sns": 2, "slack": 1}, told_at={"sns": NOW, "slack": NOW})


def test_an_earlier_answer_is_not_changed_by_what_is_told_later(store, saved):
    first = store.told(saved, "sns", now=NOW)
    store.told(saved, "slack", now=NOW)

    assert first.told == {"sns": 1}


def test_a_channel_may_have_any_name(store, saved):
    assert store.told(saved, "size-of.team 2", now=NOW).told == {"size-of.team 2": 1}


def test_telling_shows_what_was_saved_meanwhile(store, saved):
    claimed = claim(store, saved)
    news = store.save(resolved(replace(saved, version=2)), now=NOW)

    assert store.told(claimed, "sns", now=NOW) == replace(news, told={"sns": 1}, told_at={"sns": NOW})


def test_telling_is_no_new_revision(store, saved):
    store.told(saved, "sns", now=NOW)

    assert store.save(replace(saved, version=2), now=NOW).revision == 2


def test_nothing_is_told_of_what_does_not_exist(store):
    with pytest.raises(StoreError):
        store.told(Record(incident=an_incident(), revision=1), "sns", now=NOW)

    assert store.latest(an_incident().key) is None


@pytest.mark.parametrize("due_at", [None, NOW + minutes(5)], ids=["nothing left", "something left"])
def test_settling_gives_the_claim_back(store, saved, due_at):
    store.settle(claim(store, saved, lasts=60), due_at=due_at)

    assert claim(store, saved, at=1) == replace(saved, due_at=due_at)


@pytest.mark.parametrize("due_at", [None, NOW + minutes(5)], ids=["nothing left", "something left"])
def test_an_open_incident_stays_in_the_index_with_the_time_when_it_is_due(store, saved, due_at):
    store.settle(saved, due_at=due_at)

    assert store.due() == (replace(saved, due_at=due_at),)


def test_a_resolved_incident_with_something_left_stays_in_the_index(store, saved):
    over = store.save(resolved(saved), now=NOW)

    store.settle(over, due_at=NOW + minutes(5))

    assert store.due() == (replace(over, due_at=NOW + minutes(5)),)


def test_settling_late_changes_nothing_but_the_claim(store, saved):
    """Somebody wrote since: their news is due when they said."""
    claimed = claim(store, saved, lasts=60)
    news = store.save(resolved(replace(saved, version=2, due_at=NOW + minutes(3))), now=NOW)

    store.settle(claimed, due_at=None)

    assert store.due() == (news,)
    assert claim(store, saved, at=1) == news


def test_settling_keeps_what_was_told(store, saved):
    told = store.told(claim(store, saved), "sns", now=NOW)

    store.settle(told, due_at=None)

    assert latest(store, saved).told == {"sns": 1}


def test_settling_what_is_gone_leaves_nothing_behind(store):
    """It expired or was deleted meanwhile."""
    store.settle(Record(incident=an_incident(), revision=1), due_at=None)

    assert store.latest(an_incident().key) is None
    assert store.claim(an_incident().incident_id, now=NOW, until=NOW + minutes(1)) is None


def test_who_tells_learns_of_returns_and_tags_and_leaves_them_alone(store, saved):
    odd = store.save(replace(saved, version=3, returns=(NOW,), back_version=3, hushed="tagged"), now=NOW)

    assert claim(store, saved) == odd
    told = store.told(odd, "sns", now=NOW)
    store.settle(told, due_at=None)

    assert latest(store, saved) == replace(odd, due_at=None, told={"sns": 3}, told_at={"sns": NOW})


def test_what_was_told_before_it_came_back_is_still_known(store, saved):
    """So that people hear of the return, not of an opening."""
    over = store.save(resolved(replace(saved, version=2)), now=NOW)
    told = store.told(claim(store, over), "sns", now=NOW)
    store.settle(told, due_at=None)

    back = store.save(replace(saved, revision=over.revision, version=3, back_version=3), now=NOW)

    assert claim(store, back, at=1) == replace(back, told={"sns": 2}, told_at={"sns": NOW})


class TestInterleaved:
    """`diagnose` and `notify` write the same item at the same time."""

    def test_diagnose_does_not_lose_what_notify_told_meanwhile(self, store, saved):
        before_the_telling = latest(store, saved)
        store.told(claim(store, saved), "sns", now=NOW)

        store.save(replace(before_the_telling, version=2), now=NOW)

        assert latest(store, saved) == replace(saved, revision=2, version=2, told={"sns": 1}, told_at={"sns": NOW})

    def test_notify_does_not_lose_what_diagnose_saved_meanwhile(self, store, saved):
        claimed = claim(store, saved)
        news = store.save(replace(saved, version=2, job_count_told=70, clean_looks=1, last_clean_at=NOW), now=NOW)

        store.told(claimed, "sns", now=NOW)
        store.settle(claimed, due_at=None)

        assert latest(store, saved) == replace(news, told={"sns": 1}, told_at={"sns": NOW})

    def test_a_worse_version_saved_between_telling_and_settling_is_still_due(self, store, saved):
        told = store.told(claim(store, saved), "sns", now=NOW)
        store.save(replace(saved, version=2, due_at=NOW), now=NOW)

        store.settle(told, due_at=None)

        assert [(one.version, one.due_at, one.told) for one in store.due()] == [(2, NOW, {"sns": 1})]

    def test_a_resolution_saved_between_telling_and_settling_is_still_due(self, store, saved):
        told = store.told(claim(store, saved), "sns", now=NOW)
        over = store.save(resolved(replace(saved, version=2)), now=NOW)

        store.settle(told, due_at=None)

        assert store.due() == (replace(over, told={"sns": 1}, told_at={"sns": NOW}),)

    def test_a_save_that_lost_to_another_takes_no_part_of_it_away(self, store, saved):
        over = store.save(resolved(replace(saved, version=2)), now=NOW)
        store.settle(store.told(over, "sns", now=NOW), due_at=None)

        with pytest.raises(Exception, match="wrote first"):
            store.save(replace(saved, clean_looks=1), now=NOW)

        assert store.due() == ()
        assert latest(store, saved) == replace(over, told={"sns": 2}, told_at={"sns": NOW}, due_at=None)

    def test_two_channels_told_from_the_same_reading_are_both_kept(self, store, saved):
        one, other = latest(store, saved), latest(store, saved)

        store.told(one, "sns", now=NOW)
        store.told(other, "slack", now=NOW)

        assert latest(store, saved).told == {"sns": 1, "slack": 1}

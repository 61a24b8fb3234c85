"""Hints and bells in any number, any order and up to two weeks late: every history tells what the plain one tells.

What is told late may be told together: a channel may leave out a step between an opening and an end, but never the
opening, nor the end, nor how it stands last.
"""

import os
from functools import lru_cache
from itertools import islice, pairwise
from random import Random
from typing import Any

import pytest

from batchmedic.incidents import Record
from tests.factories import minutes
from tests.headlines import END, OPENING, SUMMARY, UPDATE, kind_of, news_in
from tests.properties.tellings import REMINDER, SKEW, History, Said
from tests.properties.truths import a_truth

HISTORIES = 10_000 if "TORTURE" in os.environ else 1_000
ORDERS = 10  # of each truth
PARTS = 10
MOST_UPDATES = 3  # between an opening and an end, but for reminders
Life = list[tuple[str, Said]]  # what one channel told of one incident: the kind of the message, and what was noted


def lives(history: History) -> dict[tuple[str, str], Life]:
    """By channel and incident id; every message is noted, and nothing else is."""
    told: dict[tuple[str, str], Life] = {}
    for channel in history.channels:
        notes = iter(history.store.said[channel.name])
        for notice in channel.notices:
            some = list(islice(notes, news_in(notice.headline)))
            assert len(some) == news_in(notice.headline), f"seed {history.seed}: told, not noted: {notice.headline}"
            assert len(some) > 1 or some[0].incident_id == notice.incident.incident_id, f"seed {history.seed}: another"
            for note in some:
                told.setdefault((channel.name, note.incident_id), []).append((kind_of(notice.headline), note))
        assert not list(notes), f"seed {history.seed}: noted and not told"
    return told


def flaw(life: Life, record: Record, *, people: bool) -> str | None:
    """What is wrong with it: an opening, each version once, an end, and at last how it stands; people are reminded."""
    notes = [note for _, note in life]
    expected = [OPENING] + [UPDATE if note.is_open else END for note in notes[1:]]
    if [wanted if kind == SUMMARY else kind for wanted, (kind, _) in zip(expected, life, strict=True)] != expected:
        return "no opening, updates and an end"
    for before, after in pairwise(notes):
        is_reminder = people and after.is_open and after.at - before.at >= REMINDER - minutes(2 * SKEW)
        if after.version <= before.version and not is_reminder:
            return "the same was told twice"
    if not notes[0].is_open or not all(note.is_open for note in notes[:-1]):
        return "an end without an opening, or not at the end"
    stands = (record.version, record.is_open, record.incident.severity)
    return None if (notes[-1].version, notes[-1].is_open, notes[-1].severity) == stands else "not how it stands"


def steps(life: Life) -> int:
    """Updates, but for reminders."""
    return len({note.version for _, note in life if note.is_open}) - 1


def alerts(history: History) -> dict[tuple[str, str], bool]:
    """Of which incidents each channel told, and whether that they are over."""
    told = lives(history)
    for (channel, incident_id), life in told.items():
        record = history.store.items[incident_id].record
        wrong = flaw(life, record, people=channel != "eventbridge")
        assert wrong is None, f"seed {history.seed}, {channel}: {wrong}: {life}"
    return {which: not life[-1][1].is_open for which, life in told.items()}


def end(history: History) -> dict[str, dict[str, Any]]:
    """Every incident as it stands in the table; counts, samples and times are written only with other news."""
    return {name: _state(kept.as_record(), in_index=kept.in_index) for name, kept in history.store.items.items()}


def _state(record: Record, *, in_index: bool) -> dict[str, Any]:
    incident = record.incident
    return {
        "fault": (incident.diagnosis, incident.subject, incident.summary),
        "stands": (incident.status, incident.severity, incident.explained_by),
        "harms": (incident.job_queues, incident.compute_environments),
        "told by": {channel for channel, version in record.told.items() if version == record.version},
        "in the index": in_index,
    }


@lru_cache(maxsize=8)
def plain(number: int) -> History:
    return History(a_truth(Random(number)), seed=number, calm=True).run()


def test_the_plain_history_tells_each_fault_and_each_step_once() -> None:
    for number in range(HISTORIES // ORDERS):
        history = plain(number)
        truth, ended, told = history.truth, alerts(history), lives(history)
        for channel in history.channels:
            mine = [which for which in ended if which[0] == channel.name]
            counted = (len(mine), sum(ended[each] for each in mine), sum(steps(told[each]) for each in mine))
            assert counted == (truth.openings, truth.ends, truth.worsenings), f"truth {number}, {channel.name}"


@pytest.mark.parametrize("part", range(PARTS))
def test_all_others_end_the_same_and_tell_the_same(part: int) -> None:
    for seed in range(part * HISTORIES // PARTS, (part + 1) * HISTORIES // PARTS):
        undisturbed = plain(seed // ORDERS)
        history = History(undisturbed.truth, seed=seed).run()

        assert end(history) == end(undisturbed), f"seed {seed}"
        assert alerts(history) == alerts(undisturbed), f"seed {seed}"
        usual = lives(undisturbed)
        for which, life in lives(history).items():  # a look at one of two queues may see less at first
            assert steps(life) <= min(steps(usual[which]) + 1, MOST_UPDATES), f"seed {seed}, {which}"


def test_what_nobody_heard_of_in_time_is_not_called_over() -> None:
    """Where bells may be lost for as long as chance will have it, a fault may pass unheard, and then quite unheard."""
    unheard = 0
    for seed in range(HISTORIES // 5):
        history = History(plain(seed // ORDERS).truth, seed=seed, unlucky=HISTORIES, bells=(0, 0, 0, 0, 1)).run()
        told = alerts(history)
        for name, kept in history.store.items.items():
            silent = [channel.name for channel in history.channels if (channel.name, name) not in told]
            unheard += len(silent)
            assert not silent or not kept.record.is_open, f"seed {seed}: {name} is open, and {silent} never told"

    assert unheard > 0

"""Since when something has been seen in a status: the same promise of the fake and of the state table."""

import pytest

from batchmedic.aws.state_table import StateTable
from batchmedic.errors import StoreError
from tests.factories import ENVIRONMENT, NOW, minutes
from tests.fakes import FakeMemory


@pytest.fixture(params=["fake", "aws"])
def memory(request):
    return FakeMemory() if request.param == "fake" else request.getfixturevalue("state_table")


def see(memory, *moments, status="UPDATING"):
    return [memory.seen_since(ENVIRONMENT, status, now=NOW + minutes(moment)) for moment in moments]


def test_it_is_the_first_of_the_sweeps_that_saw_it(memory):
    assert see(memory, 0, 5, 10, 15) == [NOW] * 4


def test_another_status_begins_anew(memory):
    see(memory, 0)
    see(memory, 5, status="DELETING")

    assert see(memory, 10) == [NOW + minutes(10)]


def test_what_was_not_seen_for_a_while_begins_anew(memory):
    see(memory, 0, 5)

    assert see(memory, 31, 36) == [NOW + minutes(31)] * 2


def test_subjects_do_not_mix(memory):
    see(memory, 0)

    assert memory.seen_since(ENVIRONMENT + "2", "UPDATING", now=NOW + minutes(5)) == NOW + minutes(5)


def test_a_table_that_is_away_says_so(aws):
    with pytest.raises(StoreError):
        see(StateTable(dynamodb=aws("dynamodb"), table="nowhere"), 0)

"""How often was repaired, and where a person goes first."""

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.repair_memory import RepairMemoryItem
from batchmedic.errors import ConflictError, StoreError
from batchmedic.remedy import PastRepairs
from tests.contract.answering import failing
from tests.contract.tables import STATE
from tests.factories import ENVIRONMENT, NOW, minutes
from tests.fakes_repairs import FakeRepairMemory

OTHER = f"{ENVIRONMENT}-2"


@pytest.fixture
def item(dynamodb):
    return RepairMemoryItem(dynamodb=dynamodb, table=STATE)


@pytest.fixture(params=["fake", "aws"])
def memory(request):
    return FakeRepairMemory() if request.param == "fake" else request.getfixturevalue("item")


def spend(memory, incident_id, *, environment=ENVIRONMENT, at=0.0):
    now = NOW + minutes(at)
    past = memory.past(environment, incident_id, now=now)
    memory.spend(environment, incident_id, now=now, revision=past.revision)


def past(memory, *, environment=ENVIRONMENT, at=0.0, incident_id="new"):
    found = memory.past(environment, incident_id, now=NOW + minutes(at))
    return found.of_environment, found.of_all


def test_nothing_was_ever_repaired(memory):
    assert memory.past(ENVIRONMENT, "i-1", now=NOW) == PastRepairs()


def test_repairs_count_here_for_a_day_and_in_all_for_an_hour(memory):
    spend(memory, "i-1")
    spend(memory, "i-2", environment=OTHER, at=30)

    assert past(memory, at=31) == (1, 2)
    assert past(memory, at=61) == (1, 1)
    assert past(memory, at=24 * 60 - 1) == (1, 0)
    assert past(memory, at=24 * 60) == (0, 0)


def test_what_an_incident_itself_noted_does_not_count_for_it_nor_twice(memory):
    spend(memory, "i-1")
    spend(memory, "i-1", at=1)

    assert past(memory, incident_id="i-1", at=2) == (0, 0)
    assert past(memory, at=2) == (1, 1)


def test_two_that_note_at_the_same_time_do_not_both_come_through(memory):
    first = memory.past(ENVIRONMENT, "i-1", now=NOW)
    second = memory.past(OTHER, "i-2", now=NOW)
    memory.spend(ENVIRONMENT, "i-1", now=NOW, revision=first.revision)

    with pytest.raises(ConflictError):
        memory.spend(OTHER, "i-2", now=NOW, revision=second.revision)
    assert past(memory) == (1, 1)


def test_a_hold_stays_until_it_is_lifted(memory):
    memory.hold(ENVIRONMENT, "because")
    assert memory.past(ENVIRONMENT, "i-1", now=NOW + minutes(60 * 24 * 365)).held_because == "because"
    assert memory.past(OTHER, "i-1", now=NOW).held_because is None

    memory.lift(ENVIRONMENT)

    assert memory.past(ENVIRONMENT, "i-1", now=NOW).held_because is None


def test_what_is_older_than_a_day_leaves_the_item(item, dynamodb):
    for number in range(5):
        spend(item, f"i-{number}", at=number)
    spend(item, "i-9", at=24 * 60 + 10)

    [kept] = dynamodb.scan(TableName=STATE)["Items"]
    assert set(kept) == {"state_key", "revision", "done i-9"}


@pytest.mark.parametrize("error", ["AccessDeniedException", ReadTimeoutError(endpoint_url="x")])
@pytest.mark.parametrize(
    "use",
    [
        lambda memory: memory.past(ENVIRONMENT, "i-1", now=NOW),
        lambda memory: memory.spend(ENVIRONMENT, "i-1", now=NOW, revision=0),
        lambda memory: memory.hold(ENVIRONMENT, "x"),
        lambda memory: memory.lift(ENVIRONMENT),
    ],
)
def test_an_unusable_table_is_a_store_error(item, dynamodb, error, use):
    with failing(dynamodb, error), pytest.raises(StoreError):
        use(item)


def test_an_incident_that_was_repaired_before_yesterday_may_be_repaired_again(item):
    """So a person who approves a plan a day after the first try is never heard."""
    spend(item, "i-1")

    spend(item, "i-1", at=24 * 60 + 1)

    assert past(item, at=24 * 60 + 2) == (1, 1)

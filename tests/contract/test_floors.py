"""The memory of floors: one item for all, each written only as it was read, and none lost between versions."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.floors import FloorItem
from batchmedic.errors import ConflictError, StoreError
from batchmedic.scaling.floor import Floor, Floors
from tests.contract.answering import failing
from tests.contract.tables import STATE
from tests.factories import ENVIRONMENT, NOW, minutes
from tests.fakes_floors import FakeFloorStore

OTHER = f"{ENVIRONMENT}-2"
BLANK = Floor(environment=ENVIRONMENT)
IDLE = replace(BLANK, idle_since=NOW)
FULL = Floor(
    environment=ENVIRONMENT,
    idle_since=NOW,
    announced_at=NOW + timedelta(microseconds=1),
    floor=16,
    slept_at=NOW,
    lowered=True,
    waking=True,
    waking_at=NOW,
    untold=True,
    sleeps=(NOW, NOW + minutes(1)),
    raises=(NOW,),
    given_up_at_tag="on",
    saved_hours=1 / 3,
)
SAVED = replace(BLANK, saved_hours=160.25)  # nothing is under way, and something was saved

KEY = {"state_key": {"S": FloorItem.key}}


@pytest.fixture
def item(dynamodb):
    return FloorItem(dynamodb=dynamodb, table=STATE)


@pytest.fixture(params=["fake", "aws"])
def store(request):
    return FakeFloorStore() if request.param == "fake" else request.getfixturevalue("item")


def attributes(dynamodb):
    return dynamodb.get_item(TableName=STATE, Key=KEY)["Item"]


def test_nothing_is_remembered_at_first(store):
    assert store.read() == Floors()


@pytest.mark.parametrize("floor", [IDLE, FULL, SAVED], ids=["idle", "everything", "saved"])
def test_a_memory_comes_back_as_it_was(store, floor):
    store.save(BLANK, floor)

    assert store.read().of(ENVIRONMENT) == floor


@pytest.mark.parametrize("before", [IDLE, FULL, SAVED], ids=["idle", "everything", "saved"])
def test_who_knows_how_it_stands_may_write(store, before):
    store.save(BLANK, before)
    (kept,) = store.read().floors.values()
    store.save(kept, replace(before, floor=8))

    assert store.read().of(ENVIRONMENT).floor == 8


@pytest.mark.parametrize("stale", [BLANK, replace(FULL, floor=4), SAVED], ids=["nothing", "another floor", "saved"])
def test_who_knows_another_state_writes_nothing(store, stale):
    store.save(BLANK, FULL)

    with pytest.raises(ConflictError):
        store.save(stale, replace(stale, idle_since=NOW))
    assert store.read().of(ENVIRONMENT) == FULL


@pytest.mark.parametrize("before", [IDLE, SAVED], ids=["idle", "saved"])
def test_what_is_gone_meanwhile_is_a_conflict(store, before):
    with pytest.raises(ConflictError):
        store.save(before, FULL)

    assert store.read().floors == {}


def test_a_memory_that_holds_nothing_goes(store):
    store.save(BLANK, FULL)
    store.save(FULL, BLANK)

    assert store.read().floors == {}


def test_what_was_saved_is_worth_remembering(store):
    store.save(BLANK, FULL)
    store.save(FULL, SAVED)

    assert store.read().floors == {ENVIRONMENT: SAVED}
    store.save(SAVED, BLANK)
    assert store.read().floors == {}


def test_environments_do_not_stand_in_each_others_way(store):
    floors = [replace(FULL, environment=f"{ENVIRONMENT}-{number}", floor=number + 1) for number in range(50)]
    for floor in floors:
        store.save(Floor(environment=floor.environment), floor)
    store.save(floors[7], Floor(environment=floors[7].environment))

    assert store.read().floors == {one.environment: one for one in floors if one is not floors[7]}


def test_when_a_run_looked_is_kept_apart_from_the_floors(store):
    store.looked(NOW, "apply")
    store.save(BLANK, FULL)
    store.looked(NOW + minutes(5), "apply")
    store.save(FULL, BLANK)

    assert store.read() == Floors(looked_at=NOW + minutes(5), mode="apply")


def test_the_item_holds_no_empty_attribute(item, dynamodb):
    item.save(BLANK, FULL)
    item.save(FULL, BLANK)

    assert set(attributes(dynamodb)) == {"state_key"}


def write(dynamodb, fields):
    item = {**KEY, f"floor {ENVIRONMENT}": {"S": json.dumps(fields)}}
    dynamodb.put_item(TableName=STATE, Item=item)


def test_a_memory_of_a_later_version_is_read_and_written(item, dynamodb):
    """Who goes back to this version still wakes what sleeps."""
    write(dynamodb, {"environment": ENVIRONMENT, "floor": 16, "lowered": True, "invented_later": [1]})
    found = item.read().of(ENVIRONMENT)
    item.save(found, replace(found, waking=True))

    assert item.read().of(ENVIRONMENT) == Floor(environment=ENVIRONMENT, floor=16, lowered=True, waking=True)


def test_a_memory_of_an_earlier_version_is_read_and_written(item, dynamodb):
    write(dynamodb, {"environment": ENVIRONMENT, "floor": 16})
    found = item.read().of(ENVIRONMENT)
    item.save(found, BLANK)

    assert item.read().floors == {}


def test_a_memory_in_other_words_that_changed_meanwhile_is_a_conflict(item, dynamodb):
    write(dynamodb, {"environment": ENVIRONMENT, "floor": 16, "invented_later": 1})
    found = item.read().of(ENVIRONMENT)
    write(dynamodb, {"environment": ENVIRONMENT, "floor": 16, "invented_later": 2})

    with pytest.raises(ConflictError):
        item.save(found, BLANK)


USES = [lambda store: store.read(), lambda store: store.save(BLANK, IDLE), lambda store: store.looked(NOW, "apply")]


@pytest.mark.parametrize("error", ["AccessDeniedException", ReadTimeoutError(endpoint_url="x")])
@pytest.mark.parametrize("use", USES, ids=["read", "save", "looked"])
def test_an_unusable_table_is_a_store_error(item, dynamodb, error, use):
    with failing(dynamodb, error), pytest.raises(StoreError):
        use(item)


@pytest.mark.parametrize("use", USES, ids=["read", "save", "looked"])
def test_so_is_a_table_that_is_gone(item, dynamodb, use):
    dynamodb.delete_table(TableName=STATE)

    with pytest.raises(StoreError):
        use(item)


@pytest.mark.parametrize("use", USES, ids=["read", "save", "looked"])
def test_and_a_twin_that_is_unavailable(use):
    with pytest.raises(StoreError):
        use(FakeFloorStore(unavailable=True))

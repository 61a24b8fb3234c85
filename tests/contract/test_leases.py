"""A queue is looked at by one at a time, and who comes meanwhile learns whether a later look is promised."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.state_table import StateTable
from batchmedic.errors import StoreError
from batchmedic.ports import Lease
from tests.contract.answering import failing, recorded
from tests.contract.tables import STATE
from tests.factories import NOW, QUEUE, minutes

UNTIL = NOW + minutes(1)


def take(leases, at=NOW, queue=QUEUE):
    return leases.port.take(queue, now=at, until=at + minutes(1))


def test_a_free_queue_is_ours(leases):
    assert take(leases) is None


def test_a_taken_queue_says_until_when_and_that_nothing_is_promised(leases):
    take(leases)

    assert take(leases, NOW + minutes(0.5)) == Lease(until=UNTIL, promised=False)


def test_asking_does_not_lengthen_a_lease(leases):
    take(leases)
    take(leases, NOW + minutes(0.9))

    assert take(leases, UNTIL) is None


def test_a_lease_is_over_at_its_last_moment(leases):
    take(leases)

    assert take(leases, UNTIL - timedelta(microseconds=1)) is not None
    assert take(leases, UNTIL) is None
    assert take(leases, UNTIL + minutes(0.5)) == Lease(until=UNTIL + minutes(1), promised=False)


def test_queues_do_not_stand_in_each_others_way(leases):
    take(leases)

    assert take(leases, queue=QUEUE + "2") is None


def test_a_promise_is_seen_by_who_comes_later(leases):
    take(leases)

    leases.port.promise(QUEUE, take(leases))

    assert take(leases) == Lease(until=UNTIL, promised=True)


def test_a_new_lease_promises_nothing(leases):
    take(leases)
    leases.port.promise(QUEUE, take(leases))
    take(leases, UNTIL)

    assert take(leases, UNTIL) == Lease(until=UNTIL + minutes(1), promised=False)


def test_a_promise_for_a_lease_that_is_over_leaves_the_next_one_alone(leases):
    take(leases)
    old = take(leases)
    take(leases, UNTIL)

    leases.port.promise(QUEUE, old)

    assert take(leases, UNTIL) == Lease(until=UNTIL + minutes(1), promised=False)


def test_a_promise_for_a_lease_that_never_was_is_nothing(leases):
    leases.port.promise(QUEUE, Lease(until=UNTIL, promised=False))

    assert take(leases) is None


def test_times_of_another_zone_are_the_same_moments(leases):
    take(leases, datetime.fromisoformat("2026-11-25T17:30:00+05:30"))

    assert take(leases, UNTIL - minutes(0.1)) == Lease(until=UNTIL, promised=False)
    assert take(leases, UNTIL.astimezone(UTC)) is None


def test_an_unusable_table_is_a_store_error(leases):
    take(leases)
    with leases.outage(), pytest.raises(StoreError):
        take(leases)
    with leases.outage(), pytest.raises(StoreError):
        leases.port.promise(QUEUE, Lease(until=UNTIL, promised=False))

    assert take(leases) == Lease(until=UNTIL, promised=False)


@pytest.mark.parametrize(
    ("error", "word"),
    [("AccessDeniedException", "AccessDeniedException"), (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError")],
)
def test_the_error_names_what_dynamodb_answered(dynamodb, error, word):
    table = StateTable(dynamodb=dynamodb, table=STATE)

    with failing(dynamodb, error), pytest.raises(StoreError, match=word):
        table.take(QUEUE, now=NOW, until=UNTIL)
    with failing(dynamodb, error), pytest.raises(StoreError, match=word):
        table.promise(QUEUE, Lease(until=UNTIL, promised=False))


def test_a_missing_table_is_a_store_error(aws):
    table = StateTable(dynamodb=aws("dynamodb"), table="gone")

    with pytest.raises(StoreError, match="ResourceNotFoundException"):
        table.take(QUEUE, now=NOW, until=UNTIL)


def test_a_lease_costs_one_call_free_or_taken(dynamodb):
    table = StateTable(dynamodb=dynamodb, table=STATE)

    with recorded(dynamodb) as calls:
        table.take(QUEUE, now=NOW, until=UNTIL)
        table.take(QUEUE, now=NOW, until=UNTIL)

    assert [operation for operation, _ in calls] == ["UpdateItem"] * 2


def test_a_lease_expires_a_day_after_it_is_over(dynamodb):
    StateTable(dynamodb=dynamodb, table=STATE).take(QUEUE, now=NOW, until=UNTIL)

    [item] = dynamodb.scan(TableName=STATE)["Items"]
    assert datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) == UNTIL + timedelta(days=1)

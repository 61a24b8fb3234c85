"""A queue is looked at by one at a time, and who comes meanwhile learns whether a later look is promised."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.leases import LeaseItem
from batchmedic.errors import StoreError
from batchmedic.ports import Lease
from tests.contract.answering import failing, recorded
from tests.contract.tables import STATE
from tests.factories import NOW, QUEUE, minutes

UNTIL = NOW + minutes(1)


def take_all(leases, *queues, at=NOW):
    return leases.port.take(queues, now=at, until=at + minutes(1))


def take(leases, at=NOW, queue=QUEUE):
    """The lease of whoever holds this one queue; None if it is ours now."""
    return take_all(leases, queue, at=at).get(queue)


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

    leases.port.promise(take_all(leases, QUEUE))

    assert take(leases) == Lease(until=UNTIL, promised=True)


def test_a_new_lease_promises_nothing(leases):
    take(leases)
    leases.port.promise(take_all(leases, QUEUE))
    take(leases, UNTIL)

    assert take(leases, UNTIL) == Lease(until=UNTIL + minutes(1), promised=False)


def test_a_promise_for_a_lease_that_is_over_leaves_the_next_one_alone(leases):
    take(leases)
    old = take(leases)
    take(leases, UNTIL)

    leases.port.promise({QUEUE: old})

    assert take(leases, UNTIL) == Lease(until=UNTIL + minutes(1), promised=False)


def test_a_promise_for_a_lease_that_never_was_is_nothing(leases):
    leases.port.promise({QUEUE: Lease(until=UNTIL, promised=False)})

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
        leases.port.promise({QUEUE: Lease(until=UNTIL, promised=False)})

    assert take(leases) == Lease(until=UNTIL, promised=False)


@pytest.mark.parametrize(
    ("error", "word"),
    [("AccessDeniedException", "AccessDeniedException"), (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError")],
)
def test_the_error_names_what_dynamodb_answered(dynamodb, error, word):
    table = LeaseItem(dynamodb=dynamodb, table=STATE)

    with failing(dynamodb, error), pytest.raises(StoreError, match=word):
        table.take([QUEUE], now=NOW, until=UNTIL)
    with failing(dynamodb, error), pytest.raises(StoreError, match=word):
        table.promise({QUEUE: Lease(until=UNTIL, promised=False)})


def test_a_missing_table_is_a_store_error(aws):
    table = LeaseItem(dynamodb=aws("dynamodb"), table="gone")

    with pytest.raises(StoreError, match="ResourceNotFoundException"):
        table.take([QUEUE], now=NOW, until=UNTIL)


FIFTY = tuple(f"{QUEUE}-{number}" for number in range(50))


def test_of_many_the_free_ones_are_taken_and_the_others_named(leases):
    take_all(leases, *FIFTY[:20])
    leases.port.promise(take_all(leases, FIFTY[3]))

    held = take_all(leases, *FIFTY, at=NOW + minutes(0.5))

    assert set(held) == set(FIFTY[:20])
    assert [queue for queue, lease in held.items() if lease.promised] == [FIFTY[3]]
    assert set(take_all(leases, *FIFTY, at=NOW + minutes(0.5))) == set(FIFTY)
    assert set(take_all(leases, *FIFTY, at=UNTIL)) == set(FIFTY[20:])


def test_nothing_to_take_is_nothing(leases):
    assert take_all(leases) == {}


@pytest.mark.parametrize("queues", [FIFTY[:1], FIFTY])
def test_all_free_or_all_held_cost_one_call(dynamodb, queues):
    table = LeaseItem(dynamodb=dynamodb, table=STATE)

    with recorded(dynamodb) as calls:
        table.take(queues, now=NOW, until=UNTIL)
        held = table.take(queues, now=NOW, until=UNTIL)
        table.promise(held)

    assert [operation for operation, _ in calls] == ["UpdateItem"] * 3
    assert all(lease.promised for lease in table.take(queues, now=NOW, until=UNTIL).values())


def test_a_mixture_costs_two_calls(dynamodb):
    table = LeaseItem(dynamodb=dynamodb, table=STATE)
    table.take(FIFTY[::2], now=NOW, until=UNTIL)

    with recorded(dynamodb) as calls:
        table.take(FIFTY, now=NOW, until=UNTIL)

    assert len(calls) == 2


def test_the_longest_names_of_fifty_queues_fit_into_dynamodbs_limits(dynamodb):
    """4 KB for an expression; the names themselves count elsewhere, 255 bytes each: quotas of DynamoDB."""
    longest = [f"arn:aws-us-gov:batch:us-gov-west-1:123456789012:job-queue/{number:0>128}" for number in range(50)]

    with recorded(dynamodb) as calls:
        LeaseItem(dynamodb=dynamodb, table=STATE).take(longest, now=NOW, until=UNTIL)

    [(_, request)] = calls
    assert all(len(request[member]) < 4_096 for member in ("ConditionExpression", "UpdateExpression"))
    assert all(len(name) <= 255 for name in request["ExpressionAttributeNames"].values())


def test_more_than_fifty_queues_are_taken_in_turn(leases):
    many = [f"{QUEUE}-{number}" for number in range(120)]
    take_all(leases, *many[100:])

    assert set(take_all(leases, *many)) == set(many[100:])
    assert set(take_all(leases, *many)) == set(many)


def test_a_refusal_that_shows_no_item_takes_the_queues_for_held(dynamodb):
    table = LeaseItem(dynamodb=dynamodb, table=STATE)

    with failing(dynamodb, "ConditionalCheckFailedException"):
        held = table.take([QUEUE], now=NOW, until=UNTIL)

    assert held == {QUEUE: Lease(until=UNTIL, promised=False)}


def test_the_item_expires_a_day_after_the_last_lease(dynamodb):
    LeaseItem(dynamodb=dynamodb, table=STATE).take([QUEUE], now=NOW, until=UNTIL)

    [item] = dynamodb.scan(TableName=STATE)["Items"]
    assert datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) == UNTIL + timedelta(days=1)


def test_queues_that_are_gone_for_a_day_leave_the_item(dynamodb):
    table = LeaseItem(dynamodb=dynamodb, table=STATE)
    table.take(FIFTY, now=NOW, until=UNTIL)
    table.promise(table.take(FIFTY, now=NOW, until=UNTIL))
    later = NOW + timedelta(days=1, minutes=5)
    for minute in range(4):
        table.take([QUEUE], now=later + minutes(minute), until=later + minutes(minute + 1))

    [item] = dynamodb.scan(TableName=STATE)["Items"]
    assert set(item) == {"state_key", "expires_at", f"held {QUEUE}"}

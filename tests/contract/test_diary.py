"""What the sweeps saw and what people were told of it: counted once each, and read by every version of the code."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.diary import DiaryItem
from batchmedic.board import Diary, Sweep
from batchmedic.errors import StoreError
from tests.contract.answering import failing, recorded
from tests.contract.tables import STATE
from tests.factories import NOW, minutes

SWEEP = Sweep(
    at=NOW + timedelta(microseconds=1),
    job_queues=12,
    compute_environments=9,
    open_incidents=2,
    checks_not_made=3,
    blind_spots=('Job queue "alignées" \U0001f9ec has no time limit.', "b"),
    odd_tags=("c is tagged oddly.",),
)
PLAIN = Sweep(at=NOW, job_queues=0, compute_environments=0, open_incidents=0, checks_not_made=0)


@pytest.fixture
def item(dynamodb):
    return DiaryItem(dynamodb=dynamodb, table=STATE)


def test_at_first_it_is_empty(diary):
    assert diary.port.read() == Diary()


def test_a_sweep_is_kept_with_all_that_it_saw(diary):
    assert diary.port.swept(SWEEP) == diary.port.read() == Diary(last=SWEEP, sweeps=1)


def test_sweeps_are_counted_and_the_last_is_kept(diary):
    diary.port.swept(SWEEP)
    diary.port.swept(SWEEP)

    assert diary.port.swept(PLAIN) == Diary(last=PLAIN, sweeps=3)


def test_a_time_of_another_zone_is_the_same_moment(diary):
    east = datetime.fromisoformat("2026-11-25T17:30:00+05:30")

    diary.port.digested(now=east, sweeps=0, saved={"arn": 1.5})

    assert diary.port.read().digest_at.astimezone(UTC) == NOW


def test_hello_and_digest_are_noted_beside_the_sweeps(diary):
    diary.port.swept(SWEEP)
    diary.port.greeted(now=NOW)
    diary.port.digested(now=NOW + minutes(5), sweeps=1, saved={"arn": 1.5})

    after = Diary(
        last=PLAIN, sweeps=2, greeted=True, digest_at=NOW + minutes(5), digest_sweeps=1, digest_saved={"arn": 1.5}
    )
    assert diary.port.swept(PLAIN) == after
    assert diary.port.read() == after


def test_the_last_digest_counts(diary):
    diary.port.digested(now=NOW, sweeps=288, saved={"arn": 1.5})
    diary.port.digested(now=NOW + minutes(24 * 60), sweeps=576, saved={"arn": 1.5})

    assert diary.port.read() == Diary(digest_at=NOW + minutes(24 * 60), digest_sweeps=576, digest_saved={"arn": 1.5})


USES = [
    pytest.param(lambda port: port.read(), id="read"),
    pytest.param(lambda port: port.swept(PLAIN), id="swept"),
    pytest.param(lambda port: port.greeted(now=NOW), id="greeted"),
    pytest.param(lambda port: port.digested(now=NOW, sweeps=1, saved={"arn": 1.5}), id="digested"),
]


@pytest.mark.parametrize("use", USES)
def test_an_unusable_table_is_a_store_error_and_changes_nothing(diary, use):
    before = diary.port.swept(SWEEP)

    with diary.outage(), pytest.raises(StoreError):
        use(diary.port)

    assert diary.port.read() == before


@pytest.mark.parametrize("use", USES)
def test_a_missing_table_is_a_store_error(aws, use):
    with pytest.raises(StoreError, match="ResourceNotFoundException"):
        use(DiaryItem(dynamodb=aws("dynamodb"), table="gone"))


def test_no_answer_is_a_store_error_too(item):
    with failing(item.dynamodb, ReadTimeoutError(endpoint_url="x")), pytest.raises(StoreError, match="ReadTimeout"):
        item.read()


def test_a_sweep_costs_one_write_and_a_look_one_consistent_read(item):
    with recorded(item.dynamodb) as calls:
        item.swept(SWEEP)
        item.read()

    assert [operation for operation, _ in calls] == ["UpdateItem", "GetItem"]
    assert calls[-1][1]["ConsistentRead"] is True


def put(item, sweep, **attributes):
    kept = {"state_key": {"S": "diary"}, "last_sweep": {"S": json.dumps(sweep)}, **attributes}
    item.dynamodb.put_item(TableName=STATE, Item=kept)


OF_ANOTHER_VERSION = {
    "at": "2026-11-25T12:00:00.000000+00:00",
    **dict.fromkeys(("job_queues", "compute_environments", "open_incidents", "checks_not_made"), 0),
}


def test_what_a_later_version_wrote_does_no_harm(item):
    put(item, {**OF_ANOTHER_VERSION, "moods": ["calm"]}, moods={"L": []}, sweeps={"N": "7"})

    assert item.read() == Diary(last=PLAIN, sweeps=7)
    assert item.swept(PLAIN) == Diary(last=PLAIN, sweeps=8)


def test_what_an_earlier_version_did_not_write_is_nothing(item):
    put(item, OF_ANOTHER_VERSION)

    assert item.read() == Diary(last=PLAIN)


def test_it_is_one_item_that_never_expires(item):
    item.swept(SWEEP)
    item.greeted(now=NOW)
    item.digested(now=NOW, sweeps=1, saved={"arn": 1.5})

    [kept] = item.dynamodb.scan(TableName=STATE)["Items"]
    assert set(kept) == {
        "state_key",
        "last_sweep",
        "sweeps",
        "greeted_at",
        "digest_at",
        "digest_sweeps",
        "digest_saved",
    }

"""The table and its twin keep the same promises: whoever writes second is told, and nothing that is due is lost."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from batchmedic.aws.incident_table import IncidentTable
from batchmedic.errors import ConflictError, StoreError
from batchmedic.findings import Confidence, Severity
from batchmedic.incidents import Checks, Incident, Record, Row, Status
from tests.contract.answering import failing, recorded
from tests.contract.tables import INCIDENTS
from tests.factories import NOW, an_incident, minutes

OTHER_KEY = "fedcba9876543210"
FULL = Incident(
    key="0123456789abcdef",
    generation=12,
    status=Status.RESOLVED,
    diagnosis="job_exceeds_memory",
    severity=Severity.WARNING,
    confidence=Confidence.PROBABLE,
    account="111122223333",
    region="eu-west-1",
    subject="arn:aws:batch:eu-west-1:111122223333:job-queue/alignées ✓",
    title="title",
    summary='summary with "quotes", <marks> & a tab\t',
    evidence=(Row(subject="arn:1", message="first", facts={"wanted": 32.5, "jobs": ["a"], "none": None}),),
    checks=Checks(passed=("p",), failed=("f",), not_checked=({"check": "c", "because": "denied"},)),
    job_queues=("q1", "q2"),
    compute_environments=("ce1",),
    job_count=100,
    job_count_is="at_least",
    sample_jobs=("j1", "j2"),
    aws_reason="reason",
    opened_at=NOW,
    last_seen_at=NOW + timedelta(microseconds=1),
    resolved_at=NOW + minutes(9),
    recommendation="recommendation",
    steps=("one", "two"),
    docs="https://docs.aws.amazon.com/",
)


def a_record(**changes: Any) -> Record:
    return Record(incident=an_incident(**changes), due_at=NOW + minutes(2))


def resolved(record: Record) -> Record:
    return replace(record, incident=replace(record.incident, status=Status.RESOLVED, resolved_at=NOW + minutes(9)))


def test_a_saved_record_has_the_next_revision_and_is_found(store):
    saved = store.save(a_record(), now=NOW)

    assert saved == replace(a_record(), revision=1)
    assert store.latest(saved.incident.key) == saved


def test_a_record_is_saved_again_with_the_revision_it_was_read_with(store):
    first = store.save(a_record(), now=NOW)

    second = store.save(replace(first, version=2), now=NOW)

    assert (second.revision, store.latest(first.incident.key)) == (2, second)


def test_a_stale_revision_is_a_conflict_and_changes_nothing(store):
    first = store.save(a_record(), now=NOW)
    second = store.save(replace(first, version=2), now=NOW)

    with pytest.raises(ConflictError):
        store.save(replace(first, version=9), now=NOW)

    assert store.latest(first.incident.key) == second


def test_the_second_creator_of_a_generation_has_a_conflict(store):
    first = store.save(a_record(summary="first"), now=NOW)

    with pytest.raises(ConflictError):
        store.save(a_record(summary="second"), now=NOW)

    assert store.latest(first.incident.key) == first


def test_a_record_that_was_never_stored_cannot_be_saved_again(store):
    with pytest.raises(ConflictError):
        store.save(replace(a_record(), revision=3), now=NOW)

    assert store.due() == ()


def test_there_is_no_latest_of_an_unknown_key(store):
    store.save(a_record(key=OTHER_KEY), now=NOW)

    assert store.latest(a_record().incident.key) is None


@pytest.mark.parametrize("over", [False, True], ids=["open", "resolved"])
def test_the_latest_is_the_highest_generation_open_or_not(store, over):
    for generation in (9, 11, 10, 1):  # as text, 9 would be the highest
        record = a_record(generation=generation)
        store.save(resolved(record) if over else record, now=NOW)
    store.save(a_record(key=OTHER_KEY, generation=40), now=NOW)

    last = store.latest(a_record().incident.key)

    assert (last.incident.generation, last.is_open) == (11, not over)


def test_every_field_survives(store):
    record = Record(
        incident=FULL,
        version=7,
        job_count_told=40,
        clean_looks=2,
        last_clean_at=NOW + timedelta(microseconds=123_456),
        due_at=NOW + minutes(5),
    )

    store.save(record, now=NOW)

    assert store.latest(FULL.key) == replace(record, revision=1)


def test_what_came_back_survives_to_the_microsecond(store):
    returns = tuple(NOW + timedelta(minutes=number, microseconds=number) for number in range(20))
    record = Record(incident=an_incident(), version=41, returns=returns, back_version=41)

    store.save(record, now=NOW)

    assert store.latest(record.incident.key) == replace(record, revision=1)


def test_why_nobody_is_told_survives_and_goes(store):
    tagged = store.save(replace(a_record(), hushed='align "é" tagged batchmedic:alerts=off'), now=NOW)
    assert store.latest(tagged.incident.key) == tagged

    untagged = store.save(replace(tagged, hushed=""), now=NOW)

    assert store.latest(tagged.incident.key) == untagged


def test_what_comes_back_is_due_again_under_its_own_id(store):
    over = store.save(resolved(a_record()), now=NOW)
    store.settle(over, due_at=None)

    back = store.save(replace(over, incident=an_incident(), due_at=NOW, returns=(NOW,), back_version=3), now=NOW)

    assert store.due() == (back,)
    assert store.latest(over.incident.key) == back


def test_a_record_without_times_survives(store):
    record = Record(incident=an_incident(aws_reason=None), last_clean_at=None, due_at=None)

    store.save(record, now=NOW)

    assert store.latest(record.incident.key) == replace(record, revision=1)


def test_times_of_other_zones_are_the_same_moments(store):
    elsewhere = datetime.fromisoformat("2026-11-25T17:30:00+05:30")

    saved = store.save(replace(a_record(), due_at=elsewhere), now=NOW)

    assert store.latest(saved.incident.key).due_at == elsewhere.astimezone(UTC)


def test_open_incidents_are_due_in_the_order_of_their_times(store):
    for number, due_at in enumerate([None, NOW + minutes(2), NOW, NOW + timedelta(microseconds=1)]):
        store.save(replace(a_record(key=f"{number:016x}"), due_at=due_at), now=NOW)

    assert [int(record.incident.key, 16) for record in store.due()] == [2, 3, 1, 0]


def test_times_of_other_zones_stand_in_the_same_order(store):
    east = datetime.fromisoformat("2026-11-25T17:30:00+05:30")  # NOW
    for number, due_at in enumerate([NOW + minutes(1), east, NOW - minutes(1)]):
        store.save(replace(a_record(key=f"{number:016x}"), due_at=due_at), now=NOW)

    assert [int(record.incident.key, 16) for record in store.due()] == [2, 1, 0]


def test_a_resolved_incident_is_due_as_long_as_something_is_left_to_tell(store):
    saved = store.save(resolved(a_record()), now=NOW)

    assert store.due() == (saved,)


def test_a_resolved_incident_that_is_settled_is_not_due_but_still_the_latest(store):
    saved = store.save(resolved(a_record()), now=NOW)

    store.settle(saved, due_at=None)

    assert store.due() == ()
    assert store.latest(saved.incident.key) == replace(saved, due_at=None)


def test_the_next_generation_is_due_while_the_settled_one_is_not(store):
    store.settle(store.save(resolved(a_record()), now=NOW), due_at=None)
    again = store.save(a_record(generation=2), now=NOW)

    assert store.due() == (again,)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda store, record: store.due(), id="due"),
        pytest.param(lambda store, record: store.latest(record.incident.key), id="latest"),
        pytest.param(lambda store, record: store.save(record, now=NOW), id="save"),
        pytest.param(lambda store, record: store.claim(record.incident.incident_id, now=NOW, until=NOW), id="claim"),
        pytest.param(lambda store, record: store.told(record, "sns", now=NOW), id="told"),
        pytest.param(lambda store, record: store.settle(record, due_at=None), id="settle"),
    ],
)
class TestOutage:
    def test_an_unusable_table_is_a_store_error(self, incidents, call):
        record = incidents.port.save(a_record(), now=NOW)

        with incidents.outage(), pytest.raises(StoreError):
            call(incidents.port, record)

        assert incidents.port.latest(record.incident.key) == record

    @pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "InternalServerError"])
    def test_the_error_names_what_dynamodb_answered(self, dynamodb, call, code):
        table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)

        with failing(dynamodb, code), pytest.raises(StoreError, match=code):
            call(table, a_record())

    @pytest.mark.parametrize(
        "error", [ConnectTimeoutError(endpoint_url="x"), EndpointConnectionError(endpoint_url="x")]
    )
    def test_no_answer_is_a_store_error_too(self, dynamodb, call, error):
        table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)

        with failing(dynamodb, error), pytest.raises(StoreError, match=type(error).__name__):
            call(table, a_record())

    def test_a_missing_table_is_a_store_error(self, aws, call):
        table = IncidentTable(dynamodb=aws("dynamodb"), table="gone")

        with pytest.raises(StoreError, match="ResourceNotFoundException"):
            call(table, a_record())


def item_of(dynamodb: Any, record: Record) -> dict[str, Any]:
    key = {"incident_key": {"S": record.incident.key}, "generation": {"N": str(record.incident.generation)}}
    item: dict[str, Any] = dynamodb.get_item(TableName=INCIDENTS, Key=key)["Item"]
    return item


def test_only_a_resolved_incident_expires(dynamodb):
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)
    saved = table.save(a_record(), now=NOW)
    assert "expires_at" not in item_of(dynamodb, saved)

    table.save(resolved(saved), now=NOW)

    expires = int(item_of(dynamodb, saved)["expires_at"]["N"])
    assert datetime.fromtimestamp(expires, UTC) == NOW + timedelta(days=90)


def test_what_comes_back_does_not_expire(dynamodb):
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)
    over = table.save(resolved(a_record()), now=NOW)

    back = table.save(replace(over, incident=an_incident()), now=NOW)
    assert "expires_at" not in item_of(dynamodb, back)

    table.save(resolved(back), now=NOW)
    assert "expires_at" in item_of(dynamodb, back)


def test_what_an_earlier_version_wrote_is_read_and_written_on(dynamodb):
    """It knew nothing of returns, tags and times of telling."""
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)
    saved = table.save(replace(a_record(), returns=(NOW,), back_version=1, hushed="x"), now=NOW)
    item = item_of(dynamodb, saved)
    for later in ("came_back_at", "back_version", "hushed"):
        del item[later]
    dynamodb.put_item(TableName=INCIDENTS, Item=item)
    plain = replace(saved, returns=(), back_version=0, hushed="")

    assert table.latest(saved.incident.key) == plain
    assert table.due() == (plain,)
    assert table.claim(saved.incident.incident_id, now=NOW, until=NOW + minutes(1)) == plain
    assert table.save(replace(plain, version=2), now=NOW).revision == 2


def test_an_item_that_cannot_be_read_hides_no_other(dynamodb, caplog):
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)
    broken = {"incident_key": {"S": "broken"}, "due_bucket": {"S": "open"}, "due_at": {"S": "2026"}}
    for number, odd in enumerate([{}, {"incident": {"S": "{"}}, {"incident": {"S": "[]"}}, {"incident": {"N": "1"}}]):
        dynamodb.put_item(TableName=INCIDENTS, Item={**broken, "generation": {"N": str(number)}, **odd})
    saved = table.save(a_record(), now=NOW)

    with caplog.at_level(logging.ERROR):
        due = table.due()

    assert due == (saved,)
    assert [record.key for record in caplog.records] == ["broken"] * 4


@pytest.mark.parametrize("odd", [{}, {"incident": {"S": "{"}}, {"incident": {"S": "[]"}}, {"incident": {"N": "1"}}])
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda table, record: table.latest(record.incident.key), id="latest"),
        pytest.param(lambda table, record: table.claim(record.incident.incident_id, now=NOW, until=NOW), id="claim"),
        pytest.param(lambda table, record: table.told(record, "sns", now=NOW), id="told"),
    ],
)
def test_an_item_that_cannot_be_read_is_a_store_error(dynamodb, odd, call):
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)
    record = a_record()
    key = {"incident_key": {"S": record.incident.key}, "generation": {"N": "1"}}
    dynamodb.put_item(TableName=INCIDENTS, Item={**key, "told": {"M": {}}, **odd})

    with pytest.raises(StoreError, match="cannot be read"):
        call(table, record)


def test_due_reads_page_after_page(dynamodb):
    """DynamoDB ends a page at 1 MB."""
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)
    long = tuple("x" * 1_000 for _ in range(50))
    for number in range(45):
        table.save(a_record(key=f"{number:016x}", steps=long), now=NOW)

    with recorded(dynamodb) as calls:
        due = table.due()

    assert len({record.incident.key for record in due}) == len(due) == 45
    assert len(calls) > 1


def test_an_incident_is_read_consistently_and_alone(dynamodb):
    """The index may lag behind; who opens an incident must not."""
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)

    with recorded(dynamodb) as calls:
        table.latest("0123456789abcdef")

    [(operation, parameters)] = calls
    assert (operation, parameters["ConsistentRead"], parameters["Limit"]) == ("Query", True, 1)

"""What is rung arrives once per bell, and reads as our contracts say."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from batchmedic import contracts
from batchmedic.aws.doorbells import Queues
from batchmedic.contracts import Hint, Wish
from batchmedic.errors import DeliveryError
from batchmedic.incidents import Checks, Incident, Row
from tests.contract.answering import answering, failing, recorded
from tests.factories import NOW, QUEUE, an_incident
from tests.fakes import FakeDoorbells

HINT = Hint(kind="runnable", queue=QUEUE)


def received(sqs: Any, url: str) -> list[Any]:
    """The bodies of all messages, whether their delay is over or not."""
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


def notices(port: FakeDoorbells | Queues) -> list[str | Incident]:
    if isinstance(port, FakeDoorbells):
        return [*port.rung, *(one for ids, _ in port.together for one in ids), *port.handed_over]
    said = [contracts.doorbell(body) for body in received(port.sqs, port.notices)]
    return [one for each in said for one in ([each] if isinstance(each, Incident) else each)]


def test_every_bell_arrives_once(doorbells):
    ids = [f"{number:016x}-1" for number in range(25)]

    doorbells.port.ring(iter(ids))

    assert sorted(map(str, notices(doorbells.port))) == ids


def test_no_bell_is_no_message(doorbells):
    doorbells.port.ring([])

    assert notices(doorbells.port) == []


def test_an_incident_is_handed_over_whole(doorbells):
    incident = an_incident(
        evidence=(Row(subject=QUEUE, message='"<&>" \U0001f9ec \x1b', facts={"types": ("a", "b"), "wanted": 1.5}),),
        checks=Checks(passed=("p",), not_checked=({"check": "c", "because": "denied"},)),
    )

    doorbells.port.hand_over(incident)

    [found] = notices(doorbells.port)
    assert found.evidence[0].facts == {"types": ["a", "b"], "wanted": 1.5}
    assert found == an_incident(evidence=found.evidence, checks=incident.checks)
    assert found.evidence[0].message == incident.evidence[0].message


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda port: port.ring(["0123456789abcdef-1"]), id="ring"),
        pytest.param(lambda port: port.ring_together(["0123456789abcdef-1"], seconds=1), id="ring_together"),
        pytest.param(lambda port: port.greet(), id="greet"),
        pytest.param(lambda port: port.hand_over(an_incident()), id="hand_over"),
        pytest.param(lambda port: port.look_later({HINT: 5}, now=NOW), id="look_later"),
    ],
)
class TestOutage:
    def test_a_queue_that_does_not_answer_is_worth_another_try(self, doorbells, use):
        with doorbells.outage(), pytest.raises(DeliveryError) as caught:
            use(doorbells.port)

        assert caught.value.retryable

    @pytest.mark.parametrize(
        ("error", "word"),
        [
            ("AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue"),
            (EndpointConnectionError(endpoint_url="x"), "EndpointConnectionError"),
        ],
    )
    def test_the_error_says_what_sqs_answered(self, queues, use, error, word):
        with failing(queues.sqs, error), pytest.raises(DeliveryError, match=word) as caught:
            use(queues)

        assert caught.value.retryable

    def test_a_refused_message_is_not_taken_for_sent(self, queues, use):
        """SQS answers 200 and lists what it did not take."""
        refused = {"Successful": [], "Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]}

        with (
            answering(queues.sqs, SendMessageBatch=refused),
            pytest.raises(DeliveryError, match="refused 1 of 1") as caught,
        ):
            use(queues)

        assert caught.value.retryable


@pytest.mark.parametrize(
    ("incidents", "sizes"), [(1, [1]), (5, [1] * 5), (6, [6]), (100, [100]), (230, [100, 100, 30])]
)
def test_a_few_ring_singly_and_many_ring_together(queues, incidents, sizes):
    with recorded(queues.sqs) as calls:
        queues.ring(f"{number:016x}-1" for number in range(incidents))

    bodies = [entry["MessageBody"] for _, parameters in calls for entry in parameters["Entries"]]
    assert [len(contracts.doorbell(body)) for body in bodies] == sizes


def test_sqs_takes_ten_at_a_time(queues):
    with recorded(queues.sqs) as calls:
        queues.ring(f"{number:016x}-1" for number in range(1_050))

    assert [len(parameters["Entries"]) for _, parameters in calls] == [10, 1]


def test_a_batch_refused_in_the_middle_is_not_taken_for_sent(queues):
    def third_of_five(parameters: Mapping[str, Any]) -> dict[str, Any]:
        ids = [entry["Id"] for entry in parameters["Entries"]]
        refused = [{"Id": ids[2], "SenderFault": True, "Code": "InvalidMessageContents"}]
        sent = [{"Id": each, "MessageId": each, "MD5OfMessageBody": "0"} for each in ids]
        return {"Successful": sent, "Failed": refused}

    with (
        answering(queues.sqs, SendMessageBatch=third_of_five),
        pytest.raises(DeliveryError, match="refused 1 of 5"),
    ):
        queues.ring(f"{number:016x}-1" for number in range(5))


def test_what_rings_together_arrives_once_each(doorbells):
    ids = [f"{number:016x}-1" for number in range(230)]

    doorbells.port.ring_together(iter(ids), seconds=0)

    assert sorted(map(str, notices(doorbells.port))) == ids


@pytest.mark.parametrize(("incidents", "sizes"), [(0, []), (1, [1]), (2, [2]), (100, [100]), (230, [100, 100, 30])])
@pytest.mark.parametrize(("seconds", "delay"), [(1, 1), (900, 900), (3_600, 900)])
def test_a_few_ring_together_too_and_as_late_as_sqs_can(queues, incidents, sizes, seconds, delay):
    with recorded(queues.sqs) as calls:
        queues.ring_together((f"{number:016x}-1" for number in range(incidents)), seconds=seconds)

    entries = [entry for _, parameters in calls for entry in parameters["Entries"]]
    assert [len(contracts.doorbell(entry["MessageBody"])) for entry in entries] == sizes
    assert {entry["DelaySeconds"] for entry in entries} == ({delay} if sizes else set())


def test_the_twin_rings_together_as_late_as_sqs_can():
    fake = FakeDoorbells()

    fake.ring_together(iter(["a", "b"]), seconds=3_600)

    assert fake.together == [(("a", "b"), 900)]


def test_hello_is_asked_by_a_message_of_its_own(doorbells):
    doorbells.port.greet()
    if isinstance(doorbells.port, FakeDoorbells):
        assert doorbells.port.greetings == 1
        return

    [body] = received(doorbells.port.sqs, doorbells.port.notices)
    assert contracts.telling(body, by_hand=False) == Wish(kind="hello")


def test_who_rings_only_people_needs_only_their_queue(queues):
    only = Queues(sqs=queues.sqs, notices=queues.notices)

    only.ring_together(["0123456789abcdef-1"], seconds=0)

    assert notices(queues) == ["0123456789abcdef-1"]


@pytest.mark.parametrize(("seconds", "delay"), [(1, 1), (61, 61), (900, 900), (901, 900), (10**6, 900)])
def test_a_later_look_is_delayed_as_long_as_sqs_can(doorbells, seconds, delay):
    port = doorbells.port
    if isinstance(port, FakeDoorbells):
        port.look_later({HINT: seconds}, now=NOW)
        assert port.later == [(HINT, delay)]
        return
    with recorded(port.sqs) as calls:
        port.look_later({HINT: seconds}, now=NOW)

    [(_, parameters)] = calls
    [entry] = parameters["Entries"]
    assert (parameters["QueueUrl"], entry["DelaySeconds"]) == (port.looks, delay)
    assert contracts.hint(entry["MessageBody"]) == HINT


def test_many_later_looks_keep_their_own_delays(queues):
    hints = {Hint(kind="runnable", queue=f"{QUEUE}-{number}"): number + 1 for number in range(12)}

    with recorded(queues.sqs) as calls:
        queues.look_later(hints, now=NOW)

    entries = [entry for _, parameters in calls for entry in parameters["Entries"]]
    assert {contracts.hint(entry["MessageBody"]): entry["DelaySeconds"] for entry in entries} == hints
    assert len(calls) == 2


def test_bells_carry_no_delay_of_their_own(queues):
    """The Notices queue has its delay from the template."""
    with recorded(queues.sqs) as calls:
        queues.ring(["0123456789abcdef-1"])
        queues.greet()
        queues.hand_over(an_incident())

    assert all("DelaySeconds" not in entry for _, parameters in calls for entry in parameters["Entries"])
    assert {parameters["QueueUrl"] for _, parameters in calls} == {queues.notices}

"""An event is put on the bus once, and what EventBridge did not take says whether to try again."""

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from batchmedic.aws.bus import Bus
from batchmedic.channels.eventbridge import EventBridge
from batchmedic.errors import DeliveryError
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from tests.contract.answering import answering, failing
from tests.factories import an_incident


@pytest.fixture
def events(aws):
    aws("events").create_event_bus(Name="findings")
    return aws("events")


def a_channel(events):
    return EventBridge(put=Bus(events=events, name="findings").put)


NOTICE = notice_of(an_incident(), Reason.OPENED)


def test_it_carries_the_incident_under_the_name_of_the_transition(events):
    with answering(events, PutEvents={"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}) as calls:
        a_channel(events).deliver(NOTICE)

    [(_, parameters)] = calls
    [entry] = parameters["Entries"]
    addressed = (entry["Source"], entry["DetailType"], entry["EventBusName"])
    assert addressed == ("batchmedic", "Incident Opened", "findings")
    assert json.loads(entry["Detail"])["incident_id"] == an_incident().incident_id


def test_eventbridge_takes_it(events):
    a_channel(events).deliver(NOTICE)


@pytest.mark.parametrize(
    ("code", "again"), [("ThrottlingException", True), ("InternalFailure", True), ("MalformedDetail", False)]
)
def test_an_entry_that_was_not_taken_is_no_success(events, code, again):
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "no"}]}

    with answering(events, PutEvents=refused), pytest.raises(DeliveryError, match=code) as caught:
        a_channel(events).deliver(NOTICE)

    assert caught.value.retryable is again


@pytest.mark.parametrize(
    ("error", "word"),
    [("AccessDeniedException", "AccessDenied"), (EndpointConnectionError(endpoint_url="x"), "EndpointConnectionError")],
)
def test_no_answer_is_worth_another_try(events, error, word):
    with failing(events, error), pytest.raises(DeliveryError, match=word) as caught:
        a_channel(events).deliver(NOTICE)

    assert caught.value.retryable

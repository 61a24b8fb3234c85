"""What is published reaches a subscriber as it was given; what SNS refuses says whether to try again."""

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.topic import Topic
from batchmedic.channels.sns import Sns
from batchmedic.errors import DeliveryError
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from tests.contract.answering import answering, failing
from tests.factories import QUEUE, an_incident


@pytest.fixture
def topic(aws):
    return Topic(sns=aws("sns"), arn=aws("sns").create_topic(Name="alerts")["TopicArn"])


@pytest.fixture
def mailbox(aws, topic):
    """What a subscribed queue gets."""
    url = aws("sqs").create_queue(QueueName="mailbox")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic.sns.subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=arn)

    def receive() -> list[dict[str, Any]]:
        messages = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return receive


def test_subject_body_and_attributes_arrive(topic, mailbox):
    topic.publish(
        "batchmedic CRITICAL", "line one\nligne deux: é ✓", {"severity": "critical", "event": "Incident Opened"}
    )

    [message] = mailbox()
    assert (message["Subject"], message["Message"]) == ("batchmedic CRITICAL", "line one\nligne deux: é ✓")
    assert message["MessageAttributes"] == {
        "severity": {"Type": "String", "Value": "critical"},
        "event": {"Type": "String", "Value": "Incident Opened"},
    }


@pytest.mark.parametrize("reason", [Reason.OPENED, Reason.WORSENED, Reason.RESOLVED])
def test_sns_takes_what_the_channel_makes_of_an_odd_incident(topic, mailbox, reason):
    incident = an_incident(title="Größe\n\x07überschritten " * 40, summary="x" * 5_000, steps=("`a`",) * 9)

    Sns(publish=topic.publish).deliver(notice_of(incident, reason))

    [message] = mailbox()
    assert len(message["Subject"]) < 100
    assert message["Subject"].isascii()
    assert message["Subject"].isprintable()
    assert message["MessageAttributes"]["subject"]["Value"] == QUEUE


def test_a_topic_that_is_gone_is_not_worth_another_try(topic):
    gone = Topic(sns=topic.sns, arn=topic.arn + "-gone")

    with pytest.raises(DeliveryError, match="NotFound") as caught:
        gone.publish("subject", "body", {})

    assert (caught.value.retryable, caught.value.channel_is_gone) == (False, True)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        ("InvalidParameter", False),
        ("InvalidParameterValue", False),
        ("Throttled", True),
        ("InternalError", True),
        ("AuthorizationError", True),  # a policy is repaired sooner than a notice is forgotten
        ("KMSDisabled", True),
        (ReadTimeoutError(endpoint_url="x"), True),
    ],
)
def test_a_refusal_says_whether_to_try_again(topic, error, retryable):
    with failing(topic.sns, error), pytest.raises(DeliveryError) as caught:
        topic.publish("subject", "body", {})

    assert (caught.value.retryable, caught.value.channel_is_gone) == (retryable, False)
    assert (error if isinstance(error, str) else type(error).__name__) in str(caught.value)


def subscribe(topic, protocol, endpoint):
    topic.sns.subscribe(TopicArn=topic.arn, Protocol=protocol, Endpoint=endpoint)


def test_nobody_subscribed(topic):
    assert topic.audience() == {}


def test_the_audience_is_counted_by_protocol_and_of_this_topic_only(topic):
    other = Topic(sns=topic.sns, arn=topic.sns.create_topic(Name="other")["TopicArn"])
    for number in range(3):
        subscribe(topic, "sqs", f"arn:aws:sqs:eu-west-1:111122223333:q-{number}")
    subscribe(topic, "https", "https://example.com/")
    subscribe(other, "sqs", "arn:aws:sqs:eu-west-1:111122223333:q-9")

    assert topic.audience() == {"sqs": 3, "https": 1}


def test_the_audience_is_counted_page_after_page(topic):
    """SNS lists a hundred at a time."""
    for number in range(130):
        subscribe(topic, "sqs", f"arn:aws:sqs:eu-west-1:111122223333:q-{number}")

    assert topic.audience() == {"sqs": 130}


def subscribed(*subscriptions):
    """What SNS lists; (protocol, subscription ARN) each."""
    return {"Subscriptions": [{"Protocol": protocol, "SubscriptionArn": arn} for protocol, arn in subscriptions]}


def test_who_did_not_confirm_hears_nothing_and_is_counted_apart(topic):
    listed = subscribed(("email", "arn:aws:sns:r:1:t:1"), *[("email", "PendingConfirmation")] * 2)

    with answering(topic.sns, ListSubscriptionsByTopic=listed):
        assert topic.audience() == {"email": 1, "email, not confirmed": 2}


def test_who_unsubscribed_is_no_audience(topic):
    with answering(
        topic.sns, ListSubscriptionsByTopic=subscribed(("email", "Deleted"), ("sqs", "arn:aws:sns:r:1:t:2"))
    ):
        assert topic.audience() == {"sqs": 1}


@pytest.mark.parametrize(
    ("error", "word"),
    [("AuthorizationError", "AuthorizationError"), (ReadTimeoutError(endpoint_url="x"), "ReadTimeout")],
)
def test_an_audience_that_nobody_can_say_is_worth_another_try(topic, error, word):
    with failing(topic.sns, error), pytest.raises(DeliveryError, match=word) as caught:
        topic.audience()

    assert caught.value.retryable

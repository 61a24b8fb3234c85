"""Publishes to the alert topic."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.errors import DeliveryError

OUR_FAULT = ("InvalidParameter", "InvalidParameterValue")  # publishing the same again changes nothing
GONE = ("NotFound", "NotFoundException")
UNSUBSCRIBED = "Deleted"  # in place of the ARN; such a subscription is listed for some days more


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    sns: Any
    arn: str

    def publish(self, subject: str, body: str, attributes: Mapping[str, str]) -> None:
        values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        try:
            self.sns.publish(TopicArn=self.arn, Subject=subject, Message=body, MessageAttributes=values)
        except ClientError as error:
            code = code_of(error)
            gone, passing = code in GONE, code not in (*OUR_FAULT, *GONE)
            raise DeliveryError(f"sns:Publish answered {code}", retryable=passing, channel_is_gone=gone) from error
        except NO_ANSWER as error:
            raise DeliveryError(f"sns:Publish gave no answer ({type(error).__name__})", retryable=True) from error

    def audience(self) -> Mapping[str, int]:
        """How many subscriptions there are, by protocol; "email, not confirmed" is one of its own."""
        numbers: Counter[str] = Counter()
        try:
            for page in self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.arn):
                numbers.update(
                    one["Protocol"] + ("" if one["SubscriptionArn"].startswith("arn:") else ", not confirmed")
                    for one in page["Subscriptions"]
                    if one["SubscriptionArn"] != UNSUBSCRIBED
                )
        except ClientError as error:
            raise DeliveryError(f"sns:ListSubscriptionsByTopic answered {code_of(error)}", retryable=True) from error
        except NO_ANSWER as error:
            raise DeliveryError(f"SNS gave no answer ({type(error).__name__})", retryable=True) from error
        return numbers

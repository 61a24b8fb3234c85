"""Publishes to the alert topic."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.errors import DeliveryError

OUR_FAULT = ("InvalidParameter", "InvalidParameterValue", "NotFound")  # publishing the same again changes nothing


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
            raise DeliveryError(f"sns:Publish answered {code}", retryable=code not in OUR_FAULT) from error
        except NO_ANSWER as error:
            raise DeliveryError(f"sns:Publish gave no answer ({type(error).__name__})", retryable=True) from error

"""Puts events on the bus of the stack."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.errors import DeliveryError

SOURCE = "batchmedic"
PASSING = ("ThrottlingException", "InternalFailure", "InternalException")  # of one entry; others come again each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    events: Any
    name: str

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        entry = {"Source": SOURCE, "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": self.name}
        try:
            answer = self.events.put_events(Entries=[entry])
        except ClientError as error:
            gone = code_of(error) == "ResourceNotFoundException"
            because = f"events:PutEvents answered {code_of(error)}"
            raise DeliveryError(because, retryable=not gone, channel_is_gone=gone) from error
        except NO_ANSWER as error:
            raise DeliveryError(f"events:PutEvents gave no answer ({type(error).__name__})", retryable=True) from error
        if answer.get("FailedEntryCount"):
            code = str(answer["Entries"][0].get("ErrorCode", "Unknown"))
            raise DeliveryError(f"EventBridge refused the event ({code})", retryable=code in PASSING)

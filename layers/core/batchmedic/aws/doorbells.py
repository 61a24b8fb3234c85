"""Rings the other functions by SQS."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from batchmedic.aws.answering import code_of
from batchmedic.contracts import DOORBELL_LIMIT, Hint, incident_to_json
from batchmedic.errors import DeliveryError
from batchmedic.incidents import Incident

AT_ONCE = 10  # messages in a SendMessageBatch
SINGLY = 5  # incidents; more at once ring together, so that people get one summary
LONGEST_DELAY = 900  # seconds; SQS


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    sqs: Any
    looks: str  # queue URLs
    notices: str

    def ring(self, incident_ids: Iterable[str]) -> None:
        ids = list(incident_ids)
        if len(ids) <= SINGLY:
            bodies = [json.dumps({"incident_id": incident_id}) for incident_id in ids]
        else:
            some = (ids[start : start + DOORBELL_LIMIT] for start in range(0, len(ids), DOORBELL_LIMIT))
            bodies = [json.dumps({"incident_ids": part}) for part in some]
        for start in range(0, len(bodies), AT_ONCE):
            self._send(self.notices, bodies[start : start + AT_ONCE])

    def hand_over(self, incident: Incident) -> None:
        self._send(self.notices, [json.dumps({"incident": incident_to_json(incident)})])

    def look_later(self, hint: Hint, *, now: datetime, seconds: int) -> None:
        self._send(self.looks, [hint.as_message(now)], DelaySeconds=min(seconds, LONGEST_DELAY))

    def _send(self, queue: str, bodies: list[str], **each: Any) -> None:
        entries = [{"Id": str(number), "MessageBody": body, **each} for number, body in enumerate(bodies)]
        try:
            answer = self.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        except ClientError as error:
            raise DeliveryError(f"sqs:SendMessage answered {code_of(error)}", retryable=True) from error
        except BotoCoreError as error:
            raise DeliveryError(f"sqs:SendMessage gave no answer ({type(error).__name__})", retryable=True) from error
        if answer.get("Failed"):
            raise DeliveryError(f"SQS refused {len(answer['Failed'])} of {len(bodies)} messages", retryable=True)

"""Rings the other functions by SQS."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.contracts import DOORBELL_LIMIT, FLOORS_LIMIT, Hint
from batchmedic.errors import DeliveryError
from batchmedic.incident_json import incident_to_json
from batchmedic.incidents import Incident

AT_ONCE = 10  # messages in a SendMessageBatch
SINGLY = 5  # incidents; more at once ring together, so that people get one summary
LONGEST_DELAY = 900  # seconds; SQS


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    sqs: Any
    notices: str  # queue URLs; who rings only people knows only theirs
    looks: str = ""
    remedies: str = ""

    def ring(self, incident_ids: Iterable[str]) -> None:
        ids = list(incident_ids)
        if len(ids) <= SINGLY:
            bodies = [json.dumps({"incident_id": incident_id}) for incident_id in ids]
        else:
            bodies = _together(ids)
        self._send(self.notices, [{"MessageBody": body} for body in bodies])

    def ring_together(self, incident_ids: Iterable[str], *, seconds: int) -> None:
        delay = min(seconds, LONGEST_DELAY)
        bodies = _together(list(incident_ids))
        self._send(self.notices, [{"MessageBody": body, "DelaySeconds": delay} for body in bodies])

    def greet(self) -> None:
        self._send(self.notices, [{"MessageBody": json.dumps({"hello": True})}])

    def tell_of_floors(self, news: Sequence[Mapping[str, Any]]) -> None:
        some = (list(news[start : start + FLOORS_LIMIT]) for start in range(0, len(news), FLOORS_LIMIT))
        self._send(self.notices, [{"MessageBody": json.dumps({"floors": part})} for part in some])

    def ring_remedies(self, incident_ids: Iterable[str], *, seconds: int = 0) -> None:
        delay = min(seconds, LONGEST_DELAY)
        bodies = (json.dumps({"incident_id": incident_id}) for incident_id in incident_ids)
        self._send(self.remedies, [{"MessageBody": body, "DelaySeconds": delay} for body in bodies])

    def hand_over(self, incident: Incident) -> None:
        self._send(self.notices, [{"MessageBody": json.dumps({"incident": incident_to_json(incident)})}])

    def look_later(self, hints: Mapping[Hint, int], *, now: datetime) -> None:
        delays = ((hint.as_message(now), min(seconds, LONGEST_DELAY)) for hint, seconds in hints.items())
        self._send(self.looks, [{"MessageBody": body, "DelaySeconds": delay} for body, delay in delays])

    def _send(self, queue: str, messages: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(messages), AT_ONCE):
            self._send_some(queue, messages[start : start + AT_ONCE])

    def _send_some(self, queue: str, messages: Sequence[Mapping[str, Any]]) -> None:
        entries = [{"Id": str(number), **message} for number, message in enumerate(messages)]
        try:
            answer = self.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        except ClientError as error:
            raise DeliveryError(f"sqs:SendMessage answered {code_of(error)}", retryable=True) from error
        except NO_ANSWER as error:
            raise DeliveryError(f"sqs:SendMessage gave no answer ({type(error).__name__})", retryable=True) from error
        if answer.get("Failed"):
            raise DeliveryError(f"SQS refused {len(answer['Failed'])} of {len(messages)} messages", retryable=True)


def _together(ids: Sequence[str]) -> list[str]:
    some = (ids[start : start + DOORBELL_LIMIT] for start in range(0, len(ids), DOORBELL_LIMIT))
    return [json.dumps({"incident_ids": part}) for part in some]

"""Reads a secret from SSM Parameter Store, and keeps the last good value while SSM is away."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.errors import DeliveryError
from batchmedic.ports import Clock

FRESH = timedelta(minutes=5)
AGAIN = timedelta(minutes=1)  # after SSM did not answer: its timeouts are long
OWNERS_PART = ("ParameterNotFound", "AccessDeniedException")  # asking again does not cure it


@dataclass(slots=True, kw_only=True)
class SecureParameter:
    ssm: Any
    name: str
    clock: Clock
    _value: str | None = field(default=None, repr=False)
    _read_at: datetime | None = None

    def value(self, fresh: bool = False) -> str:
        """The decrypted value, read again where somebody wants it `fresh`; an old one if SSM does not answer.

        DeliveryError if there never was one.
        """
        now = self.clock()
        if fresh or self._value is None or self._read_at is None or now - self._read_at >= FRESH:
            try:
                answer = self.ssm.get_parameter(Name=self.name, WithDecryption=True)
                self._value, self._read_at = str(answer["Parameter"]["Value"]).strip(), now
            except (ClientError, *NO_ANSWER) as error:
                if self._value is None:
                    raise self._unreadable(error) from error
                self._read_at = now - FRESH + AGAIN
        return self._value

    def _unreadable(self, error: Exception) -> DeliveryError:
        code = code_of(error) if isinstance(error, ClientError) else type(error).__name__
        wrong = code in OWNERS_PART
        message = f"the SSM parameter {self.name} could not be read ({code})"
        return DeliveryError(message, retryable=not wrong, channel_is_gone=wrong)

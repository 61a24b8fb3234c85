"""Reads a secret from SSM Parameter Store, and keeps the last good value while SSM is away."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.errors import DeliveryError
from batchmedic.ports import Clock

FRESH = timedelta(minutes=5)


@dataclass(slots=True, kw_only=True)
class SecureParameter:
    ssm: Any
    name: str
    clock: Clock
    _value: str | None = field(default=None, repr=False)
    _read_at: datetime | None = None

    def value(self) -> str:
        """The decrypted value; an old one if SSM does not answer, DeliveryError if there never was one."""
        now = self.clock()
        if self._value is None or self._read_at is None or now - self._read_at >= FRESH:
            try:
                answer = self.ssm.get_parameter(Name=self.name, WithDecryption=True)
                self._value, self._read_at = str(answer["Parameter"]["Value"]).strip(), now
            except (ClientError, *NO_ANSWER) as error:
                if self._value is None:
                    because = code_of(error) if isinstance(error, ClientError) else type(error).__name__
                    message = f"the SSM parameter {self.name} could not be read ({because})"
                    raise DeliveryError(message, retryable=True) from error
        return self._value

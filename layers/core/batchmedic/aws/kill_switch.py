"""Asks the SSM parameter by which an owner stops every change at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of
from batchmedic.ports import Clock

FRESH = timedelta(seconds=30)


@dataclass(slots=True, kw_only=True)
class KillSwitchParameter:
    """Absent means run; present with any value, or any other answer than "not found", means stop."""

    ssm: Callable[[], Any]
    name: str
    clock: Clock
    _stopped: str | None = None
    _read_at: datetime | None = None

    def stopped(self) -> str | None:
        now = self.clock()
        if self._read_at is None or now - self._read_at >= FRESH:
            self._stopped, self._read_at = self._ask(), now
        return self._stopped

    def _ask(self) -> str | None:
        try:
            self.ssm().get_parameter(Name=self.name)
        except ClientError as error:
            code = code_of(error)
            return None if code == "ParameterNotFound" else f"the SSM parameter {self.name} could not be read ({code})"
        except NO_ANSWER as error:
            return f"the SSM parameter {self.name} could not be read ({type(error).__name__})"
        return f"the SSM parameter {self.name} exists"

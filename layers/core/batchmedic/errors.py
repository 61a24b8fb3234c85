"""What can go wrong, in the words that a handler needs to decide what becomes of its message."""

from datetime import timedelta


class BatchmedicError(Exception):
    """The root of every error that this project raises on purpose."""


class SettingsError(BatchmedicError):
    """A setting is missing or unusable; the message says where it is set."""


class MessageError(BatchmedicError):
    """A message is not one that our contracts know; redelivery does not cure it."""


class ReadError(BatchmedicError):
    """AWS did not answer a read that a look cannot do without."""

    def __init__(self, call: str, because: str, *, retryable: bool) -> None:
        super().__init__(f"{call}: {because}")
        self.call = call
        self.because = because
        self.retryable = retryable


class NotReadError(BatchmedicError):
    """A diagnosis asked for a fact that could not be read: its check is *not made*."""

    def __init__(self, call: str, because: str) -> None:
        super().__init__(f"{call}: {because}")
        self.call = call
        self.because = because


class StoreError(BatchmedicError):
    """A table cannot be read or written now."""


class ConflictError(BatchmedicError):
    """Somebody else wrote this incident first; read it again."""


class ChangeError(BatchmedicError):
    """AWS did not make a change; `because` is its code and, where that tells more, its text."""

    def __init__(self, call: str, because: str, *, code: str, retryable: bool) -> None:
        super().__init__(f"{call}: {because}")
        self.call = call
        self.because = because
        self.code = code
        self.retryable = retryable


class ForbiddenChangeError(BatchmedicError):
    """A call that this project must never make; a fault of ours, caught before it leaves."""


class CommandError(BatchmedicError):
    """A person's command cannot be carried out; the message says why, and what to do."""


class DeliveryError(BatchmedicError):
    """A channel did not take the notice. Trying again helps if `retryable`, and not before `retry_after` has passed.

    `channel_is_gone`: it takes nothing any more, until a person mends it. Neither of the two: it refuses just this one.
    """

    def __init__(
        self, message: str, *, retryable: bool, retry_after: timedelta | None = None, channel_is_gone: bool = False
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after
        self.channel_is_gone = channel_is_gone

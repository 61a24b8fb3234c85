"""How a step of a repair ends before its end."""

from datetime import timedelta

from batchmedic.errors import BatchmedicError

TIDIED_AFTER = timedelta(hours=1)  # a group of ours that is left over may still be held; then it is tried to be deleted


class PutOffError(BatchmedicError):
    """Not now: to be tried again after this time."""

    def __init__(self, because: str, *, after: timedelta) -> None:
        super().__init__(because)
        self.because = because
        self.after = after


class GaveUpError(BatchmedicError):
    """Never by itself: a person reads why."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class OvertakenError(BatchmedicError):
    """Somebody changed the compute environment meanwhile: what was planned is void, and is considered anew."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because

"""Says what is about batchmedic itself: hello, the daily digest, a test."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from batchmedic.errors import DeliveryError
from batchmedic.notices.about_us import sample_notice
from batchmedic.notices.digest import digest_notice
from batchmedic.notices.floors import floors_notice
from batchmedic.notices.hello import Sleep, hello_notice
from batchmedic.notices.notice import Notice
from batchmedic.ports import Clock, DiaryStore, FloorStore, IncidentStore
from batchmedic.telling.delivery import Delivery
from batchmedic.telling.telling import Count

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """`audience` says of each channel who hears it; a DeliveryError where that cannot be said."""

    incidents: IncidentStore
    diary: DiaryStore
    delivery: Delivery
    audience: Mapping[str, Callable[[], str]]
    floors_kept: FloorStore
    mode: str  # RemediationMode
    sleep: Sleep
    clock: Clock

    def hello(self, count: Count) -> None:
        """Once, after the first sweep; a second bell is quiet."""
        diary = self.diary.read()
        if diary.greeted or diary.last is None:
            count.quiet += 1
            return
        open_incidents = [record.incident for record in self.incidents.due() if record.is_open]
        notice = hello_notice(
            diary.last,
            open_incidents,
            audience=self._audience(),
            mode=self.mode,
            sleep=self.sleep,
            account=self.delivery.account,
            region=self.delivery.region,
        )
        self._tell(notice, count)
        self.diary.greeted(now=self.clock())

    def digest(self, count: Count) -> None:
        """Where there was nothing to say, the next one says what came since the last that was sent."""
        now, diary = self.clock(), self.diary.read()
        saved = {arn: floor.saved(now) for arn, floor in self.floors_kept.read().floors.items()}
        notice = digest_notice(
            self.incidents.due(),
            self.delivery.board(),
            diary,
            saved,
            account=self.delivery.account,
            region=self.delivery.region,
            now=now,
        )
        if notice is None:
            count.quiet += 1
            return
        self._tell(notice, count)
        self.diary.digested(now=now, sweeps=diary.sweeps, saved=saved)

    def floors(self, news: Sequence[tuple[str, str]], count: Count) -> None:
        """One notice for a run of scale_to_zero."""
        where = {"account": self.delivery.account, "region": self.delivery.region}
        self._tell(floors_notice(news, **where), count)

    def test(self) -> dict[str, str]:
        """What became of it, by channel. It also finds out that a broken channel works again."""
        board = self.delivery.board()
        notice = sample_notice(account=self.delivery.account, region=self.delivery.region)
        answer = {}
        for channel in self.delivery.channels:
            if not channel.summarises:
                answer[channel.name] = "left out: programs would take it for true"
                continue
            outcome = self.delivery.deliver(channel, notice, board, at_once=True)
            answer[channel.name] = "told" if outcome.taken else f"failed: {outcome.because}"
        return answer

    def _tell(self, notice: Notice, count: Count) -> None:
        """Whoever takes it is enough; nobody: DeliveryError, so that it is asked again."""
        board = self.delivery.board()
        outcomes = [self.delivery.deliver(channel, notice, board) for channel in self.delivery.people]
        for outcome in outcomes:
            count.add(outcome)
        if not any(outcome.taken for outcome in outcomes):
            raise DeliveryError("no channel took the notice", retryable=True)

    def _audience(self) -> dict[str, str]:
        return {name: _said(who) for name, who in self.audience.items()}


def _said(who: Callable[[], str]) -> str:
    try:
        return who()
    except DeliveryError as error:
        return f"not known ({error})"

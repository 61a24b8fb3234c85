"""Tell people what is new about an incident, on every channel that has not told it yet."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from batchmedic import contracts
from batchmedic.errors import DeliveryError, MessageError, StoreError
from batchmedic.incidents import Incident, Record
from batchmedic.notices.notice import notice_of, summary_of
from batchmedic.notices.reasons import Reason, notify_reason, remind_at
from batchmedic.notices.sample import sample_notice
from batchmedic.ports import Channel, Clock, Tellings

logger = logging.getLogger(__name__)

CLAIM = timedelta(seconds=60)  # longer than the function may run
RETRY = timedelta(minutes=5)  # a channel that failed is tried again by the next sweep
TOGETHER = 5  # more news than that at once are one summary, not a wall
ROUNDS = 3  # news may come while we tell; more than that is left to the next doorbell


@dataclass(slots=True, kw_only=True)
class Report:
    """What an invocation did; `failed` holds ids of messages that redelivery can cure, or that are no doorbells."""

    told: int = 0
    quiet: int = 0
    deliveries_failed: int = 0
    failed: list[str] = field(default_factory=list)
    answer: dict[str, str] = field(default_factory=dict)  # of a test: what became of it, by channel

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "failed": len(self.failed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    tellings: Tellings
    channels: tuple[Channel, ...]
    account: str
    region: str
    reminder: timedelta  # after which a critical incident that is still open is told again
    clock: Clock

    def __call__(self, messages: Iterable[tuple[str, Any]]) -> Report:
        """Take (message id, body) pairs of the Notices queue, or a person's {"test": true}, which has no message id."""
        report = Report()
        for message_id, body in messages:
            if not message_id and contracts.is_test(body):
                report.answer = {channel.name: self._test(channel) for channel in self.channels}
                continue
            try:
                target = contracts.doorbell(body)
                if isinstance(target, Incident):
                    self._tell_unrecorded(target, report)
                else:
                    self._tell(target, report)
            except MessageError as error:
                logger.error("A message is no doorbell.", extra={"message_id": message_id, "because": str(error)})
                report.failed.append(message_id)
            except (StoreError, DeliveryError) as error:
                logger.warning("A notice goes back.", extra={"message_id": message_id, "because": str(error)})
                report.failed.append(message_id)
        return report

    def _test(self, channel: Channel) -> str:
        if not channel.summarises:
            return "left out: programs would take it for true"
        try:
            channel.deliver(sample_notice(account=self.account, region=self.region, now=self.clock()))
        except DeliveryError as error:
            return f"failed: {error}"
        return "told"

    def _tell(self, incident_ids: tuple[str, ...], report: Report) -> None:
        """Each channel tells what it has not told yet: one by one, or many of them as one summary."""
        now = self.clock()
        claimed = [self.tellings.claim(one, now=now, until=now + CLAIM) for one in incident_ids]
        records = {record.incident.incident_id: record for record in claimed if record is not None}
        report.quiet += len(incident_ids) - len(records)
        failed: set[str] = set()
        for _ in range(ROUNDS):
            for channel in self.channels:
                if channel.name not in failed and not self._tell_by(channel, records, report):
                    failed.add(channel.name)
        for record in records.values():
            self.tellings.settle(record, due_at=self._due_at(record, failed))

    def _tell_by(self, channel: Channel, records: dict[str, Record], report: Report) -> bool:
        """Whether the channel took everything, or refused it for good; False if it should be tried again."""
        due = [
            (record, reason)
            for record in records.values()
            if (reason := self._reason(record, channel)) is not Reason.QUIET
        ]
        parcels = [due] if len(due) > TOGETHER and channel.summarises else [[one] for one in due]
        for parcel in parcels:
            if not self._deliver(channel, parcel, report):
                return False
            for record, _ in parcel:
                after = self.tellings.told(record, channel.name, now=self.clock())
                records[after.incident.incident_id] = after
        return True

    def _deliver(self, channel: Channel, parcel: Sequence[tuple[Record, Reason]], report: Report) -> bool:
        """One notice; True also where the channel refused it for good, so that it is not repeated for ever."""
        news = [(record.incident, reason) for record, reason in parcel]
        repair = parcel[0][0].repair
        particulars = {"incident_ids": [incident.incident_id for incident, _ in news], "channel": channel.name}
        try:
            channel.deliver(notice_of(*news[0], repair) if len(news) == 1 else summary_of(news))
        except DeliveryError as error:
            logger.error("A channel did not take a notice.", extra={**particulars, "because": str(error)})
            report.deliveries_failed += 1
            return not error.retryable
        logger.info("People were told.", extra=particulars)
        report.told += 1
        return True

    def _due_at(self, record: Record, failed: set[str]) -> datetime | None:
        """When the sweep should ring again: after a failure, at once if there is still news, or to remind."""
        if failed:
            return self.clock() + RETRY
        if any(self._reason(record, channel) is not Reason.QUIET for channel in self.channels):
            return self.clock()
        people = [channel.name for channel in self.channels if channel.summarises]
        reminders = [remind_at(record, name, self.reminder) for name in people]
        return min((each for each in reminders if each is not None), default=None)

    def _reason(self, record: Record, channel: Channel) -> Reason:
        """Programs need no reminding."""
        reminder = self.reminder if channel.summarises else None
        return notify_reason(record, channel.name, now=self.clock(), reminder=reminder)

    def _tell_unrecorded(self, incident: Incident, report: Report) -> None:
        """The table was unavailable: tell now; only if no channel took it does the message go back."""
        taken = 0
        for channel in self.channels:
            try:
                channel.deliver(notice_of(incident, Reason.OPENED))
                taken += 1
            except DeliveryError as error:
                logger.error("A channel did not take a notice.", extra={"channel": channel.name, "because": str(error)})
                report.deliveries_failed += 1
        report.told += taken
        if not taken:
            raise DeliveryError("no channel took the notice", retryable=True)

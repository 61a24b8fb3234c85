"""Tell people what is new about an incident, on every channel that has not told it yet."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from batchmedic import contracts
from batchmedic.contracts import Wish
from batchmedic.errors import CommandError, DeliveryError, MessageError, StoreError
from batchmedic.incidents import Incident
from batchmedic.telling.greeting import Greeting
from batchmedic.telling.muting import Muting
from batchmedic.telling.telling import Count, Tell

logger = logging.getLogger(__name__)

DIGEST = Wish(kind="digest")


@dataclass(slots=True, kw_only=True)
class Report:
    """What an invocation did; `failed` holds ids of messages that redelivery can cure, or that are no doorbells.

    `answer` is what a person's command led to.
    """

    count: Count = field(default_factory=Count)
    failed: list[str] = field(default_factory=list)
    answer: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        count = self.count
        return {
            "told": count.told,
            "quiet": count.quiet,
            "deliveries_failed": count.deliveries_failed,
            "channels_broken": count.channels_broken,
            "failed": len(self.failed),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    tell: Tell
    greeting: Greeting
    muting: Muting

    def __call__(self, messages: Iterable[tuple[str, Any]]) -> Report:
        """Take (message id, body) pairs of the Notices queue, or a person's wish, which has no message id.

        What rang together is told together.
        """
        report = Report()
        rung: dict[str, list[str]] = {}  # by incident: the messages that name it
        for message_id, body in messages:
            asked: tuple[str, ...] | Incident | Wish = ()
            try:
                asked = contracts.telling(body, by_hand=not message_id)
                if isinstance(asked, Wish):
                    self._grant(asked, report)
                elif isinstance(asked, Incident):
                    self.tell.unrecorded(asked, report.count)
                else:
                    for incident_id in asked:
                        rung.setdefault(incident_id, []).append(message_id)
            except (MessageError, CommandError) as error:
                level = logging.ERROR if message_id else logging.WARNING  # who asked by hand reads why
                logger.log(level, "This cannot be done.", extra={"message_id": message_id, "because": str(error)})
                report.failed.append(message_id)
                report.answer = {"refused": str(error)}
            except (StoreError, DeliveryError) as error:
                if asked == DIGEST:  # the schedule asked, and tries again
                    raise
                logger.warning("A notice goes back.", extra={"message_id": message_id, "because": str(error)})
                report.failed.append(message_id)
                report.answer = {"refused": f"not now, try again in some minutes: {error}"}
        self.tell(rung, report.count)
        report.failed += dict.fromkeys(one for incident in report.count.failed for one in rung[incident])
        return report

    def _grant(self, wish: Wish, report: Report) -> None:
        match wish.kind:
            case "test":
                report.answer = self.greeting.test()
            case "mute":
                report.answer = self.muting.mute(wish)
            case "unmute":
                report.answer = self.muting.unmute(wish)
            case "hello":
                self.greeting.hello(report.count)
            case "digest":
                self.greeting.digest(report.count)
            case "floors":
                self.greeting.floors(wish.floors, report.count)

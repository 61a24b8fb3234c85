"""Keeps quiet about something for a while, because a person says so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from batchmedic.board import Mute
from batchmedic.contracts import Wish
from batchmedic.errors import CommandError
from batchmedic.ports import Clock, Doorbells, IncidentStore, Switchboard

LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Muting:
    switchboard: Switchboard
    incidents: IncidentStore
    doorbells: Doorbells
    clock: Clock

    def mute(self, wish: Wish) -> dict[str, str]:
        """Always with an end. An incident must be open; a subject may be muted before anything is wrong with it."""
        now = self.clock()
        until = self._end(wish.until, now)
        if not wish.target.startswith("arn:"):
            known = {record.incident.incident_id for record in self.incidents.due() if record.is_open}
            if wish.target not in known:
                raise CommandError(f"there is no open incident {wish.target}; its id is in the alert")
        if wish.target in self.switchboard.read().mutes:
            self._ring(wish.target)
        self.switchboard.mute(wish.target, Mute(until=until, because=wish.because), now=now)
        return {"muted": wish.target, "until": until.isoformat(timespec="minutes")}

    def unmute(self, wish: Wish) -> dict[str, str]:
        if wish.target not in self.switchboard.read().mutes:
            raise CommandError(f"{wish.target} is not muted")
        self._ring(wish.target)
        self.switchboard.unmute(wish.target)
        return {"unmuted": wish.target}

    def _ring(self, target: str) -> None:
        """What is held back is due at the old end of the mute; the bell takes longer than the change."""
        held_back = [
            record.incident.incident_id
            for record in self.incidents.due()
            if target in (record.incident.incident_id, record.incident.subject)
        ]
        if held_back:
            self.doorbells.ring(held_back)

    def _end(self, until: datetime | None, now: datetime) -> datetime:
        if until is None or until <= now:
            raise CommandError(f"a mute ends in the future; it is {now:%Y-%m-%dT%H:%M}Z now")
        if until - now > LONGEST:
            raise CommandError(f"a mute lasts {LONGEST.days} days at most; tag the queue batchmedic:alerts=off instead")
        return until.astimezone(UTC)

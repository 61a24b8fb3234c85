"""What `notify` knows beside the incidents: how each channel stands, what is muted, what the sweeps saw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from batchmedic.incidents import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How a channel stands. `broken_since`: it takes nothing; `known`: people were told so by the others."""

    rests_until: datetime | None = None
    broken_since: datetime | None = None
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Somebody wants to hear nothing of it until then."""

    until: datetime
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """`lines` by the channel's name, `mutes` by incident id or subject."""

    lines: Mapping[str, Line] = field(default_factory=dict)
    mutes: Mapping[str, Mute] = field(default_factory=dict)

    def line(self, channel: str) -> Line:
        return self.lines.get(channel, Line())

    def mute_of(self, incident: Incident, *, now: datetime) -> Mute | None:
        """The one that lasts longest."""
        both = (self.mutes.get(target) for target in (incident.incident_id, incident.subject))
        return max((mute for mute in both if mute and mute.until > now), key=lambda mute: mute.until, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a sweep saw; the texts are sentences for the digest."""

    at: datetime
    job_queues: int
    compute_environments: int
    open_incidents: int
    checks_not_made: int
    blind_spots: tuple[str, ...] = ()
    odd_tags: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()  # which may sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """The last sweep and how many there were, whether people were greeted, and when they had their last digest."""

    last: Sweep | None = None
    sweeps: int = 0
    greeted: bool = False
    digest_at: datetime | None = None
    digest_sweeps: int = 0  # how many there had been by then
    digest_saved: Mapping[str, float] = field(default_factory=dict)  # vCPU-hours by then, by environment (ARN)

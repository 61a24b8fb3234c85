"""What is remembered of a compute environment's floor (its minvCpus), and what is seen of its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for annotations; not loaded at start
    from batchmedic.model.compute_environment import ComputeEnvironment


DAY = timedelta(days=1)
A_RUN = timedelta(minutes=3)  # the function's time is over by then, and the next run is not due yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """One environment's memory; times are our own looks.

    `floor` is the owner's minvCpus that we lower or have lowered; nothing overwrites it until it is given back or the
    owner sets another. `lowered`: zero was seen since. `waking`: it is being given back; `waking_at` a run began to.
    `untold`: people and programs have not heard of the last sleep. `given_up_at_tag`: it was raised too often; holds
    the tag's value of that time.
    """

    environment: str  # ARN
    idle_since: datetime | None = None
    jobless_since: datetime | None = None  # no job in its queues; tasks that are no jobs may run
    announced_at: datetime | None = None
    planned_at: datetime | None = None  # when people were told what could be done, in the mode plan
    floor: int | None = None
    slept_at: datetime | None = None
    lowered: bool = False
    waking: bool = False
    waking_at: datetime | None = None
    untold: bool = False
    sleeps: tuple[datetime, ...] = ()
    raises: tuple[datetime, ...] = ()
    given_up_at_tag: str | None = None
    saved_hours: float = 0.0  # vCPU-hours of the sleeps that are over

    @property
    def is_blank(self) -> bool:
        return self == Floor(environment=self.environment, saved_hours=self.saved_hours)

    def saved(self, now: datetime) -> float:
        """vCPU-hours that were not kept running, up to now."""
        return self.saved_hours + (hours(now - self.slept_at) * self.floor if self.floor and self.slept_at else 0.0)

    def over(self, now: datetime) -> Floor:
        """Given back, or the owner set another: what was saved stays, and how often it slept lately."""
        recent = tuple(moment for moment in self.sleeps if now - moment < DAY)
        return Floor(
            environment=self.environment,
            sleeps=recent,
            raises=tuple(moment for moment in self.raises if now - moment < DAY),
            given_up_at_tag=self.given_up_at_tag,
            saved_hours=self.saved(now),
        )

    def clocked(self, activity: Activity | None, now: datetime) -> Floor:
        """Its clocks run on, begin, or stop; None where nobody looked, or there is nothing to look for."""
        idle, jobless = (activity.idle, activity.jobless) if activity is not None else (False, False)
        return replace(
            self,
            idle_since=(self.idle_since or now) if idle else None,
            jobless_since=(self.jobless_since or now) if jobless else None,
        )

    def is_being_given_back(self, now: datetime) -> bool:
        """Another run is at it, and has neither come to its end nor been cut."""
        return self.waking_at is not None and now - self.waking_at < A_RUN


def hours(lasted: timedelta) -> float:
    return lasted / timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Whether an environment works; `unknown` is not idle. `jobless`: none of its queues has a job."""

    idle: bool
    because: str
    unknown: bool = False
    jobless: bool = False


class Kind(StrEnum):
    KEEP = "keep"
    TELL = "tell"  # it was lowered, and nobody heard of it
    ANNOUNCE = "announce"
    SLEEP = "sleep"
    WAKE = "wake"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is done, why, in a sentence, and what is remembered; `told` if people should hear it."""

    kind: Kind
    because: str
    after: Floor
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the owner set for the whole stack; `stopped` is why nothing may be written now."""

    mode: str  # ScaleToZeroMode: apply, plan, off
    idle: timedelta  # IdleMinutes
    restore: bool  # FloorRestore: on-activity
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything about one environment at one run."""

    environment: ComputeEnvironment
    activity: Activity
    before: Floor
    stored: Floor  # the same as it stands in the table; clocks that ran unseen are still in it
    reserved_capacity: bool = False  # its launch template targets a reservation, or nobody could say
    code: str = ""  # which line of whose code holds the floor
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """All floors by environment (ARN), and when the last run looked, and in which mode."""

    floors: Mapping[str, Floor] = field(default_factory=dict)
    looked_at: datetime | None = None
    mode: str = ""

    def of(self, arn: str) -> Floor:
        return self.floors.get(arn, Floor(environment=arn))

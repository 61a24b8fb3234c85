"""Keep, announce, sleep, wake or forget: one environment, one run."""

from dataclasses import replace
from datetime import datetime, timedelta

from batchmedic.scaling import words
from batchmedic.scaling.eligible import (
    FLOOR_TAG,
    TAG,
    forbidden,
    idle_time,
    left_alone,
    only_planned,
    remembered_by_tag,
    wants_tag,
)
from batchmedic.scaling.floor import DAY, Decision, Floor, Kind, Look, Rules

CYCLES = 2  # sleeps in a day
RAISES = 2  # in a day, by somebody else; then it is theirs


def decide(look: Look, rules: Rules) -> Decision:
    """An environment that is unknown is active, and what is remembered once is not overwritten."""
    environment = look.environment
    why_not = left_alone(environment)
    if why_not is not None:
        return _keep(look, why_not)
    has_any = environment.min_vcpus > 0 or environment.desired_vcpus > 0 or look.before.floor is not None
    before = look.before.clocked(look.activity if has_any else None, look.now)
    look = replace(look, before=before)
    adopted = remembered_by_tag(environment)
    nothing_known = before.clocked(None, look.now) == Floor(environment=environment.arn)
    if nothing_known and adopted is not None and environment.min_vcpus == 0:
        since = replace(before, floor=adopted, slept_at=look.now, lowered=True)
        return _asleep(replace(look, before=since), rules)
    if before.floor is not None:
        return _remembered(look, rules)
    if environment.min_vcpus == 0:
        return _keep(look, "it has no floor")
    if FLOOR_TAG in environment.tags and forbidden(environment, rules) is None:
        return Decision(kind=Kind.FORGET, because="a tag of ours was left over", after=before)
    return _awake(look, rules)


def _keep(look: Look, because: str) -> Decision:
    return Decision(kind=Kind.KEEP, because=because, after=look.before)


# --- a floor that we lowered, or were about to


def _remembered(look: Look, rules: Rules) -> Decision:
    before, one = look.before, look.environment
    floor = one.min_vcpus
    if floor == 0:
        return _asleep(look, rules)
    if before.waking and floor == min(before.floor or 0, one.max_vcpus):  # given back; only the memory was left
        return Decision(kind=Kind.FORGET, because=words.given_back(look), after=before.over(look.now), told=True)
    if one.status == "UPDATING":  # it may be our own update that is not shown yet
        return _keep(look, "it is UPDATING")
    if before.lowered or (floor != before.floor and FLOOR_TAG in one.tags):  # the tag comes right before the zero
        return _theirs(look)
    if floor != before.floor:
        because = "somebody set another floor before it was lowered"
        return Decision(kind=Kind.FORGET, because=because, after=_unslept(look))
    return _written(look, rules)


def _written(look: Look, rules: Rules) -> Decision:
    """Written down, and then nothing was done; it sleeps if it was idle all the while."""
    if look.activity.unknown:
        return _keep(look, look.activity.because)
    if not look.activity.idle:
        return Decision(kind=Kind.FORGET, because="work came before it was lowered", after=_unslept(look))
    since = look.before.idle_since or look.now
    look = replace(look, before=replace(look.before, idle_since=since))
    held = _may_sleep(look, rules)
    if held is None and look.now - since < (idle_time(look.environment, rules) or rules.idle):
        held = _idle_since(since)
    return _keep(look, held) if held else _sleep(look, look.before.sleeps[:-1])


def _asleep(look: Look, rules: Rules) -> Decision:
    before = replace(look.before, lowered=True)
    look = replace(look, before=before)
    works = not look.activity.idle and not look.activity.unknown
    wakes = before.waking or (works and rules.restore)
    held = _may_not_wake(look, rules)
    if wakes and held is None:  # also where nobody heard that it sleeps: no floor waits for a message
        if before.is_being_given_back(look.now):
            return _keep(look, "another run is giving it back")
        after = replace(before, waking=True, waking_at=look.now, untold=False)
        return Decision(kind=Kind.WAKE, because=words.given_back(look), after=after, told=True)
    if before.untold:
        because = words.slept(look, before.floor or 0)
        return Decision(kind=Kind.TELL, because=because, after=replace(before, untold=False), told=True)
    return _keep(look, f"it works, and sleeps all the same: {held}" if wakes else f"it sleeps; {look.activity.because}")


def _may_not_wake(look: Look, rules: Rules) -> str | None:
    """What was asked for by hand, or begun, goes on in the mode plan too."""
    if held := forbidden(look.environment, rules):
        return held
    if only_planned(look.environment, rules) and not look.before.waking:
        return "ScaleToZeroMode is plan"
    return None if look.environment.status == "VALID" else f"it is {look.environment.status}"


def _unslept(look: Look) -> Floor:
    """It never slept, so it saved nothing and was no cycle."""
    before = look.before
    return replace(before.over(look.now), sleeps=before.sleeps[:-1], saved_hours=before.saved_hours)


def _theirs(look: Look) -> Decision:
    """A person, or a deployment, set another floor: theirs stands, and the clock begins anew."""
    over = look.before.over(look.now)
    raises = (*over.raises, look.now)
    if len(raises) < RAISES:
        because = f"somebody set its floor to {look.environment.min_vcpus} vCPUs, which stands"
        return Decision(kind=Kind.FORGET, because=because, after=replace(over, raises=raises))
    after = replace(over, raises=raises, given_up_at_tag=look.environment.tags.get(TAG, ""))
    return Decision(kind=Kind.FORGET, because=words.given_up(look), after=after, told=True)


# --- a floor that is the owner's


def _awake(look: Look, rules: Rules) -> Decision:
    before, environment = look.before, look.environment
    if before.given_up_at_tag is not None:
        if before.given_up_at_tag == environment.tags.get(TAG, ""):
            return _keep(look, "somebody raised it again and again; it is left alone")
        before = replace(before, given_up_at_tag=None, raises=())
        look = replace(look, before=before)
    why_not = forbidden(environment, rules) or wants_tag(environment, reserved_capacity=look.reserved_capacity)
    if why_not is not None:
        return _keep(look, why_not)
    if not look.activity.idle:
        return _keep(look, look.activity.because)
    return _idle(look, rules)


def _idle(look: Look, rules: Rules) -> Decision:
    before, environment = look.before, look.environment
    wanted = idle_time(environment, rules) or rules.idle
    since = before.idle_since or look.now
    if look.now - since < wanted:
        return _keep(look, _idle_since(since))
    if only_planned(environment, rules) and before.planned_at is None:
        after = replace(before, planned_at=look.now)
        return Decision(kind=Kind.ANNOUNCE, because=words.would_sleep(look), after=after, told=True)
    if not only_planned(environment, rules) and before.announced_at is None:
        after = replace(before, announced_at=look.now)
        because = words.will_sleep(look, look.now + wanted)
        return Decision(kind=Kind.ANNOUNCE, because=because, after=after, told=True)
    held = _may_sleep(look, rules) or _too_early(look, wanted)
    if held is not None:
        return _keep(look, held)
    return _sleep(look, tuple(moment for moment in before.sleeps if look.now - moment < DAY))


def _sleep(look: Look, earlier: tuple[datetime, ...]) -> Decision:
    """It counts from the run that lowers it."""
    after = replace(
        look.before,
        floor=look.environment.min_vcpus,
        slept_at=look.now,
        lowered=False,
        untold=True,
        sleeps=(*earlier, look.now),
    )
    return Decision(kind=Kind.SLEEP, because=words.slept(look, look.environment.min_vcpus), after=after, told=True)


def _idle_since(moment: datetime) -> str:
    return f"it has been idle since {moment:%H:%M} UTC"


def _too_early(look: Look, wanted: timedelta) -> str | None:
    announced = look.before.announced_at or look.now
    if look.now - announced < wanted:
        return f"that it will sleep was told at {announced:%H:%M} UTC, {words.minutes(wanted)} ahead"
    lately = [moment for moment in look.before.sleeps if look.now - moment < DAY]
    return f"it slept {len(lately)} times in 24 hours" if len(lately) >= CYCLES else None


def may_sleep_now(look: Look, rules: Rules) -> bool:
    """What is asked again right before the write."""
    return look.activity.idle and _may_sleep(look, rules) is None


def _may_sleep(look: Look, rules: Rules) -> str | None:
    environment = look.environment
    why_not = forbidden(environment, rules) or wants_tag(environment, reserved_capacity=look.reserved_capacity)
    if why_not is not None:
        return why_not
    if only_planned(environment, rules):
        return "ScaleToZeroMode is plan"
    return None if environment.status == "VALID" else f"it is {environment.status}"

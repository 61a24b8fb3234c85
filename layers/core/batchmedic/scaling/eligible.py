"""Which floors may be lowered at all: kinds, tags, modes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from batchmedic.scaling.floor import Rules

if TYPE_CHECKING:  # for annotations; not loaded at start
    from batchmedic.model.compute_environment import ComputeEnvironment


TAG, MINUTES_TAG, FLOOR_TAG = "batchmedic:scale-to-zero", "batchmedic:idle-minutes", "batchmedic:floor"
LONGEST = 10_080  # minutes: a week
# Amazon EC2 instance types, "Accelerated computing": P, G, Trn, Inf, DL, F and VT
ACCELERATED = re.compile(r"(?:p|g|gr|trn|inf|dl|f|vt)\d")


def left_alone(environment: ComputeEnvironment) -> str | None:
    """Why an environment of this kind keeps its floor whatever happens; None if it is one that may be lowered."""
    if not environment.managed:
        return "it is not managed by AWS Batch"
    if environment.kind not in ("EC2", "SPOT"):
        return f"it is of the kind {environment.kind or 'that is not known'}, which has no floor that may be lowered"
    if environment.orchestration not in ("ECS", "EKS"):
        return f"its orchestration {environment.orchestration} is not known"
    return None


def forbidden(environment: ComputeEnvironment, rules: Rules) -> str | None:
    """What the owner says against any write."""
    if rules.stopped:
        return f"the kill switch is on: {rules.stopped}"
    if rules.mode == "off":
        return "ScaleToZeroMode is off"
    tag = environment.tags.get(TAG)
    if tag == "off":
        return f"its owner tagged it {TAG}=off"
    if tag not in (None, "on"):
        return f'its tag {TAG} has the unknown value "{tag}", which counts as off; the values are on and off'
    if idle_time(environment, rules) is None:
        value = environment.tags[MINUTES_TAG]
        return f'its tag {MINUTES_TAG} is "{value}", which counts as off; it takes a number of minutes, 1 to {LONGEST}'
    return None


def only_planned(environment: ComputeEnvironment, rules: Rules) -> bool:
    """The tag `on` lifts the mode `plan` for its environment."""
    return rules.mode == "plan" and environment.tags.get(TAG) != "on"


def wants_tag(environment: ComputeEnvironment, *, reserved_capacity: bool) -> str | None:
    """Capacity that may not come back is given away only where the owner says so."""
    if environment.tags.get(TAG) == "on":
        return None
    accelerated = [each for each in environment.instance_types if ACCELERATED.match(each)]
    if accelerated or any("NVIDIA" in each for each in environment.image_types):
        scarce = f"its instances are accelerated ({accelerated[0]})" if accelerated else "its images are for GPUs"
        return f"{scarce}, and such capacity may not come back; the tag {TAG}=on lets it sleep"
    if reserved_capacity:
        return f"its launch template may use reserved capacity; the tag {TAG}=on lets it sleep"
    return None


def idle_time(environment: ComputeEnvironment, rules: Rules) -> timedelta | None:
    """How long it must be idle; None where its tag makes no sense."""
    given = environment.tags.get(MINUTES_TAG)
    if given is None:
        return rules.idle
    minutes = int(given) if given.isascii() and given.isdigit() and len(given) <= len(str(LONGEST)) else 0
    return timedelta(minutes=minutes) if 1 <= minutes <= LONGEST else None


def remembered_by_tag(environment: ComputeEnvironment) -> int | None:
    """The floor that an earlier installation remembered on the environment itself."""
    given = environment.tags.get(FLOOR_TAG, "")
    return int(given) if given.isascii() and given.isdigit() and 0 < int(given) < 10**7 else None

"""Whether the owner lets us act here at all: kill switch, mode, tags, and how often we have acted already."""

from batchmedic.changes import RemedyStatus
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.remedy import Case, Safeguard

TAG = "batchmedic:remediation"
MODES = ("apply", "plan", "off")
PER_ENVIRONMENT = 2  # in 24 hours
PER_HOUR = 3  # in all


def forbidden(environment: ComputeEnvironment, *, mode: str, stopped: str | None) -> str | None:
    """What no approval lifts, asked again right before each change."""
    if stopped:
        return f"the kill switch is on: {stopped}"
    return "RemediationMode is off" if mode == "off" else _tag_off(environment)


def _stopped(case: Case) -> str | None:
    return forbidden(case.environment, mode="apply", stopped=case.stopped) if case.stopped else None


def _off(case: Case) -> str | None:
    return forbidden(case.environment, mode=case.mode, stopped=None)


def _tag_off(environment: ComputeEnvironment) -> str | None:
    tag = environment.tags.get(TAG)
    if tag == "off":
        return f"its owner tagged {environment.name} {TAG}=off"
    if tag is not None and tag not in MODES:
        return f'the tag {TAG} of {environment.name} has the unknown value "{tag}", which counts as off'
    return None


def _only_plan(case: Case) -> str | None:
    """The tag may restrain the mode, and the tag `apply` lifts the mode `plan` for its environment."""
    tag = case.environment.tags.get(TAG)
    if tag == "plan":
        return f"its owner tagged {case.environment.name} {TAG}=plan"
    return "RemediationMode is plan" if case.mode == "plan" and tag != "apply" else None


def _held(case: Case) -> str | None:
    return case.past.held_because


def _too_often_here(case: Case) -> str | None:
    if case.past.of_environment < PER_ENVIRONMENT:
        return None
    return (
        f"{case.environment.name} was fixed {case.past.of_environment} times in the last 24 hours, and somebody or "
        "something undoes it"
    )


def _too_often(case: Case) -> str | None:
    return f"{case.past.of_all} fixes were made in the last hour" if case.past.of_all >= PER_HOUR else None


REPEATED = "how often it was fixed"

PERMISSION = (
    Safeguard(name="the kill switch", objects=_stopped, status=RemedyStatus.PLANNED, final=True),
    Safeguard(name="the mode", objects=_off, status=RemedyStatus.NONE, final=True),
    Safeguard(name="the mode", objects=_only_plan, status=RemedyStatus.PLANNED),
    Safeguard(name="earlier fixes", objects=_held),
    Safeguard(name=REPEATED, objects=_too_often_here),
    Safeguard(name="the number of fixes", objects=_too_often),
)

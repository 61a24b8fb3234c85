"""Whether it may be meant so, or belong to somebody who would change it back."""

from batchmedic.model.ownership import CLOUDFORMATION, STACK_TAG, tool_of
from batchmedic.remedy import Case, Safeguard
from batchmedic.safeguards.permission import TAG

MANY, SHARE = 3, 0.2  # more environments than that, and more than that part of all, are hardly all wrong


def owner_of(case: Case) -> str | None:
    """What code owns the environment, by its own tag, by CloudFormation, or by who created it."""
    one, around = case.environment, case.survey.surroundings
    if one.tags.get(STACK_TAG) or around.stack_of(one.arn):
        return CLOUDFORMATION
    return tool_of(around.makers.get(one.name) or "")


def _owned_by_code(case: Case) -> str | None:
    """Its owner's tag `apply` says that we may all the same."""
    one = case.environment
    if one.tags.get(TAG) == "apply":
        return None
    owner = owner_of(case)
    if owner is None:
        return None
    stack = one.tags.get(STACK_TAG) or case.survey.surroundings.stacks.found.get(one.arn)
    which = f"belongs to the CloudFormation stack {stack}" if stack else f"was made by {owner}"
    return f"{one.name} {which}: change it there, or the next deployment undoes the fix"


def _probably_not_them(case: Case) -> str | None:
    everything = case.survey.snapshot.compute_environments
    invalid = sum(one.status == "INVALID" for one in everything)
    if invalid <= MANY or invalid <= SHARE * len(everything):
        return None
    return f"{invalid} of {len(everything)} compute environments are INVALID at once: the cause is probably elsewhere"


def _uncertain(case: Case) -> str | None:
    unsure = [piece for piece in case.evidence if piece.confidence != "certain"]
    return "the cause is not certain" if unsure else None


DOUBT = (
    Safeguard(name="who owns it", objects=_owned_by_code),
    Safeguard(name="how many are INVALID", objects=_probably_not_them),
    Safeguard(name="how sure the cause is", objects=_uncertain),
)

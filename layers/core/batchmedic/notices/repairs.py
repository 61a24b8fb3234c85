"""What people are told about a repair: what was done or would be, and why not."""

from collections.abc import Callable, Mapping

from batchmedic.changes import CREATE_GROUP, NEW_GROUP, Change, Plan, RemedyStatus, Repair

HEADS = {
    RemedyStatus.PLANNED: "FIX PLANNED",
    RemedyStatus.AWAITING_APPROVAL: "FIX WAITS FOR YOU",
    RemedyStatus.VERIFYING: "FIX APPLIED",
    RemedyStatus.VERIFIED: "FIXED AND VERIFIED",
    RemedyStatus.FAILED: "FIX FAILED",
    RemedyStatus.ROLLED_BACK: "FIX TAKEN BACK",
}


def lines_of(repair: Repair | None) -> list[tuple[str, str]]:
    """(label, text) pairs; none where there is nothing to say."""
    words = WORDS.get(repair.status) if repair is not None else None
    return words(repair) if repair is not None and words is not None else []


def _undecided(repair: Repair) -> list[tuple[str, str]]:
    if not repair.why_not:
        return []
    plan, lines = repair.plan, [("Not fixed by itself", _sentence(repair.why_not))]
    if plan and plan.changes:
        approve = " The first command approves exactly this." if repair.status is RemedyStatus.AWAITING_APPROVAL else ""
        lines.append(("The fix", f"{_in_words(plan, None)} {plan.because}{approve}"))
    return lines


def _applying(repair: Repair) -> list[tuple[str, str]]:
    return [("The fix", f"{_done(repair)} It is being made right now; what became of it is told next.")]


def _verifying(repair: Repair) -> list[tuple[str, str]]:
    because = repair.plan.because if repair.plan else ""
    return [("Done", f"{_done(repair)} {because} Now it is checked; the command below takes it back.")]


def _verified(repair: Repair) -> list[tuple[str, str]]:
    proved = f"{_sentence(repair.said)} Not shown: that the jobs reach their data."
    return [("Done", _done(repair)), ("Proved", proved), ("To undo", "the command below takes the fix back.")]


def _failed(repair: Repair) -> list[tuple[str, str]]:
    done = f"{_done(repair)} " if repair.applied_at else ""
    again = "it back" if repair.applied_at else "it be tried again"
    return [
        ("The fix", f"{done}It failed: {_sentence(repair.said)} It is not tried again by itself."),
        ("To go on", f"the first command {'takes' if repair.applied_at else 'lets'} {again}."),
    ]


def _rolled_back(repair: Repair) -> list[tuple[str, str]]:
    return [("Taken back", _sentence(repair.said))]


WORDS: Mapping[RemedyStatus, Callable[[Repair], list[tuple[str, str]]]] = {
    RemedyStatus.NONE: _undecided,
    RemedyStatus.PLANNED: _undecided,
    RemedyStatus.AWAITING_APPROVAL: _undecided,
    RemedyStatus.APPLYING: _applying,
    RemedyStatus.VERIFYING: _verifying,
    RemedyStatus.VERIFIED: _verified,
    RemedyStatus.FAILED: _failed,
    RemedyStatus.ROLLED_BACK: _rolled_back,
}


def _done(repair: Repair) -> str:
    return _in_words(repair.plan, repair.group) if repair.plan else ""


def _in_words(plan: Plan, group: str | None) -> str:
    """The changes as a sentence."""
    return " ".join(_change(change, plan.environment.rpartition("/")[2], group) for change in plan.changes)


def _change(change: Change, environment: str, group: str | None) -> str:
    wanted = change.call.parameters
    if change.call.call == CREATE_GROUP:
        return f"A security group {wanted['GroupName']} is made in {wanted['VpcId']}."
    resources = wanted.get("computeResources", {})
    before = change.undo.parameters.get("computeResources", {}) if change.undo else {}
    if "securityGroupIds" in resources:
        new = ", ".join(_group(each, group) for each in resources["securityGroupIds"])
        old = ", ".join(before.get("securityGroupIds", ()))
        return f"{environment} gets security group {new} in place of {old}."
    return f"maxvCpus of {environment} becomes {resources.get('maxvCpus')} (it was {before.get('maxvCpus')})."


def _sentence(text: str) -> str:
    """AWS's own sentences have their full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _group(named: str, made: str | None) -> str:
    return named if named != NEW_GROUP else made or "(the new one)"

"""What holds a change back: each safeguard asks one question, and its answer is what people read."""

from collections.abc import Iterator

from batchmedic.errors import NotReadError
from batchmedic.remedy import Case, HeldBack, Safeguard
from batchmedic.safeguards.condition import CONDITION
from batchmedic.safeguards.doubt import DOUBT
from batchmedic.safeguards.permission import PERMISSION


def held_back(case: Case, own: tuple[Safeguard, ...], *, approved: bool) -> HeldBack | None:
    """The weightiest reason; None if nothing speaks against the plan. What could not be read speaks against it."""
    return next(_objections(case, (*PERMISSION, *CONDITION, *own, *DOUBT), approved=approved), None)


def _objections(case: Case, safeguards: tuple[Safeguard, ...], *, approved: bool) -> Iterator[HeldBack]:
    for safeguard in sorted(safeguards, key=lambda one: not one.final):
        if approved and not safeguard.final:
            continue
        try:
            because = safeguard.objects(case)
        except NotReadError as gap:
            because = f"{safeguard.name} could not be checked ({gap.call}: {gap.because})"
        if because:
            yield HeldBack(name=safeguard.name, because=because, status=safeguard.status, final=safeguard.final)

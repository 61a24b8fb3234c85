"""What a run has to say: one piece of news for each environment that something happened to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchmedic.scaling.floor import Decision, Floor, Kind, Look

EVENTS = {
    Kind.ANNOUNCE: "Compute Environment Going To Sleep",
    Kind.SLEEP: "Compute Environment Scaled To Zero",
    Kind.TELL: "Compute Environment Scaled To Zero",
    Kind.WAKE: "Compute Environment Floor Restored",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`event` is the public one, None where only people hear; once told, `before` becomes `after` in the table."""

    event: str | None
    detail: Mapping[str, Any]
    before: Floor
    after: Floor

    @property
    def arn(self) -> str:
        return self.after.environment

    @classmethod
    def of(cls, decision: Decision, look: Look, *, before: Floor, after: Floor) -> "News":
        return cls(
            event=EVENTS.get(Kind.WAKE if look.before.waking else decision.kind),
            detail=_detail(decision, look),
            before=before,
            after=after,
        )


def _detail(decision: Decision, look: Look) -> dict[str, Any]:
    """As docs/events/floor.schema.json has it."""
    remembered, floor = look.before.floor, look.environment.min_vcpus
    woken = decision.kind in (Kind.WAKE, Kind.FORGET)
    idle_since = look.before.idle_since
    return {
        "schema_version": "1",
        "compute_environment": look.environment.arn,
        "floor_before": 0 if woken else remembered or floor,
        "floor_after": (min(remembered or 0, look.environment.max_vcpus) or floor) if woken else 0,
        "idle_since": idle_since.isoformat() if idle_since and not woken else None,
        "reason": decision.because,
        "vcpu_hours_saved": round(look.before.saved(look.now) - look.before.saved_hours, 1) if woken else 0.0,
    }

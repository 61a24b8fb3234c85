"""Lowers a floor and gives it back: what is written first, what is asked once more, what is sent."""

from dataclasses import dataclass, replace
from typing import Any

from batchmedic.changes import ApiCall
from batchmedic.errors import CommandError
from batchmedic.floors.watching import Watch
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.ports import Changer, FloorStore, KillSwitch, Workload
from batchmedic.scaling.deciding import may_sleep_now
from batchmedic.scaling.eligible import FLOOR_TAG, forbidden
from batchmedic.scaling.floor import Decision, Floor, Kind, Look, Rules
from batchmedic.scaling.news import News


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The memory is written before the world is changed, so that a floor is never lost."""

    workload: Workload
    store: FloorStore
    changer: Changer
    switch: KillSwitch
    rules: Rules

    def carry_out(self, look: Look, decision: Decision, watch: Watch) -> News | None:
        """What people should hear; what is not told is noted at once."""
        after = decision.after
        match decision.kind:
            case Kind.SLEEP:
                self.save(look.stored, after)
                if not self._lower(look, after, watch):
                    return None
                slept = replace(after, untold=False, lowered=True)
                return News.of(decision, look, before=after, after=slept)
            case Kind.WAKE:
                return self.wake(look, decision)
            case Kind.FORGET:
                self._untag(look.environment)
        if decision.told:
            return News.of(decision, look, before=look.stored, after=after)
        self.save(look.stored, after)
        return None

    def wake(self, look: Look, decision: Decision) -> News | None:
        """As far as maxvCpus lets it, where its owner made that smaller; None where that is left to the next run."""
        after = decision.after
        self.save(look.stored, after)
        if stopped := self.switch.stopped():
            raise CommandError(f"nothing is written while the kill switch is on: {stopped}")
        again = self._again(look.environment)
        if again is None or again.min_vcpus > 0 or again.status != "VALID" or again.tags != look.environment.tags:
            return None
        self._update(again, min(after.floor or 0, again.max_vcpus))
        self._untag(again)
        return News.of(decision, look, before=after, after=after.over(look.now))

    def save(self, before: Floor, after: Floor) -> None:
        if before != after:
            self.store.save(before, after)

    def _lower(self, look: Look, after: Floor, watch: Watch) -> bool:
        """Looked at again right before the write: what came meanwhile keeps it awake."""
        again = self._again(look.environment)
        if again is None or again.min_vcpus != after.floor:
            return False
        fresh = replace(look, environment=again, activity=watch.again().activity(again), before=after)
        if not may_sleep_now(fresh, replace(self.rules, stopped=self.switch.stopped())):
            return False
        self._apply("batch:TagResource", resourceArn=again.arn, tags={FLOOR_TAG: str(after.floor)})
        self._update(again, 0)
        return True

    def _again(self, one: ComputeEnvironment) -> ComputeEnvironment | None:
        return next(iter(self.workload.environments([one.arn])), None)

    def _update(self, one: ComputeEnvironment, floor: int) -> None:
        resources = {"minvCpus": floor}
        self._apply("batch:UpdateComputeEnvironment", computeEnvironment=one.arn, computeResources=resources)

    def _untag(self, one: ComputeEnvironment) -> None:
        if FLOOR_TAG in one.tags and forbidden(one, replace(self.rules, stopped=self.switch.stopped())) is None:
            self._apply("batch:UntagResource", resourceArn=one.arn, tagKeys=[FLOOR_TAG])

    def _apply(self, call: str, **parameters: Any) -> None:
        self.changer.apply(ApiCall(call=call, parameters=parameters))

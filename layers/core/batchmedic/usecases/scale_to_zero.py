"""Lower the floor of compute environments that are idle, remember it, and give it back when work returns."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from batchmedic import contracts
from batchmedic.errors import (
    BatchmedicError,
    CommandError,
    ConflictError,
    DeliveryError,
    MessageError,
    ReadError,
    StoreError,
)
from batchmedic.floors.changing import Change
from batchmedic.floors.heralding import Herald
from batchmedic.floors.watching import Watch
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.ports import Clock, FloorStore, KillSwitch, Workload
from batchmedic.scaling import words
from batchmedic.scaling.deciding import decide
from batchmedic.scaling.eligible import FLOOR_TAG, left_alone
from batchmedic.scaling.floor import Activity, Decision, Floor, Floors, Kind, Look, Rules
from batchmedic.scaling.news import News

logger = logging.getLogger(__name__)

GAP = timedelta(minutes=15)  # since the last look: what happened in between nobody saw, so every clock begins anew
NOT_ASKED = Activity(idle=False, because="nobody asked", unknown=True)
BY_HAND = Activity(idle=False, because="somebody asked for it")


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did, small enough to log and to answer; `because` is by name, where something was done."""

    environments: int = 0
    decisions: dict[str, int] = field(default_factory=dict)
    because: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    refused: str = ""

    def as_dict(self) -> dict[str, Any]:
        if self.refused:
            return {"refused": self.refused}
        return {
            "environments": self.environments,
            **self.decisions,
            "failed": self.failed,
            "because": self.because,
        }

    def decided(self, one: ComputeEnvironment, decision: Decision) -> None:
        self.decisions[decision.kind.value] = self.decisions.get(decision.kind.value, 0) + 1
        if decision.kind is not Kind.KEEP:
            self.because[one.name] = decision.because
            logger.info("A floor was seen to.", extra={"subject": one.arn, "decision": decision.kind.value})

    def fail(self, one: ComputeEnvironment, error: Exception | str) -> None:
        logger.error("A floor could not be seen to.", extra={"subject": one.arn, "because": str(error)})
        self.failed += 1
        self.because[one.name] = str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleToZero:
    workload: Workload
    store: FloorStore
    change: Change
    switch: KillSwitch
    herald: Herald
    rules: Rules
    clock: Clock

    def __call__(self, event: Any) -> Report:
        """The schedule's {"v": 1}, or a person's {"wake": "all | <compute environment>"}."""
        report = Report()
        try:
            wanted = contracts.wake(event)
            if wanted is None:
                self._look(report)
            else:
                self._wake(wanted, report)
        except (CommandError, MessageError) as error:
            report.refused = str(error)
        except (ReadError, StoreError) as error:
            logger.error("No floor was looked at.", extra={"because": str(error)})
            report.failed += 1
            report.refused = f"not now, try again in some minutes: {error}"
        return report

    # --- every five minutes

    def _look(self, report: Report) -> None:
        memory, environments = self.store.read(), self.workload.environments()
        report.environments = len(environments)
        self._forget_the_gone(memory, environments)
        concerned = [one for one in environments if _is_concerned(one, memory.of(one.arn))]
        if not concerned:
            return
        watch = Watch(workload=self.workload, queues=self.workload.queues())
        rules = replace(self.rules, stopped=self.switch.stopped())
        unseen = memory.looked_at is None or self.clock() - memory.looked_at > GAP
        news = []
        for one in concerned:
            stored = memory.of(one.arn)
            before = stored.clocked(None, self.clock()) if unseen else stored
            try:
                decision, each = self._see_to(one, before, stored, watch, rules=rules, report=report)
            except BatchmedicError as error:  # whatever fails here stops no other
                report.fail(one, error)
                continue
            report.decided(one, decision)
            news += [each] if each else []
        self._tell(news, report)
        self.store.looked(self.clock(), self.rules.mode)

    def _see_to(
        self, one: ComputeEnvironment, before: Floor, stored: Floor, watch: Watch, *, rules: Rules, report: Report
    ) -> tuple[Decision, News | None]:
        activity = watch.activity(one) if left_alone(one) is None else NOT_ASKED
        if activity.unknown and activity is not NOT_ASKED:
            report.fail(one, activity.because)
        look = Look(environment=one, activity=activity, before=before, stored=stored, now=self.clock())
        decision = decide(look, rules)
        if decision.kind in (Kind.ANNOUNCE, Kind.SLEEP):  # only now it is worth some calls more
            owner = self.workload.owner(one)
            reserves = bool(one.launch_templates) and self.workload.reserves(one)
            look = replace(look, reserved_capacity=reserves, code=words.line_of(owner) if owner else "")
            decision = decide(look, rules)
        return decision, self.change.carry_out(look, decision, watch)

    def _forget_the_gone(self, memory: Floors, environments: Iterable[ComputeEnvironment]) -> None:
        known = {one.arn for one in environments}
        for arn, floor in memory.floors.items():
            if arn not in known:
                try:
                    self.store.save(floor, Floor(environment=arn))
                except ConflictError as error:
                    logger.info("Somebody else forgot it first.", extra={"subject": arn, "because": str(error)})

    def _tell(self, news: list[News], report: Report) -> None:
        """First told, then noted as told: twice is better than never."""
        if not news:
            return
        try:
            self.herald.tell(news)
        except DeliveryError as error:
            logger.error("The news of a run were not told; the next run tells them.", extra={"because": str(error)})
            report.failed += 1
            return
        for each in news:
            try:
                self.change.save(each.before, each.after)
            except (ConflictError, StoreError) as error:
                logger.warning("It was told and not noted.", extra={"subject": each.arn, "because": str(error)})

    # --- a person's command

    def _wake(self, wanted: str, report: Report) -> None:
        if self.rules.mode == "off":
            raise CommandError("ScaleToZeroMode is off, so this function may not write; deploy it with plan first")
        memory, environments = self.store.read(), self.workload.environments()
        known = [one for one in environments if memory.of(one.arn).floor is not None and _is_meant(one, wanted)]
        if not known and wanted != "all":
            raise CommandError(f"no floor of a compute environment {wanted} is remembered; give its name, ARN, or all")
        asleep = [one for one in known if one.min_vcpus == 0]  # another floor is its owner's, and stands
        if known and not asleep and wanted != "all":
            raise CommandError(f"{wanted} does not sleep: its minvCpus is {known[0].min_vcpus}")
        report.environments = len(asleep)
        news = []
        for one in asleep:
            before = memory.of(one.arn)
            look = Look(environment=one, activity=BY_HAND, before=before, stored=before, now=self.clock())
            if before.is_being_given_back(look.now):
                report.because[one.name] = "another run is giving it back"
                continue
            after = replace(before, lowered=True, waking=True, waking_at=look.now, untold=False)
            decision = Decision(kind=Kind.WAKE, because=words.given_back(look), after=after, told=True)
            try:
                each = self.change.wake(look, decision)
            except BatchmedicError as error:
                report.fail(one, error)
                continue
            if each is None:
                report.because[one.name] = f"it is {one.status}; its floor comes back at the first run that may write"
                continue
            news.append(each)
            report.decided(one, decision)
        self._tell(news, report)


def _is_concerned(one: ComputeEnvironment, floor: Floor) -> bool:
    """It has a floor or instances, or we have to do with it: the others cost nothing."""
    has_any = one.min_vcpus > 0 or one.desired_vcpus > 0
    return (has_any and left_alone(one) is None) or not floor.is_blank or FLOOR_TAG in one.tags


def _is_meant(one: ComputeEnvironment, wanted: str) -> bool:
    return wanted in ("all", one.name, one.arn)

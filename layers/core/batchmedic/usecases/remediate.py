"""Repair what can be repaired safely, prove it, and take it back when a person says so."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from batchmedic import contracts
from batchmedic.changes import RemedyStatus, Repair
from batchmedic.contracts import Command, Hint
from batchmedic.errors import CommandError, ConflictError, DeliveryError, MessageError, ReadError, StoreError
from batchmedic.ports import Claim, Clock, Doorbells, RepairMemory, RepairStore
from batchmedic.repair_json import published
from batchmedic.repairs.applying import Apply
from batchmedic.repairs.considering import Consider
from batchmedic.repairs.undoing import Tidy, Undo
from batchmedic.repairs.verifying import Verify
from batchmedic.transitions import TOLD_WITHIN

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # longer than the function may run
EARLY = timedelta(seconds=5)  # a doorbell may be a little before its time
SOON = timedelta(minutes=15)  # SQS delays a message no longer; what is due later is left to the sweep
Step = Callable[[Claim], tuple[Repair | None, Claim]]

CURABLE = (ReadError, StoreError, ConflictError, DeliveryError)


@dataclass(slots=True, kw_only=True)
class Report:
    """What an invocation did; `failed` holds ids of messages that redelivery can cure, or that are no doorbells.

    `answer` is what a person's command led to.
    """

    repairs: dict[str, str] = field(default_factory=dict)  # incident id → status
    quiet: int = 0
    failed: list[str] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "failed": len(self.failed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediate:
    store: RepairStore
    memory: RepairMemory
    doorbells: Doorbells
    consider: Consider
    apply: Apply
    verify: Verify
    undo: Undo
    tidy: Tidy
    clock: Clock

    def __call__(self, messages: Iterable[tuple[str, Any]]) -> Report:
        """Take (message id, body) pairs of the Remedies queue, or a person's command, which has no message id."""
        report = Report()
        for message_id, body in messages:
            try:
                errand = contracts.errand(body, by_hand=not message_id)
                if isinstance(errand, Command):
                    self._obey(errand, report)
                else:
                    for incident_id in errand:
                        self._attend(incident_id, report)
            except (MessageError, CommandError) as error:
                logger.error("This cannot be done.", extra={"message_id": message_id, "because": str(error)})
                report.failed.append(message_id)
                report.answer = {"refused": str(error)}
            except CURABLE as error:
                logger.warning("A repair goes back.", extra={"message_id": message_id, "because": str(error)})
                report.failed.append(message_id)
                report.answer = {"refused": f"not now, try again in some minutes: {error}"}
        return report

    def _attend(self, incident_id: str, report: Report) -> None:
        """What is due of this incident's repair; a bell that rings too early, or for nothing, is quiet."""
        now = self.clock()
        claim = self.store.take(incident_id, now=now, until=now + LEASE)
        if claim is None:
            report.quiet += 1
            return
        repair = claim.record.repair
        early = repair is not None and (repair.due_at is None or repair.due_at > now + EARLY)
        reconsider = claim.record.is_open and (repair is None or repair.status.undecided)
        if not self.consider.mends(claim.record.incident) or (early and not reconsider):
            self.store.release(claim)
            report.quiet += 1
            return
        self._do(claim, self._next, report)

    def _obey(self, command: Command, report: Report) -> None:
        now = self.clock()
        claim = self.store.take(command.incident_id, now=now, until=now + LEASE)
        if claim is None:
            raise CommandError(
                f"there is no incident {command.incident_id}, or it is being worked on: try in 2 minutes"
            )
        step = self._approved if command.kind == "apply" else self._rolled_back
        self._do(claim, lambda claim: step(claim, command), report)

    def _do(self, claim: Claim, step: Step, report: Report) -> None:
        """One step, kept and told; whatever happens but the end of the process, somebody else may then go on."""
        before = claim.record.repair
        try:
            after, claim = step(claim)
        except (*CURABLE, CommandError):
            self.store.release(claim)
            raise
        if after is not None:
            self._tell(claim, before, after)
            incident_id = claim.record.incident.incident_id
            report.repairs[incident_id] = after.status.value
            report.answer = {
                "incident_id": incident_id,
                "status": after.status.value,
                "said": after.said or after.why_not,
                "remedy": published(after),
            }
        self.store.release(claim)

    # the steps: what the repair is after it, and the claim with what was kept on the way

    def _next(self, claim: Claim) -> tuple[Repair | None, Claim]:
        record, repair = claim.record, claim.record.repair
        if repair is None or repair.status.undecided:
            return self._considered(claim) if record.is_open else (self.tidy(claim), claim)
        if repair.status is RemedyStatus.APPLYING:
            return self._applied(claim)
        if repair.status is RemedyStatus.VERIFYING:
            return self._verified(claim)
        return self.tidy(claim), claim

    def _considered(self, claim: Claim, approved: str | None = None) -> tuple[Repair, Claim]:
        repair = self.consider(claim.record, approved=approved)
        if repair.status is not RemedyStatus.APPLYING:
            return repair, claim
        return self._applied(self.store.keep(claim, repair))  # the intent stands before the first call

    def _applied(self, claim: Claim) -> tuple[Repair, Claim]:
        repair, claim = self.apply(claim)
        incident, plan = claim.record.incident, repair.plan
        if repair.status is RemedyStatus.VERIFYING:
            repair = replace(repair, why_not=None, commands=(self.consider.undo_command(incident),))
        if repair.status is RemedyStatus.FAILED and plan is not None:
            repair = replace(repair, commands=(self.consider.approve_command(incident, plan), *plan.steps))
        return self._held_if_failed(claim, repair), claim

    def _verified(self, claim: Claim) -> tuple[Repair, Claim]:
        repair = self.verify(claim)
        if repair.status is RemedyStatus.FAILED and repair.was_valid:
            claim = self.store.keep(claim, repair)
            repair = self._taken_back(claim, repair)
        return self._held_if_failed(claim, repair), claim

    def _taken_back(self, claim: Claim, repair: Repair) -> Repair:
        """It worked before we touched it: so by itself, once."""
        try:
            undone = self.undo(claim)
        except CommandError as error:
            return replace(repair, said=f"{repair.said}; {error}")
        return replace(undone, said=f"{repair.said}. {undone.said}", version=repair.version)

    def _held_if_failed(self, claim: Claim, repair: Repair) -> Repair:
        if repair.status in (RemedyStatus.FAILED, RemedyStatus.ROLLED_BACK) and repair.plan is not None:
            self.memory.hold(repair.plan.environment, f"the last fix failed: {repair.said}")
        return repair

    def _approved(self, claim: Claim, command: Command) -> tuple[Repair, Claim]:
        repair = claim.record.repair
        if repair is not None and repair.status.under_way:
            raise CommandError(f"the repair is {repair.status.value} already")
        if not claim.record.is_open:
            raise CommandError("the incident is over: there is nothing to repair")
        if not self.consider.mends(claim.record.incident):
            raise CommandError("no remedy is known for this diagnosis: see what the alert recommends")
        return self._considered(claim, approved=command.plan)

    def _rolled_back(self, claim: Claim, _: Command) -> tuple[Repair, Claim]:
        repair = self.undo(claim)
        if repair.plan is not None:
            self.memory.hold(repair.plan.environment, "a person took the last fix back")
        return repair, claim

    # telling

    def _tell(self, claim: Claim, before: Repair | None, after: Repair) -> None:
        """Keep first, ring second: a bell that is lost is rung again by the sweep, at `tell_by`."""
        now, incident = self.clock(), claim.record.incident
        news = after.version != (before.version if before else 0)
        self.store.keep(claim, after, tell_by=now + TOLD_WITHIN if news else None)
        if news:
            extra = {"incident_id": incident.incident_id, "status": after.status.value, "because": after.why_not}
            logger.info("A repair has news.", extra=extra)
            self.doorbells.ring([incident.incident_id])
        if after.due_at is not None and after.due_at - now <= SOON:
            seconds = max(int((after.due_at - now).total_seconds()), 1)
            self.doorbells.ring_remedies([incident.incident_id], seconds=seconds)
        applied = after.status is RemedyStatus.VERIFYING and (before is None or before.status is not after.status)
        if applied and incident.job_queues:
            seconds = int(self.apply.pace.total_seconds())
            hints = {Hint(kind="verify", queue=queue): seconds for queue in incident.job_queues}
            self.doorbells.look_later(hints, now=now)

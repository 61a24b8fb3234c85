"""Decides what is to be done about an incident: nothing, a plan for a person, or the plan at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from batchmedic.by_hand import invoke
from batchmedic.changes import Plan, RemedyStatus, Repair
from batchmedic.errors import CommandError, NotReadError, StoreError
from batchmedic.findings import Diagnosis, Evidence
from batchmedic.incidents import Incident, Record
from batchmedic.ports import Clock, KillSwitch, RepairMemory, Surveyor
from batchmedic.remedy import Case, HeldBack, PastRepairs, Remedy, Survey
from batchmedic.repairs.wording import in_code
from batchmedic.safeguards import held_back
from batchmedic.safeguards.permission import REPEATED

LATER = timedelta(minutes=30)  # what holds back may go over by itself: jobs come, tasks end


@dataclass(frozen=True, slots=True, kw_only=True)
class Consider:
    surveyor: Surveyor
    switch: KillSwitch
    memory: RepairMemory
    remedies: Mapping[str, Remedy]  # by the diagnosis that they mend
    diagnoses: Mapping[str, Diagnosis]
    mode: str
    function: str  # the physical name of `remediate`, for the commands
    clock: Clock

    def undo_command(self, incident: Incident) -> str:
        return invoke(self.function, incident.region, {"rollback": incident.incident_id})

    def approve_command(self, incident: Incident, plan: Plan) -> str:
        return invoke(self.function, incident.region, {"apply": incident.incident_id, "plan": plan.id})

    def mends(self, incident: Incident) -> bool:
        return incident.diagnosis in self.remedies

    def __call__(self, record: Record, *, approved: str | None = None) -> Repair:
        """The repair as it should now stand; APPLYING where it may begin.

        `approved` is the id of the plan that a person approved: CommandError if that is not the plan any more, or if
        something stands against it that no approval lifts. ReadError where AWS Batch does not answer, ConflictError and
        StoreError where the repair could not be noted.
        """
        incident, before = record.incident, record.repair
        remedy = self.remedies[incident.diagnosis]
        blank = Repair(
            remedy=remedy.id,
            status=RemedyStatus.NONE,
            version=before.version if before else 0,
            group=before.group if before else None,
            began_at=before.began_at if before else None,
            due_at=self.clock() + LATER if before and before.group else None,  # to tidy what was left behind
        )
        if self.mode == "off":
            return _refused_if(approved, "RemediationMode is off", blank)
        survey = self.surveyor.survey(incident)
        if survey is None:
            gone = "the compute environment does not exist any more"
            return _refused_if(approved, gone, replace(blank, why_not=gone))
        try:
            evidence = self._evidence(incident, survey)
            plan = remedy.plan(survey)
        except NotReadError as gap:
            because = f"it could not be looked at closely enough ({gap.call}: {gap.because})"
            return _refused_if(approved, because, self._unseen(blank, record, because))
        if not evidence:
            over = "the fault is not there any more"
            return _refused_if(approved, over, replace(blank, why_not=over))
        if approved is not None and approved != plan.id:
            raise CommandError(f"the plan is not {approved} any more but {plan.id}: read it, then approve that one")
        case = self._case(incident, evidence, survey, plan)
        held = held_back(case, remedy.safeguards, approved=approved is not None)
        if held is None:
            return self._begun(blank, case, approved)
        if approved is not None:
            raise CommandError(f"it cannot be applied: {held.because}")
        if held.name == REPEATED:  # from now on, and not only for a day
            self.memory.hold(survey.environment.arn, held.because)
        waiting = self._waiting(blank, plan, held, record)
        return replace(waiting, commands=self._commands(incident, case, held))

    def _unseen(self, blank: Repair, record: Record, because: str) -> Repair:
        """What was told stays true until somebody could look again."""
        if record.repair is not None:
            return replace(record.repair, due_at=self.clock() + LATER)
        held = HeldBack(name="the look", because=because, status=RemedyStatus.PLANNED, final=True)
        return self._waiting(blank, None, held, record)

    def _evidence(self, incident: Incident, survey: Survey) -> tuple[Evidence, ...]:
        """Whether the diagnosis still holds."""
        check = self.diagnoses[incident.diagnosis].check_environment
        return tuple(check(survey.environment, survey.snapshot)) if check else ()

    def _case(self, incident: Incident, evidence: tuple[Evidence, ...], survey: Survey, plan: Plan) -> Case:
        now = self.clock()
        try:
            past = self.memory.past(survey.environment.arn, incident.incident_id, now=now)
        except StoreError as error:
            past = PastRepairs(held_because=f"it is not known what was repaired lately ({error})")
        return Case(
            incident=incident,
            evidence=evidence,
            survey=survey,
            plan=plan,
            mode=self.mode,
            now=now,
            stopped=self.switch.stopped(),
            past=past,
        )

    def _begun(self, blank: Repair, case: Case, approved: str | None) -> Repair:
        arn, incident_id = case.environment.arn, case.incident.incident_id
        self.memory.spend(arn, incident_id, now=case.now, revision=case.past.revision)
        if approved is not None:
            self.memory.lift(arn)
        waiting = tuple(job.arn for queue in case.survey.queues for job in queue.front or ())
        return replace(
            blank,
            status=RemedyStatus.APPLYING,
            plan=case.plan,
            approved=approved,
            was_valid=case.environment.status == "VALID",
            waiting_jobs=waiting[:100],
            began_at=self.clock(),
            due_at=self.clock(),
        )

    def _waiting(self, blank: Repair, plan: Plan | None, held: HeldBack, record: Record) -> Repair:
        """News only where it is another plan or state than before: a reason may come and go with every look."""
        before, now = record.repair, self.clock()
        same = (
            before is not None
            and before.status is held.status
            and (before.plan.id if before.plan else None) == (plan.id if plan else None)
        )
        told = blank.version if same or held.status is RemedyStatus.NONE else blank.version + 1
        return replace(blank, status=held.status, plan=plan, why_not=held.because, version=told, due_at=now + LATER)

    def _commands(self, incident: Incident, case: Case, held: HeldBack) -> tuple[str, ...]:
        """First how to let us do it, where that is possible, then how to do it by hand."""
        plan = case.plan
        if held.final or not plan.changes:
            return plan.steps
        return (self.approve_command(incident, plan), *in_code(case), *plan.steps)


def _refused_if(approved: str | None, because: str, otherwise: Repair) -> Repair:
    """Who approved a plan hears that it is not carried out."""
    if approved is not None:
        raise CommandError(f"it cannot be applied: {because}")
    return otherwise

"""Takes an applied change back, and tidies away what is left of one that was not kept."""

from dataclasses import dataclass, replace

from batchmedic.changes import ApiCall, RemedyStatus, Repair, shows
from batchmedic.errors import CommandError, NotReadError
from batchmedic.model.digest import digest
from batchmedic.ports import Claim, Clock, Surveyor
from batchmedic.repairs.applying import bound, planned
from batchmedic.repairs.guard import Guard
from batchmedic.repairs.pauses import TIDIED_AFTER, GaveUpError, PutOffError

APPLIED = (RemedyStatus.VERIFYING, RemedyStatus.VERIFIED, RemedyStatus.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    surveyor: Surveyor
    guard: Guard
    clock: Clock

    def __call__(self, claim: Claim) -> Repair:
        """ROLLED_BACK; CommandError where there is nothing to take back, or the environment is not as we left it."""
        repair = claim.record.repair
        if repair is None or repair.status not in APPLIED or repair.applied_at is None:
            raise CommandError("nothing was applied here that could be taken back")
        plan = planned(repair)
        environment = self.surveyor.environment(plan.environment)
        if environment is None:
            raise CommandError("the compute environment does not exist any more")
        undos = [change.undo for change in plan.changes if change.undo is not None and _updates(change.undo)]
        if not all(shows(environment, undo) for undo in undos):
            applied = all(shows(environment, bound(change.call, repair.group)) for change in plan.changes)
            if digest(environment) != repair.digest_after or not applied:
                raise CommandError(f"{environment.name} was changed since, so it is left as it is")
            if environment.passing:
                raise CommandError(f"{environment.name} is {environment.status}: try again when that is over")
            try:
                for undo in reversed(undos):
                    self.guard.change(claim, undo, environment)
            except (PutOffError, GaveUpError) as error:
                raise CommandError(f"it could not be taken back: {error.because}") from error
        back = "leads back to VALID" if repair.was_valid else "leads back to INVALID: the fault is there again"
        return replace(
            repair,
            status=RemedyStatus.ROLLED_BACK,
            said=f"{environment.name} has its earlier configuration, which {back}",
            version=repair.version + 1,
            due_at=self.clock() + TIDIED_AFTER if repair.group else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    surveyor: Surveyor
    guard: Guard
    clock: Clock

    def __call__(self, claim: Claim) -> Repair | None:
        """Removes our own group where no environment names it an hour after; None if there is none."""
        repair = claim.record.repair
        if repair is None or repair.group is None:
            return None
        now = self.clock()
        if repair.began_at is not None and now - repair.began_at < TIDIED_AFTER:
            return replace(repair, due_at=repair.began_at + TIDIED_AFTER)
        try:
            if self.surveyor.users_of(repair.group):
                return replace(repair, due_at=None)  # remembered, in case that it is taken back later
        except NotReadError:
            return replace(repair, due_at=now + TIDIED_AFTER)
        gone = self._removed(claim, repair.group)
        return replace(repair, group=None, due_at=None) if gone else replace(repair, due_at=now + TIDIED_AFTER)

    def _removed(self, claim: Claim, group: str) -> bool:
        delete = ApiCall(call="ec2:DeleteSecurityGroup", parameters={"GroupId": group})
        try:
            self.guard.change(claim, delete, None)
        except PutOffError:
            return False
        except GaveUpError as refusal:
            return "InvalidGroup.NotFound" in refusal.because
        return True


def _updates(call: ApiCall) -> bool:
    return "computeResources" in call.parameters

"""Makes the changes of a plan, so that a rerun after any cut ends in the same state."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from batchmedic.by_hand import command
from batchmedic.changes import CREATE_GROUP, NEW_GROUP, ApiCall, Change, Plan, RemedyStatus, Repair, is_as_before, shows
from batchmedic.errors import StoreError
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.digest import digest
from batchmedic.ports import Claim, Clock, RepairStore, Surveyor
from batchmedic.repairs.guard import Guard
from batchmedic.repairs.pauses import TIDIED_AFTER, GaveUpError, OvertakenError, PutOffError

TRIES = timedelta(hours=1)  # after that, what should have gone over by itself is told
RECONSIDER = timedelta(minutes=1)
MODIFIED = timedelta(minutes=2)
NOT_SEEN_YET = timedelta(seconds=30)  # EC2 is eventually consistent


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    surveyor: Surveyor
    guard: Guard
    store: RepairStore
    pace: timedelta  # after which it is looked at first
    clock: Clock

    def __call__(self, claim: Claim) -> tuple[Repair, Claim]:
        """The repair after it (VERIFYING, put off, failed, or void) and the claim with what was kept on the way.

        ReadError, StoreError, ConflictError: the whole is to be tried again.
        """
        repair = repair_of(claim)
        try:
            plan = planned(repair)
            for change in plan.changes:
                if change.call.call == CREATE_GROUP and repair.group is None:
                    repair = replace(repair, group=self._group(claim, plan, change.call))
                    claim = self.store.keep(claim, repair)
                elif change.call.call != CREATE_GROUP:
                    repair = self._update(claim, repair, replace(change, call=bound(change.call, repair.group)))
        except PutOffError as pause:
            return self._later(repair, pause), claim
        except GaveUpError as end:
            return failed(self._with_group(repair), end.because, now=self.clock()), claim
        except OvertakenError as void:
            return self._void(repair, void), claim
        now = self.clock()
        return replace(
            repair,
            status=RemedyStatus.VERIFYING,
            version=repair.version + 1,
            applied_at=now,
            due_at=now + self.pace,
        ), claim

    def _void(self, repair: Repair, void: OvertakenError) -> Repair:
        return replace(
            self._with_group(repair),
            status=RemedyStatus.NONE,
            plan=None,
            approved=None,
            why_not=void.because,
            due_at=self.clock() + RECONSIDER,
        )

    def _group(self, claim: Claim, plan: Plan, call: ApiCall) -> str:
        """The one that an earlier try made, else a new one; the id."""
        made = self._made(call)
        if made is not None:
            return made
        environment = self._environment(plan)
        self._unchanged(environment, plan)
        try:
            return self.guard.change(claim, call, environment)
        except GaveUpError as refusal:
            if "InvalidGroup.Duplicate" in refusal.because:
                raise PutOffError("the new security group is not to be seen yet", after=NOT_SEEN_YET) from refusal
            raise

    def _made(self, call: ApiCall) -> str | None:
        wanted = call.parameters
        for group in self.surveyor.named_groups(wanted["GroupName"], wanted["VpcId"]):
            tags = {tag["Key"]: tag["Value"] for tag in wanted["TagSpecifications"][0]["Tags"]}
            if any(group.tags.get(key) != value for key, value in tags.items()):
                raise GaveUpError(f"security group {group.id} has the name {group.name} and is not ours")
            return group.id
        return None

    def _update(self, claim: Claim, repair: Repair, change: Change) -> Repair:
        """Already so is done, too. Read again right before it is written: AWS Batch has no conditional update."""
        plan, call = planned(repair), change.call
        environment = self._environment(plan)
        if not shows(environment, call):
            self._unchanged(environment, plan, change.undo)
            if environment.passing:
                raise PutOffError(f"{environment.name} is {environment.status}", after=MODIFIED)
            self.guard.change(claim, call, environment)
        groups = call.parameters["computeResources"].get("securityGroupIds", environment.security_groups)
        return replace(repair, digest_after=digest(replace(environment, security_groups=tuple(groups))))

    def _environment(self, plan: Plan) -> ComputeEnvironment:
        environment = self.surveyor.environment(plan.environment)
        if environment is None:
            raise GaveUpError("the compute environment was deleted meanwhile")
        return environment

    def _unchanged(self, environment: ComputeEnvironment, plan: Plan, undo: ApiCall | None = None) -> None:
        if digest(environment) != plan.digest or not is_as_before(environment, undo):
            raise OvertakenError(f"somebody changed {environment.name} meanwhile, so nothing was changed")

    def _later(self, repair: Repair, pause: PutOffError) -> Repair:
        now = self.clock()
        if repair.began_at is not None and now - repair.began_at >= TRIES:
            return failed(self._with_group(repair), f"it could not be done for an hour: {pause.because}", now=now)
        return replace(repair, why_not=pause.because, due_at=now + pause.after)

    def _with_group(self, repair: Repair) -> Repair:
        """With the group that a cut-off try may have left behind, so that it is tidied away."""
        if repair.group is not None or repair.plan is None:
            return repair
        for change in repair.plan.changes:
            if change.call.call == CREATE_GROUP:
                try:
                    return replace(repair, group=self._made(change.call))
                except GaveUpError:
                    return repair  # that one is not ours
        return repair


def failed(repair: Repair, because: str, *, now: datetime) -> Repair:
    """Told once, and not tried again without a person; due again only to tidy."""
    return replace(
        repair,
        plan=repair.plan if repair.applied_at else _rest_of(repair),
        status=RemedyStatus.FAILED,
        said=because,
        why_not=because,
        version=repair.version + 1,
        due_at=now + TIDIED_AFTER if repair.group else None,
    )


def _rest_of(repair: Repair) -> Plan | None:
    """The plan as it would now be made: with the group that is there already."""
    plan, group = repair.plan, repair.group
    if plan is None or group is None:
        return plan
    rest = (change for change in plan.changes if change.call.call != CREATE_GROUP)
    changes = tuple(replace(change, call=bound(change.call, group)) for change in rest)
    region = plan.environment.split(":")[3]
    return replace(plan, changes=changes, steps=tuple(command(change.call, region) for change in changes))


def bound(call: ApiCall, group: str | None) -> ApiCall:
    """With the id of the group in the place that the plan left for it."""
    resources = call.parameters.get("computeResources", {})
    groups = resources.get("securityGroupIds")
    if groups is None or NEW_GROUP not in groups:
        return call
    if group is None:
        raise GaveUpError("the plan names a new security group, and none was made")
    ids = [group if each == NEW_GROUP else each for each in groups]
    parameters: Mapping[str, Any] = {**call.parameters, "computeResources": {**resources, "securityGroupIds": ids}}
    return replace(call, parameters=parameters)


def planned(repair: Repair) -> Plan:
    if repair.plan is None:
        raise StoreError("a repair that is under way has lost its plan")
    return repair.plan


def repair_of(claim: Claim) -> Repair:
    if claim.record.repair is None:
        raise StoreError("a repair that is under way is not kept")
    return claim.record.repair

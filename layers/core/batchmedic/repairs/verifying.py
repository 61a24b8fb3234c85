"""Looks whether a change did what it should: VALID at two looks, and a job that waited is on its way."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from batchmedic.changes import RemedyStatus, Repair, shows
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.times import normal_start
from batchmedic.ports import Claim, Clock, Surveyor
from batchmedic.repairs.applying import bound, failed, planned, repair_of
from batchmedic.repairs.pauses import TIDIED_AFTER

# Batch user guide: infrastructure updates take 10 to 30 minutes, and running jobs may hold them up
LONGEST = {"FARGATE": timedelta(minutes=10), "FARGATE_SPOT": timedelta(minutes=10)}
LONGEST_ON_INSTANCES = timedelta(minutes=45)
ON_THEIR_WAY = ("STARTING", "RUNNING", "SUCCEEDED")
WAITING = ("SUBMITTED", "PENDING", "RUNNABLE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    surveyor: Surveyor
    pace: timedelta  # between two looks that find it VALID; while it is not yet, twice as long
    clock: Clock

    def __call__(self, claim: Claim) -> Repair:
        """VERIFIED, FAILED, or VERIFYING still. ReadError where AWS Batch does not answer."""
        repair, now = repair_of(claim), self.clock()
        plan = planned(repair)
        environment = self.surveyor.environment(plan.environment)
        if environment is None:
            return failed(repair, "the compute environment was deleted meanwhile", now=now)
        if not all(shows(environment, bound(one.call, repair.group)) for one in plan.changes):
            return failed(repair, f"somebody changed {environment.name} again before it was proved", now=now)
        if environment.status == "INVALID":
            return failed(repair, f"{environment.name} is INVALID again: {environment.status_reason}", now=now)
        if environment.status != "VALID":
            return self._not_yet(repair, environment, now)
        return self._valid(repair, environment, now)

    def _not_yet(self, repair: Repair, environment: ComputeEnvironment, now: datetime) -> Repair:
        longest = LONGEST.get(environment.kind, LONGEST_ON_INSTANCES)
        if repair.applied_at is not None and now - repair.applied_at >= longest:
            minutes = int(longest.total_seconds() // 60)
            return failed(repair, f"{environment.name} is still {environment.status} after {minutes} minutes", now=now)
        return replace(repair, valid_since=None, due_at=now + 2 * self.pace)

    def _valid(self, repair: Repair, environment: ComputeEnvironment, now: datetime) -> Repair:
        if repair.valid_since is None:
            return replace(repair, valid_since=now, due_at=now + self.pace)
        if now - repair.valid_since < self.pace:
            return replace(repair, due_at=repair.valid_since + self.pace)
        statuses = self.surveyor.statuses(repair.waiting_jobs) if repair.waiting_jobs else {}
        started = [job for job, status in statuses.items() if status in ON_THEIR_WAY]
        if started:
            job = started[0].rpartition("/")[2]
            return self._verified(repair, f"{environment.name} is VALID, and job {job} is {statuses[started[0]]}", now)
        if not any(status in WAITING for status in statuses.values()):
            return self._verified(repair, f"{environment.name} is VALID; no job waits that could show more", now)
        longest = normal_start((environment,))
        if now - repair.valid_since >= longest:
            minutes = int(longest.total_seconds() // 60)
            said = f"{environment.name} is VALID, but in {minutes} minutes none of the jobs that waited has started"
            return failed(repair, said, now=now)
        return replace(repair, due_at=now + self.pace)

    def _verified(self, repair: Repair, said: str, now: datetime) -> Repair:
        """Due again only if a group of ours was left over, because a later plan took another."""
        calls = [bound(change.call, repair.group).parameters for change in planned(repair).changes]
        taken = [group for call in calls for group in call.get("computeResources", {}).get("securityGroupIds", ())]
        left_over = repair.group is not None and repair.group not in taken
        return replace(
            repair,
            status=RemedyStatus.VERIFIED,
            said=said,
            why_not=None,
            version=repair.version + 1,
            due_at=now + TIDIED_AFTER if left_over else None,
        )

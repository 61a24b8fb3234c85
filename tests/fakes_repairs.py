"""In-memory twins of the ports of repairs, and the parts of `remediate` wired to them."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from batchmedic.aws.changer import check
from batchmedic.changes import ApiCall, Repair
from batchmedic.errors import ChangeError, ConflictError, ReadError, StoreError
from batchmedic.incidents import Incident, Record
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.network import SecurityGroup
from batchmedic.plugins import all_diagnoses, all_remedies
from batchmedic.ports import Claim
from batchmedic.remedy import PastRepairs, Survey
from batchmedic.repair_json import kept, repair_from_json
from batchmedic.repairs.applying import Apply
from batchmedic.repairs.considering import Consider
from batchmedic.repairs.guard import Guard
from batchmedic.repairs.undoing import Tidy, Undo
from batchmedic.repairs.verifying import Verify
from batchmedic.transitions import opened
from batchmedic.usecases.remediate import Remediate
from tests.factories import NOW
from tests.fakes import FakeDoorbells, FakeIncidentStore, ManualClock
from tests.repair_factories import a_mismatch, a_survey

PACE = timedelta(minutes=2)
FUNCTION = "stack-RemediateFunction-1"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class FakeRepairStore(FakeIncidentStore):
    """The incident table as all three writers see it: none touches what another wrote."""

    fences: dict[str, int] = field(default_factory=dict)
    leases: dict[str, datetime] = field(default_factory=dict)

    def save(self, record: Record, *, now: datetime) -> Record:
        before = self.items.get(record.incident.incident_id)
        repair, revision = (before.record.repair, before.record.repair_revision) if before else (None, 0)
        saved = FakeIncidentStore.save(self, record, now=now)
        item = self.items[record.incident.incident_id]
        item.record = replace(item.record, repair=repair, repair_revision=revision)
        return saved

    def settle(self, record: Record, *, due_at: datetime | None) -> None:
        self._ask()
        item = self.items.get(record.incident.incident_id)
        if item is not None and item.record.repair_revision != record.repair_revision:
            item.claimed_until = None
            return
        FakeIncidentStore.settle(self, record, due_at=due_at)

    def take(self, incident_id: str, *, now: datetime, until: datetime) -> Claim | None:
        self._ask()
        item = self.items.get(incident_id)
        if item is None or (incident_id in self.leases and self.leases[incident_id] >= now):
            return None
        self.leases[incident_id] = until
        self.fences[incident_id] = self.fences.get(incident_id, 0) + 1
        return Claim(record=item.as_record(), fence=self.fences[incident_id])

    def keep(self, claim: Claim, repair: Repair, *, tell_by: datetime | None = None) -> Claim:
        self.hold(claim)
        item = self.items[claim.record.incident.incident_id]
        stored = repair_from_json(json.loads(json.dumps(kept(repair))))
        item.record = replace(item.record, repair=stored, repair_revision=item.record.repair_revision + 1)
        item.in_index = True
        if tell_by is not None:
            item.record = replace(item.record, due_at=tell_by)
        return replace(claim, record=item.as_record())

    def hold(self, claim: Claim) -> None:
        self._ask()
        if self.fences.get(claim.record.incident.incident_id) != claim.fence:
            raise ConflictError("somebody else wrote first")

    def release(self, claim: Claim) -> None:
        self._ask()
        incident_id = claim.record.incident.incident_id
        if self.fences.get(incident_id) == claim.fence:
            self.leases.pop(incident_id, None)


@dataclass(slots=True, kw_only=True)
class FakeRepairMemory:
    """Raises StoreError while `unavailable`."""

    unavailable: bool = False
    done: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # by incident id: when, ARN
    held: dict[str, str] = field(default_factory=dict)  # by ARN: why
    revision: int = 0

    def past(self, environment: str, incident_id: str, *, now: datetime) -> PastRepairs:
        self._ask()
        others = [noted for name, noted in self.done.items() if name != incident_id]
        return PastRepairs(
            of_environment=sum(arn == environment and at > now - DAY for at, arn in others),
            of_all=sum(at > now - HOUR for at, _ in others),
            held_because=self.held.get(environment),
            revision=self.revision,
        )

    def spend(self, environment: str, incident_id: str, *, now: datetime, revision: int) -> None:
        self._ask()
        if revision != self.revision:
            raise ConflictError("somebody else wrote first")
        self.done[incident_id] = (now, environment)
        self.revision += 1

    def hold(self, environment: str, because: str) -> None:
        self._ask()
        self.held[environment] = because

    def lift(self, environment: str) -> None:
        self._ask()
        self.held.pop(environment, None)

    def _ask(self) -> None:
        if self.unavailable:
            raise StoreError("the state table is unavailable")


@dataclass(slots=True, kw_only=True)
class FakeKillSwitch:
    because: str | None = None

    def stopped(self) -> str | None:
        return self.because


@dataclass(slots=True, kw_only=True)
class FakeAccount:
    """Surveyor and Changer over one environment: what is changed is seen at the next look.

    The next change first raises what is next in `refusals` (None: nothing); `done` is called after each that was made.
    """

    seen: Survey | None = field(default_factory=a_survey)
    groups: dict[str, SecurityGroup] = field(default_factory=dict)
    users: tuple[str, ...] = ()
    jobs: dict[str, str] = field(default_factory=dict)
    unreadable: ReadError | None = None
    refusals: list[ChangeError | None] = field(default_factory=list)
    done: Callable[[ApiCall], None] = lambda _: None
    changes: list[ApiCall] = field(default_factory=list)

    def edit(self, **changes: Any) -> None:
        """The environment becomes so, whoever did it; all the rest stays."""
        assert self.seen is not None
        edited = replace(self.seen.environment, **changes)
        everything = tuple(edited if one.arn == edited.arn else one for one in self.seen.snapshot.compute_environments)
        snapshot = replace(self.seen.snapshot, compute_environments=everything)
        self.seen = replace(self.seen, environment=edited, snapshot=snapshot)

    def survey(self, incident: Incident) -> Survey | None:
        self._look()
        if self.seen is None:
            return None
        around = self.seen.surroundings
        namesakes = replace(around.namesakes, found={**around.namesakes.found, **self.groups})
        return replace(self.seen, surroundings=replace(around, namesakes=namesakes))

    def environment(self, arn: str) -> ComputeEnvironment | None:
        self._look()
        return self.seen.environment if self.seen is not None and self.seen.environment.arn == arn else None

    def named_groups(self, name: str, vpc: str) -> tuple[SecurityGroup, ...]:
        self._look()
        return tuple(one for one in self.groups.values() if one.vpc_id == vpc and one.name.lower() == name.lower())

    def users_of(self, group: str) -> tuple[str, ...]:
        self._look()
        return self.users

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, str]:
        self._look()
        return {job: self.jobs[job] for job in jobs if job in self.jobs}

    def apply(self, call: ApiCall) -> str:
        check(call)
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        self.changes.append(call)
        made = self._effect(call.call, call.parameters)
        self.done(call)
        return made

    def _effect(self, call: str, wanted: Mapping[str, Any]) -> str:
        if call == "ec2:CreateSecurityGroup":
            tags = {tag["Key"]: tag["Value"] for tag in wanted["TagSpecifications"][0]["Tags"]}
            made = SecurityGroup(id="sg-0new", name=wanted["GroupName"], vpc_id=wanted["VpcId"], tags=tags)
            self.groups[made.id] = made
            return made.id
        if call == "ec2:DeleteSecurityGroup":
            del self.groups[wanted["GroupId"]]
            return ""
        resources = wanted["computeResources"]
        if "maxvCpus" in resources:
            self.edit(max_vcpus=resources["maxvCpus"])
        else:
            self.edit(security_groups=tuple(resources["securityGroupIds"]), status="UPDATING")
        return ""

    def _look(self) -> None:
        if self.unreadable is not None:
            raise self.unreadable


@dataclass(slots=True, kw_only=True)
class Workshop:
    """`remediate` and its steps, in front of the fakes; `claim` opens an incident and takes it."""

    account: FakeAccount = field(default_factory=FakeAccount)
    switch: FakeKillSwitch = field(default_factory=FakeKillSwitch)
    memory: FakeRepairMemory = field(default_factory=FakeRepairMemory)
    store: FakeRepairStore = field(default_factory=FakeRepairStore)
    doorbells: FakeDoorbells = field(default_factory=FakeDoorbells)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    mode: str = "apply"

    def open(self, **changes: Any) -> Record:
        environment = self.account.seen.environment if self.account.seen else None
        self.store.save(opened(a_mismatch(environment, **changes), None, now=self.clock()), now=self.clock())
        return self.record

    @property
    def record(self) -> Record:
        (item,) = self.store.items.values()
        return item.as_record()

    @property
    def repair(self) -> Repair:
        assert self.record.repair is not None
        return self.record.repair

    @property
    def calls(self) -> list[str]:
        return [change.call for change in self.account.changes]

    def claim(self, repair: Repair | None = None, **incident: Any) -> Claim:
        record = self.record if self.store.items else self.open(**incident)
        now = self.clock()
        over_at_once = now - timedelta(seconds=1)
        claim = self.store.take(record.incident.incident_id, now=now, until=over_at_once)
        assert claim is not None
        return self.store.keep(claim, repair) if repair else claim

    @property
    def consider(self) -> Consider:
        return Consider(
            surveyor=self.account,
            switch=self.switch,
            memory=self.memory,
            remedies={remedy.mends: remedy for remedy in all_remedies()},
            diagnoses={diagnosis.id: diagnosis for diagnosis in all_diagnoses()},
            mode=self.mode,
            function=FUNCTION,
            clock=self.clock,
        )

    @property
    def guard(self) -> Guard:
        return Guard(changer=self.account, switch=self.switch, store=self.store, mode=self.mode)

    @property
    def apply(self) -> Apply:
        return Apply(surveyor=self.account, guard=self.guard, store=self.store, pace=PACE, clock=self.clock)

    @property
    def verify(self) -> Verify:
        return Verify(surveyor=self.account, pace=PACE, clock=self.clock)

    @property
    def undo(self) -> Undo:
        return Undo(surveyor=self.account, guard=self.guard, clock=self.clock)

    @property
    def tidy(self) -> Tidy:
        return Tidy(surveyor=self.account, guard=self.guard, clock=self.clock)

    @property
    def remediate(self) -> Remediate:
        return Remediate(
            store=self.store,
            memory=self.memory,
            doorbells=self.doorbells,
            consider=self.consider,
            apply=self.apply,
            verify=self.verify,
            undo=self.undo,
            tidy=self.tidy,
            clock=self.clock,
        )

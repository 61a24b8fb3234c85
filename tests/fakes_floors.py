"""In-memory twins of the ports of floors, and `scale_to_zero` wired to them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from batchmedic.aws.changer import FLOORS, check
from batchmedic.changes import ApiCall
from batchmedic.errors import ChangeError, ConflictError, StoreError
from batchmedic.floors.changing import Change
from batchmedic.floors.heralding import Herald
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Cluster
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.scaling.floor import Floor, Floors, Rules
from batchmedic.usecases.scale_to_zero import ScaleToZero
from tests.fakes import FakeBus, FakeDoorbells, ManualClock

Hook = Callable[[str], object]  # told the name of each operation before its effect, or after it with "after "


def nothing(_: str) -> None:
    """No hook."""


@dataclass(slots=True, kw_only=True)
class FakeFloorStore:
    """FloorStore; every call raises StoreError while `unavailable`."""

    unavailable: bool = False
    floors: dict[str, Floor] = field(default_factory=dict)
    looked_at: datetime | None = None
    mode: str = ""
    hook: Hook = nothing

    def read(self) -> Floors:
        self._ask("read")
        return Floors(floors=dict(self.floors), looked_at=self.looked_at, mode=self.mode)

    def save(self, before: Floor, after: Floor) -> None:
        self._ask("save")
        arn = after.environment
        if self.floors.get(arn, Floor(environment=arn)) != before:
            raise ConflictError("somebody else wrote first")
        if after == Floor(environment=arn):
            self.floors.pop(arn, None)
        else:
            self.floors[arn] = after
        self.hook("after save")

    def looked(self, at: datetime, mode: str) -> None:
        self._ask("looked")
        self.looked_at, self.mode = at, mode

    def _ask(self, what: str) -> None:
        if self.unavailable:
            raise StoreError("the state table is unavailable")
        self.hook(what)


@dataclass(slots=True, kw_only=True)
class FakeBatch:
    """Workload and Changer: environments (by ARN) and queues as a test sets them."""

    environments_by_arn: dict[str, ComputeEnvironment] = field(default_factory=dict)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)  # environments (ARNs) by queue (ARN)
    jobs: dict[str, str] = field(default_factory=dict)  # a status by queue (ARN)
    tasks: dict[str, int] = field(default_factory=dict)  # by environment (ARN)
    writes: list[ApiCall] = field(default_factory=list)  # also those that are refused
    hook: Hook = nothing

    # Workload

    def environments(self, arns: Iterable[str] = ()) -> tuple[ComputeEnvironment, ...]:
        wanted = list(arns)
        self.hook("look again" if wanted else "environments")
        known = self.environments_by_arn
        return tuple(known[arn] for arn in wanted if arn in known) if wanted else tuple(known.values())

    def queues(self) -> tuple[JobQueue, ...]:
        self.hook("queues")
        return tuple(
            JobQueue(arn=arn, name=arn.rpartition("/")[2], compute_environments=listed)
            for arn, listed in self.listed.items()
        )

    def work_in(self, queue: str) -> str | None:
        self.hook("jobs")
        return self.jobs.get(queue)

    def clusters(self, environments: list[ComputeEnvironment]) -> Answers[Cluster]:
        self.hook("clusters")
        found = {
            one.ecs_cluster: Cluster(status="ACTIVE", tasks=self.tasks.get(one.arn, 0))
            for one in environments
            if one.ecs_cluster
        }
        return Answers(call="ecs:DescribeClusters", found=found)

    def reserves(self, environment: ComputeEnvironment) -> bool:
        return False

    def owner(self, environment: ComputeEnvironment) -> str | None:
        return None

    # Changer

    def apply(self, call: ApiCall) -> str:
        check(call, FLOORS)
        self.writes.append(call)
        self.hook(call.call)
        if call.call == "batch:UpdateComputeEnvironment":
            self._update(call)
        elif call.call == "batch:TagResource":
            one = self.environments_by_arn[call.parameters["resourceArn"]]
            self.put(replace(one, tags={**one.tags, **call.parameters["tags"]}))
        else:
            one = self.environments_by_arn[call.parameters["resourceArn"]]
            kept = {name: value for name, value in one.tags.items() if name not in call.parameters["tagKeys"]}
            self.put(replace(one, tags=kept))
        self.hook(f"after {call.call}")
        return ""

    def _update(self, call: ApiCall) -> None:
        one = self.environments_by_arn[call.parameters["computeEnvironment"]]
        if one.status == "UPDATING":
            because = "ClientException: Cannot update, resource is being modified."
            raise ChangeError(call.call, because, code="ClientException", retryable=True)
        self.put(replace(one, min_vcpus=call.parameters["computeResources"]["minvCpus"], status="UPDATING"))

    # the account's owner

    def put(self, one: ComputeEnvironment) -> None:
        self.environments_by_arn[one.arn] = one

    def works(self, arn: str) -> bool:
        """Whether it has work, in truth."""
        queues = [queue for queue, listed in self.listed.items() if arn in listed]
        return bool(self.tasks.get(arn)) or any(queue in self.jobs for queue in queues)


@dataclass(slots=True)
class FakeSwitch:
    """KillSwitch."""

    on: bool = False

    def stopped(self) -> str | None:
        return "the SSM parameter exists" if self.on else None


@dataclass(slots=True, kw_only=True)
class Scaling:
    """The parts of `scale_to_zero` in front of their twins."""

    rules: Rules
    clock: ManualClock
    batch: FakeBatch = field(default_factory=FakeBatch)
    store: FakeFloorStore = field(default_factory=FakeFloorStore)
    switch: FakeSwitch = field(default_factory=FakeSwitch)
    bus: FakeBus = field(default_factory=FakeBus)
    doorbells: FakeDoorbells = field(default_factory=FakeDoorbells)
    usecase: ScaleToZero = field(init=False)

    def __post_init__(self) -> None:
        batch, store, switch = self.batch, self.store, self.switch
        self.usecase = ScaleToZero(
            workload=batch,
            store=store,
            change=Change(workload=batch, store=store, changer=batch, switch=switch, rules=self.rules),
            switch=switch,
            herald=Herald(bus=self.bus, doorbells=self.doorbells),
            rules=self.rules,
            clock=self.clock,
        )

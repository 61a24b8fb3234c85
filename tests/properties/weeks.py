"""Random weeks of an account whose floors scale_to_zero sees to, and the truth of each moment.

What should happen is worked out here from the truth alone, from the rules as the documentation has them, and never by
asking the code under test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from batchmedic.changes import ApiCall
from batchmedic.errors import ChangeError, ConflictError, ReadError, StoreError
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.scaling.floor import Floor, Rules
from tests.factories import ACCOUNT, NOW, REGION, a_compute_environment, minutes
from tests.fakes import ManualClock
from tests.fakes_floors import FakeBatch, FakeFloorStore, Scaling

STEP = minutes(5)
WEEK, DAY = timedelta(days=7), timedelta(days=1)
TAG, MINUTES_TAG, FLOOR_TAG = "batchmedic:scale-to-zero", "batchmedic:idle-minutes", "batchmedic:floor"
IDLE = minutes(30)
WORK = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
FLOORS = (2, 4, 8, 16)
MANY = 10**6  # vCPUs; more than any floor


@dataclass(slots=True, kw_only=True)
class Truth:
    """What is true of one environment, whatever batchmedic remembers."""

    owned: int  # the floor that its owner last set
    calm_since: datetime | None = None  # sound looks, one after another, at all of which it might have slept
    announced: datetime | None = None
    heard: datetime | None = None  # the same, but where something came in between it may have to be said again
    sleeps: list[datetime] = field(default_factory=list)
    tries: list[datetime] = field(default_factory=list)  # lowerings that were at least begun
    raises: list[datetime] = field(default_factory=list)  # by its owner, while it slept
    busy_looks: list[datetime] = field(default_factory=list)  # sound ones


@dataclass(slots=True)
class Week:
    """`flaws` are what must not be; each names its moment."""

    seed: int
    chance: Random = field(init=False)
    scaling: Scaling = field(init=False)
    truths: dict[str, Truth] = field(default_factory=dict)
    flaws: list[str] = field(default_factory=list)
    ends: dict[str, datetime] = field(default_factory=dict)  # of the work of a queue or an environment
    settles: dict[str, datetime] = field(default_factory=dict)  # when its status is VALID again
    agenda: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)  # of this look, by operation
    surprise: Callable[[], None] | None = None  # happens right before a write is decided
    unsound: bool = False  # something failed or changed within this look
    kept: dict[str, Floor] = field(default_factory=dict)  # as it was before the last look
    looks: int = 0
    woken: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        rules = Rules(mode="apply", idle=IDLE, restore=True)
        self.scaling = Scaling(rules=rules, clock=ManualClock(NOW))
        self.batch.hook = self.store.hook = self._hook
        for number in range(self.chance.choice((1, 1, 2, 3))):
            self._add(f"ce-{number}")
        arns = list(self.truths)
        for number in range(self.chance.randint(0, 3)):
            queue = f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/q-{number}"
            self.batch.listed[queue] = tuple(self.chance.sample(arns, self.chance.randint(1, len(arns))))
        self._plan()

    def _add(self, name: str) -> None:
        floor = self.chance.choice(FLOORS)
        one = a_compute_environment(name, min_vcpus=floor, max_vcpus=self.chance.choice((16, 64)))
        self.batch.put(one if self.chance.random() < 0.8 else replace(one, ecs_cluster=None))
        self.truths[one.arn] = Truth(owned=floor)

    @property
    def batch(self) -> FakeBatch:
        return self.scaling.batch

    @property
    def store(self) -> FakeFloorStore:
        return self.scaling.store

    @property
    def now(self) -> datetime:
        return self.scaling.clock.now

    # --- what people and jobs do

    def _plan(self) -> None:
        """Each kind of thing at random moments, by its mean pause."""
        kinds = (
            (self._job, self.chance.choice((2, 8, 24))),
            (self._task, 30),
            (self._edit, self.chance.choice((6, 40, 200))),
            (self._tag, self.chance.choice((20, 100))),
            (self._state, 40),
            (self._status, 30),
            (self._most, 40),
            (self._switch, 60),
            (self._outage, 30),
        )
        for act, pause in kinds:
            at = NOW
            while at < NOW + WEEK:
                at += timedelta(hours=self.chance.expovariate(1 / pause))
                self.agenda.append((at, act))
        self.agenda.sort(key=lambda due: due[0], reverse=True)

    def _one(self) -> ComputeEnvironment:
        return self.batch.environments_by_arn[self.chance.choice(list(self.truths))]

    def _job(self) -> None:
        if self.batch.listed:
            queue = self.chance.choice(list(self.batch.listed))
            self.batch.jobs[queue] = self.chance.choice(WORK)
            self.ends[queue] = self.now + minutes(self.chance.choice((3, 12, 40, 300)))

    def _task(self) -> None:
        one = self._one()
        if one.ecs_cluster:
            self.batch.tasks[one.arn] = 1
            self.ends[one.arn] = self.now + minutes(self.chance.choice((3, 30)))

    def _edit(self) -> None:
        """Another floor; zero only where nothing of ours is under way, for nobody could tell that from our zero."""
        one, memory = self._one(), self.store.floors
        if one.status == "UPDATING":
            return
        pending = one.arn in memory and memory[one.arn].floor is not None
        values = FLOORS if pending or one.min_vcpus == 0 else (0, *FLOORS)
        self._set_floor(one, min(self.chance.choice(values), one.max_vcpus))

    def _set_floor(self, one: ComputeEnvironment, floor: int) -> None:
        truth = self.truths[one.arn]
        slept = one.min_vcpus == 0 < truth.owned
        if slept or FLOOR_TAG in one.tags:  # by its tag, it may have been lowered
            truth.raises.append(self.now)
            truth.heard = None
        if FLOOR_TAG in one.tags and not slept:  # this very run may have lowered it a moment ago, so it is a cycle
            truth.tries.append(self.now)
        truth.announced = None if slept else truth.announced
        truth.owned, truth.calm_since = floor, None
        self.batch.put(replace(one, min_vcpus=floor, status="UPDATING"))
        self.settles[one.arn] = self.now + minutes(2)

    def _tag(self) -> None:
        one = self._one()
        name, values = self.chance.choice(((TAG, ("on", "off", "maybe")), (MINUTES_TAG, ("20", "45", "0", "soon"))))
        tags = {key: value for key, value in one.tags.items() if key != name}
        if self.chance.random() < 0.6:
            tags[name] = self.chance.choice(values)
        self.truths[one.arn].calm_since = None
        self.batch.put(replace(one, tags=tags))

    def _state(self) -> None:
        one = self._one()
        self.batch.put(replace(one, state="DISABLED" if one.state == "ENABLED" else "ENABLED"))

    def _status(self) -> None:
        one = self._one()
        self.batch.put(replace(one, status=self.chance.choice(("UPDATING", "INVALID"))))
        self.settles[one.arn] = self.now + minutes(self.chance.choice((4, 40, 400)))

    def _most(self) -> None:
        one = self._one()
        least = max(one.min_vcpus, 1)
        if one.status != "UPDATING":
            self.batch.put(replace(one, max_vcpus=max(least, self.chance.choice((3, 16, 64)))))

    def _switch(self) -> None:
        self.scaling.switch.on = not self.scaling.switch.on

    def _outage(self) -> None:
        """No look is made for a while."""
        self.ends["outage"] = self.now + minutes(self.chance.choice((7, 12, 21, 90)))

    # --- a look

    def run(self) -> "Week":
        while self.now < NOW + WEEK and not self.flaws:
            self._settle()
            if "outage" not in self.ends and self.chance.random() > 0.01:
                self._look()
            else:
                self._nothing_was_seen()
            self._pass_time()
        return self

    def _pass_time(self) -> None:
        """To the next look; over many looks at once where each would find what this one found."""
        self.scaling.clock.advance(STEP)
        if self.unsound or self.store.looked_at != self.now - STEP or not all(map(self._rests, self.truths)):
            return
        due = [*self.ends.values(), *self.settles.values(), *(at for at, _ in self.agenda[-1:]), NOW + WEEK]
        steps = (min(due) - self.now - timedelta(microseconds=1)) // STEP
        if steps > 0:
            self.scaling.clock.advance(steps * STEP)
            self.store.looked_at = self.now - STEP
            for arn, truth in self.truths.items():
                truth.busy_looks += [self.now - STEP] if self.batch.works(arn) else []

    def _rests(self, arn: str) -> bool:
        """No clock of ours is running for it, and the last look changed nothing."""
        one, truth, kept = self.batch.environments_by_arn[arn], self.truths[arn], self.store.floors.get(arn)
        clock = kept is not None and kept.idle_since is not None and one.min_vcpus > 0
        if kept is not self.kept.get(arn) or clock or (kept is not None and (kept.untold or kept.waking)):
            return False
        if kept is not None and kept.given_up_at_tag == one.tags.get(TAG, ""):
            return True
        return truth.calm_since is None and (one.min_vcpus == 0 or self.batch.works(arn) or bool(self._held(one)))

    def _settle(self) -> None:
        while self.agenda and self.agenda[-1][0] <= self.now:
            self.agenda.pop()[1]()
        for what in [what for what, end in self.ends.items() if end <= self.now]:
            del self.ends[what]
            self.batch.jobs.pop(what, None)
            self.batch.tasks.pop(what, None)
        for arn in [arn for arn, end in self.settles.items() if end <= self.now]:
            del self.settles[arn]
            self.batch.put(replace(self.batch.environments_by_arn[arn], status="VALID"))

    def _nothing_was_seen(self) -> None:
        for truth in self.truths.values():
            truth.calm_since = truth.heard = None

    def _look(self) -> None:
        self.looks += 1
        self._draw_faults()
        before = {arn: self._expectation(arn) for arn in self.truths}
        self.kept = dict(self.store.floors)
        told = len(self.scaling.doorbells.floors)
        report = self.scaling.usecase({"v": 1})
        for news in self.scaling.doorbells.floors[told:]:
            if news["event"] == "Compute Environment Going To Sleep":
                truth = self.truths[str(news["compute_environment"])]
                truth.announced = truth.heard = self.now
        self._reset()
        if self.unsound:
            self._nothing_was_seen()
        elif report.failed or report.refused:
            self._flaw(f"a sound look failed: {report}")
        for arn, expected in before.items():
            self._judge(arn, expected)

    def _draw_faults(self) -> None:
        self.unsound, draw = False, self.chance.random()
        if draw < 0.03:
            operation, error = self.chance.choice(list(faults()))
            self.faults[operation] = error
        elif draw < 0.04:
            self.scaling.doorbells.unavailable = self.unsound = True
        elif draw < 0.3:
            self.surprise = self.chance.choice(
                (self._sudden_job, self._sudden_task, self._sudden_edit, self._sudden_tag)
            )

    def _reset(self) -> None:
        self.faults.clear()
        self.surprise = None
        self.scaling.doorbells.unavailable = False

    def _sudden_job(self) -> None:
        if self.batch.listed:
            queue = self.chance.choice(list(self.batch.listed))
            self.batch.jobs[queue], self.ends[queue] = "SUBMITTED", self.now + minutes(12)

    def _sudden_task(self) -> None:
        one = self._one()
        if one.ecs_cluster:
            self.batch.tasks[one.arn], self.ends[one.arn] = 1, self.now + minutes(12)

    def _sudden_edit(self) -> None:
        one = self._one()
        if one.status != "UPDATING":
            self._set_floor(one, min(self.chance.choice(FLOORS), one.max_vcpus))

    def _sudden_tag(self) -> None:
        one = self._one()
        self.batch.put(replace(one, tags={**one.tags, TAG: "off"}))

    def _hook(self, operation: str) -> None:
        if operation == "look again" and self.surprise is not None:
            act, self.surprise = self.surprise, None
            self.unsound = True
            act()
        if operation == "after batch:UpdateComputeEnvironment":
            self._done(self.batch.writes[-1])
        if operation in self.faults:
            self.unsound = True
            raise self.faults.pop(operation)
        if operation in ("batch:UpdateComputeEnvironment", "batch:TagResource", "batch:UntagResource"):
            self._written(self.batch.writes[-1])

    # --- what must be

    def _flaw(self, because: str) -> None:
        self.flaws.append(f"seed {self.seed}, {self.now:%d. %H:%M}: {because}")

    def _written(self, call: ApiCall) -> None:
        """Exactly these members, and only where nothing forbids it."""
        arn = str(call.parameters.get("resourceArn") or call.parameters["computeEnvironment"])
        one, truth = self.batch.environments_by_arn[arn], self.truths[arn]
        if held := self._held(one):
            self._flaw(f"{call} though {held}")
        if call.call == "batch:TagResource" and call.parameters["tags"] != {FLOOR_TAG: str(truth.owned)}:
            self._flaw(f"{call}, and the floor is {truth.owned}")
        if call.call == "batch:TagResource":
            truth.tries.append(self.now)
        if call.call != "batch:UpdateComputeEnvironment":
            return
        if set(call.parameters) != {"computeEnvironment", "computeResources"}:
            self._flaw(f"{call}")
        if one.status != "VALID":
            self._flaw(f"{call} while {one.status}")
        if call.parameters["computeResources"] == {"minvCpus": 0}:
            self._lowered(one, truth)
        elif call.parameters["computeResources"] != {"minvCpus": min(truth.owned, one.max_vcpus)} or one.min_vcpus:
            self._flaw(f"{call}, and the owner's floor is {truth.owned}, and it stands at {one.min_vcpus}")

    def _lowered(self, one: ComputeEnvironment, truth: Truth) -> None:
        wanted = idle_of(one)
        kept = self.store.floors.get(one.arn)
        if self.batch.works(one.arn):
            self._flaw("lowered while it works")
        if wanted is None or truth.announced is None or self.now - truth.announced < wanted:
            self._flaw(f"lowered, and announced at {truth.announced}")
        elif any(self.now - at < wanted for at in truth.busy_looks[-1:]):
            self._flaw(f"lowered, and it worked at {truth.busy_looks[-1]}")
        if kept is None or kept.floor != truth.owned:
            self._flaw(f"lowered, and {kept} is remembered, not {truth.owned}")
        truth.tries.append(self.now)

    def _done(self, call: ApiCall) -> None:
        arn = call.parameters["computeEnvironment"]
        truth = self.truths[arn]
        self.settles[arn] = self.now + minutes(self.chance.choice((2, 2, 7)))
        if call.parameters["computeResources"]["minvCpus"] == 0:
            truth.sleeps.append(self.now)
            if len(since(truth.sleeps, self.now - DAY)) > 2:
                self._flaw(f"slept at {truth.sleeps[-3:]}")
        else:
            self.woken += 1
            truth.owned = call.parameters["computeResources"]["minvCpus"]
            truth.announced = truth.heard = None

    def _held(self, one: ComputeEnvironment) -> str | None:
        if self.scaling.switch.on:
            return "the kill switch is on"
        if one.tags.get(TAG, "on") != "on" or idle_of(one) is None:
            return f"its tags are {dict(one.tags)}"
        return None

    def _expectation(self, arn: str) -> str:
        """What this look must do, if it is sound: "sleep", "wake" or nothing in particular."""
        one, truth = self.batch.environments_by_arn[arn], self.truths[arn]
        works, wanted = self.batch.works(arn), idle_of(one)
        free = self._held(one) is None and one.status == "VALID"
        if works and free and one.min_vcpus == 0 < truth.owned:
            truth.calm_since = None
            return "wake"
        if works or not free or wanted is None or one.min_vcpus == 0:
            truth.calm_since = None
            return ""
        truth.calm_since = truth.calm_since or self.now
        lately = len({*since(truth.sleeps, self.now - DAY), *since(truth.tries, self.now - DAY)})
        raised = any(later - earlier < DAY for earlier, later in zip(truth.raises, truth.raises[1:], strict=False))
        if lately >= 2 or raised:
            return ""
        calm, whole = self.now - truth.calm_since, -(-wanted // STEP) * STEP
        told = truth.heard is not None and self.now - truth.heard >= wanted
        return "sleep" if calm >= (whole + STEP if told else 2 * whole + STEP) else ""

    def _judge(self, arn: str, expected: str) -> None:
        one, truth, kept = self.batch.environments_by_arn[arn], self.truths[arn], self.store.floors.get(arn)
        if not self.unsound and self.batch.works(arn):
            truth.busy_looks.append(self.now)
        if one.min_vcpus == 0 < truth.owned and (kept is None or kept.floor != truth.owned):
            self._flaw(f"the floor {truth.owned} is lost: {kept}")
        if kept is not None and kept.floor == 0:
            self._flaw(f"zero is remembered: {kept}")
        if self.unsound:
            return
        if expected == "sleep" and one.min_vcpus:
            self._flaw(f"{one.name} is awake, idle since {truth.calm_since}: {kept}")
        if expected == "wake" and not one.min_vcpus:
            self._flaw(f"{one.name} sleeps and has work: {kept}")


def faults() -> Iterator[tuple[str, Exception]]:
    """By operation; those after it are answers that were lost."""
    for operation in ("environments", "look again", "queues", "jobs"):
        yield operation, ReadError(f"batch:{operation}", "ServiceUnavailable", retryable=True)
    for operation in ("read", "save", "after save", "looked"):
        yield operation, StoreError("the state table gave no answer")
    yield "save", ConflictError("somebody else wrote first")
    for operation in ("batch:UpdateComputeEnvironment", "batch:TagResource", "batch:UntagResource"):
        for moment in (operation, f"after {operation}"):
            yield moment, ChangeError(operation, "ReadTimeoutError", code="", retryable=True)


def idle_of(one: ComputeEnvironment) -> timedelta | None:
    """As the documentation has it; None where its tag makes no sense."""
    given = one.tags.get(MINUTES_TAG)
    return {None: IDLE, "20": minutes(20), "45": minutes(45)}.get(given)


def since(moments: list[datetime], start: datetime) -> list[datetime]:
    return [moment for moment in moments if moment > start]

"""Random timelines of what is true around a few job queues: faults appear, worsen and go away."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from batchmedic.errors import NotReadError
from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot
from tests.factories import ACCOUNT, NOW, REGION, a_job
from tests.properties.worlds import arn


def _sick(environment: ComputeEnvironment, _: Snapshot) -> Iterator[Evidence]:
    if environment.status == "INVALID":
        yield Evidence(message="It is sick.")


def _stuck(queue: JobQueue, _: Snapshot) -> Iterator[Evidence]:
    if queue.front is None:
        raise NotReadError("batch:GetJobQueueSnapshot", queue.front_unread)
    if queue.state == "DISABLED" and queue.front:
        yield Evidence(message="It is stuck.")


DIAGNOSES = (  # what they ask costs nothing, so that there is time for many histories
    Diagnosis(id="sick", title="Is sick", severity=Severity.CRITICAL, docs="https://docs", check_environment=_sick),
    Diagnosis(id="stuck", title="Is stuck", severity=Severity.CRITICAL, docs="https://docs", check_queue=_stuck),
)
STAGES = {"sick": (0, 1, 10, 100), "stuck": (1, 10, 100)}  # jobs that wait; each step is news
STAGE = (10, 60)  # minutes until it is worse: long enough to be seen, and often too short to be told
LAST_STAGE = (50, 90)  # until it is over: long enough to be told, however unlucky the bells are
GAP = (75, 150)  # until it is back: two clean looks, and the half hour within which it would be the same incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How one compute environment and its queues are; a queue of two takes half as many jobs."""

    fault: str = ""
    jobs: int = 0
    queues: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From this minute on, this subject is so."""

    minute: int
    subject: int
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    subjects: int
    changes: tuple[Change, ...]

    def at(self, minute: float) -> tuple[Level, ...]:
        levels = [Level()] * self.subjects
        for change in self.changes:
            if change.minute <= minute:
                levels[change.subject] = change.level
        return tuple(levels)

    @property
    def openings(self) -> int:
        return self._steps(begins=True)

    @property
    def worsenings(self) -> int:
        return self._steps(begins=False)

    @property
    def ends(self) -> int:
        return sum(not change.level.fault for change in self.changes)

    def _steps(self, *, begins: bool) -> int:
        sick: set[int] = set()
        steps = 0
        for change in self.changes:
            steps += bool(change.level.fault) and (change.subject not in sick) is begins
            (sick.add if change.level.fault else sick.discard)(change.subject)
        return steps


def a_truth(chance: Random) -> Truth:
    """One to seven subjects; many of them fall ill at once, so that there is something to sum up."""
    subjects = chance.choice((1, 1, 1, 1, 1, 2, 2, 3, 7))
    begin = chance.randint(1, 60)
    changes: list[Change] = []
    for subject in range(subjects):
        minute = begin if subjects > 3 else chance.randint(1, 60)
        for _ in range(1 if subjects > 2 else chance.randint(1, 2)):
            episode = list(_episode(chance, subject, minute))
            changes += episode
            minute = episode[-1].minute + chance.randint(*GAP)
        if chance.random() < 0.3:
            changes.pop()  # it is still so at the end
    return Truth(subjects=subjects, changes=tuple(sorted(changes, key=lambda change: change.minute)))


def _episode(chance: Random, subject: int, minute: int) -> Iterator[Change]:
    """A fault from its begin to its end, worse at each stage."""
    fault = chance.choice(list(STAGES))
    queues = chance.randint(1, 2)
    stages = sorted(chance.sample(STAGES[fault], chance.randint(1, 3)))
    for jobs in stages:
        yield Change(minute=minute, subject=subject, level=Level(fault=fault, jobs=jobs, queues=queues))
        minute += chance.randint(*(LAST_STAGE if jobs == stages[-1] else STAGE))
    yield Change(minute=minute, subject=subject, level=Level(queues=queues))


def queues_of(subject: int, level: Level) -> tuple[str, ...]:
    """ARNs."""
    return tuple(arn("job-queue", f"queue-{subject}{letter}") for letter in ("", "b")[: level.queues])


@lru_cache(maxsize=2_000)
def snapshot_of(levels: tuple[Level, ...], asked: frozenset[str] | None) -> Snapshot:
    """What a look at these queues (None: at all) reads; the front of the others stays unread."""
    return Snapshot(
        at=NOW,
        account=ACCOUNT,
        region=REGION,
        job_queues=tuple(queue for each, level in enumerate(levels) for queue in _queues(each, level, asked)),
        compute_environments=tuple(_environment(each, level) for each, level in enumerate(levels)),
    )


def _environment(subject: int, level: Level) -> ComputeEnvironment:
    name = f"environment-{subject}"
    status = "INVALID" if level.fault == "sick" else "VALID"
    return ComputeEnvironment(arn=arn("compute-environment", name), name=name, status=status)


def _queues(subject: int, level: Level, asked: frozenset[str] | None) -> Iterator[JobQueue]:
    for number, queue in enumerate(queues_of(subject, level)):
        waiting = level.jobs // (number + 1) if number == 0 or level.fault == "sick" else 0
        is_read = asked is None or queue in asked
        yield JobQueue(
            arn=queue,
            name=queue.rpartition("/")[2],
            state="DISABLED" if level.fault == "stuck" else "ENABLED",
            compute_environments=(arn("compute-environment", f"environment-{subject}"),),
            front=(a_job(),) * (waiting > 0) if is_read else None,
            front_count=waiting if is_read else 0,
        )

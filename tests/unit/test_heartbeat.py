"""What a sweep leaves behind: an event, an entry in the diary and, until people were greeted, a wish for a hello."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from batchmedic.board import Diary, Sweep
from batchmedic.engine import Examination
from batchmedic.findings import CheckNotMade, Evidence
from batchmedic.heartbeat import Heartbeat
from batchmedic.model.answers import NOT_ASKED
from tests.factories import ACCOUNT, NOW, REGION, a_compute_environment, a_finding, a_job_queue, a_snapshot
from tests.fakes import FakeBus, FakeDiary, FakeDoorbells, ManualClock

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/events/sweep.schema.json").read_text())
NOTHING = Examination(findings=(), inhibited=(), blind_spots=(), passed=frozenset(), not_made=())
SNAPSHOT = a_snapshot(job_queues=(a_job_queue(), a_job_queue(arn="q2", name="q2", tags={"batchmedic:alerts": "no"})))


@dataclass
class World:
    diary: FakeDiary = field(default_factory=FakeDiary)
    bus: FakeBus = field(default_factory=FakeBus)
    doorbells: FakeDoorbells = field(default_factory=FakeDoorbells)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def beat(self, snapshot=SNAPSHOT, examination=NOTHING, *, open_incidents=2):
        heart = Heartbeat(diary=self.diary, bus=self.bus, doorbells=self.doorbells, clock=self.clock)
        heart.beat(snapshot, examination, open_incidents=open_incidents)
        return self.diary.diary.last


def a_gap(because):
    return CheckNotMade(diagnosis="d", subject="s", call="ec2:DescribeSubnets", because=because)


def test_the_event_says_what_was_looked_at():
    world = World()

    world.beat(examination=replace(NOTHING, not_made=(a_gap("denied"), a_gap(NOT_ASKED), a_gap("throttled"))))

    [(name, detail)] = world.bus.events
    assert name == "Sweep Completed"
    assert detail == {
        "schema_version": "1",
        "account": ACCOUNT,
        "region": REGION,
        "at": "2026-11-25T12:00:00+00:00",
        "job_queues": 2,
        "compute_environments": 1,
        "open_incidents": 2,
        "checks_not_made": 2,
    }


@pytest.mark.parametrize("after", [timedelta(0), timedelta(microseconds=1)], ids=["a whole second", "a part of one"])
@pytest.mark.parametrize("snapshot", [SNAPSHOT, a_snapshot(job_queues=(), compute_environments=())])
def test_the_event_is_as_it_is_published(snapshot, after):
    world = World()
    world.clock.advance(after)

    world.beat(snapshot, open_incidents=0)

    [(_, detail)] = world.bus.events
    assert list(Draft4Validator(SCHEMA).iter_errors(json.loads(json.dumps(detail)))) == []
    assert set(detail) == set(SCHEMA["properties"])


def test_the_diary_keeps_the_same_and_what_people_should_mend():
    blind = [a_finding(evidence=(Evidence(message=f"Blind {n}."), Evidence(message="more"))) for n in range(2)]

    sweep = World().beat(examination=replace(NOTHING, blind_spots=tuple(blind), not_made=(a_gap("denied"),)))

    assert sweep == Sweep(
        at=NOW,
        job_queues=2,
        compute_environments=1,
        open_incidents=2,
        checks_not_made=1,
        blind_spots=("Blind 0.", "Blind 1."),
        odd_tags=('q2 is tagged batchmedic:alerts="no", which counts as off; the values are on and off.',),
    )


def test_of_many_sentences_ten_are_kept():
    many = tuple(a_finding(evidence=(Evidence(message=f"Blind {n}."),)) for n in range(50))
    tagged = tuple(a_compute_environment(f"e{n}", tags={"batchmedic:alerts": "?"}) for n in range(50))

    sweep = World().beat(a_snapshot(compute_environments=tagged), replace(NOTHING, blind_spots=many))

    assert (len(sweep.blind_spots), len(sweep.odd_tags)) == (10, 10)
    assert sweep.blind_spots[0] == "Blind 0."


def test_hello_is_asked_for_until_it_was_said():
    world = World()
    for _ in range(2):
        world.beat()
    assert world.doorbells.greetings == 2

    world.diary.greeted(now=NOW)
    world.beat()

    assert (world.doorbells.greetings, world.diary.diary.sweeps) == (2, 3)


@pytest.mark.parametrize(
    ("away", "left"),
    [
        pytest.param("diary", {"events": 1, "sweeps": 0, "greetings": 0}, id="diary"),
        pytest.param("bus", {"events": 0, "sweeps": 1, "greetings": 1}, id="bus"),
        pytest.param("doorbells", {"events": 1, "sweeps": 1, "greetings": 0}, id="doorbells"),
    ],
)
def test_what_is_away_holds_up_nothing_else(away, left):
    world = World()
    getattr(world, away).unavailable = True

    world.beat()

    assert left == {
        "events": len(world.bus.events),
        "sweeps": world.diary.diary.sweeps,
        "greetings": world.doorbells.greetings,
    }


def test_without_the_diary_nobody_is_greeted_twice():
    """Nobody knows whether people were greeted."""
    world = World(diary=FakeDiary(diary=Diary(greeted=True), unavailable=True))

    world.beat()

    assert world.doorbells.greetings == 0

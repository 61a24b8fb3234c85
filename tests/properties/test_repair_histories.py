"""Bells in any number, any order and up to two weeks late: every history of a repair ends as the plain one does.

The parts of `remediate` in front of the in-memory twins, which tests/contract and tests/functions hold to what DynamoDB
and the simulated account do.
"""

import heapq
import json
import os
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from batchmedic.changes import ApiCall, RemedyStatus
from tests.factories import NOW, a_job, minutes
from tests.fakes import ManualClock
from tests.fakes_repairs import FakeAccount, Workshop

HISTORIES = 10_000 if "TORTURE" in os.environ else 2_000
INCIDENT = "0123456789abcdef-1"
BELL = [("m", json.dumps({"incident_id": INCIDENT}))]
SKEW = 5  # minutes between the clocks of two machines
TWO_WEEKS = 14 * 24 * 60  # minutes; as long as a message may lie in the dead-letter queue before it is redriven


@dataclass(slots=True)
class History:
    """One order of things; `chance` decides what is late, lost or said twice."""

    chance: Random
    calm: bool = False  # every message once, and in time
    workshop: Workshop = field(init=False)
    agenda: list[tuple[float, int, str]] = field(default_factory=list)  # minutes, tie-break, what

    def __post_init__(self) -> None:
        skew = 0 if self.calm else self.chance.uniform(-SKEW, SKEW)
        self.workshop = Workshop(
            account=FakeAccount(jobs={a_job().arn: "RUNNABLE"}, done=self.updated),
            clock=ManualClock(NOW + minutes(skew)),
        )
        self.workshop.open()
        self.workshop.clock.now = NOW

    def at(self, when: float, what: str) -> None:
        heapq.heappush(self.agenda, (when, len(self.agenda), what))

    @property
    def now(self) -> float:
        return (self.workshop.clock.now - NOW) / timedelta(minutes=1)

    def updated(self, call: ApiCall) -> None:
        """AWS Batch takes its time, and then a job its own."""
        if call.call.startswith("batch:"):
            self.at(self.now + self.chance.uniform(8, 30), "valid")

    def ring(self, when: float) -> None:
        """A bell may be lost, for the sweep rings again; it may ring up to five times, and late."""
        for _ in range(1 if self.calm else self.chance.choice((0, 1, 1, 2, 5))):
            late = 0 if self.calm else self.chance.choice((0, 0, 1, 30, TWO_WEEKS)) * self.chance.random()
            self.at(when + late, "bell")

    def run(self) -> None:
        self.ring(0)
        for sweep in range(1, 40):
            self.at(5 * sweep, "sweep")
        while self.agenda:
            when, _, what = heapq.heappop(self.agenda)
            self.workshop.clock.now = max(self.workshop.clock.now, NOW + minutes(when))
            getattr(self, what)()

    def bell(self) -> None:
        before = len(self.workshop.doorbells.remedies)
        self.workshop.remediate(BELL)
        for _, seconds in self.workshop.doorbells.remedies[before:]:
            self.ring(self.now + seconds / 60)

    def sweep(self) -> None:
        """As the ledger does: what is due, or was never begun, is rung for."""
        repair = self.workshop.record.repair
        if repair is None or (repair.due_at is not None and repair.due_at <= self.workshop.clock.now):
            self.bell()

    def valid(self) -> None:
        self.workshop.account.edit(status="VALID")
        self.at(self.now + self.chance.uniform(1, 8), "start")

    def start(self) -> None:
        self.workshop.account.jobs = {a_job().arn: "STARTING"}

    @property
    def end(self) -> dict[str, Any]:
        workshop = self.workshop
        return {
            "status": workshop.repair.status,
            "said": workshop.repair.said,
            "calls": workshop.calls,
            "groups": sorted(workshop.account.groups),
            "in force": workshop.account.seen.environment.security_groups if workshop.account.seen else None,
            "told": workshop.doorbells.rung,
            "due": workshop.repair.due_at,
        }


def test_the_plain_history_ends_well() -> None:
    history = History(Random(0), calm=True)
    history.run()

    assert history.end["status"] is RemedyStatus.VERIFIED
    assert history.end["calls"] == ["ec2:CreateSecurityGroup", "batch:UpdateComputeEnvironment"]
    assert history.end["told"] == [INCIDENT, INCIDENT]


@pytest.mark.parametrize("tenth", range(10))
def test_all_others_end_the_same(tenth: int) -> None:
    plain = History(Random(0), calm=True)
    plain.run()
    for seed in range(tenth * HISTORIES // 10, (tenth + 1) * HISTORIES // 10):
        history = History(Random(seed))
        history.run()

        assert history.end == plain.end, f"seed {seed}"

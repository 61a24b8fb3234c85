import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from batchmedic.errors import DeliveryError, ReadError, StoreError
from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.incidents import Status
from batchmedic.ledger import Ledger
from batchmedic.plugins import all_diagnoses
from batchmedic.usecases.diagnose import Diagnose
from tests.factories import (
    ACCOUNT,
    ENVIRONMENT,
    NOW,
    OTHER_VPC,
    QUEUE,
    REGION,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_network,
    a_snapshot,
    minutes,
)
from tests.fakes import FakeDoorbells, FakeIncidentStore, FakeLeases, FakeSnapshotReader, ManualClock

HEALTHY = a_snapshot()
MISMATCH = a_snapshot(
    compute_environments=(a_compute_environment(status="INVALID", status_reason="CLIENT_ERROR - ..."),),
    network=a_network(groups={"sg-0a1": OTHER_VPC}),
)


def a_hint(queue=QUEUE, kind="runnable"):
    return json.dumps({"v": 1, "hint": kind, "queue": queue, "compute_environment": None, "at": NOW.isoformat()})


SWEEP = ("", {"v": 1, "hint": "sweep"})


@dataclass
class World:
    """The use case with twins in memory around it."""

    looks: list
    diagnoses: tuple = field(default_factory=all_diagnoses)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    store: FakeIncidentStore = field(default_factory=FakeIncidentStore)
    leases: FakeLeases = field(default_factory=FakeLeases)
    doorbells: FakeDoorbells = field(default_factory=FakeDoorbells)

    def __post_init__(self):
        self.reader = FakeSnapshotReader(self.looks)
        self.diagnose = Diagnose(
            account=ACCOUNT,
            region=REGION,
            reader=self.reader,
            ledger=Ledger(store=self.store, doorbells=self.doorbells, clock=self.clock),
            leases=self.leases,
            doorbells=self.doorbells,
            diagnoses=self.diagnoses,
            clock=self.clock,
        )

    def hints(self, *bodies):
        return self.diagnose([(str(number), body) for number, body in enumerate(bodies)])

    def sweep(self, *, after=5):
        self.clock.advance(minutes(after))
        return self.diagnose([SWEEP])

    @property
    def incidents(self):
        return [kept.record.incident for kept in self.store.items.values()]


def test_a_fault_opens_one_incident_and_rings_once():
    world = World([MISMATCH])

    report = world.hints(a_hint())

    (incident,) = world.incidents
    assert (incident.diagnosis, incident.subject) == ("security_group_in_other_vpc", ENVIRONMENT)
    assert incident.checks.failed == ("compute_environment_invalid", "security_group_in_other_vpc")
    assert world.doorbells.rung == [incident.incident_id]
    assert (report.looks, report.opened) == (1, 1)


def test_a_healthy_queue_is_looked_at_in_silence():
    world = World([HEALTHY])

    report = world.hints(a_hint())

    assert (report.looks, report.findings, world.incidents, world.doorbells.rung) == (1, 0, [], [])


def test_many_hints_of_one_queue_are_one_look():
    world = World([HEALTHY])

    world.hints(*[a_hint()] * 10_000)

    assert world.reader.triaged == [frozenset({QUEUE})]


def test_whoever_comes_during_the_lease_promises_one_look_for_after_it():
    world = World([HEALTHY])
    world.hints(a_hint())
    world.clock.advance(minutes(0.5))

    for _ in range(3):
        world.hints(a_hint())

    assert len(world.reader.triaged) == 1
    ((hint, seconds),) = world.doorbells.later
    assert (hint.queue, seconds) == (QUEUE, 31)


def test_the_promised_look_is_made():
    world = World([HEALTHY])
    world.hints(a_hint())
    world.hints(a_hint())
    ((hint, seconds),) = world.doorbells.later
    world.clock.advance(minutes(seconds / 60))

    world.hints(hint.as_message(NOW))

    assert len(world.reader.triaged) == 2


def test_without_the_state_table_the_look_is_made_all_the_same():
    world = World([MISMATCH], leases=FakeLeases(unavailable=True))

    world.hints(a_hint())

    assert len(world.incidents) == 1


def test_without_the_incident_table_people_are_told_and_not_every_minute():
    world = World([MISMATCH], store=FakeIncidentStore(unavailable=True))

    for _ in range(12):  # an hour of sweeps
        world.sweep()
    assert [incident.diagnosis for incident in world.doorbells.handed_over] == ["security_group_in_other_vpc"]
    world.sweep()

    assert len(world.doorbells.handed_over) == 2


def test_a_table_that_fails_only_when_written_to_does_not_silence_either():
    @dataclass
    class ReadOnly(FakeIncidentStore):
        def save(self, record, *, now):
            raise StoreError("no")

    world = World([MISMATCH], store=ReadOnly())
    world.sweep()

    assert len(world.doorbells.handed_over) == 1


def test_two_clean_sweeps_resolve_and_ring():
    world = World([MISMATCH, HEALTHY])
    world.sweep()
    (incident,) = world.incidents
    assert world.sweep().resolved == 0

    report = world.sweep()

    assert (report.resolved, world.incidents[0].status) == (1, Status.RESOLVED)
    assert world.doorbells.rung.count(incident.incident_id) >= 2


def test_a_check_that_could_not_be_made_resolves_nothing():
    blind = a_snapshot(network=a_snapshot().network.__class__())
    world = World([MISMATCH, blind])

    for _ in range(4):
        world.sweep()

    assert world.incidents[0].status is Status.OPEN


def test_an_incident_of_an_environment_that_is_gone_is_over():
    gone = a_snapshot(compute_environments=(), job_queues=())
    world = World([MISMATCH, gone])

    for _ in range(3):
        world.sweep()

    assert world.incidents[0].status is Status.RESOLVED


def test_a_look_at_one_queue_resolves_nothing_of_another():
    other = f"{QUEUE}-2"
    mismatch = a_snapshot(
        job_queues=(a_job_queue(a_job(vcpus=1_000)), a_job_queue(arn=other, name="align-2", compute_environments=()))
    )
    fixed = a_snapshot(job_queues=(a_job_queue(front=None), a_job_queue(arn=other, compute_environments=())))
    world = World([mismatch, fixed])
    world.hints(a_hint())

    for _ in range(3):
        world.clock.advance(minutes(5))
        world.hints(a_hint(other))

    assert [incident.status for incident in world.incidents] == [Status.OPEN]


def test_the_same_fault_later_is_a_new_incident():
    world = World([MISMATCH, HEALTHY, HEALTHY, MISMATCH])

    for _ in range(4):
        world.sweep()

    assert [(one.generation, one.status) for one in world.incidents] == [(1, Status.RESOLVED), (2, Status.OPEN)]


def test_a_sweep_without_news_writes_and_rings_nothing_once_people_were_told():
    world = World([MISMATCH])
    world.sweep()
    record = world.store.latest(world.incidents[0].key)
    world.store.settle(record, due_at=None)
    world.doorbells.rung.clear()
    revision = record.revision

    for _ in range(6):
        world.sweep()

    assert world.doorbells.rung == []
    assert world.store.latest(record.incident.key).revision == revision


def test_the_sweep_rings_again_for_what_nobody_told():
    world = World([MISMATCH])
    world.sweep()
    world.doorbells.rung.clear()

    world.sweep()

    assert world.doorbells.rung == [world.incidents[0].incident_id]


def test_evidence_is_read_only_where_something_is_sick():
    idle = a_snapshot(job_queues=(a_job_queue(),))
    world = World([idle])

    world.sweep()

    assert world.reader.examined == []


def test_bad_messages_go_back_and_good_ones_are_done():
    world = World([MISMATCH])

    report = world.hints("{", a_hint(), json.dumps({"v": 9}), "x" * 1_000_000)

    assert report.failed == ["0", "2", "3"]
    assert len(world.incidents) == 1


@pytest.mark.parametrize("foreign", [QUEUE.replace(ACCOUNT, "9" * 12), QUEUE.replace(REGION, "us-east-1")])
def test_foreign_queues_are_dropped_and_counted(foreign):
    world = World([MISMATCH])

    report = world.hints(a_hint(foreign))

    assert (report.dropped, report.failed, world.reader.triaged) == (1, [], [])


def test_a_queue_that_does_not_exist_is_looked_for_and_not_found():
    world = World([HEALTHY])

    assert world.hints(a_hint(f"{QUEUE}-gone")).looks == 0


def test_a_throttled_triage_is_for_redelivery_to_cure():
    world = World([ReadError("batch:DescribeJobQueues", "TooManyRequestsException", retryable=True)])

    with pytest.raises(ReadError):
        world.hints(a_hint())


def test_a_denied_triage_is_reported_and_resolves_nothing():
    world = World([MISMATCH, ReadError("batch:DescribeJobQueues", "AccessDeniedException", retryable=False)])
    world.sweep()

    reports = [world.sweep() for _ in range(3)]

    assert all(report.checks_not_made == len(all_diagnoses()) for report in reports)
    assert world.incidents[0].status is Status.OPEN


def test_a_doorbell_that_cannot_be_rung_is_for_redelivery_to_cure_and_nothing_is_lost():
    world = World([MISMATCH], doorbells=FakeDoorbells(unavailable=True))
    with pytest.raises(DeliveryError):
        world.hints(a_hint())
    world.doorbells.unavailable = False

    world.sweep()

    assert world.doorbells.rung == [world.incidents[0].incident_id]


def test_a_crashing_diagnosis_does_not_silence_the_others():
    def crash(queue, snapshot) -> Iterator[Evidence]:
        raise RuntimeError("secret")
        yield

    broken = Diagnosis(id="broken", title="", severity=Severity.CRITICAL, docs="", check_queue=crash)
    world = World([MISMATCH], diagnoses=(broken, *all_diagnoses()))

    world.sweep()

    found = {incident.diagnosis: incident for incident in world.incidents}
    assert set(found) == {"diagnosis_crashed", "security_group_in_other_vpc"}
    assert found["diagnosis_crashed"].severity is Severity.INFO
    assert "secret" not in found["diagnosis_crashed"].summary


def test_a_further_queue_is_news():
    second = f"{QUEUE}-2"
    wider = a_snapshot(
        job_queues=(*MISMATCH.job_queues, a_job_queue(a_job(2), arn=second, name="align-2")),
        compute_environments=MISMATCH.compute_environments,
        network=MISMATCH.network,
    )
    world = World([MISMATCH, wider])
    world.sweep()

    report = world.sweep()

    assert report.worsened == 1
    assert world.incidents[0].job_queues == (QUEUE, second)

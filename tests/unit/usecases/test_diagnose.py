import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from batchmedic.errors import DeliveryError, ReadError, StoreError
from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.heartbeat import Heartbeat
from batchmedic.incidents import ChangedBy, Status
from batchmedic.intake import Intake
from batchmedic.ledger import Ledger
from batchmedic.model.answers import Answers
from batchmedic.plugins import all_diagnoses
from batchmedic.recall import Recall
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
from tests.fakes import (
    FakeBus,
    FakeDiary,
    FakeDoorbells,
    FakeHistory,
    FakeIncidentStore,
    FakeLeases,
    FakeMemory,
    FakeSnapshotReader,
    ManualClock,
)
from tests.fakes_floors import FakeFloorStore

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
    history: FakeHistory = field(default_factory=FakeHistory)
    memory: FakeMemory = field(default_factory=FakeMemory)
    floors: FakeFloorStore = field(default_factory=FakeFloorStore)
    diary: FakeDiary = field(default_factory=FakeDiary)
    bus: FakeBus = field(default_factory=FakeBus)

    def __post_init__(self):
        self.reader = FakeSnapshotReader(self.looks)
        self.diagnose = Diagnose(
            intake=Intake(
                account=ACCOUNT, region=REGION, leases=self.leases, doorbells=self.doorbells, clock=self.clock
            ),
            reader=self.reader,
            recall=Recall(memory=self.memory, floors=self.floors, clock=self.clock),
            ledger=Ledger(store=self.store, doorbells=self.doorbells, history=self.history, clock=self.clock),
            heartbeat=Heartbeat(diary=self.diary, bus=self.bus, doorbells=self.doorbells, clock=self.clock),
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

    for _ in range(3):
        world.sweep()
    world.clock.advance(minutes(31))
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


THROTTLED = ReadError("batch:DescribeJobQueues", "TooManyRequestsException", retryable=True)


def test_a_throttled_triage_puts_each_queue_off_by_a_minute_however_many_events_named_it():
    world = World([THROTTLED])

    report = world.hints(*[a_hint()] * 100, a_hint(f"{QUEUE}-2"))

    assert [(hint.queue, seconds) for hint, seconds in world.doorbells.later] == [(QUEUE, 61), (f"{QUEUE}-2", 61)]
    assert (report.put_off, report.failed) == (2, [])


def test_a_throttled_sweep_is_left_to_the_next_one():
    world = World([THROTTLED])

    assert (world.sweep().put_off, world.doorbells.later) == (0, [])


def test_a_queue_whose_front_could_not_be_read_is_put_off_and_the_others_are_done():
    second = a_job_queue(front=None, arn=f"{QUEUE}-2", front_unread="TooManyRequestsException", worth_another_look=True)
    world = World([replace(MISMATCH, job_queues=(*MISMATCH.job_queues, second))])

    report = world.hints(a_hint(), a_hint(f"{QUEUE}-2"))

    assert [hint.queue for hint, _ in world.doorbells.later] == [f"{QUEUE}-2"]
    assert (report.opened, report.put_off) == (1, 1)


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


def test_a_symptom_that_was_told_first_is_merged_into_its_cause_and_that_is_news():
    unread = a_snapshot(
        compute_environments=MISMATCH.compute_environments,
        network=replace(MISMATCH.network, subnets=Answers(call="ec2:DescribeSubnets", unread="RequestLimitExceeded")),
    )
    world = World([unread, MISMATCH])
    world.sweep()

    report = world.sweep()

    symptom, cause = sorted(world.incidents, key=lambda one: one.diagnosis)
    assert (symptom.diagnosis, symptom.status) == ("compute_environment_invalid", Status.RESOLVED)
    assert symptom.explained_by == cause.incident_id
    assert (report.opened, report.resolved) == (1, 1)
    assert world.doorbells.rung[-2:] == [cause.incident_id, symptom.incident_id]


def test_an_incident_on_a_shared_thing_is_over_when_every_environment_that_used_it_is_clean():
    def role_is_gone(environment, snapshot) -> Iterator[Evidence]:
        if environment.status == "INVALID":
            yield Evidence(message="gone", subject="arn:aws:iam::1:role/batch")

    card = Diagnosis(id="x", title="", severity=Severity.CRITICAL, docs="", check_environment=role_is_gone)
    world = World([MISMATCH, HEALTHY], diagnoses=(card,))

    for _ in range(3):
        world.sweep()

    assert [(one.subject, one.status) for one in world.incidents] == [("arn:aws:iam::1:role/batch", Status.RESOLVED)]


def test_who_changed_it_is_asked_once_when_an_incident_opens():
    change = ChangedBy(principal="arn:aws:iam::1:user/ann", event="UpdateComputeEnvironment", at=NOW)
    world = World([MISMATCH], history=FakeHistory(change))

    for _ in range(3):
        world.sweep()

    assert world.history.asked == ["align-ec2"]
    assert world.incidents[0].changed_by == change


def test_sweeps_remember_since_when_an_environment_is_updating():
    seen = []

    def look(environment, snapshot) -> Iterator[Evidence]:
        seen.append(environment.unchanged_since)
        yield from ()

    card = Diagnosis(id="x", title="", severity=Severity.CRITICAL, docs="", check_environment=look)
    updating = a_snapshot(compute_environments=(a_compute_environment(status="UPDATING"),))
    world = World([updating], diagnoses=(card,))

    for _ in range(3):
        world.sweep()
    world.memory.unavailable = True
    world.sweep()

    assert seen == [NOW + minutes(5)] * 3 + [None]


def patient_card(minutes_long, fires=lambda: True):
    def check(queue, snapshot) -> Iterator[Evidence]:
        if fires():
            yield Evidence(message="Nothing explains it.")

    return Diagnosis(
        id="x", title="", severity=Severity.CRITICAL, docs="", check_queue=check, patience=minutes(minutes_long)
    )


def test_a_patient_diagnosis_is_told_when_it_has_lasted():
    world = World([HEALTHY], diagnoses=(patient_card(15),))

    assert [world.sweep().opened for _ in range(5)] == [0, 0, 0, 1, 0]


def test_a_patient_diagnosis_starts_anew_after_it_kept_quiet_for_a_while():
    firing = iter([True, True] + [False] * 6 + [True] * 5)
    world = World([HEALTHY], diagnoses=(patient_card(15, lambda: next(firing)),))

    assert [world.sweep().opened for _ in range(13)] == [0] * 11 + [1, 0]


def test_without_a_memory_a_patient_diagnosis_is_told_at_once():
    world = World([HEALTHY], diagnoses=(patient_card(15),), memory=FakeMemory(unavailable=True))

    assert world.sweep().opened == 1


def test_a_kind_that_is_not_known_here_is_named_and_left_alone():
    managed_instances = a_compute_environment(kind="ECS_MANAGED_INSTANCES", subnets=(), security_groups=())
    world = World([replace(HEALTHY, compute_environments=(managed_instances,))])

    report = world.sweep()

    assert (report.kinds_left_alone, report.findings) == (["ECS_MANAGED_INSTANCES"], 0)
    assert world.hints(a_hint()).as_dict()["kinds_left_alone"] == ["ECS_MANAGED_INSTANCES"]


class TestHeartbeat:
    """What the use case has to do with it; what it says is test_heartbeat.py's."""

    def beats(self, world):
        return [(name, detail["open_incidents"]) for name, detail in world.bus.events]

    def test_a_sweep_beats_once(self):
        world = World([HEALTHY])

        world.sweep()

        assert self.beats(world) == [("Sweep Completed", 0)]
        assert (world.diary.diary.sweeps, world.diary.diary.last.at) == (1, NOW + minutes(5))
        assert world.doorbells.greetings == 1

    def test_a_look_at_one_queue_does_not(self):
        world = World([MISMATCH])

        world.hints(a_hint(), a_hint(kind="verify"))

        assert (self.beats(world), world.diary.diary.sweeps, world.doorbells.greetings) == ([], 0, 0)

    @pytest.mark.parametrize(
        "error",
        [THROTTLED, ReadError("batch:DescribeJobQueues", "AccessDeniedException", retryable=False)],
        ids=["throttled", "denied"],
    )
    def test_a_sweep_that_saw_nothing_does_not(self, error):
        world = World([error])

        world.sweep()

        assert (self.beats(world), world.diary.diary.sweeps, world.doorbells.greetings) == ([], 0, 0)

    def test_it_counts_what_is_open_after_the_sweep(self):
        world = World([HEALTHY, MISMATCH, MISMATCH, HEALTHY, HEALTHY, MISMATCH])

        for _ in range(6):
            world.sweep()

        assert [number for _, number in self.beats(world)] == [0, 1, 1, 1, 0, 1]

    @pytest.mark.parametrize("away", ["diary", "bus"])
    def test_what_is_away_holds_no_look_up(self, away):
        world = World([MISMATCH])
        getattr(world, away).unavailable = True

        report = world.sweep()

        assert (report.opened, world.doorbells.rung) == (1, [world.incidents[0].incident_id])

    def test_a_table_that_is_away_does_not_stop_it(self):
        world = World([MISMATCH], store=FakeIncidentStore(unavailable=True))

        world.sweep()

        assert len(self.beats(world)) == 1

    def test_the_next_sweep_asks_for_the_hello_that_could_not_be_asked_for(self):
        world = World([HEALTHY], doorbells=FakeDoorbells(unavailable=True))
        world.sweep()
        world.doorbells.unavailable = False

        world.sweep()

        assert world.doorbells.greetings == 1


class TestComesBack:
    def test_what_is_over_and_back_within_half_an_hour_is_the_same_incident_and_rings(self):
        world = World([MISMATCH, HEALTHY, HEALTHY, MISMATCH])
        for _ in range(3):
            world.sweep()
        world.doorbells.rung.clear()

        report = world.sweep()

        (incident,) = world.incidents
        record = world.store.latest(incident.key)
        assert (incident.generation, incident.status, record.returns) == (1, Status.OPEN, (world.clock(),))
        assert (report.opened, world.doorbells.rung) == (1, [incident.incident_id])


(SICK,) = MISMATCH.compute_environments
TAGGED = replace(MISMATCH, compute_environments=(replace(SICK, tags={"batchmedic:alerts": "off"}),))


def test_a_tag_hushes_and_when_it_goes_away_the_sweep_rings():
    world = World([TAGGED, MISMATCH])
    world.sweep()
    record = world.store.latest(world.incidents[0].key)
    assert record.hushed == "align-ec2 tagged batchmedic:alerts=off"
    world.store.settle(record, due_at=None)
    world.doorbells.rung.clear()

    world.sweep()
    assert (world.store.latest(record.incident.key).hushed, world.doorbells.rung) == ("", [])
    world.sweep()

    assert world.doorbells.rung == [record.incident.incident_id]


def test_what_is_tagged_is_not_handed_over_where_it_cannot_be_stored():
    world = World([TAGGED], store=FakeIncidentStore(unavailable=True))

    world.sweep()

    assert world.doorbells.handed_over == []

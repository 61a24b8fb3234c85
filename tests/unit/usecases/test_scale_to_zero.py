"""scale_to_zero in front of the in-memory twins: what a person asks for, and what comes right before a write."""

from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.errors import ChangeError, ReadError, StoreError
from batchmedic.scaling.floor import Floor, Rules
from tests.factories import ENVIRONMENT, NOW, QUEUE, a_compute_environment, minutes
from tests.fakes import ManualClock
from tests.fakes_floors import Scaling

UPDATE = "batch:UpdateComputeEnvironment"
ASLEEP = Floor(environment=ENVIRONMENT, floor=16, slept_at=NOW - timedelta(hours=10), lowered=True)
OTHER = ENVIRONMENT + "-2"


def scaling(*, mode="apply", memory=ASLEEP, **changes):
    """One environment, asleep unless told otherwise, with one queue."""
    made = Scaling(rules=Rules(mode=mode, idle=minutes(30), restore=True), clock=ManualClock(NOW))
    made.batch.put(a_compute_environment(**{"min_vcpus": 0, **changes}))
    made.batch.listed[QUEUE] = (ENVIRONMENT,)
    made.store.looked_at = NOW - minutes(5)
    if memory is not None:
        made.store.floors[ENVIRONMENT] = memory
    return made


def floor_of(made, arn=ENVIRONMENT):
    return made.batch.environments_by_arn[arn].min_vcpus


def change(made, **changes):
    made.batch.put(replace(made.batch.environments_by_arn[ENVIRONMENT], **changes))


def once(made, operation, act):
    """Something happens, once, right before this operation."""
    done = []

    def hook(now):
        if now == operation and not done:
            done.append(now)
            act()

    made.batch.hook = hook


def runs(made, number, *, every=5.0):
    for _ in range(number):
        made.usecase({"v": 1})
        for one in list(made.batch.environments_by_arn.values()):
            made.batch.put(replace(one, status="VALID"))
        made.clock.advance(minutes(every))


def test_a_person_gets_a_floor_back_at_once():
    made = scaling()
    report = made.usecase({"wake": "align-ec2"})

    assert (floor_of(made), report.decisions, made.store.floors[ENVIRONMENT].floor) == (16, {"wake": 1}, None)


@pytest.mark.parametrize("wanted", ["align-ec2", "all", ENVIRONMENT])
def test_another_floor_of_the_owners_stands_whoever_asks(wanted):
    made = scaling(min_vcpus=4)
    report = made.usecase({"wake": wanted})

    assert (floor_of(made), made.batch.writes) == (4, [])
    assert report.refused == ("" if wanted == "all" else f"{wanted} does not sleep: its minvCpus is 4")


def test_what_is_updating_is_given_back_when_it_is_valid_again():
    made = scaling(status="UPDATING", mode="plan")
    report = made.usecase({"wake": "all"})
    assert (made.batch.writes, report.decisions) == ([], {})
    assert report.because == {"align-ec2": "it is UPDATING; its floor comes back at the first run that may write"}
    runs(made, 1)
    assert made.batch.writes == []
    runs(made, 1)

    assert floor_of(made) == 16


def test_the_kill_switch_refuses_a_person_and_the_wish_is_kept():
    made = scaling()
    made.switch.on = True
    report = made.usecase({"wake": "all"})
    assert (report.failed, made.batch.writes) == (1, [])
    assert "kill switch" in report.because["align-ec2"]
    made.switch.on = False
    made.clock.advance(minutes(5))
    runs(made, 1)

    assert floor_of(made) == 16


def test_the_mode_off_refuses_a_person():
    made = scaling(mode="off")

    assert "ScaleToZeroMode is off" in made.usecase({"wake": "all"}).refused


@pytest.mark.parametrize(
    "changes",
    [{"min_vcpus": 4}, {"status": "UPDATING"}, {"status": "INVALID"}, {"tags": {"batchmedic:scale-to-zero": "off"}}],
    ids=["another floor", "UPDATING", "INVALID", "tagged off"],
)
def test_what_the_owner_does_right_before_a_floor_is_given_back_stands(changes):
    made = scaling()
    made.batch.jobs[QUEUE] = "RUNNABLE"
    once(made, "look again", lambda: change(made, **changes))
    made.usecase({"v": 1})

    assert made.batch.writes == []


WAITS = Floor(environment=ENVIRONMENT, idle_since=NOW - minutes(60), announced_at=NOW - minutes(30))


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda made: made.batch.jobs.update({QUEUE: "SUBMITTED"}), id="a job"),
        pytest.param(lambda made: made.batch.tasks.update({ENVIRONMENT: 1}), id="a task"),
        pytest.param(lambda made: change(made, min_vcpus=4), id="another floor"),
        pytest.param(lambda made: change(made, status="UPDATING"), id="UPDATING"),
        pytest.param(lambda made: change(made, tags={"batchmedic:scale-to-zero": "off"}), id="tagged off"),
        pytest.param(lambda made: setattr(made.switch, "on", True), id="kill switch"),
        pytest.param(lambda made: made.batch.environments_by_arn.clear(), id="gone"),
    ],
)
def test_what_comes_right_before_a_floor_is_lowered_keeps_it(act):
    made = scaling(memory=WAITS, min_vcpus=16)
    once(made, "look again", lambda: act(made))
    made.usecase({"v": 1})

    assert made.batch.writes == []


def test_without_that_it_is_lowered():
    made = scaling(memory=WAITS, min_vcpus=16)
    made.usecase({"v": 1})

    assert [call.call for call in made.batch.writes] == ["batch:TagResource", UPDATE]
    assert floor_of(made) == 0


@pytest.mark.parametrize("silent", ["bus", "doorbells"])
def test_a_floor_comes_back_though_nobody_can_be_told(silent):
    made = scaling(memory=WAITS, min_vcpus=16)
    getattr(made, silent).unavailable = True
    runs(made, 1)
    assert floor_of(made) == 0
    made.batch.jobs[QUEUE] = "RUNNABLE"
    runs(made, 1)

    assert floor_of(made) == 16


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("jobs", ReadError("batch:ListJobs", "AccessDeniedException", retryable=False)),
        ("look again", ReadError("batch:DescribeComputeEnvironments", "Throttled", retryable=True)),
        ("batch:TagResource", ChangeError("batch:TagResource", "AccessDeniedException", code="", retryable=False)),
        (UPDATE, ChangeError(UPDATE, "ClientException: no", code="ClientException", retryable=False)),
    ],
)
def test_what_fails_at_one_environment_stops_no_other(operation, error):
    made = scaling(memory=WAITS, min_vcpus=16)
    made.batch.put(a_compute_environment("align-ec2-2", min_vcpus=16))
    made.store.floors[OTHER] = replace(WAITS, environment=OTHER)

    def fail():
        raise error

    once(made, operation, fail)
    made.usecase({"v": 1})

    assert (floor_of(made), floor_of(made, OTHER)) == (16, 0)


@pytest.mark.parametrize("operation", ["read", "looked"])
def test_an_unusable_table_is_in_the_report(operation):
    made = scaling()

    def fail(now):
        if now == operation:
            raise StoreError("the state table gave no answer")

    made.store.hook = fail
    report = made.usecase({"v": 1})

    assert (report.failed, "try again in some minutes" in report.refused) == (1, True)


def test_what_nobody_looked_at_for_long_begins_anew():
    made = scaling(memory=WAITS, min_vcpus=16)
    made.store.looked_at = NOW - minutes(16)
    runs(made, 6)
    assert floor_of(made) == 16
    runs(made, 1)

    assert floor_of(made) == 0

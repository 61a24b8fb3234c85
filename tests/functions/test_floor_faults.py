"""Any fault of any call of scale_to_zero, two runs at once, and clocks that differ: no floor is lost or given twice.

Here a sample, drawn by a printed seed; `make torture` tries every one.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from functions.scale_to_zero import app as scale_app
from tests.functions.floor_lives import (
    LIVES,
    LOOK,
    Life,
    announce,
    asleep,
    by_hand,
    end_state,
    is_lost,
    look,
    raised,
    said,
    sleep,
    wake,
    warm,
)
from tests.functions.platform import Platform
from tests.functions.test_floor_kills import first_run
from tests.functions.test_repair_faults import PASSING, answer, slow
from tests.functions.test_scale_to_zero import FLOOR, described, floor_of, remembered
from tests.functions.wire import Calls, Fault

TORTURE = "TORTURE" in os.environ
SAMPLE, DENIALS, TURNS = (10_000, 10_000, 300) if TORTURE else (7, 5, 6)
SEED = 20261128
LASTING = {
    "denied": answer("AccessDeniedException", 403),
    "refused": answer("ClientException", 400, "not like this"),
    "not found": answer("ResourceNotFoundException", 400),
    "invalid": answer("ValidationException", 400),
}
IRREPLACEABLE = ("dynamodb:", "batch:Describe", "batch:ListJobs", "batch:Tag", "batch:Untag", "batch:Update")
TOLD_OF = (*IRREPLACEABLE, "ecs:", "events:", "sqs:")  # what a run cannot do without; the others only refine it


@dataclass(slots=True)
class Lasting(Calls):
    """One operation fails ever after."""

    operation: str = ""
    happen: Callable[[], object] = lambda: None

    def begin(self, call: str) -> None:
        Calls.begin(self, call)
        if call == self.operation:
            self.happen()


def live(make_platforms: Callable[..., Platform], life: Life, calls: Calls | None = None) -> Platform:
    platform = make_platforms(sweeps=False)
    life(platform, calls or Calls())
    return platform


def ends_as(platform: Platform, expected: dict[str, Any]) -> bool:
    """At once, or an idle time later where nobody could say whether it works, so that its clock began anew."""
    for _ in range(4):
        if end_state(platform) == expected:
            return True
        look(platform)
    return end_state(platform) == expected


def unsound(platform: Platform) -> str | None:
    """What must not be, whatever happens."""
    if platform.crashes or platform.dead or platform.written_while_updating:
        return f"crashed {platform.crashes}, lost {platform.dead}, while {platform.written_while_updating}"
    return is_lost(platform)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the runs answer."""
    answers: list[dict[str, Any]] = []
    handler = scale_app.lambda_handler

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answers.append(handler(event, context))
        return answers[-1]

    monkeypatch.setattr(scale_app, "lambda_handler", handle)
    return answers


def struck(make_platforms: Callable[..., Platform], life: Life, number: int, fault: Fault | None) -> Platform:
    platform = make_platforms(sweeps=False)
    life(platform, Calls(faults={number: slow(platform) if fault is None else fault}))
    return platform


@pytest.mark.parametrize("life", LIVES)
def test_a_passing_fault_of_any_call_ends_as_without_it(make_platforms: Callable[..., Platform], life: Life) -> None:
    undisturbed = live(make_platforms, life)
    expected, words = end_state(undisturbed), said(undisturbed)
    every = [(number, fault) for number in first_run(undisturbed) for fault in (*PASSING, None)]
    trials = random.Random(SEED).sample(every, min(SAMPLE, len(every)))
    failures = []
    for number, fault in trials:
        platform = struck(make_platforms, life, number, fault)
        amiss = unsound(platform) or (None if ends_as(platform, expected) else f"{end_state(platform)}")
        heard = said(platform)
        if amiss is None and (heard.keys() != words.keys() or any(heard[word] > words[word] + 1 for word in words)):
            amiss = f"said {heard}"
        if amiss:
            failures.append((number, fault.name if fault else "slow", undisturbed.calls.made[number - 1], amiss))

    print(f"seed {SEED}: {life.__name__}, {len(trials)} of {len(every)} faults")
    assert failures == []


@pytest.mark.parametrize("life", [announce, sleep, wake, raised, by_hand])
def test_a_lasting_refusal_leaves_the_world_sound_and_is_in_the_report(
    make_platforms: Callable[..., Platform], life: Life, reports: list[dict[str, Any]]
) -> None:
    undisturbed = live(make_platforms, life)
    operations = sorted({undisturbed.calls.made[number - 1] for number in first_run(undisturbed)})
    every = [(operation, kind) for operation in operations for kind in LASTING]
    trials = random.Random(SEED).sample(every, min(DENIALS, len(every)))
    failures = []
    for operation, kind in trials:
        reports.clear()
        platform = live(make_platforms, life, Lasting(operation=operation, happen=LASTING[kind]))
        amiss = unsound(platform)
        told = any(one.get("failed") or one.get("refused") for one in reports)
        if amiss is None and operation.startswith(TOLD_OF) and not told:
            amiss = f"nothing of it is in {reports}"
        if amiss:
            failures.append((operation, kind, amiss))

    print(f"seed {SEED}: {life.__name__}, {len(trials)} of {len(every)} refusals")
    assert failures == []


# --- two at once


def updates(platform: Platform) -> Counter[str]:
    sent = [wanted["computeResources"] for call, wanted in platform.writes if call.endswith("UpdateComputeEnvironment")]
    return Counter("lowered" if one["minvCpus"] == 0 else "raised" for one in sent)


def ready_to_sleep(platform: Platform) -> None:
    warm(platform, tags={"batchmedic:idle-minutes": "15"})
    look(platform, 6)
    assert floor_of(platform) == FLOOR


def ready_to_wake(platform: Platform) -> None:
    asleep(platform)
    platform.owner.submit("align", vcpus=2, memory=2_048, seconds=3_600)
    platform.run(1, step_seconds=60)


@pytest.mark.parametrize(
    ("prepare", "events", "wanted"),
    [
        pytest.param(ready_to_sleep, [LOOK, LOOK], {"lowered": 1}, id="both lower it"),
        pytest.param(ready_to_wake, [LOOK, LOOK], {"lowered": 1, "raised": 1}, id="both give it back"),
        pytest.param(ready_to_wake, [LOOK, {"wake": "all"}], {"lowered": 1, "raised": 1}, id="one by hand"),
    ],
)
def test_two_runs_at_once_write_once(
    make_platforms: Callable[..., Platform],
    prepare: Callable[[Platform], None],
    events: list[dict[str, Any]],
    wanted: dict[str, int],
) -> None:
    for seed in range(TURNS):
        print(f"seed {seed}")
        platform = make_platforms(sweeps=False)
        prepare(platform)
        platform.at_once("scale_to_zero", events, seed=seed)
        platform.run(5, step_seconds=300)
        look(platform, 2)

        assert updates(platform) == wanted, f"seed {seed}"
        assert unsound(platform) is None, f"seed {seed}"
        assert len(remembered(platform)) == 1, f"seed {seed}"
        assert floor_of(platform) == (FLOOR if "raised" in wanted else 0), f"seed {seed}"
        assert described(platform)["status"] == "VALID", f"seed {seed}"


# --- clocks


@pytest.mark.parametrize("skew", [-5, 5])
def test_clocks_that_differ_lose_no_floor_and_wake_it(make_platforms: Callable[..., Platform], skew: int) -> None:
    """Every other run is made by a machine whose clock is five minutes off."""
    platform = make_platforms(sweeps=False)
    warm(platform, tags={"batchmedic:idle-minutes": "15"})
    real = platform.clock.now
    for number in range(12):
        off = timedelta(minutes=skew if number % 2 else 0)
        object.__setattr__(platform.clock, "now", lambda off=off: real() + off)
        platform.handle("scale_to_zero", LOOK)
        object.__setattr__(platform.clock, "now", real)
        platform.run(5, step_seconds=300)
    assert floor_of(platform) == 0

    platform.owner.submit("align", vcpus=2, memory=2_048, seconds=3_600)
    platform.run(1, step_seconds=60)
    look(platform, 2)

    assert floor_of(platform) == FLOOR
    assert unsound(platform) is None
    assert updates(platform) == {"lowered": 1, "raised": 1}

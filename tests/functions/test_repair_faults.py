"""Any fault of any call of remediate: nothing wrong is written, nothing is half done for ever, people hear of it.

Here a sample, drawn by a printed seed; `make torture` tries every one.
"""

import os
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from batchmedic.aws.changer import check
from batchmedic.changes import ApiCall
from tests.functions.platform import Platform
from tests.functions.repair_stories import PROVED, Story
from tests.functions.repairs import heads, made, statuses
from tests.functions.wire import Calls, Fault

SAMPLE = 10_000 if "TORTURE" in os.environ else 2
SEED = 20261126


def answer(code: str, status: int, text: str = "as told") -> Callable[[], object]:
    def refuse() -> object:
        body = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(body, "Operation")  # type: ignore[arg-type]

    return refuse


def no_answer(error: Exception) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


TIMEOUT = ReadTimeoutError(endpoint_url="https://example.invalid")
PASSING = (  # once they are over, the repair ends as if they had not been
    Fault(name="429", happen=answer("TooManyRequestsException", 429)),
    Fault(name="500", happen=answer("InternalError", 500)),
    Fault(name="503", happen=answer("ServiceUnavailable", 503)),
    Fault(name="reset", happen=no_answer(EndpointConnectionError(endpoint_url="https://example.invalid"))),
    Fault(name="EC2's 503", happen=answer("RequestLimitExceeded", 503)),
    Fault(name="no connection", happen=no_answer(ConnectTimeoutError(endpoint_url="https://example.invalid"))),
    Fault(name="timeout", happen=no_answer(TIMEOUT)),
    Fault(name="answer lost", happen=no_answer(TIMEOUT), after_effect=True),
    Fault(name="garbled answer", happen=no_answer(ResponseParserError("garbled")), after_effect=True),
)
LASTING = (  # AWS means what it says: a person has to hear it
    Fault(name="denied", happen=answer("AccessDeniedException", 403)),
    Fault(name="refused", happen=answer("ClientException", 400, "not like this")),
    Fault(name="not found", happen=answer("InvalidGroup.NotFound", 400)),
    Fault(name="invalid", happen=answer("ValidationException", 400)),
)


def slow(platform: Platform) -> Fault:
    """An answer that takes longer than the lease."""
    return Fault(name="slow", happen=lambda: platform.clock.move_to(platform.clock.now() + timedelta(seconds=130)))


def run(make_platforms: Callable[..., Platform], story: Story, fault: Fault | None, number: int) -> Platform:
    platform = make_platforms(mode="apply")
    chosen = slow(platform) if fault is None else fault
    platform.calls = Calls(faults={number: chosen} if number else {})
    platform.over = lambda: bool(platform.sns) and platform.sns[-1]["Message"].startswith("FIXED AND VERIFIED")
    story(platform)
    platform.run(50)
    platform.over = lambda: False
    platform.run(3)
    return platform


def unsafe(platform: Platform) -> str | None:
    """What must not be, whatever happens."""
    groups = made(platform)
    if platform.crashes or platform.dead:
        return f"crashed {platform.crashes}, lost {platform.dead}"
    if len(groups) > 1 or any(group["IpPermissions"] for group in groups):
        return f"made {groups}"
    for call, parameters in platform.writes:
        check(ApiCall(call=call, parameters=parameters))
    return None


def unproved(platform: Platform) -> str | None:
    """A passing fault is over: the environment is as it should be."""
    environments = platform.owner.batch.describe_compute_environments()["computeEnvironments"]
    if statuses(platform) == ["verified"] and {one["status"] for one in environments} == {"VALID"}:
        return None
    return f"{statuses(platform)}, {heads(platform)}"


def unsaid(platform: Platform) -> str | None:
    """Repaired all the same, or a person was told that it is not."""
    if unproved(platform) is None:
        return None
    told = any(word in platform.sns[-1]["Message"] for word in ("Not fixed by itself", "It failed"))
    return None if told else f"{statuses(platform)}, {heads(platform)}"


@pytest.mark.parametrize("story", PROVED)
@pytest.mark.parametrize(
    ("faults", "amiss"),
    [pytest.param([*PASSING, None], unproved, id="passing"), pytest.param([*LASTING], unsaid, id="lasting")],
)
def test_any_fault_of_any_call_ends_well(
    make_platforms: Callable[..., Platform],
    faults: list[Fault | None],
    amiss: Callable[[Platform], str | None],
    story: Story,
) -> None:
    numbers = run(make_platforms, story, PASSING[0], 0).calls.numbers_of("remediate")
    every = [(number, fault) for number in numbers for fault in faults]
    trials = random.Random(SEED).sample(every, min(SAMPLE, len(every)))
    failures = []
    for number, fault in trials:
        platform = run(make_platforms, story, fault, number)
        if because := unsafe(platform) or amiss(platform):
            failures.append((number, fault.name if fault else "slow", platform.calls.made[number - 1], because))

    print(f"seed {SEED}: {story.__name__}, {len(trials)} of {len(every)} faults")
    assert failures == []

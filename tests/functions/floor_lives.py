"""Lives of a floor, each up to the run that matters and two runs on; and how to read what became of it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.functions.platform import Platform
from tests.functions.test_scale_to_zero import FLOOR, described, events, floor_of, remembered, warm
from tests.functions.wire import Calls

LOOK = {"v": 1}
EVERY = 5  # minutes
AFTER = 2  # looks within which nothing of a kill or of a passing fault is left
IDLE = {"batchmedic:idle-minutes": "15"}  # so no life sleeps before its time
Life = Callable[[Platform, Calls], None]


def look(platform: Platform, times: int = 1) -> list[dict[str, Any] | None]:
    answers = []
    for _ in range(times):
        answers.append(platform.handle("scale_to_zero", LOOK))
        platform.run(EVERY, step_seconds=60 * EVERY)
    return answers


def announce(platform: Platform, calls: Calls) -> None:
    warm(platform, tags=IDLE)
    look(platform, 3)
    platform.calls = calls
    look(platform, 1 + AFTER)


def sleep(platform: Platform, calls: Calls) -> None:
    warm(platform, tags=IDLE)
    look(platform, 6)
    platform.calls = calls
    look(platform, 1 + AFTER)


def asleep(platform: Platform) -> None:
    warm(platform, tags=IDLE)
    look(platform, 7)
    assert floor_of(platform) == 0


def wake(platform: Platform, calls: Calls) -> None:
    asleep(platform)
    platform.owner.submit("align", vcpus=2, memory=2_048, seconds=3_600)
    platform.calls = calls
    look(platform, 1 + AFTER)


def raised(platform: Platform, calls: Calls) -> None:
    asleep(platform)
    platform.owner.update("align-ec2", minvCpus=4)
    platform.run(3, step_seconds=180)
    platform.calls = calls
    look(platform, 1 + AFTER)


def raised_twice(platform: Platform, calls: Calls) -> None:
    """So it is given up, and people hear of that."""
    asleep(platform)
    platform.owner.update("align-ec2", minvCpus=4)
    look(platform, 9)  # one of them sees it UPDATING
    assert floor_of(platform) == 0
    platform.owner.update("align-ec2", minvCpus=4)
    platform.run(3, step_seconds=180)
    platform.calls = calls
    look(platform, 1 + AFTER)


def by_hand(platform: Platform, calls: Calls) -> None:
    """A person asks again if he got no answer, or was asked to."""
    asleep(platform)
    platform.calls = calls
    for _ in range(3):
        answer = platform.handle("scale_to_zero", {"wake": "all"})
        if answer is not None and not answer.get("refused") and not answer.get("failed"):
            break
        platform.run(1, step_seconds=60)
    platform.run(EVERY, step_seconds=60 * EVERY)
    look(platform, AFTER)


LIVES = [announce, sleep, wake, raised, raised_twice, by_hand]


def end_state(platform: Platform) -> dict[str, Any]:
    """The environment, its tags, and the memory but for its times."""
    one = described(platform)
    return {
        "environment": (one["status"], one["state"], one["computeResources"]["minvCpus"], one["tags"]),
        "memory": [
            {
                **{name: value for name, value in kept.items() if not name.endswith(("_at", "_hours", "_since"))},
                "announced": kept["announced_at"] is not None,
                "sleeps": len(kept["sleeps"]),
                "raises": len(kept["raises"]),
            }
            for kept in remembered(platform).values()
        ],
    }


def said(platform: Platform) -> Counter[str]:
    """What programs heard, and what people did, by the start of its sentence."""
    heard = Counter(events(platform))
    lines = [line for told in platform.sns for line in told["Message"].splitlines() if "Compute environment" in line]
    return heard + Counter(" ".join([word for word in line.split() if word.isalpha()][:6]) for line in lines)


def is_lost(platform: Platform, floors: tuple[int, ...] = (FLOOR, 4)) -> str | None:
    """A floor is on the environment, in the memory, or on its tag; and nothing but a floor or zero is ever sent."""
    sent = [wanted["computeResources"] for call, wanted in platform.writes if call.endswith("UpdateComputeEnvironment")]
    if any(set(one) != {"minvCpus"} or one["minvCpus"] not in (0, *floors) for one in sent):
        return f"sent {sent}"
    kept = [memory["floor"] for memory in remembered(platform).values()]
    if floor_of(platform) in floors or any(floor in floors for floor in kept):
        return None
    return f"lost: {described(platform)['tags']}, {kept}"

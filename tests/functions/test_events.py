"""What programs hear on the bus of the stack: one event for each transition, each as docs/events/ describes it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tests.functions.platform import Platform
from tests.functions.repair_stories import pass_role, taken_back
from tests.functions.repairs import waiting_mismatch
from tests.functions.worlds import healthy

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/events/incident.schema.json").read_text())


def too_large(platform: Platform) -> None:
    healthy(platform)
    (job,) = platform.owner.submit("align", vcpus=512, memory=2_048)
    platform.run(12)
    platform.owner.batch.cancel_job(jobId=job, reason="too large")
    platform.run(20)


def planned(platform: Platform) -> None:
    waiting_mismatch(platform)
    platform.run(20)


def many_at_once(platform: Platform) -> None:
    """As many at once that people get one summary."""
    names = tuple(f"queue-{number}" for number in range(7))
    healthy(platform, names=names)
    for name in names:
        platform.owner.submit(name, vcpus=512, memory=2_048)
    platform.run(12)


def details(platform: Platform) -> list[tuple[str, dict[str, Any]]]:
    return [(event["DetailType"], json.loads(event["Detail"])) for event in platform.events]


@pytest.mark.parametrize(
    ("story", "mode", "heard"),
    [
        pytest.param(too_large, "off", ["Incident Opened", "Incident Resolved"], id="opened and resolved"),
        pytest.param(many_at_once, "off", ["Incident Opened"] * 7, id="nothing is summed up"),
        pytest.param(
            taken_back,
            "apply",
            ["Incident Opened", "Remedy Verified", "Remedy Rolled Back", "Incident Opened"],
            id="repaired and taken back",
        ),
        pytest.param(pass_role, "apply", ["Incident Opened"], id="failed before it was told"),
        pytest.param(planned, "plan", ["Incident Opened"], id="planned"),
    ],
)
def test_every_transition_is_one_event_of_the_published_form(
    make_platforms: Callable[..., Platform], story: Callable[[Platform], object], mode: str, heard: list[str]
) -> None:
    platform = make_platforms(mode=mode)
    story(platform)

    assert [kind for kind, _ in details(platform)][: len(heard)] == heard
    assert {event["Source"] for event in platform.events} == {"batchmedic"}
    for _, detail in details(platform):
        Draft4Validator(SCHEMA).validate(detail)
        assert detail.keys() == SCHEMA["properties"].keys()
        assert detail["remedy"].keys() == SCHEMA["properties"]["remedy"]["properties"].keys()


@pytest.mark.parametrize("member", SCHEMA["required"])
def test_an_event_that_lacks_a_member_is_not_of_that_form(platform: Platform, member: str) -> None:
    too_large(platform)
    (_, detail), *_ = details(platform)
    del detail[member]

    assert not Draft4Validator(SCHEMA).is_valid(detail)


def test_the_remedy_is_that_of_the_moment(make_platforms: Callable[..., Platform]) -> None:
    platform = make_platforms(mode="apply")
    waiting_mismatch(platform)
    platform.run(50)

    assert [detail["remedy"]["status"] for _, detail in details(platform)] == ["verifying", "verified"]

"""The dearest accounts to look at: whatever there is around instances that do not join, eight deep calls must do."""

from itertools import product
from typing import Any

import pytest

from local.owner import user_data
from tests.cases.replay import sweep
from tests.cases.stories_joining import GIVEN_UP, endpoints
from tests.cases.world import World
from tests.factories import ACCOUNT, REGION

ELSEWHERE = "10.9.0.0/16"
WAYS = ("by a route", "by endpoints", "endpoints are closed", "no way")
TEMPLATES = (0, 1, 2)
HELD_UP_BY = ("way", "role", "agents", "refusals", "a quota", "its zone", "a fleet", "agents of a fleet")
SPOT = {"type": "SPOT", "allocationStrategy": "SPOT_CAPACITY_OPTIMIZED"}
RARE = {"instanceTypes": ["hpc7g.4xlarge"]}
MOST = 8


def make(world: World, way: str, templates: int, by: str) -> None:
    """Jobs come; the launch templates are sound."""
    world.begin()
    world.account.add_instance_profile("own", **({"actions": ["s3:*"]} if by == "role" else {}))
    fleet = world.spot_fleet()
    kind = {"a quota": SPOT, "its zone": RARE, "a fleet": fleet, "agents of a fleet": fleet}.get(by, {})
    world.queue(resources={"instanceRole": "own", **templates_of(world, templates), **kind})
    if way != "by a route":
        world.owner.close_way_out(world.home)
    if "endpoints" in way:
        services = ("ecs", "ecs-agent", "ecs-telemetry")
        endpoints(world, *services, **({} if way == "by endpoints" else {"open_to": ELSEWHERE}))
    if by.startswith("agents"):
        world.account.disconnect_agents("align-ec2")
    if by in ("refusals", "a fleet"):
        world.account.launch_error = "Authorization failed."
    if by == "a quota":
        world.account.quotas["L-34B43A08"] = 0
    world.submit(jobs=3)


def templates_of(world: World, number: int) -> dict[str, Any]:
    made = [world.owner.launch_template(f"t{n}", UserData=user_data("true")) for n in range(number)]
    versions = [{"launchTemplateId": each, "version": "$Latest"} for each in made]
    if not versions:
        return {}
    overrides = [{**each, "targetInstanceTypes": ["c7g.4xlarge"]} for each in versions[1:]]
    return {"launchTemplate": {**versions[0], **({"overrides": overrides} if overrides else {})}}


@pytest.mark.parametrize("minutes", [16, GIVEN_UP])  # late on Spot, too
def test_eight_deep_calls_do(minutes: int) -> None:
    world, dear = World(), {}
    for way, templates, by in product(WAYS, TEMPLATES, HELD_UP_BY):
        make(world, way, templates, by)
        world.minutes(minutes)
        world.recorded.clear()
        case = {"account": ACCOUNT, "region": REGION, "at": world.clock.now().isoformat()}
        found = sweep(case, world.client)
        calls = [each["call"] for each in world.recorded if not each["call"].startswith("batch:")]
        sound = by == "way" and way in ("by a route", "by endpoints")
        assert bool(found.examination.findings) != sound
        if len(calls) > MOST:
            dear[way, templates, by] = calls

    assert dear == {}

"""scale_to_zero in a simulated account: floors that sleep, wake, and are never lost."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft4Validator

from local.process import ROOT
from tests.contract.tables import STATE
from tests.functions.platform import Platform

SCHEMA = json.loads((ROOT / "docs/events/floor.schema.json").read_text())
FLOOR = 16
MONDAY = 0
TAG = "batchmedic:floor"


@pytest.fixture
def platform(make_platforms: Callable[..., Platform]) -> Platform:
    return make_platforms(scaling=True)


def warm(platform: Platform, *names: str, tags: dict[str, str] | None = None, **members: Any) -> None:
    """Environments `<name>-ec2` that keep 16 vCPUs, with a queue each; VALID, six minutes old."""
    place = platform.owner.place("home")
    for name in names or ("align",):
        platform.owner.compute_environment(
            f"{name}-ec2",
            subnet=place.subnet,
            security_group=place.security_group,
            resources={"minvCpus": FLOOR},
            tags=tags or {},
            **members,
        )
    platform.run(2)
    for name in names or ("align",):
        platform.owner.job_queue(name, arn_of(platform, name))
    platform.run(4)


def described(platform: Platform, name: str = "align") -> dict[str, Any]:
    found: list[dict[str, Any]] = platform.owner.batch.describe_compute_environments(
        computeEnvironments=[f"{name}-ec2"]
    )["computeEnvironments"]
    return found[0]


def arn_of(platform: Platform, name: str = "align") -> str:
    return str(described(platform, name)["computeEnvironmentArn"])


def floor_of(platform: Platform, name: str = "align") -> int:
    return int(described(platform, name)["computeResources"]["minvCpus"])


def desired(platform: Platform, name: str = "align") -> int:
    return int(described(platform, name)["computeResources"]["desiredvCpus"])


def events(platform: Platform) -> list[str]:
    """Those about floors."""
    kinds = [event["DetailType"] for event in platform.events]
    return [kind for kind in kinds if kind.startswith("Compute Environment")]


def headlines(platform: Platform) -> list[str]:
    return [told["Message"].splitlines()[0] for told in platform.sns]


def remembered(platform: Platform) -> dict[str, Any]:
    item = (
        platform.wire.client("dynamodb").get_item(TableName=STATE, Key={"state_key": {"S": "floors"}}).get("Item", {})
    )
    return {name: json.loads(value["S"]) for name, value in item.items() if name.startswith("floor ")}


def test_a_floor_sleeps_wakes_and_is_what_it_was(platform: Platform) -> None:
    warm(platform)
    assert desired(platform) == FLOOR
    platform.run(75)
    assert events(platform) == ["Compute Environment Going To Sleep", "Compute Environment Scaled To Zero"]
    assert floor_of(platform) == 0
    assert described(platform)["tags"][TAG] == str(FLOOR)
    platform.run(60)
    assert desired(platform) == 0  # AWS Batch has let the idle instances go

    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(15)

    assert floor_of(platform) == FLOOR
    assert TAG not in described(platform)["tags"]
    assert events(platform)[2:] == ["Compute Environment Floor Restored"]
    assert [line.split(":")[0] for line in headlines(platform)] == ["IDLE CAPACITY"] * 3
    for event in platform.events:
        Draft4Validator(SCHEMA).validate(json.loads(event["Detail"]))
    assert platform.crashes == []


def test_only_min_vcpus_and_one_tag_are_ever_written(platform: Platform) -> None:
    warm(platform)
    platform.run(75)
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(15)

    assert [call for call, _ in platform.writes] == [
        *("batch:TagResource", "batch:UpdateComputeEnvironment"),
        *("batch:UpdateComputeEnvironment", "batch:UntagResource"),
    ]
    updates = [wanted for call, wanted in platform.writes if call == "batch:UpdateComputeEnvironment"]
    assert [wanted["computeResources"] for wanted in updates] == [{"minvCpus": 0}, {"minvCpus": FLOOR}]
    assert platform.written_while_updating == []


def test_an_environment_that_works_now_and_then_keeps_its_floor(platform: Platform) -> None:
    warm(platform)
    for _ in range(6):
        platform.owner.submit("align", vcpus=2, memory=2_048, seconds=600)
        platform.run(25)

    assert events(platform) == []
    assert floor_of(platform) == FLOOR


def test_work_in_any_of_its_queues_counts(platform: Platform) -> None:
    warm(platform)
    platform.owner.job_queue("second", arn_of(platform))
    platform.run(1)
    platform.owner.submit("second", vcpus=2, memory=2_048, seconds=6 * 3600)
    platform.run(90)

    assert floor_of(platform) == FLOOR


def test_an_array_whose_children_wait_counts(platform: Platform) -> None:
    """Its parent sits in PENDING while the environment cannot take a child."""
    warm(platform)
    platform.owner.submit("align", vcpus=2, memory=2_048)
    definition = platform.owner.batch.describe_job_definitions()["jobDefinitions"][0]["jobDefinitionArn"]
    platform.owner.batch.update_compute_environment(computeEnvironment="align-ec2", state="DISABLED")
    array = {"arrayProperties": {"size": 10}}
    platform.owner.batch.submit_job(jobName="many", jobQueue="align", jobDefinition=definition, **array)
    platform.run(90)

    assert floor_of(platform) == FLOOR


def test_disabled_environments_and_those_of_no_queue_sleep_too(platform: Platform) -> None:
    place = platform.owner.place("home")
    here = {"subnet": place.subnet, "security_group": place.security_group, "resources": {"minvCpus": FLOOR}}
    platform.owner.compute_environment("align-ec2", **here)
    platform.owner.compute_environment("call-ec2", **here, state="DISABLED")
    platform.run(90)

    assert (floor_of(platform, "align"), floor_of(platform, "call")) == (0, 0)


@pytest.mark.parametrize(
    "tags",
    [{"batchmedic:scale-to-zero": "off"}, {"batchmedic:scale-to-zero": "x"}, {"batchmedic:idle-minutes": "never"}],
)
def test_the_owners_tag_keeps_it(platform: Platform, tags: dict[str, str]) -> None:
    warm(platform, tags=tags)
    platform.run(120)

    assert (floor_of(platform), platform.writes, events(platform)) == (FLOOR, [], [])


def test_in_the_mode_plan_it_is_said_once_and_nothing_is_done(make_platforms: Callable[..., Platform]) -> None:
    platform = make_platforms(scaling=True, scale_mode="plan")
    warm(platform)
    platform.run(180)

    assert (floor_of(platform), platform.writes) == (FLOOR, [])
    assert events(platform) == ["Compute Environment Going To Sleep"]
    assert len([told for told in platform.sns if "nothing is done" in told["Message"]]) == 1


def test_the_kill_switch_holds_every_write(platform: Platform) -> None:
    platform.wire.client("ssm").put_parameter(Name="/batchmedic/batchmedic/stop", Value="why", Type="String")
    warm(platform)
    platform.run(120)
    refused = platform.handle("scale_to_zero", {"wake": "all"})

    assert (floor_of(platform), platform.writes) == (FLOOR, [])
    assert refused is not None


def test_another_floor_of_the_owners_stands(platform: Platform) -> None:
    warm(platform)
    platform.run(75)
    platform.owner.update("align-ec2", minvCpus=4)
    platform.run(15)
    assert (floor_of(platform), remembered(platform)["floor " + arn_of(platform)]["floor"]) == (4, None)
    platform.run(90)
    assert floor_of(platform) == 0

    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(15)

    assert floor_of(platform) == 4


def test_who_raises_it_twice_is_left_alone_and_told_once(platform: Platform) -> None:
    warm(platform)
    for _ in range(2):
        platform.run(90)
        assert floor_of(platform) == 0
        platform.owner.update("align-ec2", minvCpus=FLOOR)
        platform.run(10)
    platform.run(300)

    assert floor_of(platform) == FLOOR
    assert len([told for told in platform.sns if "raised twice in 24 hours" in told["Message"]]) == 1


def test_wake_gives_every_floor_back(platform: Platform) -> None:
    warm(platform, "align", "call")
    platform.run(90)
    assert (floor_of(platform, "align"), floor_of(platform, "call")) == (0, 0)

    answer = platform.handle("scale_to_zero", {"wake": "call-ec2"})
    assert answer is not None
    assert answer["wake"] == 1
    assert (floor_of(platform, "align"), floor_of(platform, "call")) == (0, FLOOR)
    platform.handle("scale_to_zero", {"wake": "all"})

    assert floor_of(platform, "align") == FLOOR


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({"wake": "nobody"}, "no floor of a compute environment nobody is remembered"),
        ({"wake": 7}, 'wake takes "all"'),
        ({"wake": "a b"}, 'wake takes "all"'),
    ],
)
def test_a_wrong_command_gets_a_sentence(platform: Platform, event: dict[str, Any], sentence: str) -> None:
    answer = platform.handle("scale_to_zero", event)

    assert answer is not None
    assert sentence in answer["refused"]


def test_the_tag_survives_the_stack(platform: Platform) -> None:
    warm(platform)
    platform.run(75)
    assert floor_of(platform) == 0
    platform.wire.client("dynamodb").delete_item(TableName=STATE, Key={"state_key": {"S": "floors"}})

    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(15)

    assert floor_of(platform) == FLOOR


def test_a_smaller_max_vcpus_of_the_owners_is_respected(platform: Platform) -> None:
    warm(platform)
    platform.run(140)
    platform.owner.update("align-ec2", maxvCpus=8)
    platform.run(5)
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(15)

    assert floor_of(platform) == 8


def test_an_environment_that_is_gone_is_forgotten(platform: Platform) -> None:
    warm(platform)
    platform.run(75)
    platform.owner.batch.update_job_queue(jobQueue="align", state="DISABLED")
    platform.run(2)
    platform.owner.batch.delete_job_queue(jobQueue="align")
    platform.run(3)
    platform.owner.batch.update_compute_environment(computeEnvironment="align-ec2", state="DISABLED")
    platform.run(3)
    platform.owner.batch.delete_compute_environment(computeEnvironment="align-ec2")
    platform.run(15)

    assert remembered(platform) == {}
    assert platform.crashes == []


def test_a_job_that_comes_at_the_very_moment_is_not_harmed(platform: Platform) -> None:
    """Lowering a floor ends nothing: AWS Batch keeps what works, and launches what is needed."""
    warm(platform)
    jobs: list[str] = []

    def submit_first(**_: Any) -> None:
        if not jobs:
            jobs.extend(platform.owner.submit("align", vcpus=2, memory=2_048))

    hooks = platform.wire.client("batch").meta.events
    hooks.register("before-call.batch.UpdateComputeEnvironment", submit_first)
    while not jobs:
        platform.run(1)
    hooks.unregister("before-call.batch.UpdateComputeEnvironment", submit_first)
    assert (len(jobs), floor_of(platform)) == (1, 0)
    platform.run(15)

    states = {job["status"] for job in platform.owner.batch.describe_jobs(jobs=jobs)["jobs"]}
    assert states <= {"RUNNING", "STARTING", "SUCCEEDED"}
    assert floor_of(platform) == FLOOR


def test_nothing_to_do_costs_two_batch_calls_at_most(platform: Platform) -> None:
    place = platform.owner.place("home")
    platform.owner.compute_environment("cold-ec2", subnet=place.subnet, security_group=place.security_group)
    platform.run(3)
    platform.calls.made.clear()

    platform.handle("scale_to_zero", {"v": 1})

    assert sum(platform.calls.count("batch").values()) <= 2
    assert platform.calls.count("dynamodb", "sqs", "events") == {"dynamodb:GetItem": 1}


def test_a_queue_is_asked_five_times_at_most_and_once_for_all_its_environments(platform: Platform) -> None:
    warm(platform, "align", "call")
    platform.owner.job_queue("both", arn_of(platform, "align"), arn_of(platform, "call"))
    platform.run(1)
    platform.calls.made.clear()

    platform.handle("scale_to_zero", {"v": 1})

    assert platform.calls.count("batch")["batch:ListJobs"] == 3 * 5
    platform.owner.submit("both", vcpus=2, memory=2_048, seconds=3_600)
    platform.run(10)
    platform.calls.made.clear()
    platform.handle("scale_to_zero", {"v": 1})
    assert platform.calls.count("batch")["batch:ListJobs"] < 3 * 5


def test_a_floor_that_nobody_lowers_becomes_one_incident_and_is_over_when_work_returns(
    make_platforms: Callable[..., Platform],
) -> None:
    platform = make_platforms(scaling=True, scale_mode="plan")
    warm(platform)
    platform.run(120)
    assert [(one["diagnosis"], one["status"]) for one in platform.incidents()] == [
        ("idle_capacity_not_released", "open")
    ]
    alerts = [line for line in headlines(platform) if line.startswith("WARNING")]
    assert alerts == ["WARNING: compute environment align-ec2: Instances stay although there is no work"]
    writes = platform.calls.made.count("dynamodb:UpdateItem")
    platform.run(30)
    assert platform.calls.made.count("dynamodb:UpdateItem") - writes <= 6 * 2  # a heartbeat and a look of ours each

    platform.owner.submit("align", vcpus=2, memory=2_048, seconds=3_600)
    platform.run(25)

    assert [one["status"] for one in platform.incidents()] == ["resolved"]


def test_instances_that_go_as_they_should_are_no_incident(platform: Platform) -> None:
    warm(platform)
    platform.run(75)
    platform.owner.submit("align", vcpus=2, memory=2_048, seconds=600)
    platform.run(240)

    assert platform.incidents() == []


def test_the_digest_says_what_was_saved(platform: Platform) -> None:
    warm(platform)
    platform.run(90)
    while platform.clock.now().weekday() != MONDAY:
        platform.account.pass_time(timedelta(hours=12))
    platform.run(10)

    platform.handle("notify", {"digest": True})

    (digest,) = (told["Message"] for told in platform.sns if told["Message"].startswith("DIGEST"))
    assert "vCPU-hours of idle instances since the last digest: align-ec2" in digest

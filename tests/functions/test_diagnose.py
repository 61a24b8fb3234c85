"""diagnose in a simulated account: from what AWS Batch sends to what stands in the table."""

import json
import random
from collections.abc import Callable

import pytest

from tests.factories import ACCOUNT, REGION
from tests.functions.platform import Platform
from tests.functions.worlds import healthy, mismatch

READ = ("batch", "ec2", "ecs", "autoscaling", "service-quotas")
QUEUE = f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/align"
HEARTBEAT = {"dynamodb:UpdateItem": 1, "events:PutEvents": 1, "dynamodb:GetItem": 1}  # the last: what is idle


def summary(platform: Platform) -> list[tuple[str, str, str]]:
    return [(one["diagnosis"], one["status"], one["severity"]) for one in platform.incidents()]


def test_a_vpc_mismatch_is_one_incident_one_mail_one_slack_message(platform: Platform) -> None:
    elsewhere = mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2048, jobs=120)
    platform.run(30)

    (incident,) = platform.incidents()
    assert incident["diagnosis"] == "security_group_in_other_vpc"
    assert elsewhere.security_group in incident["summary"]
    assert elsewhere.vpc in incident["summary"]
    assert (incident["severity"], incident["job_count"], incident["job_count_is"]) == ("critical", 100, "at_least")
    assert incident["changed_by"]["event"] == "UpdateComputeEnvironment"
    assert platform.crashes == []
    mails, slack = platform.headlines
    assert [line.split(":")[0] for line in mails] == ["CRITICAL"]
    assert slack == mails


def test_when_the_group_is_put_right_people_hear_that_it_is_over(platform: Platform) -> None:
    mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2048)
    platform.run(10)
    home = platform.owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["home-batch"]}])
    platform.owner.use_security_group("align-ec2", home["SecurityGroups"][0]["GroupId"])
    platform.run(40)

    assert summary(platform) == [("security_group_in_other_vpc", "resolved", "critical")]
    assert platform.headlines[0][-1].startswith("RESOLVED: ")


def test_memory_just_below_nominal_is_told_when_an_instance_shows_it(platform: Platform) -> None:
    healthy(platform)
    platform.owner.submit("align", vcpus=2, memory=2048, seconds=4 * 3600)
    platform.run(6)
    platform.owner.submit("align", vcpus=4, memory=32_768)
    platform.run(30)

    (incident,) = platform.incidents()
    assert (incident["diagnosis"], incident["confidence"]) == ("job_exceeds_memory", "certain")
    assert "measured on a registered c7g.4xlarge" in incident["summary"]
    assert incident["aws_reason"].startswith("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")


def test_more_vcpus_than_any_environment_may_reach(platform: Platform) -> None:
    place = platform.owner.place("home")
    environment = platform.owner.compute_environment(
        "align-ec2",
        subnet=place.subnet,
        security_group=place.security_group,
        instance_types=["c7g.large", "c7g.16xlarge"],
        max_vcpus=32,
    )
    platform.run(2)
    platform.owner.job_queue("align", environment)
    platform.run(1)
    platform.owner.submit("align", vcpus=48, memory=2048)
    platform.run(20)

    diagnoses = [one["diagnosis"] for one in platform.incidents()]
    assert diagnoses == ["job_exceeds_max_vcpus"]


def test_every_environment_disabled(platform: Platform) -> None:
    healthy(platform)
    platform.owner.batch.update_compute_environment(computeEnvironment="align-ec2", state="DISABLED")
    platform.run(10)
    assert platform.incidents() == []
    platform.owner.submit("align", vcpus=2, memory=2048)
    platform.run(10)

    assert summary(platform) == [("compute_environments_disabled", "open", "critical")]


def test_a_role_that_is_gone_is_the_subject_and_says_who_uses_it(platform: Platform) -> None:
    place = healthy(platform)
    role = platform.account.add_role("batch-service")
    environment = platform.owner.compute_environment(
        "custom-ec2", subnet=place.subnet, security_group=place.security_group, serviceRole=role
    )
    platform.run(2)
    platform.owner.job_queue("custom", environment)
    platform.run(1)
    platform.account.roles.pop(role)
    platform.owner.update("custom-ec2", maxvCpus=255)
    platform.owner.submit("custom", vcpus=2, memory=2048)
    platform.run(20)

    (incident,) = platform.incidents()
    assert (incident["diagnosis"], incident["subject"]) == ("service_role_unusable", role)
    assert incident["compute_environments"] == [environment]


def test_a_healthy_queue_starting_up_and_working_is_silence(platform: Platform) -> None:
    healthy(platform)
    for _ in range(3):
        platform.owner.submit("align", vcpus=8, memory=8_192, jobs=20)
        platform.run(40)

    assert platform.incidents() == []
    assert (platform.sns, platform.slack, platform.dead, platform.crashes) == ([], [], [], [])


def test_a_quiet_sweep_costs_q_plus_three_batch_calls_and_its_heartbeat(platform: Platform) -> None:
    healthy(platform, names=("align", "call", "sort"))
    platform.sweeps = False
    platform.calls.made.clear()

    report = platform.handle("diagnose", {"v": 1, "hint": "sweep"})

    assert report is not None
    assert report["looks"] == 3
    batch = platform.calls.count("batch")
    assert sum(batch.values()) == 3 + 2  # nothing waits, so there is no job to describe
    assert platform.calls.count("dynamodb", "events") == HEARTBEAT | {"dynamodb:Query": 1}
    assert platform.calls.count("sqs", "sns", "ec2", "ecs") == {}


def test_a_sweep_with_an_open_incident_and_no_news_writes_its_heartbeat_only(platform: Platform) -> None:
    mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2048)
    platform.run(20)
    platform.calls.made.clear()

    platform.handle("diagnose", {"v": 1, "hint": "sweep"})

    assert sum(platform.calls.count("batch").values()) == 1 + 3
    assert sum(platform.calls.count("ec2", "ecs").values()) <= 8
    assert platform.calls.count("dynamodb", "sqs", "events") == HEARTBEAT | {"dynamodb:Query": 1}


def burst(platform: Platform, events: int, *, invocations: int, seed: int) -> None:
    """So many hints of one queue, a fifth of them twice, in random order, over invocations at the same time."""
    print(f"seed {seed}")
    hint = {"v": 1, "hint": "runnable", "queue": QUEUE, "compute_environment": None}
    bodies = [json.dumps({**hint, "at": f"2026-11-25T08:00:{number % 60:02d}Z"}) for number in range(events)]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies + bodies[::5])]
    random.Random(seed).shuffle(records)
    batches = [{"Records": records[start::invocations]} for start in range(invocations)]
    answers = platform.at_once("diagnose", batches, seed=seed)
    assert answers == [{"batchItemFailures": []}] * invocations


def blocked_by_a_mismatch(platform: Platform) -> None:
    """The fault is there, jobs wait, and nobody has looked yet."""
    platform.sweeps = False
    mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2048, jobs=3)
    platform.run(0.5)
    platform.queues["looks"].clear()
    platform.calls.made.clear()


def calls_of_a_burst(platform: Platform, events: int, *, seed: int) -> tuple[dict[str, int], int]:
    """What the burst and the look that it promises cost: reads of AWS by operation, and calls of DynamoDB."""
    blocked_by_a_mismatch(platform)
    burst(platform, events, invocations=5, seed=seed)
    platform.run(5)
    reads, store = dict(platform.calls.count(*READ)), sum(platform.calls.count("dynamodb").values())
    platform.run(10)
    mails, slack = platform.headlines
    assert (len(platform.incidents()), len(mails), len(slack)) == (1, 1, 1)
    return reads, store


@pytest.mark.parametrize("seed", range(3))
def test_ten_thousand_events_cost_what_a_hundred_cost(make_platforms: Callable[..., Platform], seed: int) -> None:
    few_reads, few_writes = calls_of_a_burst(make_platforms(), 100, seed=seed)
    many_reads, many_writes = calls_of_a_burst(make_platforms(), 10_000, seed=seed)

    assert many_reads == few_reads
    looks = 2  # the burst's own, and the one promised for after the lease
    assert sum(count for call, count in many_reads.items() if call.startswith("batch:")) == looks * (1 + 3)
    assert many_writes - few_writes <= 5  # one for each invocation


@pytest.mark.parametrize("seed", range(5))
def test_five_sweeps_at_once_open_one_incident_and_tell_it_once(
    make_platforms: Callable[..., Platform], seed: int
) -> None:
    platform = make_platforms()
    blocked_by_a_mismatch(platform)

    platform.at_once("diagnose", [{"v": 1, "hint": "sweep"}] * 5, seed=seed)
    doorbells = [{"messageId": message.id, "body": message.body} for message in platform.queues["notices"]]
    platform.at_once("notify", [{"Records": doorbells}] * 5, seed=seed)
    platform.run(10)

    assert len(platform.incidents()) == 1
    assert (len(platform.sns), len(platform.slack)) == (1, 1)


@pytest.mark.parametrize("operation", ["DescribeSecurityGroups", "DescribeSubnets"])
def test_a_denied_read_is_said_and_is_no_fault_of_the_account(platform: Platform, operation: str) -> None:
    mismatch(platform)
    platform.account.deny("ec2", operation)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2048)
    platform.run(20)

    ((diagnosis, _, _),) = summary(platform)
    assert diagnosis == "compute_environment_invalid"  # what can still be said
    (incident,) = platform.incidents()
    gap = {"check": "security_group_in_other_vpc", "because": f"ec2:{operation}: UnauthorizedOperation"}
    assert gap in incident["checks"]["not_checked"]
    assert platform.crashes == []


def test_a_throttled_triage_is_tried_again_until_the_fault_is_told(platform: Platform) -> None:
    mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2048)
    platform.account.throttle("batch", "DescribeJobQueues", 2)
    platform.run(30)

    assert [one["diagnosis"] for one in platform.incidents() if one["status"] == "open"] == [
        "security_group_in_other_vpc"
    ]
    assert platform.dead == []


def test_one_poison_record_spoils_nothing(platform: Platform) -> None:
    mismatch(platform)
    platform.run(12)
    platform.sweeps = False
    good = json.dumps({"v": 1, "hint": "runnable", "queue": QUEUE, "compute_environment": None, "at": "now"})
    poison = ["{", "null", json.dumps({"v": 1, "hint": "runnable", "queue": 7}), "x" * 1_000_000]
    for body in (poison[0], good, *poison[1:]):
        platform.send("looks", body, delay=0)
    platform.run(90)

    assert len(platform.incidents()) == 1
    assert sorted(platform.dead) == sorted(poison)
    assert platform.crashes == []

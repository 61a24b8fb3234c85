"""From the bus to the function: what AWS Batch sends arrives as a hint, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.stack import LocalStack, wait_for
from tests.stack.probing import Probe

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/PexjEHappyPathCanary2JobQueue"


def hints(probe: Probe) -> list[Any]:
    """Every hint that diagnose received, out of its queue or directly."""
    found: list[Any] = []
    for event in probe.received("diagnose"):
        bodies = [record["body"] for record in event.get("Records", ())]
        found += [json.loads(body) for body in bodies if body.startswith("{")] if "Records" in event else [event]
    return found


@pytest.mark.parametrize(("sample", "kind"), [("job_runnable", "runnable"), ("job_queue_blocked", "blocked")])
def test_batch_event_becomes_a_hint(
    probe: Probe, local_stack: LocalStack, bus_sample: Callable[[str], dict[str, Any]], sample: str, kind: str
) -> None:
    event = {**bus_sample(sample), "time": f"2024-05-01T00:00:0{len(kind) % 10}Z"}
    local_stack.publish(event)

    expected = {"v": 1, "hint": kind, "queue": QUEUE, "compute_environment": None, "at": event["time"]}
    wait_for(lambda: expected in hints(probe), seconds=20, what=f"the hint {kind}")


@pytest.mark.parametrize("sample", ["instance_not_launched", "instance_not_launched_of_an_old_group"])
def test_a_launch_that_failed_becomes_a_hint(
    probe: Probe, local_stack: LocalStack, bus_sample: Callable[[str], dict[str, Any]], sample: str
) -> None:
    event = {**bus_sample(sample), "time": f"2024-05-02T00:00:{len(sample)}Z"}
    local_stack.publish(event)

    group = event["detail"]["AutoScalingGroupName"]
    expected = {"v": 1, "hint": "launch_failed", "queue": None, "compute_environment": group, "at": event["time"]}
    wait_for(lambda: expected in hints(probe), seconds=20, what="the hint launch_failed")


@pytest.mark.parametrize(
    "sample",
    [
        "instance_not_launched_of_another_group",
        "job_running",
        "job_runnable_of_other_source",
        "service_job_queue_blocked",
    ],
)
def test_other_events_do_not_pass(
    probe: Probe, local_stack: LocalStack, bus_sample: Callable[[str], dict[str, Any]], sample: str
) -> None:
    quiet, loud = f"2024-06-01T00:00:{len(sample)}Z", f"2024-06-02T00:00:{len(sample)}Z"
    local_stack.publish({**bus_sample(sample), "time": quiet})
    local_stack.publish({**bus_sample("job_runnable"), "time": loud})
    wait_for(lambda: loud in [hint.get("at") for hint in hints(probe)], seconds=20, what="the later event")

    assert quiet not in [hint.get("at") for hint in hints(probe)]


def test_deployed_rules_match_the_samples_as_eventbridge_does(
    probe: Probe, local_stack: LocalStack, bus_sample: Callable[[str], dict[str, Any]]
) -> None:
    events = local_stack.client("events")
    names = ("job_runnable", "job_queue_blocked", "job_running", "job_runnable_of_other_source")
    samples = {name: json.dumps(bus_sample(name)) for name in names}

    def matched(rule: str) -> set[str]:
        pattern = events.describe_rule(Name=probe.deployment.resources[rule])["EventPattern"]
        return {
            name
            for name, event in samples.items()
            if events.test_event_pattern(EventPattern=pattern, Event=event)["Result"]
        }

    assert matched("JobBecameRunnable") == {"job_runnable"}
    assert matched("JobQueueBlocked") == {"job_queue_blocked"}


def test_schedule_sweeps_every_five_minutes(probe: Probe, local_stack: LocalStack) -> None:
    scheduler = local_stack.client("scheduler")
    (name,) = (
        schedule["Name"]
        for schedule in scheduler.list_schedules()["Schedules"]
        if probe.deployment.resources["DiagnoseFunction"] in schedule["Target"]["Arn"]
    )
    schedule = scheduler.get_schedule(Name=name)

    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    assert json.loads(schedule["Target"]["Input"]) == {"v": 1, "hint": "sweep"}
    assert schedule["Target"]["DeadLetterConfig"]["Arn"].endswith(
        probe.deployment.resources["DeadLetterQueue"].rsplit("/", 1)[1]
    )


def test_message_that_always_fails_ends_in_the_dead_letter_queue(probe: Probe, local_stack: LocalStack) -> None:
    sqs = local_stack.client("sqs")
    notices, dead = (probe.deployment.resources[name] for name in ("NoticesQueue", "DeadLetterQueue"))
    sqs.set_queue_attributes(QueueUrl=notices, Attributes={"VisibilityTimeout": "1"})
    sqs.send_message(QueueUrl=notices, MessageBody='{"poison": true}', DelaySeconds=0)

    def dead_bodies() -> list[str]:
        messages = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        return [message["Body"] for message in messages if "poison" in message["Body"]]

    assert wait_for(dead_bodies, seconds=60, what="the dead letter") == ['{"poison": true}']

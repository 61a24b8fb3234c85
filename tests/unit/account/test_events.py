"""Events as the AWS Batch User Guide shows them."""

import json
import re

from tests.unit.account.building import ACCOUNT, REGION, Owner

ENVELOPE = {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
# batch_job_events, the example of a RUNNABLE job
RUNNABLE_DETAIL = {
    "jobArn", "jobName", "jobId", "jobQueue", "status", "attempts", "createdAt", "retryStrategy", "dependsOn",
    "jobDefinition", "parameters", "container", "propagateTags", "platformCapabilities",
}  # fmt: skip
CONTAINER = {
    "image", "command", "volumes", "environment", "mountPoints", "ulimits", "networkInterfaces", "resourceRequirements",
    "secrets",
}  # fmt: skip


def test_a_state_change(owner: Owner) -> None:
    owner.an_environment()
    queue = owner.a_queue()
    job = owner.submit()
    owner.pass_minutes(1)
    (event,) = owner.events

    assert set(event) == ENVELOPE
    assert (event["version"], event["source"], event["account"], event["region"]) == (
        "0",
        "aws.batch",
        ACCOUNT,
        REGION,
    )
    assert event["detail-type"] == "Batch Job State Change"
    assert event["resources"] == [f"arn:aws:batch:{REGION}:{ACCOUNT}:job/{job}"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    detail = event["detail"]
    assert (set(detail), set(detail["container"])) == (RUNNABLE_DETAIL, CONTAINER)
    assert (detail["status"], detail["jobQueue"], detail["attempts"]) == ("RUNNABLE", queue, [])
    assert json.loads(json.dumps(event)) == event


def test_a_blocked_queue(owner: Owner) -> None:
    owner.an_environment()
    queue = owner.a_queue()
    job = owner.submit(vcpus=65)
    owner.pass_minutes(30)
    (event,) = owner.told_blocked()

    assert event["resources"] == [f"arn:aws:batch:{REGION}:{ACCOUNT}:job/{job}", queue]
    assert set(event["detail"]) == {*RUNNABLE_DETAIL, "statusReason"}
    assert event["detail"]["status"] == "RUNNABLE"


def test_events_carry_the_time_when_it_happened_whatever_the_stride(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    owner.submit()
    owner.pass_minutes(60)
    times = [event["time"] for event in owner.events]

    assert times == sorted(times)
    assert len(set(times)) == 4
    assert len({event["id"] for event in owner.events}) == 4


def test_an_event_is_a_photograph(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    owner.submit()
    owner.pass_minutes(1)
    before = json.dumps(owner.events[0])
    owner.pass_minutes(60)

    assert json.dumps(owner.events[0]) == before

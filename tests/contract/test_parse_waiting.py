"""What AWS Batch says of jobs and queues that wait on purpose, and of what it does not manage."""

import pytest

from batchmedic.aws import parse_batch
from tests.factories import ENVIRONMENT, QUEUE


@pytest.mark.parametrize(
    ("properties", "names"),
    [
        pytest.param({"consumableResourceList": [{"consumableResource": "a", "quantity": 1}]}, ("a",), id="one"),
        pytest.param({"consumableResourceList": [{"quantity": 1}, {}]}, (), id="without a name"),
        pytest.param({"consumableResourceList": None}, (), id="null list"),
        pytest.param({}, (), id="empty"),
        pytest.param(None, (), id="null"),
    ],
)
def test_consumable_resources_of_a_job(properties, names):
    job = parse_batch.job({"jobArn": "arn:job", "consumableResourceProperties": properties}, at_position_since=None)

    assert job.consumable_resources == names


@pytest.mark.parametrize(("policy", "expected"), [("arn:policy", "arn:policy"), ("", None), (None, None)])
def test_scheduling_policy_of_a_queue(policy, expected):
    described = {"jobQueueArn": QUEUE, "jobQueueName": "align", "schedulingPolicyArn": policy}

    assert parse_batch.job_queue(described).scheduling_policy == expected


@pytest.mark.parametrize(("kind", "unmanaged"), [("MANAGED", False), ("UNMANAGED", True), ("SOMETHING_NEW", False)])
def test_only_what_is_called_so_is_unmanaged(kind, unmanaged):
    described = {"computeEnvironmentArn": ENVIRONMENT, "computeEnvironmentName": "x", "type": kind}

    assert parse_batch.compute_environment(described).unmanaged is unmanaged


@pytest.mark.parametrize(
    ("capabilities", "platform"),
    [(["FARGATE"], "FARGATE"), (["EC2", "FARGATE"], None), ([], None), (None, None)],
    ids=["one", "several: any will do", "empty", "null"],
)
def test_the_platform_that_a_job_requires(capabilities, platform):
    container = {"resourceRequirements": [{"type": "VCPU", "value": "1"}]}
    described = {"jobArn": "arn:job", "container": container, "platformCapabilities": capabilities}

    wanted = parse_batch.job(described, at_position_since=None).requirements

    assert wanted is not None
    assert wanted.platform == platform

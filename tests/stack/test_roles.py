"""What each function may do with its deployed role, asked of the function itself."""

from typing import Any

import pytest

from tests.stack.probing import SLACK_WEBHOOK_PARAMETER, Probe

DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthorizationError"}
KEY = {"incident_key": {"S": "a"}, "generation": {"N": "1"}}
ITEM = {**KEY, "due_bucket": {"S": "open"}, "due_at": {"S": "2026"}}
DUE = {
    "IndexName": "due",
    "KeyConditionExpression": "due_bucket = :bucket",
    "ExpressionAttributeValues": {":bucket": {"S": "open"}},
}
QUEUE_ARN = "arn:aws:batch:us-east-1:123456789012:job-queue/some"


def filled(probe: Probe, parameters: dict[str, Any]) -> dict[str, Any]:
    """`{Name}` stands for the physical id of that resource."""
    resources = probe.deployment.resources
    return {
        name: resources[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
        for name, value in parameters.items()
    }


ALLOWED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("diagnose", "batch", "describe_job_queues", {}),
    ("diagnose", "batch", "describe_compute_environments", {}),
    ("diagnose", "batch", "describe_jobs", {"jobs": ["4c7599ae-0a82-49aa-ba5a-4727fcce14a8"]}),
    ("diagnose", "batch", "get_job_queue_snapshot", {"jobQueue": QUEUE_ARN}),
    ("diagnose", "ec2", "describe_vpcs", {}),
    ("diagnose", "ec2", "describe_subnets", {}),
    ("diagnose", "ec2", "describe_security_groups", {}),
    ("diagnose", "ec2", "describe_security_group_vpc_associations", {}),
    ("diagnose", "ec2", "describe_launch_template_versions", {"LaunchTemplateId": "lt-0123456789abcdef0"}),
    ("diagnose", "ec2", "describe_instance_types", {"InstanceTypes": ["c7g.4xlarge"]}),
    ("diagnose", "ecs", "list_container_instances", {"cluster": "some"}),
    (
        "diagnose",
        "ecs",
        "describe_container_instances",
        {"cluster": "some", "containerInstances": ["0123456789abcdef"]},
    ),
    ("diagnose", "dynamodb", "query", {"TableName": "{IncidentTable}", **DUE}),
    ("diagnose", "dynamodb", "update_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("diagnose", "dynamodb", "update_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "lease"}}}),
    ("diagnose", "sqs", "send_message", {"QueueUrl": "{NoticesQueue}", "MessageBody": "a"}),
    ("diagnose", "sqs", "send_message", {"QueueUrl": "{LooksQueue}", "MessageBody": "a"}),
    ("notify", "dynamodb", "update_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("notify", "sns", "publish", {"TopicArn": "{AlertTopic}", "Message": "a"}),
    ("notify", "ssm", "get_parameter", {"Name": SLACK_WEBHOOK_PARAMETER, "WithDecryption": True}),
]
FORBIDDEN: list[tuple[str, str, str, dict[str, Any]]] = [
    ("diagnose", "batch", "update_compute_environment", {"computeEnvironment": "some"}),
    ("diagnose", "batch", "terminate_job", {"jobId": "some", "reason": "none"}),
    ("diagnose", "ec2", "delete_security_group", {"GroupId": "sg-0123456789abcdef0"}),
    ("diagnose", "ec2", "describe_instances", {}),
    ("diagnose", "ecs", "describe_clusters", {"clusters": ["some"]}),
    ("diagnose", "dynamodb", "delete_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("diagnose", "dynamodb", "scan", {"TableName": "{IncidentTable}"}),
    ("diagnose", "dynamodb", "get_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "lease"}}}),
    ("diagnose", "sns", "publish", {"TopicArn": "{AlertTopic}", "Message": "a"}),
    ("diagnose", "ssm", "get_parameter", {"Name": SLACK_WEBHOOK_PARAMETER}),
    ("diagnose", "sqs", "receive_message", {"QueueUrl": "{NoticesQueue}"}),
    ("notify", "batch", "describe_job_queues", {}),
    ("notify", "ec2", "describe_vpcs", {}),
    ("notify", "dynamodb", "put_item", {"TableName": "{IncidentTable}", "Item": ITEM}),
    ("notify", "dynamodb", "update_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "lease"}}}),
    ("notify", "sqs", "send_message", {"QueueUrl": "{LooksQueue}", "MessageBody": "a"}),
    ("notify", "ssm", "get_parameter", {"Name": "/local/powertools-layer"}),
]


def named(call: tuple[str, str, str, dict[str, Any]]) -> str:
    return f"{call[0]}-{call[2]}"


@pytest.mark.parametrize("call", ALLOWED, ids=named)
def test_may(probe: Probe, call: tuple[str, str, str, dict[str, Any]]) -> None:
    function, service, operation, parameters = call
    tried = probe.attempt(f"{function.title()}Function", service, operation, **filled(probe, parameters))

    assert tried["answer"] not in DENIED, tried["message"]


@pytest.mark.parametrize("call", FORBIDDEN, ids=named)
def test_may_not(probe: Probe, call: tuple[str, str, str, dict[str, Any]]) -> None:
    function, service, operation, parameters = call
    tried = probe.attempt(f"{function.title()}Function", service, operation, **filled(probe, parameters))

    assert tried["answer"] in DENIED

"""What each function may do with its deployed role, asked of the function itself."""

import json
from typing import Any

import pytest

from tests.stack.probing import SLACK_WEBHOOK_PARAMETER, Probe, logical_id

DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthorizationError"}
KEY = {"incident_key": {"S": "a"}, "generation": {"N": "1"}}
ITEM = {**KEY, "due_bucket": {"S": "open"}, "due_at": {"S": "2026"}}
DUE = {
    "IndexName": "due",
    "KeyConditionExpression": "due_bucket = :bucket",
    "ExpressionAttributeValues": {":bucket": {"S": "open"}},
}
QUEUE_ARN = "arn:aws:batch:us-east-1:123456789012:job-queue/some"
EVENT = {"Source": "batchmedic", "DetailType": "Incident Opened", "Detail": "{}"}
SLEPT = {**EVENT, "DetailType": "Compute Environment Scaled To Zero"}
ENVIRONMENT_ARN = "arn:aws:batch:us-east-1:123456789012:compute-environment/some"
SWEPT = {**EVENT, "DetailType": "Sweep Completed"}
GROUP = {"GroupName": "batchmedic-some", "Description": "some", "VpcId": "vpc-0123456789abcdef0"}


def made_by(stack: str) -> dict[str, Any]:
    tags = [{"Key": "batchmedic:stack", "Value": stack}, {"Key": "batchmedic:managed", "Value": "true"}]
    return {"TagSpecifications": [{"ResourceType": "security-group", "Tags": tags}]}


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
    ("diagnose", "ec2", "describe_instances", {}),
    ("diagnose", "ec2", "describe_instance_type_offerings", {}),
    ("diagnose", "ec2", "describe_route_tables", {}),
    ("diagnose", "ec2", "describe_vpc_endpoints", {}),
    ("diagnose", "ec2", "describe_network_acls", {}),
    ("diagnose", "ec2", "describe_spot_fleet_requests", {}),
    (
        "diagnose",
        "ec2",
        "describe_spot_fleet_request_history",
        {"SpotFleetRequestId": "sfr-73fbd2ce-aa30-494c-8788-1cee4EXAMPLE", "StartTime": "2026-11-25T08:00:00Z"},
    ),
    ("diagnose", "autoscaling", "describe_auto_scaling_groups", {}),
    ("diagnose", "autoscaling", "describe_scaling_activities", {}),
    ("diagnose", "service-quotas", "get_service_quota", {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}),
    ("diagnose", "ecs", "list_container_instances", {"cluster": "some"}),
    ("diagnose", "ecs", "describe_clusters", {"clusters": ["some"]}),
    (
        "diagnose",
        "ecs",
        "describe_container_instances",
        {"cluster": "some", "containerInstances": ["0123456789abcdef"]},
    ),
    ("diagnose", "dynamodb", "query", {"TableName": "{IncidentTable}", **DUE}),
    ("diagnose", "dynamodb", "update_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("diagnose", "dynamodb", "update_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "lease"}}}),
    ("diagnose", "events", "put_events", {"Entries": [{**SWEPT, "EventBusName": "probe-findings"}]}),
    ("diagnose", "sqs", "send_message", {"QueueUrl": "{NoticesQueue}", "MessageBody": "a"}),
    ("diagnose", "sqs", "send_message", {"QueueUrl": "{LooksQueue}", "MessageBody": "a"}),
    ("diagnose", "sqs", "send_message", {"QueueUrl": "{RemediesQueue}", "MessageBody": "a"}),
    ("remediate", "batch", "describe_compute_environments", {}),
    ("remediate", "batch", "get_job_queue_snapshot", {"jobQueue": QUEUE_ARN}),
    ("remediate", "batch", "update_compute_environment", {"computeEnvironment": "some"}),
    ("remediate", "ec2", "create_security_group", {**GROUP, **made_by("probe")}),
    ("remediate", "ec2", "describe_security_groups", {}),
    ("remediate", "ecs", "describe_clusters", {"clusters": ["some"]}),
    ("remediate", "cloudformation", "describe_stack_resources", {"PhysicalResourceId": "arn:aws:batch:some"}),
    ("remediate", "cloudtrail", "lookup_events", {}),
    ("remediate", "ssm", "get_parameter", {"Name": "/batchmedic/probe/stop"}),
    ("remediate", "dynamodb", "update_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("remediate", "dynamodb", "get_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "repairs"}}}),
    ("remediate", "sqs", "send_message", {"QueueUrl": "{RemediesQueue}", "MessageBody": "a"}),
    ("scale_to_zero", "batch", "list_jobs", {"jobQueue": QUEUE_ARN, "jobStatus": "RUNNING"}),
    ("scale_to_zero", "batch", "update_compute_environment", {"computeEnvironment": "some"}),
    ("scale_to_zero", "batch", "tag_resource", {"resourceArn": ENVIRONMENT_ARN, "tags": {"batchmedic:floor": "16"}}),
    ("scale_to_zero", "batch", "untag_resource", {"resourceArn": ENVIRONMENT_ARN, "tagKeys": ["batchmedic:floor"]}),
    ("scale_to_zero", "ecs", "describe_clusters", {"clusters": ["some"]}),
    ("scale_to_zero", "ec2", "describe_launch_template_versions", {"LaunchTemplateId": "lt-0123456789abcdef0"}),
    ("scale_to_zero", "ssm", "get_parameter", {"Name": "/batchmedic/probe/stop"}),
    ("scale_to_zero", "dynamodb", "update_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "floors"}}}),
    ("scale_to_zero", "sqs", "send_message", {"QueueUrl": "{NoticesQueue}", "MessageBody": "a"}),
    ("scale_to_zero", "events", "put_events", {"Entries": [{**SLEPT, "EventBusName": "probe-findings"}]}),
    ("notify", "dynamodb", "update_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("notify", "sns", "publish", {"TopicArn": "{AlertTopic}", "Message": "a"}),
    ("notify", "sns", "list_subscriptions_by_topic", {"TopicArn": "{AlertTopic}"}),
    ("notify", "dynamodb", "query", {"TableName": "{IncidentTable}", **DUE}),
    ("notify", "dynamodb", "update_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "switchboard"}}}),
    ("notify", "dynamodb", "get_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "diary"}}}),
    ("notify", "sqs", "send_message", {"QueueUrl": "{NoticesQueue}", "MessageBody": "a"}),
    ("notify", "events", "put_events", {"Entries": [{**EVENT, "EventBusName": "probe-findings"}]}),
    ("notify", "ssm", "get_parameter", {"Name": SLACK_WEBHOOK_PARAMETER, "WithDecryption": True}),
]
FORBIDDEN: list[tuple[str, str, str, dict[str, Any]]] = [
    ("diagnose", "batch", "update_compute_environment", {"computeEnvironment": "some"}),
    ("diagnose", "batch", "terminate_job", {"jobId": "some", "reason": "none"}),
    ("diagnose", "ec2", "delete_security_group", {"GroupId": "sg-0123456789abcdef0"}),
    ("diagnose", "ec2", "describe_volumes", {}),
    ("diagnose", "ec2", "create_route", {"RouteTableId": "rtb-0123456789abcdef0", "DestinationCidrBlock": "0.0.0.0/0"}),
    ("diagnose", "service-quotas", "get_service_quota", {"ServiceCode": "s3", "QuotaCode": "L-DC2B2D3D"}),
    ("diagnose", "dynamodb", "delete_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("diagnose", "dynamodb", "scan", {"TableName": "{IncidentTable}"}),
    ("diagnose", "dynamodb", "get_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "lease"}}}),
    ("diagnose", "events", "put_events", {"Entries": [{**EVENT, "EventBusName": "probe-findings"}]}),
    ("diagnose", "sns", "publish", {"TopicArn": "{AlertTopic}", "Message": "a"}),
    ("diagnose", "ssm", "get_parameter", {"Name": SLACK_WEBHOOK_PARAMETER}),
    ("diagnose", "sqs", "receive_message", {"QueueUrl": "{NoticesQueue}"}),
    ("remediate", "batch", "update_job_queue", {"jobQueue": QUEUE_ARN}),
    ("remediate", "batch", "terminate_job", {"jobId": "some", "reason": "none"}),
    ("remediate", "batch", "delete_compute_environment", {"computeEnvironment": "some"}),
    ("remediate", "ec2", "create_security_group", GROUP),
    ("remediate", "ec2", "create_security_group", {**GROUP, **made_by("another stack")}),
    ("remediate", "ec2", "delete_security_group", {"GroupId": "sg-0123456789abcdef0"}),
    (
        "remediate",
        "ec2",
        "authorize_security_group_ingress",
        {"GroupId": "sg-0123456789abcdef0", "CidrIp": "0.0.0.0/0"},
    ),
    ("remediate", "ec2", "authorize_security_group_egress", {"GroupId": "sg-0123456789abcdef0"}),
    ("remediate", "iam", "get_role", {"RoleName": "some"}),
    ("remediate", "ssm", "get_parameter", {"Name": SLACK_WEBHOOK_PARAMETER}),
    ("remediate", "dynamodb", "delete_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("remediate", "sns", "publish", {"TopicArn": "{AlertTopic}", "Message": "a"}),
    ("notify", "events", "put_events", {"Entries": [{**EVENT, "EventBusName": "default"}]}),
    ("scale_to_zero", "batch", "tag_resource", {"resourceArn": ENVIRONMENT_ARN, "tags": {"mine": "16"}}),
    ("scale_to_zero", "batch", "terminate_job", {"jobId": "some", "reason": "none"}),
    ("scale_to_zero", "ec2", "delete_security_group", {"GroupId": "sg-0123456789abcdef0"}),
    ("scale_to_zero", "ec2", "describe_subnets", {}),
    ("scale_to_zero", "dynamodb", "update_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "repairs"}}}),
    ("scale_to_zero", "dynamodb", "update_item", {"TableName": "{IncidentTable}", "Key": KEY}),
    ("scale_to_zero", "events", "put_events", {"Entries": [{**EVENT, "EventBusName": "probe-findings"}]}),
    ("scale_to_zero", "sns", "publish", {"TopicArn": "{AlertTopic}", "Message": "a"}),
    ("notify", "batch", "describe_job_queues", {}),
    ("notify", "ec2", "describe_vpcs", {}),
    ("notify", "dynamodb", "put_item", {"TableName": "{IncidentTable}", "Item": ITEM}),
    ("notify", "dynamodb", "update_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "leases"}}}),
    ("notify", "dynamodb", "get_item", {"TableName": "{StateTable}", "Key": {"state_key": {"S": "repairs"}}}),
    ("notify", "sqs", "send_message", {"QueueUrl": "{LooksQueue}", "MessageBody": "a"}),
    ("notify", "ssm", "get_parameter", {"Name": "/local/powertools-layer"}),
]


def named(call: tuple[str, str, str, dict[str, Any]]) -> str:
    return f"{call[0]}-{call[2]}"


@pytest.mark.parametrize("call", ALLOWED, ids=named)
def test_may(probe: Probe, call: tuple[str, str, str, dict[str, Any]]) -> None:
    function, service, operation, parameters = call
    tried = probe.attempt(logical_id(function), service, operation, **filled(probe, parameters))

    assert tried["answer"] not in DENIED, tried["message"]


@pytest.mark.parametrize("call", FORBIDDEN, ids=named)
def test_may_not(probe: Probe, call: tuple[str, str, str, dict[str, Any]]) -> None:
    function, service, operation, parameters = call
    tried = probe.attempt(logical_id(function), service, operation, **filled(probe, parameters))

    assert tried["answer"] in DENIED


@pytest.mark.parametrize(
    ("sid", "call"),
    [
        pytest.param(
            "UpdateComputeEnvironments",
            ("batch", "update_compute_environment", {"computeEnvironment": "some"}),
            id="the update",
        ),
        pytest.param(
            "MakeSecurityGroupsInAnyVpc", ("ec2", "create_security_group", {**GROUP, **made_by("probe")}), id="the VPC"
        ),
        pytest.param(
            "MakeSecurityGroupsWithOurTags",
            ("ec2", "create_security_group", {**GROUP, **made_by("probe")}),
            id="the group",
        ),
        pytest.param(
            "TagWhatIsBeingMade", ("ec2", "create_security_group", {**GROUP, **made_by("probe")}), id="its tags"
        ),
    ],
)
def test_each_write_of_remediate_is_missed_when_it_is_taken_away(
    probe: Probe, sid: str, call: tuple[str, str, dict[str, Any]]
) -> None:
    iam, (service, operation, parameters) = probe.stack.client("iam"), call
    role = probe.deployment.resources["RemediateFunctionRole"]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [statement for statement in whole["Statement"] if statement["Sid"] != sid]
    assert len(kept) == len(whole["Statement"]) - 1
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**whole, "Statement": kept}))
    try:
        without = probe.attempt("RemediateFunction", service, operation, **parameters)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(whole))
    again = probe.attempt("RemediateFunction", service, operation, **parameters)

    assert without["answer"] in DENIED
    assert again["answer"] not in DENIED


def test_only_a_group_that_carries_our_tags_can_be_removed(probe: Probe) -> None:
    ec2 = probe.stack.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    theirs = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=vpc)["GroupId"]
    ours = ec2.create_security_group(GroupName="ours", Description="ours", VpcId=vpc, **made_by("probe"))["GroupId"]

    tried = {
        group: probe.attempt("RemediateFunction", "ec2", "delete_security_group", GroupId=group)
        for group in (theirs, ours)
    }

    assert tried[theirs]["answer"] in DENIED
    assert tried[ours]["answer"] not in DENIED

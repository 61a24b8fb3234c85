"""What ministack's IAM gets wrong about the simulated services, put right: actions, resources, condition keys.

Source: the pages on AWS Batch, Amazon EC2, Amazon ECS and Service Quotas in the Service Authorization Reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

CREATE_GROUP = "ec2:CreateSecurityGroup"
PUT_EVENTS = "events:PutEvents"
TAGGING = ("batch:TagResource", "batch:UntagResource")
ITEMS = ("dynamodb:GetItem", "dynamodb:UpdateItem")


def resource_arn(service: str, action: str, body: bytes, region: str, account_id: str) -> str | None:
    """The resource that IAM would check where ministack names another one; None where it is right."""
    prefix = f"arn:aws:{service}:{region}:{account_id}:"
    match service:
        case "batch":
            return _batch_resource(action, body, prefix)
        case "ec2":
            return _ec2_resource(action, body, prefix)
        case "ecs":
            return _ecs_resource(action, body, prefix)
        case "service-quotas":
            return _quota(action, body, prefix.replace(service, "servicequotas"))
    return None


def _ec2_resource(action: str, body: bytes, prefix: str) -> str | None:
    if action == "DeleteSecurityGroup":
        return f"{prefix}security-group/{_form(body).get('GroupId', '')}"
    if action == "CreateSecurityGroup":
        return f"{prefix}vpc/{_form(body).get('VpcId', '')}"
    if action == "DescribeSpotFleetRequestHistory":
        return f"{prefix}spot-fleet-request/{_form(body).get('SpotFleetRequestId', '')}"
    return "*" if action.startswith("Describe") else None


def _ecs_resource(action: str, body: bytes, prefix: str) -> str | None:
    """ministack names no cluster for some, and only the first of several resources is checked."""
    asked = json.loads(body or b"{}")
    if action == "DescribeClusters":
        return _arn(str(next(iter(asked.get("clusters", [])), "default")), f"{prefix}cluster/")
    if action == "DescribeContainerInstances":
        cluster = str(asked.get("cluster") or "default").rsplit("/", 1)[-1]
        return _arn(str(next(iter(asked.get("containerInstances", [])), "*")), f"{prefix}container-instance/{cluster}/")
    return None


def _batch_resource(action: str, body: bytes, prefix: str) -> str:
    if action == "GetJobQueueSnapshot":
        return _arn(_field(body, "jobQueue"), f"{prefix}job-queue/")
    if action == "UpdateComputeEnvironment":
        return _arn(_field(body, "computeEnvironment"), f"{prefix}compute-environment/")
    return "*"


def _quota(action: str, body: bytes, prefix: str) -> str:
    if action != "GetServiceQuota":
        return "*"
    return f"{prefix}{_field(body, 'ServiceCode')}/{_field(body, 'QuotaCode')}"


def _field(body: bytes, name: str) -> str:
    return str(json.loads(body or b"{}").get(name) or "")


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _condition_keys(action: str, body: bytes) -> dict[str, Any]:
    """Those that our policies ask for and ministack does not know."""
    if action == CREATE_GROUP:
        return _tags_of_a_new_group(body)
    if action == PUT_EVENTS:
        return _about_events(body)
    return _leading_keys(body) if action in ITEMS else {}


def _tags_of_a_new_group(body: bytes) -> dict[str, str]:
    """TagSpecification.1.Tag.1.Key and so on, as EC2's query protocol has it."""
    form = _form(body)
    keys = [name for name in form if name.startswith("TagSpecification.") and name.endswith(".Key")]
    return {f"aws:requesttag/{form[key]}".lower(): form.get(f"{key.removesuffix('Key')}Value", "") for key in keys}


def _about_events(body: bytes) -> dict[str, str]:
    """The condition keys of the first entry (EventBridge user guide, "Using IAM policy conditions")."""
    entries = json.loads(body or b"{}").get("Entries") or [{}]
    first = entries[0]
    return {"events:source": str(first.get("Source", "")), "events:detail-type": str(first.get("DetailType", ""))}


def _leading_keys(body: bytes) -> dict[str, list[str]]:
    """The partition key of the item asked for (Amazon DynamoDB developer guide, "Using IAM policy conditions").

    Named first in the request, as our adapters do; this is what tells it from a sort key here.
    """
    key = json.loads(body or b"{}").get("Key") or {}
    return {"dynamodb:LeadingKeys": [str(next(iter(value.values()))) for value in list(key.values())[:1]]}


def _arn(name_or_arn: str, prefix: str) -> str:
    return name_or_arn if name_or_arn.startswith("arn:") else prefix + name_or_arn


def mend(tags_of_group: Callable[[str], Mapping[str, str]]) -> None:
    """`tags_of_group` knows the tags of a security group (its id), for conditions on aws:ResourceTag."""
    from ministack.core import iam_actions, iam_evaluator
    from ministack.services import tagging

    original_action, original_arn = iam_actions.extract_iam_action, iam_actions.extract_resource_arn
    original_enforce, original_tags = iam_evaluator.enforce, tagging.resource_tags
    original_context = iam_actions.request_tag_context

    def extract_iam_action(service: str, *request: Any) -> str | None:
        action: str | None = original_action(service, *request)
        # IAM knows no batch actions here: SendMessageBatch needs sqs:SendMessage ("Amazon SQS API permissions").
        return action.removesuffix("Batch") if action and service in ("sns", "sqs") else action

    def extract_resource_arn(*request: Any) -> str:
        service, _method, path, _headers, body, _query, region, account_id = request
        action = original_action(*request[:6]) or ":"
        if action in TAGGING:  # the ARN stands in the path (Batch API reference, TagResource)
            return unquote(path.partition("/tags/")[2])
        mended = resource_arn(service, action.split(":", 1)[1], body, region, account_id)
        return str(original_arn(*request)) if mended is None else mended

    def request_tag_context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        return {**original_context(service, action, body, params), **_condition_keys(action, body)}

    def resource_tags(arn: str) -> dict[str, str] | None:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        if ":ec2:" in arn and kind == "security-group":
            return dict(tags_of_group(name))
        found: dict[str, str] | None = original_tags(arn)
        return found

    def enforce(access_key: str, action: str, service: str, region: str, **about: Any) -> Any:
        """A new group is checked in its VPC, as what it will be, and for the tags that it is made with."""
        if action != CREATE_GROUP:
            return original_enforce(access_key, action, service, region, **about)
        vpc, context = about["resource_arn"], about.get("service_context") or {}
        group = vpc.rpartition(":")[0] + ":security-group/*"
        in_vpc = {key: value for key, value in context.items() if not key.lower().startswith("aws:requesttag/")}
        denied = original_enforce(access_key, action, service, region, resource_arn=vpc, service_context=in_vpc)
        denied = denied or original_enforce(
            access_key, action, service, region, resource_arn=group, service_context=context
        )
        if denied or in_vpc == context:  # made without tags
            return denied
        tagging_it = {**context, "ec2:CreateAction": "CreateSecurityGroup"}
        return original_enforce(
            access_key, "ec2:CreateTags", service, region, resource_arn=group, service_context=tagging_it
        )

    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context
    iam_evaluator.enforce = enforce
    tagging.resource_tags = resource_tags

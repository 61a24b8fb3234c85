"""Who owns a compute environment: nobody, somebody, or nobody could look; the three are never mixed up."""

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.ownership_evidence import PAGES, OwnershipEvidence
from batchmedic.errors import NotReadError
from tests.contract.answering import answering, refusal
from tests.factories import ENVIRONMENT, NOW

NO_STACK = refusal("ValidationError", message=f"Stack for {ENVIRONMENT} does not exist")
TERRAFORM = "HashiCorp/1.0 Terraform/1.9"


def held_by(stack: str) -> dict[str, Any]:
    resource = {
        "StackName": stack,
        "LogicalResourceId": "Environment",
        "ResourceType": "AWS::Batch::ComputeEnvironment",
        "Timestamp": NOW,
        "ResourceStatus": "CREATE_COMPLETE",
    }
    return {"StackResources": [resource]}


def event(name: str, recorded: Any) -> dict[str, Any]:
    return {"EventName": name, "CloudTrailEvent": recorded if isinstance(recorded, str) else json.dumps(recorded)}


def stacks(aws, answer, *ids):
    with answering(aws("cloudformation"), DescribeStackResources=answer) as calls:
        return OwnershipEvidence(aws).stacks(ids or (ENVIRONMENT,)), calls


def makers(aws, answer):
    with answering(aws("cloudtrail"), LookupEvents=answer) as calls:
        return OwnershipEvidence(aws).makers("align-ec2"), calls


def test_the_stack_that_holds_it_is_named_and_each_id_is_asked_for_once(aws):
    found, calls = stacks(
        aws,
        lambda asked: held_by("pipelines") if asked["PhysicalResourceId"] == ENVIRONMENT else NO_STACK,
        ENVIRONMENT,
        "vpc-0a1",
        ENVIRONMENT,
    )

    assert (found.get(ENVIRONMENT), found.get("vpc-0a1")) == ("pipelines", None)
    assert [asked for _, asked in calls] == [{"PhysicalResourceId": ENVIRONMENT}, {"PhysicalResourceId": "vpc-0a1"}]
    with pytest.raises(NotReadError):
        found.get("vpc-0b2")


@pytest.mark.parametrize("answer", [NO_STACK, {"StackResources": []}, {}], ids=["none", "empty", "nothing"])
def test_no_stack_is_nobody(aws, answer):
    assert stacks(aws, answer)[0].get(ENVIRONMENT) is None


@pytest.mark.parametrize(
    ("error", "word"),
    [
        pytest.param(refusal("AccessDenied", status=403), "AccessDenied", id="denied"),
        pytest.param(refusal("Throttling"), "Throttling", id="throttled"),
        pytest.param(ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError", id="no answer"),
    ],
)
@pytest.mark.parametrize("ask", [stacks, makers])
def test_who_may_not_look_does_not_know(aws, ask, error, word):
    found, _ = ask(aws, error)

    assert found.unread == word
    with pytest.raises(NotReadError):
        found.get(ENVIRONMENT)


@pytest.mark.parametrize(
    ("events", "maker"),
    [
        pytest.param([event("CreateComputeEnvironment", {"userAgent": TERRAFORM})], TERRAFORM, id="made by Terraform"),
        pytest.param(
            [
                event("UpdateComputeEnvironment", {"userAgent": "console.amazonaws.com"}),
                event("CreateComputeEnvironment", {"userAgent": TERRAFORM}),
            ],
            TERRAFORM,
            id="changed by hand since",
        ),
        pytest.param([event("UpdateComputeEnvironment", {"userAgent": TERRAFORM})], None, id="older than the trail"),
        pytest.param([event("CreateComputeEnvironment", {})], None, id="no user agent"),
        pytest.param([event("CreateComputeEnvironment", "{")], None, id="garbled"),
        pytest.param([event("CreateComputeEnvironment", "[]")], None, id="no object"),
        pytest.param([], None, id="no event"),
    ],
)
def test_who_made_it_is_the_user_agent_of_its_creation(aws, events, maker):
    found, calls = makers(aws, {"Events": events})

    assert found.get("align-ec2") == maker
    assert calls[0][1]["LookupAttributes"] == [{"AttributeKey": "ResourceName", "AttributeValue": "align-ec2"}]


def test_the_creation_of_an_environment_that_was_changed_often_is_found(aws):
    updates = [event("UpdateComputeEnvironment", {"userAgent": "x"})] * 50

    def pages(asked: Any) -> dict[str, Any]:
        if "NextToken" in asked:
            return {"Events": [event("CreateComputeEnvironment", {"userAgent": TERRAFORM})]}
        return {"Events": updates, "NextToken": "2"}

    assert makers(aws, pages)[0].get("align-ec2") == TERRAFORM


def test_after_too_many_pages_it_is_not_known_who_made_it(aws):
    found, calls = makers(aws, {"Events": [], "NextToken": "more"})

    assert len(calls) == PAGES
    with pytest.raises(NotReadError):
        found.get("align-ec2")

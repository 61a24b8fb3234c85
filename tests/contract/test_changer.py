"""Nothing but what is listed leaves for Batch and EC2, and each refusal says whether to try again."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.parsers import ResponseParserError

from batchmedic.aws.changer import FLOORS, AwsChanger
from batchmedic.changes import NEW_GROUP, ApiCall
from batchmedic.errors import ChangeError, ForbiddenChangeError
from tests.contract.answering import answering, failing, recorded, refusal

UPDATE = "batch:UpdateComputeEnvironment"
ENVIRONMENT = "arn:aws:batch:eu-west-1:111122223333:compute-environment/align-ec2"


def update(resources: dict[str, Any] | None = None, **members: Any) -> ApiCall:
    return ApiCall(
        call=UPDATE,
        parameters={
            "computeEnvironment": ENVIRONMENT,
            "computeResources": {"securityGroupIds": ["sg-0a1"]} if resources is None else resources,
            **members,
        },
    )


FORBIDDEN = [
    pytest.param(update({"securityGroupIds": []}), id="no group at all"),
    pytest.param(update({"securityGroupIds": [NEW_GROUP]}), id="a group that is not made yet"),
    pytest.param(update({"securityGroupIds": ["sg-0a1"], "maxvCpus": 4}), id="two things at once"),
    pytest.param(update({}), id="nothing"),
    pytest.param(update({"minvCpus": 0}), id="minvCpus"),
    pytest.param(update({"desiredvCpus": 0}), id="desiredvCpus"),
    pytest.param(update({"instanceRole": "x"}), id="a role"),
    pytest.param(update({"launchTemplate": {"launchTemplateId": "lt-0a1"}}), id="a launch template"),
    pytest.param(update({"subnets": ["subnet-0a1"]}), id="subnets"),
    pytest.param(update({"maxvCpus": "4"}), id="a text for a number"),
    pytest.param(update(serviceRole="x"), id="the service role"),
    pytest.param(update(state="DISABLED"), id="the state"),
    pytest.param(update(updatePolicy={"terminateJobsOnUpdate": True}), id="ending jobs"),
    pytest.param(ApiCall(call="batch:DeleteComputeEnvironment", parameters={"computeEnvironment": "x"}), id="a delete"),
    pytest.param(ApiCall(call="batch:TerminateJob", parameters={"jobId": "x", "reason": "x"}), id="a job"),
    pytest.param(
        ApiCall(call="ec2:AuthorizeSecurityGroupIngress", parameters={"GroupId": "sg-0a1"}), id="opening a group"
    ),
    pytest.param(ApiCall(call="ec2:DeleteSecurityGroup", parameters={"GroupName": "default"}), id="a group by name"),
    pytest.param(ApiCall(call="iam:PassRole", parameters={}), id="no call at all"),
]


@pytest.mark.parametrize("call", FORBIDDEN)
def test_what_is_not_on_the_list_never_leaves(aws, call):
    clients = {name: aws(name) for name in ("batch", "ec2")}

    with recorded(clients["batch"]) as batch, recorded(clients["ec2"]) as ec2, pytest.raises(ForbiddenChangeError):
        AwsChanger(clients.__getitem__).apply(call)

    assert (batch, ec2) == ([], [])


def test_an_update_is_sent_as_it_was_planned(aws):
    answer = {"computeEnvironmentArn": ENVIRONMENT}
    with answering(aws("batch"), UpdateComputeEnvironment=answer) as calls:
        assert AwsChanger(aws).apply(update()) == ""

    assert calls == [("UpdateComputeEnvironment", update().parameters)]


def test_what_was_made_is_named(aws):
    call = ApiCall(
        call="ec2:CreateSecurityGroup", parameters={"GroupName": "g", "Description": "d", "VpcId": "vpc-0a1"}
    )
    with answering(aws("ec2"), CreateSecurityGroup={"GroupId": "sg-0new"}):
        assert AwsChanger(aws).apply(call) == "sg-0new"


@pytest.mark.parametrize(
    ("error", "retryable", "says"),
    [
        pytest.param(refusal("TooManyRequestsException", status=429), True, "TooManyRequestsException: no", id="429"),
        pytest.param(refusal("ServerException", status=500), True, "ServerException: no", id="500"),
        pytest.param(
            refusal("ClientException", message="Cannot update, resource is being modified."),
            True,
            "ClientException: Cannot update, resource is being modified.",
            id="being modified",
        ),
        pytest.param(refusal("ClientException"), False, "ClientException: no", id="refused"),
        pytest.param(refusal("AccessDeniedException", status=403), False, "AccessDeniedException: no", id="denied"),
        pytest.param(
            refusal("ClientException", message="x \n" * 999), False, "ClientException: " + "x " * 500, id="cut"
        ),
        pytest.param(EndpointConnectionError(endpoint_url="x"), True, "EndpointConnectionError", id="no connection"),
        pytest.param(ResponseParserError("x"), True, "ResponseParserError", id="garbled"),
    ],
)
def test_a_refusal_says_why_and_whether_to_try_again(aws, error, retryable, says):
    with answering(aws("batch"), UpdateComputeEnvironment=error), pytest.raises(ChangeError) as caught:
        AwsChanger(aws).apply(update())

    assert (caught.value.retryable, caught.value.because) == (retryable, says)


def test_every_operation_that_fails_is_one_try(aws):
    with failing(aws("batch"), "TooManyRequestsException"), recorded(aws("batch")) as calls, pytest.raises(ChangeError):
        AwsChanger(aws).apply(update())

    assert len(calls) == 1


LONGEST = "r" * 64  # IAM API, CreateRole: a role name has up to 64 characters, and so has a role session name


def test_a_refusal_for_want_of_pass_role_names_the_whole_role(aws):
    role = f"arn:aws:iam::111122223333:role/{LONGEST}"
    message = (
        f"User: arn:aws:sts::111122223333:assumed-role/{LONGEST}/{LONGEST} is not authorized to perform: iam:PassRole "
        f"on resource: {role} because no identity-based policy allows the iam:PassRole action"
    )
    denied = refusal("AccessDeniedException", status=403, message=message)

    with answering(aws("batch"), UpdateComputeEnvironment=denied), pytest.raises(ChangeError) as caught:
        AwsChanger(aws).apply(update())

    assert role in caught.value.because


# --- floors


def tag(tags: Any, **members: Any) -> ApiCall:
    return ApiCall(call="batch:TagResource", parameters={"resourceArn": ENVIRONMENT, "tags": tags, **members})


def untag(*keys: Any) -> ApiCall:
    return ApiCall(call="batch:UntagResource", parameters={"resourceArn": ENVIRONMENT, "tagKeys": list(keys)})


ZERO, KEPT, GONE = update({"minvCpus": 0}), tag({"batchmedic:floor": "16"}), untag("batchmedic:floor")


@pytest.mark.parametrize("call", [ZERO, update({"minvCpus": 16}), KEPT, GONE], ids=["zero", "16", "tag", "untag"])
def test_a_floor_and_its_tag_are_sent_as_they_are(aws, call):
    operation = call.call.partition(":")[2]
    with answering(aws("batch"), **{operation: {}}) as calls:
        AwsChanger(aws, FLOORS).apply(call)

    assert calls == [(operation, call.parameters)]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(update({}), id="nothing"),
        pytest.param(update({"minvCpus": 0, "desiredvCpus": 0}), id="desiredvCpus, too"),
        pytest.param(update({"desiredvCpus": 0}), id="desiredvCpus"),
        pytest.param(update({"maxvCpus": 0}), id="maxvCpus"),
        pytest.param(update({"minvCpus": "0"}), id="a text for a number"),
        pytest.param(update({"minvCpus": None}), id="no number at all"),
        pytest.param(update(), id="security groups"),
        pytest.param(update({"minvCpus": 0}, state="DISABLED"), id="the state"),
        pytest.param(update({"minvCpus": 0}, serviceRole="x"), id="the service role"),
        pytest.param(update({"minvCpus": 0}, updatePolicy={"jobExecutionTimeoutMinutes": 1}), id="the update policy"),
        pytest.param(update({"minvCpus": 0}, updatePolicy={"terminateJobsOnUpdate": True}), id="ending jobs"),
        pytest.param(tag({"batchmedic:scale-to-zero": "off"}), id="another tag of ours"),
        pytest.param(tag({"batchmedic:floor": "16", "Name": "x"}), id="a tag of the owner's, too"),
        pytest.param(tag({"batchmedic:floor": 16}), id="a number for a text"),
        pytest.param(untag("Name"), id="taking away another tag"),
        pytest.param(untag("batchmedic:floor", "Name"), id="taking away another tag, too"),
        pytest.param(untag(), id="taking away nothing"),
        pytest.param(ApiCall(call="ec2:DeleteSecurityGroup", parameters={"GroupId": "sg-0a1"}), id="a group"),
        pytest.param(ApiCall(call="batch:UpdateJobQueue", parameters={"jobQueue": "x"}), id="a queue"),
    ],
)
def test_nothing_else_leaves_for_the_sake_of_a_floor(aws, call):
    clients = {name: aws(name) for name in ("batch", "ec2")}

    with recorded(clients["batch"]) as batch, recorded(clients["ec2"]) as ec2, pytest.raises(ForbiddenChangeError):
        AwsChanger(clients.__getitem__, FLOORS).apply(call)

    assert (batch, ec2) == ([], [])


@pytest.mark.parametrize("call", [ZERO, KEPT, GONE], ids=["minvCpus", "tag", "untag"])
def test_a_repair_sends_nothing_of_it(aws, call):
    with recorded(aws("batch")) as calls, pytest.raises(ForbiddenChangeError):
        AwsChanger(aws).apply(call)

    assert calls == []

"""Who changed it, by CloudTrail: the newest write, or nobody can say."""

import json

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.history import CloudTrailHistory
from batchmedic.incidents import ChangedBy
from tests.contract.answering import answering, refusal
from tests.factories import NOW, minutes


def an_event(name, *, ago, read_only="false", **more):
    return {"EventName": name, "EventTime": NOW - minutes(ago), "ReadOnly": read_only, "Username": "ann", **more}


def ask(clients, answer):
    cloudtrail = clients("cloudtrail")
    with answering(cloudtrail, LookupEvents=answer) as calls:
        change = CloudTrailHistory(lambda: cloudtrail).last_change("align-ec2", now=NOW)
    return change, calls


def test_the_newest_write_is_told(clients):
    arn = "arn:aws:sts::111122223333:assumed-role/admin/ann"
    events = [
        an_event("DescribeComputeEnvironments", ago=1, read_only="true"),
        an_event("CreateComputeEnvironment", ago=300),
        an_event("UpdateComputeEnvironment", ago=20, CloudTrailEvent=json.dumps({"userIdentity": {"arn": arn}})),
    ]

    change, calls = ask(clients, {"Events": events})

    assert change == ChangedBy(principal=arn, event="UpdateComputeEnvironment", at=NOW - minutes(20))
    ((_, asked),) = calls
    assert asked["LookupAttributes"] == [{"AttributeKey": "ResourceName", "AttributeValue": "align-ec2"}]


@pytest.mark.parametrize("detail", [{}, {"CloudTrailEvent": "{"}, {"CloudTrailEvent": "[]"}, {"CloudTrailEvent": "{}"}])
def test_without_an_arn_the_user_name_does(clients, detail):
    change, _ = ask(clients, {"Events": [an_event("UpdateComputeEnvironment", ago=1, **detail)]})

    assert change is not None
    assert change.principal == "ann"


@pytest.mark.parametrize(
    "answer",
    [
        {"Events": []},
        {"Events": [an_event("UpdateComputeEnvironment", ago=1, CloudTrailEvent='{"errorCode": "ClientException"}')]},
        {"Events": [an_event("DescribeComputeEnvironments", ago=1, read_only="true")]},
        refusal("AccessDeniedException", status=403),
        refusal("ThrottlingException"),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_otherwise_nobody_can_say(clients, answer):
    assert ask(clients, answer)[0] is None

"""The names that are never changed again, because what they name holds something.

CloudFormation knows a resource by its logical id and its type only: with another id, an update makes a new, empty
resource and deletes the old one, and what was in there is gone: incidents that are open, repairs that are running,
leases, messages in flight and dead letters, what was subscribed to the topic or put on the bus, and the logs.
"""

from collections.abc import Mapping
from typing import Any

from tests.conventions.translated import TRANSLATED

# Only ever add to these. To replace one, let both be there for a release, and move what is in it.
FROZEN = {
    "IncidentTable": "AWS::DynamoDB::Table",  # retained, but the new stack would not know it
    "StateTable": "AWS::DynamoDB::Table",
    "DeadLetterQueue": "AWS::SQS::Queue",
    "LooksQueue": "AWS::SQS::Queue",
    "NoticesQueue": "AWS::SQS::Queue",
    "RemediesQueue": "AWS::SQS::Queue",
    "AlertTopic": "AWS::SNS::Topic",
    "FindingsBus": "AWS::Events::EventBus",
    "LogGroup": "AWS::Logs::LogGroup",
}
# A change of these replaces the resource under its own id, which is as bad (Template Reference, "Update requires").
FROZEN_PROPERTIES: dict[str, dict[str, Any]] = {
    "IncidentTable": {
        "KeySchema": [
            {"AttributeName": "incident_key", "KeyType": "HASH"},
            {"AttributeName": "generation", "KeyType": "RANGE"},
        ],
    },
    "StateTable": {"KeySchema": [{"AttributeName": "state_key", "KeyType": "HASH"}]},
    "FindingsBus": {"Name": {"Fn::Sub": "${AWS::StackName}-findings"}},
}
NAMES = {  # a name that comes or goes replaces the resource, too
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::Logs::LogGroup": "LogGroupName",
}
HOLDING = {*NAMES, "AWS::Events::EventBus", "AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::Events::Archive"}


def properties_of(logical_id: str) -> Mapping[str, Any]:
    properties: dict[str, Any] = TRANSLATED["Resources"].get(logical_id, {}).get("Properties", {})
    return properties


def test_what_holds_something_keeps_its_logical_id() -> None:
    there = {name: one["Type"] for name, one in TRANSLATED["Resources"].items() if one["Type"] in HOLDING}

    lost = FROZEN.items() - there.items()
    assert not lost, f"renamed or removed, CloudFormation deletes it with all that is in it: {sorted(lost)}"
    new = there.items() - FROZEN.items()
    assert not new, f"freeze it, before it holds something: {sorted(new)}"


def test_what_holds_something_is_not_replaced_under_its_id() -> None:
    for logical_id, frozen in FROZEN_PROPERTIES.items():
        found = {name: properties_of(logical_id).get(name) for name in frozen}
        assert found == frozen, f"CloudFormation replaces {logical_id}, and what is in it is lost"
    for logical_id, kind in FROZEN.items():
        assert NAMES.get(kind) not in properties_of(logical_id), logical_id

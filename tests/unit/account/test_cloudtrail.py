"""CloudTrail: who changed what, some minutes later."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import Caller
from tests.unit.account.building import ACCOUNT, START, Owner, code_of


def events(owner: Owner, name: str, **parameters: Any) -> list[dict[str, Any]]:
    attributes = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
    return list(owner.cloudtrail.lookup_events(LookupAttributes=attributes, **parameters)["Events"])


def names(owner: Owner, name: str, **parameters: Any) -> list[str]:
    return [each["EventName"] for each in events(owner, name, **parameters)]


def test_changes_of_an_environment_are_found_by_name_and_by_arn_the_newest_first(owner: Owner) -> None:
    arn = owner.an_environment()
    owner.update(computeResources={"maxvCpus": 32}, minutes=5)
    owner.batch.tag_resource(resourceArn=arn, tags={"team": "a"})
    owner.a_queue()
    owner.submit()
    owner.pass_minutes(10)

    expected = ["TagResource", "UpdateComputeEnvironment", "CreateComputeEnvironment"]
    assert names(owner, "ce") == names(owner, arn) == expected
    assert names(owner, "queue") == ["CreateJobQueue"]  # not the jobs that go there


def test_an_event_says_who_with_what_and_how(owner: Owner) -> None:
    owner.an_environment()
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/pipeline"
    owner.account.caller = Caller(arn=role, user_agent="Terraform/1.9")
    owner.update(computeResources={"maxvCpus": 32}, minutes=10)
    event = events(owner, "ce")[0]
    record = json.loads(event["CloudTrailEvent"])

    assert (event["Username"], event["ReadOnly"], event["EventSource"]) == ("pipeline", "false", "batch.amazonaws.com")
    assert event["EventTime"] == START + timedelta(minutes=2)
    assert (record["userIdentity"]["arn"], record["userAgent"]) == (role, "Terraform/1.9")
    assert record["requestParameters"] == {"computeEnvironment": "ce", "computeResources": {"maxvCpus": 32}}


def test_it_takes_minutes_until_an_event_is_there(owner: Owner) -> None:
    owner.an_environment()  # two minutes
    assert names(owner, "ce") == []
    owner.pass_minutes(3)
    assert names(owner, "ce") == ["CreateComputeEnvironment"]


def test_only_what_lies_between_the_times(owner: Owner) -> None:
    owner.an_environment()
    owner.update(computeResources={"maxvCpus": 32}, minutes=20)
    begin, end = START + timedelta(minutes=1), START + timedelta(minutes=60)

    assert names(owner, "ce", StartTime=begin, EndTime=end) == ["UpdateComputeEnvironment"]
    assert names(owner, "ce", StartTime=START, EndTime=begin) == ["CreateComputeEnvironment"]
    with pytest.raises(ClientError, match="InvalidTimeRangeException"):
        names(owner, "ce", StartTime=end, EndTime=begin)


def test_what_was_refused_is_remembered_with_its_error(owner: Owner) -> None:
    owner.an_environment()
    parameters = {"computeEnvironment": "ce", "computeResources": {"maxvCpus": 8, "minvCpus": 9}}
    assert code_of(owner.account, "batch", "UpdateComputeEnvironment", **parameters) == "ClientException"
    owner.pass_minutes(10)

    assert json.loads(events(owner, "ce")[0]["CloudTrailEvent"])["errorCode"] == "ClientException"


def test_changes_of_ec2_are_found_by_the_id_that_was_made_or_named(owner: Owner) -> None:
    template = owner.a_template("workers", SecurityGroupIds=[owner.group])
    owner.ec2.delete_security_group(GroupId=owner.group)
    owner.pass_minutes(10)

    assert names(owner, owner.group) == ["DeleteSecurityGroup", "CreateSecurityGroup"]
    assert names(owner, template) == names(owner, "workers")[:1] == ["CreateLaunchTemplate"]
    assert names(owner, owner.subnet) == ["ModifySubnetAttribute", "CreateSubnet"]
    made = events(owner, owner.subnet)[-1]
    kinds = {each["ResourceName"]: each["ResourceType"] for each in made["Resources"]}
    assert kinds == {owner.subnet: "AWS::EC2::Subnet", owner.vpc: "AWS::EC2::VPC"}


def test_a_deleted_cluster_is_remembered(owner: Owner) -> None:
    owner.an_environment()
    cluster = owner.environment()["ecsClusterArn"]
    owner.ecs.delete_cluster(cluster=cluster)
    owner.pass_minutes(10)

    assert names(owner, cluster) == ["DeleteCluster"]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("EventName", "CreateSubnet", 1),
        ("EventSource", "ec2.amazonaws.com", 7),
        ("Username", "owner", 7),
        ("ResourceType", "AWS::EC2::SecurityGroup", 1),
        ("ReadOnly", "true", 0),
    ],
)
def test_other_ways_to_look_up(owner: Owner, key: str, value: str, found: int) -> None:
    owner.pass_minutes(10)
    attributes = [{"AttributeKey": key, "AttributeValue": value}]

    assert len(owner.cloudtrail.lookup_events(LookupAttributes=attributes)["Events"]) == found


def test_pages_hold_fifty_events(owner: Owner) -> None:
    for number in range(60):
        owner.a_group(owner.vpc, f"group-{number}")
    owner.pass_minutes(10)
    first = owner.cloudtrail.lookup_events()
    second = owner.cloudtrail.lookup_events(NextToken=first["NextToken"])

    assert (len(first["Events"]), len(second["Events"])) == (50, 17)
    assert not {each["EventId"] for each in first["Events"]} & {each["EventId"] for each in second["Events"]}
    assert code_of(owner.account, "cloudtrail", "LookupEvents", NextToken="x") == "InvalidNextTokenException"
    assert code_of(owner.account, "cloudtrail", "LookupEvents", MaxResults=51) == "InvalidMaxResultsException"


def test_one_attribute_at_a_time(owner: Owner) -> None:
    two = [{"AttributeKey": "Username", "AttributeValue": "a"}] * 2
    odd = [{"AttributeKey": "AccessKeyId", "AttributeValue": "a"}]
    code = "InvalidLookupAttributesException"

    assert code_of(owner.account, "cloudtrail", "LookupEvents", LookupAttributes=two) == code
    owner.pass_minutes(10)  # until there is something to look at
    assert code_of(owner.account, "cloudtrail", "LookupEvents", LookupAttributes=odd) == code

"""What a security scanner would ask of the translated template.

checkov was tried (3.3.30) and is not used. It does not fit into the development environment (its newest version that
does is of early 2024), and one of its own takes 99 packages, 194 MB, 27 to 29 seconds to set up and 5 to 7 seconds a
run. Its 25 findings are what this project decided otherwise: keys of AWS in place of one's own, no VPC, no reserved
concurrency, destinations in place of the older dead-letter setting, and no backup of the table that may be lost. What
of its checks matters here is below.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conventions.translated import TEXT, TRANSLATED, resources

DEAD_LETTERS = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
SUFFIXES = ("amazonaws.com", "${AWS::URLSuffix}")
STARRED = r"\w+:(Describe|List|Lookup)\w+"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowed() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role, also the conditional ones and those that SAM wrote."""
    for role, properties in resources("AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                yield role, statement["Fn::If"][1] if "Fn::If" in statement else statement


# what is kept is encrypted, and kept as long as it should be


@pytest.mark.parametrize("queue", resources("AWS::SQS::Queue"))
def test_queue_is_encrypted(queue: str) -> None:
    assert resources("AWS::SQS::Queue")[queue]["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("topic", resources("AWS::SNS::Topic"))
def test_topic_is_encrypted_or_says_why_not(topic: str) -> None:
    encrypted = "KmsMasterKeyId" in resources("AWS::SNS::Topic")[topic]

    assert encrypted or re.search(rf"  # Not encrypted [^\n]+: [^\n]+\n  {topic}:\n", TEXT)


@pytest.mark.parametrize("table", resources("AWS::DynamoDB::Table"))
def test_table_can_be_restored_or_may_be_lost(table: str) -> None:
    properties = resources("AWS::DynamoDB::Table")[table]
    restored = properties.get("PointInTimeRecoverySpecification") == {"PointInTimeRecoveryEnabled": True}
    retained = TRANSLATED["Resources"][table]["DeletionPolicy"] == "Retain"

    assert restored == retained
    assert restored or re.search(rf"  # [^\n]+ nothing here is missed when it is lost\.\n  {table}:\n", TEXT)


@pytest.mark.parametrize("group", resources("AWS::Logs::LogGroup"))
def test_logs_are_kept_as_long_as_was_asked(group: str) -> None:
    assert resources("AWS::Logs::LogGroup")[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("function", resources("AWS::Lambda::Function"))
def test_function_logs_to_a_group_of_the_stack(function: str) -> None:
    """Otherwise Lambda makes a group of its own, which is kept for ever."""
    group = resources("AWS::Lambda::Function")[function]["LoggingConfig"]["LogGroup"]["Ref"]

    assert group in resources("AWS::Logs::LogGroup")


# nothing is lost on the way


def edges() -> Iterator[tuple[str, dict[str, Any]]]:
    for rule, properties in resources("AWS::Events::Rule").items():
        yield from ((f"{rule}-{target['Id']}", target) for target in properties["Targets"])
    for schedule, properties in resources("AWS::Scheduler::Schedule").items():
        yield schedule, properties["Target"]


@pytest.mark.parametrize("edge", [pytest.param(edge, id=name) for name, edge in edges()])
def test_edge_gives_up_into_the_dead_letter_queue(edge: dict[str, Any]) -> None:
    assert edge["DeadLetterConfig"]["Arn"] == DEAD_LETTERS


def test_no_rule_has_a_role() -> None:
    """With a role, encrypted queues may refuse the rule."""
    targets = [target for rule in resources("AWS::Events::Rule").values() for target in rule["Targets"]]

    assert not any("RoleArn" in target for target in targets)


@pytest.mark.parametrize("schedule", resources("AWS::Scheduler::Schedule"))
def test_schedule_may_leave_a_dead_letter(schedule: str) -> None:
    """A schedule sends it by the rights of its own role, which SAM writes."""
    role = resources("AWS::Scheduler::Schedule")[schedule]["Target"]["RoleArn"]["Fn::GetAtt"][0]

    assert ("sqs:SendMessage", DEAD_LETTERS) in [
        (action, statement["Resource"])
        for name, statement in allowed()
        if name == role
        for action in as_list(statement["Action"])
    ]


def test_function_that_is_invoked_asynchronously_has_a_destination_for_what_fails() -> None:
    functions = resources("AWS::Lambda::Function")
    invoked = {edge["Arn"]["Fn::GetAtt"][0] for _, edge in edges()} & functions.keys()
    configured = {one["FunctionName"]["Ref"]: one for one in resources("AWS::Lambda::EventInvokeConfig").values()}

    assert invoked
    for function in invoked:
        assert configured[function]["DestinationConfig"]["OnFailure"]["Destination"] == DEAD_LETTERS


# who may do what


STATEMENTS = [pytest.param(one, id=f"{role}-{one.get('Sid', 'of-sam')}") for role, one in allowed()]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_only_looking_is_allowed_everywhere(statement: dict[str, Any]) -> None:
    assert "NotAction" not in statement
    assert "NotResource" not in statement
    assert not any("*" in action for action in as_list(statement["Action"]))
    if "*" in as_list(statement["Resource"]):
        assert all(re.fullmatch(STARRED, action) for action in as_list(statement["Action"]))


@pytest.mark.parametrize("role", resources("AWS::IAM::Role"))
def test_role_is_for_one_service_and_has_no_broad_policy(role: str) -> None:
    properties = resources("AWS::IAM::Role")[role]
    (trusted,) = properties["AssumeRolePolicyDocument"]["Statement"]
    managed = {arn.rpartition("/")[2] for arn in properties.get("ManagedPolicyArns", [])}

    assert trusted["Principal"].keys() == {"Service"}
    assert managed <= {"AWSLambdaBasicExecutionRole"}  # only writes logs


@pytest.mark.parametrize(
    ("action", "key", "names"),
    [
        # https://github.com/terraform-aws-modules/terraform-aws-eks/issues/3155
        ("iam:PassRole", "iam:PassedToService", ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]),
        ("kms:Decrypt", "kms:ViaService", [{"Fn::Sub": f"ssm.${{AWS::Region}}.{suffix}"} for suffix in SUFFIXES]),
    ],
)
def test_service_is_known_by_its_name_in_china_too(action: str, key: str, names: list[Any]) -> None:
    (statement,) = (statement for _, statement in allowed() if statement["Action"] == action)

    assert all(name in statement["Condition"]["StringEquals"][key] for name in names)


def invitations() -> Iterator[tuple[str, dict[str, Any]]]:
    """What the policies of queues and topics allow to others."""
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for name, properties in resources(kind).items():
            for statement in properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    yield f"{name}-{statement['Sid']}", statement


@pytest.mark.parametrize("statement", [pytest.param(one, id=name) for name, one in invitations()])
def test_service_may_come_only_for_our_own_resource(statement: dict[str, Any]) -> None:
    """Against the confused deputy: AWS's service, but on behalf of somebody else."""
    sources = as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])

    assert statement["Principal"].keys() == {"Service"}
    assert {source["Fn::GetAtt"][0] for source in sources} <= TRANSLATED["Resources"].keys()
    assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


@pytest.mark.parametrize("permission", resources("AWS::Lambda::Permission"))
def test_function_is_invoked_only_by_our_own_resource(permission: str) -> None:
    properties = resources("AWS::Lambda::Permission")[permission]

    assert properties["SourceArn"]["Fn::GetAtt"][0] in TRANSLATED["Resources"]
    assert properties["SourceAccount"] == {"Ref": "AWS::AccountId"}


@pytest.mark.parametrize(
    ("kind", "policy", "member"),
    [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_everything_that_takes_messages_refuses_plain_http(kind: str, policy: str, member: str) -> None:
    refusing = [
        target["Ref"]
        for properties in resources(policy).values()
        for statement in properties["PolicyDocument"]["Statement"]
        if (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        for target in properties[member]
    ]

    assert sorted(refusing) == sorted(resources(kind))

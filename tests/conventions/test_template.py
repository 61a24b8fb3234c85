"""Hold template.yaml to what the project says about it: symmetry, dead letters, least privilege, sample events."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "template.yaml").read_text()
TEMPLATE: dict[str, Any] = yaml_parse(TEXT)
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
DEAD_LETTERS = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}

# The rights that Lambda's event source mapping and SSM use on the function's behalf.
CALLED_BY_AWS = {"kms:Decrypt", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
SERVICES = ("autoscaling", "batch", "dynamodb", "ec2", "ecs", "sns", "sqs", "ssm")
BUS_SAMPLES = {
    "job_runnable": "JobBecameRunnable",
    "job_queue_blocked": "JobQueueBlocked",
    "instance_not_launched": "InstanceNotLaunched",
    "instance_not_launched_of_an_old_group": "InstanceNotLaunched",
    "instance_not_launched_of_another_group": None,
    "job_running": None,
    "job_runnable_of_other_source": None,
    "service_job_queue_blocked": None,
}


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    return {name: found.get("Properties", {}) for name, found in TEMPLATE["Resources"].items() if found["Type"] == kind}


FUNCTIONS = resources("AWS::Serverless::Function")
QUEUES = resources("AWS::SQS::Queue")
RULES = resources("AWS::Events::Rule")
MAPPINGS = resources("AWS::Lambda::EventSourceMapping")


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / name).read_text())
    return event


def folder_of(function: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every function's policies, also the conditional ones."""
    for function, properties in FUNCTIONS.items():
        for policy in properties["Policies"]:
            for statement in policy["Statement"]:
                yield function, statement["Fn::If"][1] if "Fn::If" in statement else statement


def actions_of(statement: Mapping[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)


def operations_of(service: str) -> list[str]:
    return list(botocore.session.get_session().get_service_model(service).operation_names)


# Actions that know no resource, and one that is asked by the id of a resource, before it is known which stack holds it.
STARRED = (
    r"(autoscaling|batch|ec2):Describe|batch:ListJobs|cloudtrail:LookupEvents|cloudformation:DescribeStackResources"
)


# one name, six places


def test_functions_are_exactly_the_folders() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}

    assert {folder_of(function) for function in FUNCTIONS} == folders


@pytest.mark.parametrize("function", FUNCTIONS)
def test_one_name_in_six_places(function: str) -> None:
    name = folder_of(function)
    properties = FUNCTIONS[function]

    assert properties["CodeUri"] == f"functions/{name}/"
    assert properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == name
    assert list((ROOT / "events" / name).glob("*.json"))
    assert (ROOT / f"layers/core/batchmedic/usecases/{name}.py").exists()
    assert (ROOT / f"tests/functions/test_{name}.py").exists()


def test_runtime_and_architecture_are_the_same_everywhere() -> None:
    layer = TEMPLATE["Resources"]["CoreLayer"]

    assert layer["Metadata"]["BuildMethod"] == GLOBALS["Runtime"]
    assert layer["Properties"]["CompatibleRuntimes"] == [GLOBALS["Runtime"]]
    assert layer["Properties"]["CompatibleArchitectures"] == GLOBALS["Architectures"]
    assert [layer["Metadata"]["BuildArchitecture"]] == GLOBALS["Architectures"]
    assert not any({"Runtime", "Architectures", "Handler"} & properties.keys() for properties in FUNCTIONS.values())


@pytest.mark.parametrize("pins", ["dev", "emulator"])
def test_powertools_layer_is_the_pinned_version(pins: str) -> None:
    pinned = re.search(r"^aws-lambda-powertools==([\d.]+)", (ROOT / f"requirements/{pins}.txt").read_text(), re.M)
    runtime, (architecture,) = GLOBALS["Runtime"], GLOBALS["Architectures"]

    assert pinned is not None
    assert TEMPLATE["Parameters"]["PowertoolsLayerParameter"]["Default"] == (
        f"/aws/service/powertools/python/{architecture}/{runtime}/{pinned[1]}"
    )


# parameters, names, outputs


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_parameter_is_described_bounded_and_has_a_default(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    bounds = {"AllowedPattern", "AllowedValues", "MaxValue"} & parameter.keys()

    assert parameter["Description"].endswith(".")
    assert "Default" in parameter
    assert bounds or parameter["Type"].startswith("AWS::SSM::")  # there, a pattern would be ambiguous: name or value


def test_every_parameter_is_asked_for_in_one_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(TEMPLATE["Parameters"])


def test_every_output_says_what_to_do_with_it() -> None:
    assert all(output["Description"].endswith(".") for output in TEMPLATE["Outputs"].values())


def test_every_schedule_lets_aws_make_up_its_name() -> None:
    """SAM's own name would be the same in every stack of the Region."""
    assert all(event["Properties"]["OmitName"] is True for event in schedules().values())


# no message is lost


def schedules() -> dict[str, dict[str, Any]]:
    return {
        name: event
        for properties in FUNCTIONS.values()
        for name, event in properties.get("Events", {}).items()
        if event["Type"] == "ScheduleV2"
    }


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_message_stays_hidden_for_six_timeouts_and_the_window(mapping: str) -> None:
    properties = MAPPINGS[mapping]
    queue = QUEUES[properties["EventSourceArn"]["Fn::GetAtt"][0]]
    timeout = FUNCTIONS[properties["FunctionName"]["Ref"]]["Timeout"]

    assert queue["VisibilityTimeout"] >= 6 * timeout + properties["MaximumBatchingWindowInSeconds"]
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("queue", sorted(QUEUES.keys() - {"DeadLetterQueue"}))
def test_queue_gives_up_into_the_dead_letter_queue(queue: str) -> None:
    properties = QUEUES[queue]

    assert properties["RedrivePolicy"] == {"deadLetterTargetArn": DEAD_LETTERS, "maxReceiveCount": 5}
    assert QUEUES["DeadLetterQueue"]["MessageRetentionPeriod"] > properties["MessageRetentionPeriod"]


def test_nothing_limits_concurrency() -> None:
    assert "ReservedConcurrentExecutions" not in TEXT
    assert "ScalingConfig" not in TEXT


def test_incidents_outlive_the_stack() -> None:
    table = TEMPLATE["Resources"]["IncidentTable"]

    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


# who may do what


@pytest.mark.parametrize(
    "statement", [pytest.param(found, id=f"{name}-{found['Sid']}") for name, found in statements()]
)
def test_statement_allows_only_named_actions(statement: dict[str, Any]) -> None:
    actions = actions_of(statement)

    assert not any("*" in action for action in actions)
    if statement["Resource"] == "*":
        assert all(re.match(STARRED, action) for action in actions)


def test_a_mode_that_is_off_takes_every_change_of_the_account_away() -> None:
    """No statement that holds without a mode may change AWS Batch, EC2 or IAM; tags of ours are such changes, too."""
    always = [
        (function, action)
        for function, properties in FUNCTIONS.items()
        for policy in properties["Policies"]
        for statement in policy["Statement"]
        if "Fn::If" not in statement or statement["Fn::If"][0] not in ("MayRepair", "MayScale", "MayPassRoles")
        for action in actions_of(statement["Fn::If"][1] if "Fn::If" in statement else statement)
    ]

    assert [
        one for one in always if re.match(r"(autoscaling|batch|ec2|ecs|iam):(?!Describe|Get|List|Simulate)", one[1])
    ] == []
    assert [TEMPLATE["Conditions"][name] for name in ("MayRepair", "MayScale")] == [
        {"Fn::Not": [{"Fn::Equals": [{"Ref": mode}, "off"]}]} for mode in ("RemediationMode", "ScaleToZeroMode")
    ]


# events: what AWS sends, and what becomes of it


def matches(pattern: Any, event: Any) -> bool:
    """EventBridge's matching, as far as the rules use it: literal values, `exists`, `prefix` and `wildcard`."""
    if isinstance(pattern, Mapping):
        return all(
            matches(part, event.get(name) if isinstance(event, Mapping) else None) for name, part in pattern.items()
        )
    return any(_chosen(choice, event) for choice in pattern)


def _chosen(choice: Any, value: Any) -> bool:
    match choice:
        case {"exists": True}:
            return value is not None
        case {"prefix": start}:
            return isinstance(value, str) and value.startswith(start)
        case {"wildcard": pattern}:
            return isinstance(value, str) and fnmatchcase(value, pattern)
    return bool(value == choice)


def transformed(transformer: Mapping[str, Any], event: Any) -> Any:
    """EventBridge's input transformer: each <name> becomes the JSON of what its path finds."""

    def value(name: re.Match[str]) -> str:
        found = event
        for part in transformer["InputPathsMap"][name[1]].removeprefix("$.").split("."):
            found = found[part]
        return json.dumps(found)

    return json.loads(re.sub(r"<(\w+)>", value, transformer["InputTemplate"]))


def test_every_bus_sample_is_accounted_for() -> None:
    assert {path.stem for path in (ROOT / "events/bus").glob("*.json")} == BUS_SAMPLES.keys()


@pytest.mark.parametrize(("name", "expected"), BUS_SAMPLES.items())
def test_rules_match_what_they_should(name: str, expected: str | None) -> None:
    event = sample(f"bus/{name}.json")

    assert {rule for rule in RULES if matches(RULES[rule]["EventPattern"], event)} == ({expected} - {None})


def test_job_event_without_a_queue_is_not_taken() -> None:
    event = sample("bus/job_runnable.json")
    del event["detail"]["jobQueue"]

    assert not matches(RULES["JobBecameRunnable"]["EventPattern"], event)


def test_runnable_sample_is_what_the_rule_makes_of_the_event() -> None:
    (target,) = RULES["JobBecameRunnable"]["Targets"]
    hint = transformed(target["InputTransformer"], sample("bus/job_runnable.json"))

    assert [json.loads(record["body"]) for record in sample("diagnose/runnable.json")["Records"]] == [hint, hint]
    assert hint == {
        "v": 1,
        "hint": "runnable",
        "queue": "arn:aws:batch:us-east-1:123456789012:job-queue/PexjEHappyPathCanary2JobQueue",
        "compute_environment": None,
        "at": "2022-01-11T23:36:40Z",
    }


def test_blocked_sample_is_what_the_rule_makes_of_the_event() -> None:
    (target,) = RULES["JobQueueBlocked"]["Targets"]

    assert sample("diagnose/blocked.json") == transformed(
        target["InputTransformer"], sample("bus/job_queue_blocked.json")
    )


def test_launch_failed_sample_is_what_the_rule_makes_of_the_event() -> None:
    (target,) = RULES["InstanceNotLaunched"]["Targets"]

    assert sample("diagnose/launch_failed.json") == transformed(
        target["InputTransformer"], sample("bus/instance_not_launched.json")
    )


def test_samples_are_what_the_schedules_send() -> None:
    sent = {name: json.loads(schedule["Properties"]["Input"]) for name, schedule in schedules().items()}

    assert sent == {
        "Sweep": sample("diagnose/sweep.json"),
        "Digest": sample("notify/digest.json"),
        "EveryFiveMinutes": sample("scale_to_zero/schedule.json"),
    }


@pytest.mark.parametrize(
    ("logical_id", "file"), [("IncidentSchema", "incident"), ("SweepSchema", "sweep"), ("FloorSchema", "floor")]
)
def test_the_registry_holds_the_schemas_of_the_docs(logical_id: str, file: str) -> None:
    content = resources("AWS::EventSchemas::Schema")[logical_id]["Content"]

    assert json.loads(content) == json.loads((ROOT / f"docs/events/{file}.schema.json").read_text())
    assert len(content) <= 100_000  # CloudFormation, AWS::EventSchemas::Schema

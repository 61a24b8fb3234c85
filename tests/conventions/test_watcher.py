"""Who watches the watcher: alarms, dashboard and saved queries, held against what the functions really say."""

import json
import re
from itertools import chain
from typing import Any

import pytest

from tests.conventions.test_template import FUNCTIONS, QUEUES, ROOT, TEMPLATE, resources

ALARMS = resources("AWS::CloudWatch::Alarm")
OURS = {"Fn::Sub": "batchmedic/${AWS::StackName}"}  # the namespace of our own metrics
DEAD_LETTERS = "DeadLetterQueue"
SECONDS_OF_A_QUARTER = 900
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
CODE = "\n".join(path.read_text() for folder in ("layers", "functions") for path in (ROOT / folder).rglob("*.py"))
QUERIES = {name: query["QueryString"] for name, query in resources("AWS::Logs::QueryDefinition").items()}
BODY = TEMPLATE["Resources"]["OurDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]


def watching(namespace: Any, metric: str) -> dict[str, dict[str, Any]]:
    """The alarms over this metric, by what their dimension names."""
    return {
        json.dumps(alarm["Dimensions"][0]["Value"]): alarm
        for alarm in ALARMS.values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
    }


def test_each_function_has_an_alarm_for_its_errors() -> None:
    assert watching("AWS/Lambda", "Errors").keys() == {json.dumps({"Ref": name}) for name in FUNCTIONS}


def test_each_queue_has_an_alarm_for_its_oldest_message_and_the_dead_letter_queue_for_any() -> None:
    by_name = {name: json.dumps({"Fn::GetAtt": [name, "QueueName"]}) for name in QUEUES}
    dead = by_name.pop(DEAD_LETTERS)

    assert watching("AWS/SQS", "ApproximateAgeOfOldestMessage").keys() == set(by_name.values())
    assert watching("AWS/SQS", "ApproximateNumberOfMessagesVisible").keys() == {dead}


@pytest.mark.parametrize("queue", [name for name in QUEUES if name != DEAD_LETTERS])
def test_a_message_that_waits_for_its_time_is_no_alarm(queue: str) -> None:
    """The longest delay of SQS is a quarter of an hour; and one receive that failed is tried again."""
    alarm = watching("AWS/SQS", "ApproximateAgeOfOldestMessage")[json.dumps({"Fn::GetAtt": [queue, "QueueName"]})]
    patience = QUEUES[queue]["VisibilityTimeout"] + (0 if queue == "NoticesQueue" else SECONDS_OF_A_QUARTER)

    assert patience < alarm["Threshold"] < 5 * QUEUES[queue]["VisibilityTimeout"] + SECONDS_OF_A_QUARTER


def test_silence_is_an_alarm_after_three_sweeps_whatever_their_pace() -> None:
    alarm = ALARMS["HeartbeatAlarm"]
    periods = TEMPLATE["Mappings"]["SweepPeriods"]
    pace = TEMPLATE["Parameters"]["SweepMinutes"]

    assert (alarm["TreatMissingData"], alarm["EvaluationPeriods"]) == ("breaching", 3)
    assert alarm["Period"] == {"Fn::FindInMap": ["SweepPeriods", {"Ref": "SweepMinutes"}, "Seconds"]}
    assert {int(minutes): each["Seconds"] for minutes, each in periods.items()} == {
        minutes: minutes * 60 for minutes in range(pace["MinValue"], pace["MaxValue"] + 1)
    }


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_goes_to_the_topic_by_itself_and_says_what_to_do(name: str) -> None:
    alarm = ALARMS[name]
    (section,) = re.findall(r"docs/operations\.md, ([\w ']+?)(?:\.|, has)", alarm["AlarmDescription"])

    assert alarm["AlarmActions"] == [{"Ref": "AlertTopic"}]
    assert f"\n## {section}\n" in RUNBOOK
    (statement,) = (
        each
        for policy in resources("AWS::SNS::TopicPolicy").values()
        for each in policy["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow"
    )
    assert {"Fn::GetAtt": [name, "Arn"]} in statement["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_what_our_own_alarms_and_the_dashboard_count_is_counted() -> None:
    counted = set(re.findall(r'add_metric\(name="(\w+)"', CODE))
    watched = {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Namespace"] == OURS}
    shown = set(re.findall(r'\["batchmedic/\$\{AWS::StackName\}", "(\w+)"', BODY))

    assert watched | shown == counted
    assert len(counted) == 4  # each costs


def test_the_dashboard_is_json_and_shows_every_alarm() -> None:
    widgets = json.loads(re.sub(r"\$\{[\w:.]+\}", "x", BODY))["widgets"]

    assert {widget["type"] for widget in widgets} == {"alarm", "metric", "log"}
    assert set(re.findall(r"\$\{(\w+Alarm)\.Arn\}", BODY)) == ALARMS.keys()


def test_queries_ask_for_sentences_that_the_functions_say() -> None:
    """In the saved ones and on the dashboard."""
    asked = set(chain(*(re.findall(r'message = \\?"([^"\\]+)', text) for text in (*QUERIES.values(), BODY))))

    assert len(asked) > 1
    assert [sentence for sentence in asked if f'"{sentence}"' not in CODE] == []

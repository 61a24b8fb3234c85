import re

from bench.idle import ALARMS, DASHBOARDS, FREE, MAPPINGS, METRICS, Month
from tests.conventions.test_template import ROOT, resources


def test_what_a_month_is_charged_for_is_what_the_template_has():
    code = "".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))

    assert len(resources("AWS::CloudWatch::Alarm")) == ALARMS
    assert len(resources("AWS::CloudWatch::Dashboard")) == DASHBOARDS
    assert len(resources("AWS::Lambda::EventSourceMapping")) == MAPPINGS
    assert len(set(re.findall(r'add_metric\(name="(\w+)"', code))) == METRICS


def test_only_what_is_beyond_the_free_is_charged():
    month = Month(dollars={"SQS": FREE["SQS"] + 0.5, "Lambda": FREE["Lambda"] / 2, "DynamoDB": 0.25})

    assert {service: round(cost, 6) for service, cost in month.charged.items()} == {
        "SQS": 0.5,
        "Lambda": 0,
        "DynamoDB": 0.25,
    }

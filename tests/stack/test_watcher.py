"""Each function is broken in turn: what its alarm watches becomes true; and nothing of the watch is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.process import LocalStackError
from local.stack import Deployment, LocalStack, wait_for

FUNCTIONS = ("DiagnoseFunction", "NotifyFunction", "RemediateFunction", "ScaleToZeroFunction")
COMPARED = {
    "GreaterThanOrEqualToThreshold": float.__ge__,
    "GreaterThanThreshold": float.__gt__,
    "LessThanThreshold": float.__lt__,
}


def alarm_of(stack: LocalStack, deployment: Deployment, logical_id: str) -> dict[str, Any]:
    (found,) = stack.client("cloudwatch").describe_alarms(AlarmNames=[deployment.resources[logical_id]])["MetricAlarms"]
    return dict(found)


def breaching(stack: LocalStack, alarm: dict[str, Any]) -> bool:
    """Whether the newest periods hold a datapoint beyond the threshold; no datapoint counts as the alarm says."""
    now = datetime.now(UTC)
    points = stack.client("cloudwatch").get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm.get("Dimensions", []),
        Statistics=[alarm["Statistic"]],
        Period=alarm["Period"],
        StartTime=now - timedelta(seconds=alarm["Period"] * alarm["EvaluationPeriods"]),
        EndTime=now + timedelta(seconds=alarm["Period"]),
    )["Datapoints"]
    compare = COMPARED[alarm["ComparisonOperator"]]
    if not points:
        return bool(alarm["TreatMissingData"] == "breaching")
    return any(compare(float(each[alarm["Statistic"]]), float(alarm["Threshold"])) for each in points)


@pytest.fixture
def broken(local_stack: LocalStack, deployed: Deployment, function: str) -> Iterator[None]:
    """The function is told of no tables, until the test is over."""
    name, client = deployed.resources[function], local_stack.client("lambda")
    before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    local_stack.set_variables(deployed, function, INCIDENT_TABLE="", STATE_TABLE="")
    yield
    client.update_function_configuration(FunctionName=name, Environment={"Variables": before})


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.usefixtures("broken")
def test_a_function_that_fails_is_seen(local_stack: LocalStack, deployed: Deployment, function: str) -> None:
    alarm = alarm_of(local_stack, deployed, function.replace("Function", "ErrorsAlarm"))
    with pytest.raises(LocalStackError):
        local_stack.invoke(deployed, function, {})

    assert alarm["AlarmActions"] == [deployed.outputs["AlertTopicArn"]]
    wait_for(lambda: breaching(local_stack, alarm), seconds=10, what=f"errors of {function} beyond the threshold")


def test_the_alarms_of_functions_do_not_share_what_they_see(local_stack: LocalStack, deployed: Deployment) -> None:
    names = [function.replace("Function", "ErrorsAlarm") for function in FUNCTIONS]
    seen = [alarm_of(local_stack, deployed, name)["Dimensions"][0]["Value"] for name in names]

    assert seen == [deployed.resources[function] for function in FUNCTIONS]


def test_without_a_heartbeat_the_alarm_is_on(local_stack: LocalStack, deployed: Deployment) -> None:
    """The emulator makes no metrics of what functions log, so there is none here."""
    assert breaching(local_stack, alarm_of(local_stack, deployed, "HeartbeatAlarm"))
    assert not breaching(local_stack, alarm_of(local_stack, deployed, "ChannelBrokenAlarm"))


def test_dashboard_and_queries_are_made(local_stack: LocalStack, deployed: Deployment) -> None:
    (body,) = (
        local_stack.client("cloudwatch").get_dashboard(DashboardName=one["DashboardName"])["DashboardBody"]
        for one in local_stack.client("cloudwatch").list_dashboards()["DashboardEntries"]
        if one["DashboardName"] == deployed.resources["OurDashboard"]
    )

    assert deployed.resources["DeadLetterQueue"].rsplit("/", 1)[1] in body
    assert "${" not in body

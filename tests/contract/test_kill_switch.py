"""The kill switch is on unless SSM says that there is none."""

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.kill_switch import KillSwitchParameter
from tests.contract.answering import failing, recorded
from tests.factories import NOW, minutes
from tests.fakes import ManualClock

NAME = "/batchmedic/stack/stop"


@pytest.fixture
def ssm(aws):
    return aws("ssm")


def a_switch(ssm, clock=None):
    return KillSwitchParameter(ssm=lambda: ssm, name=NAME, clock=clock or ManualClock(NOW))


def test_without_a_parameter_nothing_is_stopped(ssm):
    assert a_switch(ssm).stopped() is None


@pytest.mark.parametrize("value", ["drill", "false", "0", "no"])
def test_any_value_stops(ssm, value):
    ssm.put_parameter(Name=NAME, Value=value, Type="String")

    assert a_switch(ssm).stopped() == f"the SSM parameter {NAME} exists"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("AccessDeniedException", "AccessDeniedException"),
        ("ThrottlingException", "ThrottlingException"),
        (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
    ],
)
def test_any_other_answer_stops_too(ssm, error, word):
    with failing(ssm, error):
        stopped = a_switch(ssm).stopped()

    assert stopped == f"the SSM parameter {NAME} could not be read ({word})"


def test_it_is_asked_again_after_thirty_seconds(ssm):
    clock = ManualClock(NOW)
    switch = a_switch(ssm, clock)
    with recorded(ssm) as calls:
        switch.stopped()
        clock.advance(minutes(0.49))
        ssm.put_parameter(Name=NAME, Value="x", Type="String")
        assert switch.stopped() is None
        clock.advance(minutes(0.01))
        assert switch.stopped() is not None

    assert [operation for operation, _ in calls].count("GetParameter") == 2

"""A secret is read seldom, survives an outage of SSM, and is never said."""

import traceback

import pytest
from botocore.exceptions import ConnectTimeoutError

from batchmedic.aws.parameters import SecureParameter
from batchmedic.errors import DeliveryError
from tests.contract.answering import failing, recorded
from tests.factories import NOW, minutes
from tests.fakes import ManualClock

NAME = "/batchmedic/slack"
SECRET = "https://hooks.slack.example/services/T0/B0/secret"
NEW_SECRET = "https://hooks.slack.example/services/T0/B0/newsecret"


def put(ssm, value):
    ssm.put_parameter(Name=NAME, Value=value, Type="SecureString", Overwrite=True)


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def parameter(aws, clock):
    return SecureParameter(ssm=aws("ssm"), name=NAME, clock=clock)


def test_the_value_is_decrypted(parameter):
    put(parameter.ssm, SECRET)
    assert parameter.ssm.get_parameter(Name=NAME)["Parameter"]["Value"] != SECRET

    assert parameter.value() == SECRET


def test_a_newline_at_the_end_is_not_part_of_the_secret(parameter):
    """It comes along when the value is put from a file or by echo."""
    put(parameter.ssm, f" {SECRET}\n")

    assert parameter.value() == SECRET


def test_nothing_is_read_before_it_is_wanted(parameter):
    with recorded(parameter.ssm) as calls:
        repr(parameter)

    assert calls == []


def test_the_value_is_kept_for_five_minutes(parameter, clock):
    put(parameter.ssm, SECRET)
    with recorded(parameter.ssm) as calls:
        parameter.value()
        clock.advance(minutes(4.99))
        parameter.value()
    assert len(calls) == 1

    put(parameter.ssm, NEW_SECRET)
    assert parameter.value() == SECRET
    clock.advance(minutes(0.01))
    assert parameter.value() == NEW_SECRET


@pytest.mark.parametrize("error", ["AccessDeniedException", "ParameterNotFound", ConnectTimeoutError(endpoint_url="x")])
def test_the_last_good_value_serves_while_ssm_fails(parameter, clock, error):
    put(parameter.ssm, SECRET)
    parameter.value()
    clock.advance(minutes(60))

    with failing(parameter.ssm, error):
        assert parameter.value() == SECRET
    put(parameter.ssm, NEW_SECRET)

    assert parameter.value() == SECRET  # SSM is not asked at each notice while it is away
    clock.advance(minutes(1))
    assert parameter.value() == NEW_SECRET


def test_who_wants_it_fresh_gets_it_fresh(parameter):
    put(parameter.ssm, SECRET)
    parameter.value()
    put(parameter.ssm, NEW_SECRET)

    assert parameter.value(True) == NEW_SECRET


@pytest.mark.parametrize(
    ("error", "word", "passing"),
    [
        ("AccessDeniedException", "AccessDeniedException", False),
        ("ParameterNotFound", "ParameterNotFound", False),
        ("InternalServerError", "InternalServerError", True),
        (ConnectTimeoutError(endpoint_url="x"), "ConnectTimeoutError", True),
    ],
)
def test_there_never_was_a_value(parameter, error, word, passing):
    with failing(parameter.ssm, error), pytest.raises(DeliveryError, match=word) as caught:
        parameter.value()

    assert (caught.value.retryable, caught.value.channel_is_gone) == (passing, not passing)
    assert NAME in str(caught.value)


def test_a_parameter_that_does_not_exist_is_named(parameter):
    with pytest.raises(DeliveryError, match="ParameterNotFound") as caught:
        parameter.value()

    assert NAME in str(caught.value)


def test_a_parameter_that_is_made_later_is_found_at_the_next_try(parameter):
    with pytest.raises(DeliveryError):
        parameter.value()
    put(parameter.ssm, SECRET)

    assert parameter.value() == SECRET


def test_the_secret_is_in_no_text(parameter, clock):
    put(parameter.ssm, SECRET)
    parameter.value()
    clock.advance(minutes(60))

    with failing(parameter.ssm, "AccessDeniedException"), pytest.raises(DeliveryError) as caught:
        SecureParameter(ssm=parameter.ssm, name=NAME, clock=clock).value()

    texts = [repr(parameter), str(parameter), repr(caught.value), *traceback.format_exception(caught.value)]
    assert not [text for text in texts if SECRET in text]

"""A wrong setting of scale_to_zero is named, with what it may be."""

from datetime import timedelta

import pytest

from batchmedic.errors import SettingsError
from batchmedic.settings import ScaleToZeroSettings
from tests.factories import ACCOUNT, REGION

ENV = {
    "ACCOUNT_ID": ACCOUNT,
    "AWS_REGION": REGION,
    "STACK_NAME": "batchmedic",
    "SCALE_TO_ZERO_MODE": "plan",
    "IDLE_MINUTES": "45",
    "FLOOR_RESTORE": "never",
    "STATE_TABLE": "state",
    "NOTICES_QUEUE_URL": "https://sqs",
    "EVENT_BUS": "bus",
}


def test_the_functions_environment_is_read():
    settings = ScaleToZeroSettings.from_env(ENV)

    assert (settings.mode, settings.idle, settings.restore) == ("plan", timedelta(minutes=45), False)
    assert settings.kill_switch == "/batchmedic/batchmedic/stop"
    assert ScaleToZeroSettings.from_env({**ENV, "FLOOR_RESTORE": "on-activity"}).restore


@pytest.mark.parametrize("name", ENV)
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_set_is_named(name, value):
    env = {key: given for key, given in ENV.items() if key != name} | ({} if value is None else {name: value})

    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        ScaleToZeroSettings.from_env(env)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SCALE_TO_ZERO_MODE", "on", "must be one of apply, plan, off"),
        ("SCALE_TO_ZERO_MODE", "Apply", "must be one of apply, plan, off"),
        ("FLOOR_RESTORE", "always", "must be one of on-activity, never"),
        *[
            ("IDLE_MINUTES", value, "must be a whole number of minutes, at least 1")
            for value in ("0", "-5", "1.5", "30 ", "soon", "²", "٣٠")
        ],
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(name, value, says):
    with pytest.raises(SettingsError) as caught:
        ScaleToZeroSettings.from_env({**ENV, name: value})

    assert str(caught.value).startswith(f'{name} is "{value}"')
    assert says in str(caught.value)

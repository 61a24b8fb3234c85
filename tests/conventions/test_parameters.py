"""What every parameter takes and what it refuses, before anything is created.

CloudFormation matches a pattern as Java does: all of the value, and `\\d`, `\\w` and `\\s` mean ASCII. Of a list, every
element is matched, without the spaces around it; a Number may have a fraction (User Guide, "Parameters").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.conventions.translated import TRANSLATED

PARAMETERS: dict[str, dict[str, Any]] = TRANSLATED["Parameters"]
ROLE = "arn:aws:iam::123456789012:role/"
NUMBER = r"-?\d+(\.\d+)?"
NO_BREAK_SPACE, LINE_SEPARATOR = "\u00a0", "\u2028"


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    accepted: tuple[str, ...]
    rejected: tuple[str, ...]


MODE = Samples(accepted=("apply", "plan", "off"), rejected=("", "Apply", "false", "off ", "off\n", "apply,plan"))
SWITCH = Samples(accepted=("true", "false"), rejected=("", "True", "yes", "0", "true\n"))
SAMPLES = {
    "AlertEmail": Samples(
        accepted=("", "a@b.example", "on-call+batch@mail.example.co.uk", "o'neil_1@xn--bcher-kva.example"),
        rejected=(
            " ",
            "nobody",
            "@example.com",
            "a@localhost",
            "a@example.com\n",
            " a@example.com",
            "a@example.com,",
            "a@example.com,b@example.com",
            "Ann <a@example.com>",
            "mailto:a@example.com",
            "a@example..com",
            "a@bücher.example",
            f"a{NO_BREAK_SPACE}@example.com",
        ),
    ),
    "SlackWebhookParameter": Samples(
        accepted=("", "/slack", "/batchmedic/slack", "/Team_1/batch.medic/slack-webhook", "/a" * 15),
        rejected=(
            " ",
            "/",
            "slack",
            "/slack/",
            "//slack",
            "/batchmedic/*",
            "/batchmedic/slack\n",
            "/batchmedic/sl ack",
            "/batchmedic/släck",
            "/batchmedic/slack:3",
            "https://hooks.slack.com/services/T0/B0/x",
            "arn:aws:ssm:eu-west-1:123456789012:parameter/batchmedic/slack",
            "/a" * 16,
        ),
    ),
    "PassableRoleArns": Samples(
        accepted=(
            "",
            ROLE + "ecsInstanceRole",
            ROLE + "team/batch/instance+role=1@x.y_z-0",
            f"{ROLE}a, {ROLE}b",
            "arn:aws-cn:iam::123456789012:role/r",
            "arn:aws-us-gov:iam::123456789012:role/r",
            ROLE + "r" * 64,
        ),
        rejected=(
            "*",
            ROLE,
            ROLE + "*",
            ROLE + "team/",
            ROLE + "a b",
            ROLE + "rôle",
            ROLE + "r" * 65,
            f"{ROLE}a;{ROLE}b",
            f"{ROLE}a,*",
            "arn:aws:iam::12345678901:role/r",
            "arn:aws:iam::٠١٢٣٤٥٦٧٨٩٠١:role/r",
            "arn:aws:iam:eu-west-1:123456789012:role/r",
            "arn:aws:iam::123456789012:instance-profile/r",
            "arn:aws:sts::123456789012:assumed-role/r/session",
            "arn:*:iam::123456789012:role/r",
        ),
    ),
    "DocsBase": Samples(
        accepted=(
            "",
            "https://docs.example.com",
            "https://github.com/o/r/blob/main/docs/diagnoses/",
            "https://h:8443/~a?b=%C3%BC#c",
        ),
        rejected=(
            " ",
            "https://",
            "https:///diagnoses",
            "http://docs.example.com",
            "docs.example.com",
            "https://docs.example.com\n",
            "https://docs.example.com/a b",
            "https://docs.example.com/<b>",
            "https://docs.example.com|evil",
            'https://docs.example.com/"',
            f"https://docs.example.com/{NO_BREAK_SPACE}",
            f"https://docs.example.com/{LINE_SEPARATOR}x",
            "javascript:alert(1)",
        ),
    ),
    "GraceSeconds": Samples(accepted=("0", "300", "900"), rejected=("", "-1", "901", "5m", "1 0", "3e2x")),
    "SweepMinutes": Samples(accepted=("2", "5", "10"), rejected=("", "1", "11", "five", "0")),
    # a fraction passes CloudFormation; settings.py refuses it where it is read
    "ReminderHours": Samples(accepted=("1", "24", "168", "1.5"), rejected=("", "0", "0.5", "169", "-24", "1d")),
    "IdleMinutes": Samples(accepted=("1", "30", "10080", "1.5"), rejected=("", "0", "10081", "-1", "∞")),
    "LogRetentionDays": Samples(accepted=("1", "30", "3653"), rejected=("", "0", "2", "31", "4000", "never")),
    "RemediationMode": MODE,
    "ScaleToZeroMode": MODE,
    "FloorRestore": Samples(accepted=("on-activity", "never"), rejected=("", "always", "on activity", "never\n")),
    "SchemaRegistry": SWITCH,
    "Dashboard": SWITCH,
    "LogLevel": Samples(
        accepted=("DEBUG", "INFO", "WARNING", "ERROR"), rejected=("", "debug", "TRACE", "INFO ", "CRITICAL\n")
    ),
    # CloudFormation asks SSM whether the parameter is there
    "PowertoolsLayerParameter": Samples(
        accepted=("/aws/service/powertools/python/arm64/python3.13/3.37.0", "/own/layer"), rejected=()
    ),
}


def takes(parameter: Mapping[str, Any], value: str) -> bool:
    if parameter["Type"] == "CommaDelimitedList":
        return all(takes({**parameter, "Type": "String"}, element.strip(" ")) for element in value.split(","))
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        return False
    if parameter["Type"] == "Number":
        if not re.fullmatch(NUMBER, value, re.ASCII):
            return False
        lowest, highest = (Decimal(parameter.get(name, value)) for name in ("MinValue", "MaxValue"))
        return lowest <= Decimal(value) <= highest
    return bool(re.fullmatch(parameter.get("AllowedPattern", "(?s:.*)"), value, re.ASCII))


def of(kind: str) -> list[Any]:
    return [
        pytest.param(name, value, id=f"{name}-{value.encode('unicode_escape').decode() or 'empty'}")
        for name, samples in SAMPLES.items()
        for value in getattr(samples, kind)
    ]


def test_every_parameter_has_samples() -> None:
    assert SAMPLES.keys() == PARAMETERS.keys()
    for name, samples in SAMPLES.items():
        assert samples.accepted
        assert samples.rejected or PARAMETERS[name]["Type"].startswith("AWS::SSM::Parameter::Value<")


@pytest.mark.parametrize(("name", "value"), of("accepted"))
def test_parameter_takes(name: str, value: str) -> None:
    assert takes(PARAMETERS[name], value)


@pytest.mark.parametrize(("name", "value"), of("rejected"))
def test_parameter_refuses(name: str, value: str) -> None:
    assert not takes(PARAMETERS[name], value)


@pytest.mark.parametrize("name", PARAMETERS)
def test_default_is_taken_and_so_are_the_bounds(name: str) -> None:
    parameter = PARAMETERS[name]

    assert takes(parameter, str(parameter["Default"]))
    assert {str(parameter[bound]) for bound in ("MinValue", "MaxValue") if bound in parameter} <= set(
        SAMPLES[name].accepted
    )


@pytest.mark.parametrize("name", [name for name in PARAMETERS if "AllowedPattern" in PARAMETERS[name]])
def test_pattern_means_the_same_to_java(name: str) -> None:
    """What Java's and Python's expressions do not share, or mean differently, is not used."""
    pattern = PARAMETERS[name]["AllowedPattern"]

    assert not re.search(r"\(\?|\\[^dws.]|&&|\[\[|\[[^\]]*\[", pattern)

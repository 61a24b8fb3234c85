"""Hold what SAM makes of template.yaml to cfn-lint, in every partition of AWS."""

import pytest
from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]

from tests.conventions.translated import REGIONS, TEXT, strings, translated, translated_text

EVERYTHING = {
    "AlertEmail": "on-call@example.com",
    "SlackWebhookParameter": "/batchmedic/slack",
    "PassableRoleArns": "arn:aws:iam::123456789012:role/ecsInstanceRole",
    "DocsBase": "https://docs.example.com/diagnoses",
}
NOTHING = {"RemediationMode": "off", "ScaleToZeroMode": "off", "SchemaRegistry": "false"}
ASKED = [
    *[pytest.param(region, {}, id=partition) for partition, region in REGIONS.items()],
    pytest.param("eu-west-1", EVERYTHING, id="everything"),
    pytest.param("eu-west-1", NOTHING, id="nothing"),
]


@pytest.mark.parametrize(("region", "parameters"), ASKED)
def test_cfn_lint_has_nothing_to_say(region: str, parameters: dict[str, str]) -> None:
    matches = lint(
        translated_text(region, **parameters),
        config=ManualArgs(regions=[region], include_checks=["E", "W", "I"]),
    )

    assert [f"{match.rule.id} at {match.path}: {match.message}" for match in matches] == []


def test_cfn_lint_does_look_at_what_was_translated() -> None:
    broken = translated_text("eu-west-1").replace('"VisibilityTimeout": 730', '"VisibilityTimeout": 43201')

    assert {match.rule.id for match in lint(broken, regions=["eu-west-1"])} == {"E3034"}


# partitions


def test_template_names_no_partition() -> None:
    assert "arn:aws" not in TEXT.replace("^arn:aws[a-z-]*:iam", "")  # that is a parameter's pattern


@pytest.mark.parametrize(("partition", "region"), REGIONS.items())
def test_every_arn_is_of_the_partition_where_the_stack_is(partition: str, region: str) -> None:
    arns = [text for text in strings(translated(region)["Resources"]) if text.startswith("arn:")]

    assert arns
    assert {arn.split(":")[1] for arn in arns} <= {partition, "${AWS", "${AWS::Partition}"}

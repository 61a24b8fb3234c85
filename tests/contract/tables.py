"""Makes the two tables as template.yaml describes them, so that tests and template cannot drift apart."""

from functools import cache
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
INCIDENTS, STATE = "incidents", "state"


@cache
def resources() -> dict[str, Any]:
    """Parsing costs more than all else that a fresh platform needs."""
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text())["Resources"]
    return parsed


def create_tables(dynamodb: Any) -> None:
    """The incident table and the state table, under the names INCIDENTS and STATE."""
    for name, logical_id in ((INCIDENTS, "IncidentTable"), (STATE, "StateTable")):
        described = resources()[logical_id]["Properties"]
        members = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        dynamodb.create_table(TableName=name, **{key: described[key] for key in members if key in described})

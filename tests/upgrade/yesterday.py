"""Deploys today's code over what yesterday's has written: the recordings of recorded/, made at commit e638431."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.functions.platform import Platform
from tests.upgrade.record import KINDS, TABLES

OF_TOMORROW = {"of_tomorrow": {"S": "what no version knows yet"}}  # as a member of JSON, and as an attribute of an item
FREE = {"facts", "parameters"}  # these have no fixed members


@cache
def recorded(kind: str) -> dict[str, list[dict[str, Any]]]:
    """By moment."""
    recording: dict[str, list[dict[str, Any]]] = json.loads(
        (Path(__file__).parent / f"recorded/{kind}.json").read_text()
    )
    return recording


def widened(document: Any, extra: dict[str, Any]) -> Any:
    """With these members, too, in every object that has fixed ones."""
    match document:
        case dict():
            return {name: each if name in FREE else widened(each, extra) for name, each in document.items()} | extra
        case list():
            return [widened(each, extra) for each in document]
    return document


def closed(attribute: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """The inverse of record.opened."""
    return {"S": json.dumps(widened(attribute["JSON"], extra))} if "JSON" in attribute else attribute


def deploy(platform: Platform, moment: str, *, extra: dict[str, Any]) -> None:
    """The account stays as it is. Tables and queues hold what was recorded, with `extra`; nothing is told yet."""
    for kind, table in TABLES.items():
        dynamodb = platform.wire.client("dynamodb")
        keys = [part["AttributeName"] for part in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})
        for item in recorded(kind).get(moment, []):
            written = {name: closed(attribute, extra) for name, attribute in item.items()}
            dynamodb.put_item(TableName=table, Item=written | extra)
    for messages in platform.queues.values():
        messages.clear()
    for kind in KINDS[:3]:
        for message in recorded(kind).get(moment, []):
            platform.send(message["queue"], json.dumps(widened(message["body"], extra)), delay=message["seconds"])
    platform._usecases.clear()  # no process outlives a deployment
    for told in (platform.sns, platform.slack, platform.events, platform.crashes, platform.dead, platform.writes):
        told.clear()

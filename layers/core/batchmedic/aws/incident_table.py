"""Keeps incidents in DynamoDB: conditional writes, so that two writers never overwrite each other.

An item is one incident (`incident_key`, `generation`). It stands in the index `due` as long as it is open or has
something left to tell. `diagnose` writes the incident, `notify` what was told, `remediate` how far its repair has come:
none touches another's attributes.
"""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from batchmedic.aws.dynamo import ask, text
from batchmedic.errors import ConflictError, MessageError, StoreError
from batchmedic.findings import Severity
from batchmedic.incident_json import incident_from_json, incident_to_json
from batchmedic.incidents import Record
from batchmedic.notices.reasons import repair_of
from batchmedic.repair_json import repair_from_json

logger = logging.getLogger(__name__)

KEPT_AFTER = timedelta(days=90)  # a resolved incident leaves the table after that
NEVER = "9999"  # sorts after every time: nothing is due
TOLD_AT = "told at "  # and the channel's name
BUCKET = "open"  # of the index `due`

Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTable:
    dynamodb: Any
    table: str

    def due(self) -> tuple[Record, ...]:
        records: list[Record] = []
        start: dict[str, Any] = {}
        while True:
            page = self._ask(
                lambda start=start: self.dynamodb.query(  # type: ignore[misc]
                    TableName=self.table,
                    IndexName="due",
                    KeyConditionExpression="due_bucket = :open",
                    ExpressionAttributeValues={":open": {"S": BUCKET}},
                    **start,
                )
            )
            records += _readable(page["Items"])
            if "LastEvaluatedKey" not in page:
                return tuple(records)
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def latest(self, key: str) -> Record | None:
        page = self._ask(
            lambda: self.dynamodb.query(
                TableName=self.table,
                KeyConditionExpression="incident_key = :key",
                ExpressionAttributeValues={":key": {"S": key}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        )
        return record_of(page["Items"][0]) if page["Items"] else None

    def save(self, record: Record, *, now: datetime) -> Record:
        saved = replace(record, revision=record.revision + 1)
        fields: dict[str, Any] = {
            "incident": {"S": json.dumps(incident_to_json(record.incident))},
            "revision": {"N": str(saved.revision)},
            "version": {"N": str(record.version)},
            "job_count_told": {"N": str(record.job_count_told)},
            "severity_told": {"S": record.severity_told.value},
            "clean_looks": {"N": str(record.clean_looks)},
            "last_clean_at": {"S": _text(record.last_clean_at)},
            "due_at": {"S": _text(record.due_at)},
            "due_bucket": {"S": BUCKET},
            "came_back_at": {"S": " ".join(map(text, record.returns))},
            "back_version": {"N": str(record.back_version)},
            "over_versions": {"S": " ".join(map(str, record.ends))},
            "hushed": {"S": record.hushed},
        }
        if not record.is_open:
            fields["expires_at"] = {"N": str(int((now + KEPT_AFTER).timestamp()))}
        values = {f":{name}": value for name, value in fields.items()} | {":none": {"M": {}}}
        condition = "attribute_not_exists(incident_key)"
        if record.revision:
            condition = "revision = :before"
            values[":before"] = {"N": str(record.revision)}
        assignments = ", ".join(f"{name} = :{name}" for name in fields)
        removed = " REMOVE expires_at" if record.is_open else ""  # it may have come back
        self._ask(
            lambda: self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(record),
                UpdateExpression=f"SET {assignments}, told = if_not_exists(told, :none){removed}",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        )
        return saved

    def claim(self, incident_id: str, *, now: datetime, until: datetime) -> Record | None:
        key, _, generation = incident_id.rpartition("-")
        try:
            answer = self._ask(
                lambda: self.dynamodb.update_item(
                    TableName=self.table,
                    Key={"incident_key": {"S": key}, "generation": {"N": generation}},
                    UpdateExpression="SET claimed_until = :until",
                    ConditionExpression="attribute_exists(incident_key) AND "
                    "(attribute_not_exists(claimed_until) OR claimed_until < :now)",
                    ExpressionAttributeValues={":until": {"S": _text(until)}, ":now": {"S": _text(now)}},
                    ReturnValues="ALL_NEW",
                )
            )
        except ConflictError:
            return None
        return record_of(answer["Attributes"])

    def told(self, record: Record, channel: str, *, now: datetime) -> Record:
        versions = {channel: record.version}
        if record.repair is not None:
            versions[repair_of(channel)] = record.repair.version
        numbered = list(enumerate(versions.items()))
        answer = self._ask(
            lambda: self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(record),
                UpdateExpression="SET #at = :at, " + ", ".join(f"told.#n{n} = :v{n}" for n, _ in numbered),
                ExpressionAttributeNames={
                    "#at": TOLD_AT + channel,
                    **{f"#n{n}": name for n, (name, _) in numbered},
                },
                ExpressionAttributeValues={
                    ":at": {"S": text(now)},
                    **{f":v{n}": {"N": str(version)} for n, (_, version) in numbered},
                },
                ReturnValues="ALL_NEW",
            )
        )
        return record_of(answer["Attributes"])

    def settle(self, record: Record, *, due_at: datetime | None) -> None:
        """Leaves the index only if nobody wrote since: a conflict means news, and its writer rings again."""
        repairing = record.repair is not None and record.repair.due_at is not None
        over = due_at is None and not record.is_open and not repairing
        removed = "claimed_until, due_bucket" if over else "claimed_until"
        try:
            self._ask(
                lambda: self.dynamodb.update_item(
                    TableName=self.table,
                    Key=_key(record),
                    UpdateExpression=f"SET due_at = :due REMOVE {removed}",
                    ConditionExpression="revision = :revision AND "
                    "(attribute_not_exists(repair_revision) OR repair_revision = :repair)",
                    ExpressionAttributeValues={
                        ":due": {"S": _text(due_at)},
                        ":revision": {"N": str(record.revision)},
                        ":repair": {"N": str(record.repair_revision)},
                    },
                )
            )
        except ConflictError:
            with suppress(ConflictError):  # it is gone: without the condition an empty item would take its place
                self._ask(
                    lambda: self.dynamodb.update_item(
                        TableName=self.table,
                        Key=_key(record),
                        UpdateExpression="REMOVE claimed_until",
                        ConditionExpression="attribute_exists(incident_key)",
                    )
                )

    def _ask(self, request: Callable[[], Any]) -> Any:
        return ask("incident table", request)


def _key(record: Record) -> dict[str, Any]:
    return {
        "incident_key": {"S": record.incident.key},
        "generation": {"N": str(record.incident.generation)},
    }


def _text(moment: datetime | None) -> str:
    return NEVER if moment is None else text(moment)


def _moment(item: Item, name: str) -> datetime | None:
    text = item.get(name, {}).get("S", NEVER)
    return None if text == NEVER else datetime.fromisoformat(text)


def _readable(items: list[Item]) -> list[Record]:
    """An item that cannot be read is reported and left alone: the others are not lost for it."""
    records = []
    for item in items:
        try:
            records.append(record_of(item))
        except StoreError:
            logger.exception("An incident in the table cannot be read.", extra={"key": item["incident_key"]["S"]})
    return records


def record_of(item: Item) -> Record:
    """StoreError where the item cannot be read: to who needs it, that is a table that cannot be used."""
    try:
        return _parsed(item)
    except (KeyError, ValueError, MessageError) as error:
        raise StoreError("an incident in the table cannot be read") from error


def _parsed(item: Item) -> Record:
    incident = incident_from_json(json.loads(item["incident"]["S"]))
    return Record(
        incident=incident,
        revision=int(item["revision"]["N"]),
        version=int(item["version"]["N"]),
        job_count_told=int(item["job_count_told"]["N"]),
        severity_told=Severity(item["severity_told"]["S"]) if "severity_told" in item else incident.severity,
        clean_looks=int(item["clean_looks"]["N"]),
        last_clean_at=_moment(item, "last_clean_at"),
        told={channel: int(version["N"]) for channel, version in item["told"]["M"].items()},
        told_at={
            name.removeprefix(TOLD_AT): datetime.fromisoformat(value["S"])
            for name, value in item.items()
            if name.startswith(TOLD_AT)
        },
        due_at=_moment(item, "due_at"),
        repair=repair_from_json(json.loads(item["repair"]["S"])) if "repair" in item else None,
        repair_revision=int(item["repair_revision"]["N"]) if "repair_revision" in item else 0,
        returns=tuple(map(datetime.fromisoformat, item.get("came_back_at", {}).get("S", "").split())),
        back_version=int(item.get("back_version", {}).get("N", 0)),
        ends=tuple(map(int, item.get("over_versions", {}).get("S", "").split())),
        hushed=item.get("hushed", {}).get("S", ""),
    )

"""Reads back from open incidents what their evidence showed: the instances themselves may be gone by now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from batchmedic.incidents import Record
from batchmedic.model.launching import Instance
from batchmedic.model.recorded import Recorded
from batchmedic.model.snapshot import Snapshot


def recorded(snapshot: Snapshot, records: Iterable[Record]) -> Snapshot:
    """With the instances that never registered, and the memory that some did, as open incidents have them."""
    facts = [row.facts for record in records if record.is_open for row in record.incident.evidence]
    never: dict[str, tuple[Instance, ...]] = {}
    for each in facts:
        if instances := tuple(_instances(each)):
            never[str(each.get("compute_environment"))] = instances
    memory = {each["instance_type"]: each["fits"] for each in facts if _is_measured(each)}
    return replace(snapshot, recorded=Recorded(never_registered=never, registered_memory=memory))


def _instances(facts: Mapping[str, Any]) -> Iterator[Instance]:
    listed = facts.get("never_registered")
    for each in listed if isinstance(listed, list | tuple) else ():
        if isinstance(each, Mapping) and each.get("instance"):
            yield Instance(
                id=str(each["instance"]),
                instance_type=str(each.get("instance_type", "")),
                state="terminated",
                subnet=str(each.get("subnet", "")),
                vpc_id=str(each.get("vpc", "")),
            )


def _is_measured(facts: Mapping[str, Any]) -> bool:
    return facts.get("measured") is True and isinstance(facts.get("instance_type"), str) and "fits" in facts

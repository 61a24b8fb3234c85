"""Counts DynamoDB's units, which depend on the table and on the size of its items."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.contract.tables import INCIDENTS, STATE
from tests.functions.platform import Platform

WRITE_UNIT, READ_UNIT = 1_024, 4_096  # bytes; DynamoDB Developer Guide, on-demand-capacity-mode
COPIES = 2  # of an incident: in the table and in the index of what is due


@dataclass(slots=True)
class Writes:
    """Calls by (operation, table), and the bytes of every incident's item and of the largest other one, the leases."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    leases: int = 0

    @classmethod
    @contextlib.contextmanager
    def of(cls, platform: Platform) -> Iterator["Writes"]:
        counted = cls()

        def note(params: dict[str, Any], model: Any, **_: Any) -> None:
            if platform.in_handler:
                counted.calls[model.name, params["TableName"]] += 1

        client = platform.wire.client("dynamodb")
        client.meta.events.register("provide-client-params", note)
        try:
            yield counted
        finally:
            client.meta.events.unregister("provide-client-params", note)
            counted.sizes = _sizes(client, INCIDENTS)
            counted.leases = max(_sizes(client, STATE), default=0)

    def clear(self) -> None:
        self.calls.clear()

    @property
    def write_units(self) -> int:
        """Each write at the size of the largest item of its table; a write that is refused costs as much."""
        incident = COPIES * -(-max(self.sizes, default=0) // WRITE_UNIT)
        units = {INCIDENTS: incident, STATE: -(-self.leases // WRITE_UNIT)}
        return sum(n * units[table] for (call, table), n in self.calls.items() if call == "UpdateItem")

    @property
    def read_units(self) -> int:
        """Each query as if it read every incident."""
        units = max(-(-sum(self.sizes) // READ_UNIT), 1)
        return sum(n * units for (call, _), n in self.calls.items() if call == "Query")


def _sizes(client: Any, table: str) -> list[int]:
    """A little more than DynamoDB counts."""
    return [len(json.dumps(item).encode()) for item in client.scan(TableName=table)["Items"]]

"""Counts DynamoDB's units, which depend on the table and on the size of its items."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.contract.tables import INCIDENTS
from tests.functions.platform import Platform

WRITE_UNIT, READ_UNIT = 1_024, 4_096  # bytes; DynamoDB Developer Guide, on-demand-capacity-mode
COPIES = 2  # of an incident: in the table and in the index of what is due


@dataclass(slots=True)
class Writes:
    """Calls by (operation, table), and the bytes of the largest item of all incidents."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)

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
            items = client.scan(TableName=INCIDENTS)["Items"]
            counted.sizes = [len(json.dumps(item).encode()) for item in items]  # a little more than DynamoDB counts

    def clear(self) -> None:
        self.calls.clear()

    @property
    def write_units(self) -> int:
        """Each write of an incident at the size of the largest one; a lease is one unit, also where it is refused."""
        units = COPIES * -(-max(self.sizes, default=0) // WRITE_UNIT)
        return sum(
            n * (units if table == INCIDENTS else 1) for (call, table), n in self.calls.items() if call == "UpdateItem"
        )

    @property
    def read_units(self) -> int:
        """Each query as if it read every incident."""
        units = max(-(-sum(self.sizes) // READ_UNIT), 1)
        return sum(n * units for (call, _), n in self.calls.items() if call == "Query")

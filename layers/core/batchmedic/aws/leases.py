"""Keeps the leases of all queues in one item: ten thousand events of fifty queues are one look and few calls."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batchmedic.aws.dynamo import RefusedError, StateItem, text
from batchmedic.ports import Lease

KEPT_AFTER = timedelta(days=1)
AT_ONCE = 50  # queues; so a condition stays under DynamoDB's 4 KB ("Service, account, and table quotas")
HELD, PROMISED = "held ", "promised "  # and the queue's ARN: until when it is held, and which of these was promised


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseItem(StateItem):
    key = "leases"

    def take(self, queues: Iterable[str], *, now: datetime, until: datetime) -> dict[str, Lease]:
        """All that are free, at one stroke: one call where all are free or all are held, seldom more than two."""
        held: dict[str, Lease] = {}
        for some in _at_once(queues):
            while free := [queue for queue in some if queue not in held]:
                try:
                    before = self._hold(free, now, until)
                except RefusedError as refusal:
                    held |= _leases(refusal.item, free, now) or dict.fromkeys(free, Lease(until=until, promised=False))
                else:
                    self._forget(before, now)
                    break
        return held

    def _hold(self, queues: list[str], now: datetime, until: datetime) -> Mapping[str, Any]:
        """The item as it was before."""
        numbers = range(len(queues))
        answer = self._update(
            UpdateExpression="SET expires_at = :expires, " + ", ".join(f"#q{n} = :until" for n in numbers),
            ConditionExpression=" AND ".join(f"(attribute_not_exists(#q{n}) OR #q{n} <= :now)" for n in numbers),
            ExpressionAttributeNames={f"#q{n}": HELD + queue for n, queue in enumerate(queues)},
            ExpressionAttributeValues={
                ":until": {"S": text(until)},
                ":now": {"S": text(now)},
                ":expires": {"N": str(int((until + KEPT_AFTER).timestamp()))},
            },
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        item: Mapping[str, Any] = answer.get("Attributes", {})
        return item

    def promise(self, leases: Mapping[str, Lease]) -> None:
        """A promise names its lease, so one that comes too late promises nothing of the next."""
        for some in _at_once(leases):
            self._update(
                UpdateExpression="SET " + ", ".join(f"#q{n} = :until{n}" for n in range(len(some))),
                ExpressionAttributeNames={f"#q{n}": PROMISED + queue for n, queue in enumerate(some)},
                ExpressionAttributeValues={
                    f":until{n}": {"S": text(leases[queue].until)} for n, queue in enumerate(some)
                },
            )

    def _forget(self, item: Mapping[str, Any], now: datetime) -> None:
        """Queues come and go, and an item has 400 KB: what is over for a day goes."""
        old = text(now - KEPT_AFTER)
        dead = [name for name in item if name.startswith((HELD, PROMISED)) and item[name]["S"] < old][:AT_ONCE]
        if dead:
            self._update(
                UpdateExpression="REMOVE " + ", ".join(f"#q{n}" for n in range(len(dead))),
                ExpressionAttributeNames={f"#q{n}": name for n, name in enumerate(dead)},
            )


def _at_once(queues: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(set(queues))
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def _leases(item: Mapping[str, Any], queues: Iterable[str], now: datetime) -> dict[str, Lease]:
    """Those that are held now. DynamoDB refused for at least one of them, and says for which."""
    untils = {queue: item[HELD + queue]["S"] for queue in queues if HELD + queue in item}
    return {
        queue: Lease(until=datetime.fromisoformat(until), promised=item.get(PROMISED + queue, {}).get("S") == until)
        for queue, until in untils.items()
        if until > text(now)
    }

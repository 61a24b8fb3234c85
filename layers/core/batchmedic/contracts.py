"""The public shapes of messages: hints, doorbells, and what people ask of a function."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batchmedic.errors import MessageError
from batchmedic.incident_json import incident_from_json
from batchmedic.incidents import Incident
from batchmedic.model.scaling_group import environment_of

HINTS = ("runnable", "blocked", "launch_failed", "verify", "sweep")
DOORBELL_LIMIT = 100  # incidents in one doorbell

_QUEUE_ARN = re.compile(r"arn:[\w-]+:batch:(?P<region>[\w-]+):(?P<account>\d{12}):job-queue/[A-Za-z0-9_-]{1,128}")
_PLAN_ID = re.compile(r"[0-9a-f]{16}")
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:\d{12}:[\w+=,.@:/-]{1,500}")
_ENVIRONMENT = re.compile(r"[\w-]{1,128}|arn:[\w-]+:batch:[\w-]+:\d{12}:compute-environment/[\w-]{1,128}", re.ASCII)
# launch failures name the Auto Scaling group of the environment
_ENVIRONMENT_OR_GROUP = re.compile(
    r"[\w-]{1,255}|arn:[\w-]+:batch:[\w-]+:\d{12}:compute-environment/[\w-]{1,128}", re.ASCII
)
_INCIDENT_ID = re.compile(r"[0-9a-f]{16}-[1-9][0-9]{0,8}")


COMMANDS = ("apply", "rollback")
BELLS = ("incident", "incident_id", "incident_ids")
WISHES = ("test", "mute", "unmute", "hello", "digest", "floors")
OF_QUEUE = ("hello", "floors")  # what our own functions ask
FLOOR = ("compute_environment", "reason")
FLOORS_LIMIT = 100  # environments in one message
BECAUSE_LIMIT = 300  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a person asks of `remediate`: to apply exactly this plan, or to take a change back."""

    kind: str
    incident_id: str
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of `notify` beside doorbells; `target` of a mute is an incident's id or a subject's ARN."""

    kind: str
    target: str = ""
    until: datetime | None = None
    because: str = ""
    floors: tuple[tuple[str, str], ...] = ()  # environment (ARN), what happened to its floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Where to look: a job queue (ARN), the queues of a compute environment (its name), or everything (`sweep`). What
    is true there is read afresh."""

    kind: str
    queue: str | None = None
    compute_environment: str | None = None

    @property
    def place(self) -> str | None:
        """The ARN of the queue, or the name of the environment; None for everything."""
        return self.queue or self.compute_environment

    def as_message(self, at: datetime) -> str:
        where = {"queue": self.queue, "compute_environment": self.compute_environment}
        return json.dumps({"v": 1, "hint": self.kind, **where, "at": at.isoformat()})


def hint_of(place: str) -> Hint:
    """The hint that leads to this place once more; only queues have ARNs here."""
    if place.startswith("arn:"):
        return Hint(kind="runnable", queue=place)
    return Hint(kind="launch_failed", compute_environment=place)


def is_batch(event: Any) -> bool:
    """Whether Lambda read the event from an SQS queue and expects `batchItemFailures` back."""
    return isinstance(event, Mapping) and isinstance(event.get("Records"), list)


def message_bodies(event: Any) -> tuple[tuple[str, Any], ...]:
    """(message id, body) of an SQS batch; a direct invocation is one body without an id."""
    if not is_batch(event):
        return (("", event),)
    records = (record for record in event["Records"] if isinstance(record, Mapping))
    return tuple((str(record.get("messageId", "")), record.get("body")) for record in records)


def answer(event: Any, report: Mapping[str, Any], failed: Iterable[str]) -> dict[str, Any]:
    """What the handler returns: to SQS the messages that should come back, to everybody else the report.

    An empty identifier would fail the whole batch (Lambda developer guide, "Handling errors for an SQS event source").
    """
    if not is_batch(event):
        return dict(report)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed if message_id]}


def hint(body: Any) -> Hint:
    """A hint from a message body (JSON text or a mapping). MessageError says what is wrong with it."""
    fields = _fields(body)
    kind = fields.get("hint")
    if fields.get("v") != 1 or kind not in HINTS:
        raise MessageError("not a hint of version 1 with a known kind")
    if kind == "sweep":
        return Hint(kind=kind)
    queue, environment = fields.get("queue"), fields.get("compute_environment")
    if queue is None and isinstance(environment, str) and _ENVIRONMENT_OR_GROUP.fullmatch(environment):
        return Hint(kind=kind, compute_environment=environment_of(environment) or environment.rpartition("/")[2])
    if not isinstance(queue, str) or not _QUEUE_ARN.fullmatch(queue):
        raise MessageError("the hint names no job queue ARN, and no compute environment")
    return Hint(kind=kind, queue=queue)


def is_of(hint: Hint, *, account: str, region: str) -> bool:
    """Whether the hint is about the account and Region that this stack watches."""
    if hint.queue is None:
        return True
    found = _QUEUE_ARN.fullmatch(hint.queue)
    return found is not None and (found["account"], found["region"]) == (account, region)


def doorbell(body: Any) -> tuple[str, ...] | Incident:
    """The incident ids that a doorbell names, or the whole incident where `diagnose` could not store it."""
    fields = _fields(body)
    if isinstance(fields.get("incident"), dict):
        return incident_from_json(fields["incident"])
    named = fields.get("incident_ids", [fields.get("incident_id")])
    if not isinstance(named, list) or not named or len(named) > DOORBELL_LIMIT:
        raise MessageError("the doorbell names no incidents, or too many")
    if not all(isinstance(one, str) and _INCIDENT_ID.fullmatch(one) for one in named):
        raise MessageError("the doorbell names no incident")
    return tuple(dict.fromkeys(named))


def telling(body: Any, *, by_hand: bool) -> tuple[str, ...] | Incident | Wish:
    """What `notify` is asked: the incidents of a doorbell, or something about itself; some only a person may ask."""
    fields = _fields(body)
    for kind in WISHES:
        if kind not in fields or not fields.keys().isdisjoint(BELLS):
            continue
        if not by_hand and kind not in OF_QUEUE:
            raise MessageError(f"{kind} is asked by invoking the function, not by a message")
        if kind == "floors":
            return _floors(fields[kind])
        return _mute(kind, fields) if kind in ("mute", "unmute") else _plain_wish(kind, fields)
    return doorbell(fields)


def _plain_wish(kind: str, fields: Mapping[str, Any]) -> Wish:
    if fields[kind] is not True:
        raise MessageError(f'{kind} is asked as {{"{kind}": true}}')
    return Wish(kind=kind)


def _floors(news: Any) -> Wish:
    """What scale_to_zero did: (environment, reason) of each."""
    if not isinstance(news, list) or not 1 <= len(news) <= FLOORS_LIMIT:
        raise MessageError("floors names no compute environments, or too many")
    pairs: list[tuple[str, str]] = []
    for each in news:
        arn, reason = (each.get(name) if isinstance(each, Mapping) else None for name in FLOOR)
        if not isinstance(arn, str) or not isinstance(reason, str):
            raise MessageError("floors names a compute environment without its reason")
        pairs.append((arn, reason))
    return Wish(kind="floors", floors=tuple(pairs))


def wake(event: Any) -> str | None:
    """Which floors a person wants back: "all", or the name or ARN of a compute environment; None: the schedule asks."""
    fields = _fields(event)
    if "wake" not in fields:
        return None
    wanted = fields["wake"]
    if not isinstance(wanted, str) or not _ENVIRONMENT.fullmatch(wanted):
        raise MessageError('wake takes "all", or the name or the ARN of a compute environment')
    return wanted


def _mute(kind: str, fields: Mapping[str, Any]) -> Wish:
    target, because = fields[kind], fields.get("because", "")
    if not isinstance(target, str) or not (_INCIDENT_ID.fullmatch(target) or _ARN.fullmatch(target)):
        raise MessageError(f"{kind} names neither an incident's id, like 0123456789abcdef-1, nor the ARN of a subject")
    if kind == "unmute":
        return Wish(kind=kind, target=target)
    if not isinstance(because, str) or not because.strip():
        raise MessageError('a mute needs a reason: "because": "..."')
    return Wish(kind=kind, target=target, until=_moment(fields.get("until")), because=because[:BECAUSE_LIMIT])


def _moment(given: Any) -> datetime:
    wrong = 'a mute needs its end, with a time zone: "until": "2026-12-24T08:00:00Z"'
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError) as error:
        raise MessageError(wrong) from error
    if moment.tzinfo is None:
        raise MessageError(wrong)
    return moment


def errand(body: Any, *, by_hand: bool) -> tuple[str, ...] | Command:
    """What `remediate` is asked: the incidents of a doorbell, or, in a direct invocation only, a person's command."""
    fields = _fields(body)
    for kind in COMMANDS:
        if kind not in fields:
            continue
        incident_id, plan = fields[kind], fields.get("plan")
        if not by_hand:
            raise MessageError("a command is given by invoking the function, not by a message")
        if not isinstance(incident_id, str) or not _INCIDENT_ID.fullmatch(incident_id):
            raise MessageError(f"{kind} names no incident; its id is in the alert, like 0123456789abcdef-1")
        if kind == "apply" and (not isinstance(plan, str) or not _PLAN_ID.fullmatch(plan)):
            raise MessageError('apply names no plan; use {"apply": "<incident id>", "plan": "<plan id>"} of the alert')
        return Command(kind=kind, incident_id=incident_id, plan=plan if kind == "apply" else None)
    target = doorbell(fields)
    if isinstance(target, Incident):
        raise MessageError("an incident that could not be stored is not repaired")
    return target


def _fields(body: Any) -> Mapping[str, Any]:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MessageError("not JSON") from error
    if not isinstance(body, Mapping):
        raise MessageError("not a JSON object")
    return body

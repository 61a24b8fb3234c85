"""Lambda, SQS, EventBridge and the schedule as far as they matter here, on a clock that the test moves.

Standard queues as documented: delay, visibility, redelivery of what a handler reports or leaves behind when it dies,
five receives, then the dead-letter queue. DynamoDB, SNS and SSM are moto's; Batch, EC2 and ECS the simulated account.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from batchmedic.aws.diary import DiaryItem
from batchmedic.bootstrap import diagnose, notify, remediate, scale_to_zero
from batchmedic.channels.webhook import Answer
from batchmedic.repair_json import published, repair_from_json
from functions.diagnose import app as diagnose_app
from functions.notify import app as notify_app
from functions.remediate import app as remediate_app
from functions.scale_to_zero import app as scale_app
from local.account import ManualClock, SimulatedAccount
from local.owner import Owner
from tests.contract.tables import INCIDENTS, STATE, create_tables
from tests.factories import ACCOUNT, REGION
from tests.functions.interleaving import Turns
from tests.functions.wire import Calls, Killed, Wire

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
MAX_RECEIVES = 5
BATCH = {"looks": 10_000, "notices": 10, "remedies": 1}
DELAY = {"looks": 300, "notices": 30, "remedies": 0}  # seconds
VISIBILITY = {"looks": 730, "notices": 181, "remedies": 360}  # seconds
FUNCTION_OF = {"looks": "diagnose", "remedies": "remediate", "notices": "notify"}
SWEEP_EVERY = timedelta(minutes=5)
APPS = {"diagnose": diagnose_app, "notify": notify_app, "remediate": remediate_app, "scale_to_zero": scale_app}
CHANGING: dict[str, Callable[..., Any]] = {"remediate": remediate.wire, "scale_to_zero": scale_to_zero.wire}
STACK = "batchmedic"
ASYNC_RETRIES = 2
ASYNC_RETRY_AFTER = timedelta(minutes=1)
CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:::function:f",
    aws_request_id="r",
    get_remaining_time_in_millis=lambda: 120_000,
)


@dataclass(slots=True, kw_only=True)
class Message:
    id: str
    body: str
    visible_at: datetime
    receives: int = 0


@dataclass(slots=True, kw_only=True)
class Invocation:
    """One asynchronous invocation of `diagnose`, which Lambda tries again twice."""

    event: dict[str, Any]
    due_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Sqs:
    """The one operation that handlers call."""

    platform: "Platform"

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.platform.calls.begin("sqs:SendMessageBatch")
        for entry in Entries:
            self.platform.send(QueueUrl, entry["MessageBody"], delay=entry.get("DelaySeconds"))
        self.platform.calls.end("sqs:SendMessageBatch")
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@dataclass(slots=True)
class Platform:
    """One account with the product deployed in it, as if it had been there from the start."""

    wire: Wire
    sweeps: bool = True
    mode: str = "off"  # RemediationMode; most tests are about telling
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    calls: Calls = field(default_factory=Calls)
    queues: dict[str, list[Message]] = field(default_factory=lambda: {name: [] for name in BATCH})
    invocations: list[Invocation] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)  # bodies
    sns: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)  # on the bus of the stack
    sweeps_heard: list[dict[str, Any]] = field(default_factory=list)  # there, too: the heartbeats
    greeted: bool = True  # batchmedic has said hello long ago
    writes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # to Batch and EC2, also the refused ones
    written_while_updating: list[str] = field(default_factory=list)
    slack: list[dict[str, Any]] = field(default_factory=list)
    slack_at: list[datetime] = field(default_factory=list)  # when each came
    slack_answers: list[int] = field(default_factory=list)  # statuses to answer with before 200
    crashes: list[BaseException] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)  # events of AWS that the rules let through, by their kind
    invoked: Counter[str] = field(default_factory=Counter)  # how often, by function
    in_handler: bool = False
    over: Callable[[], bool] = lambda: False
    scaling: bool = False  # whether the schedule of scale_to_zero is on
    scale_mode: str = "apply"
    paused: set[str] = field(default_factory=set)  # functions whose event source mappings are disabled
    account: SimulatedAccount = field(init=False)
    owner: Owner = field(init=False)
    _environment: dict[str, str] = field(init=False)
    _usecases: dict[str, Any] = field(default_factory=dict)
    _last_sweep: datetime = START
    _last_scaling: datetime = START
    _ids: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        self.wire.platform = None
        create_tables(self.wire.client("dynamodb"))
        ssm, sns = self.wire.client("ssm"), self.wire.client("sns")
        ssm.put_parameter(Name="/batchmedic/slack", Value="https://hooks.slack.com/secret", Type="SecureString")
        self._environment = {
            "ACCOUNT_ID": ACCOUNT,
            "AWS_REGION": REGION,
            "INCIDENT_TABLE": INCIDENTS,
            "STATE_TABLE": STATE,
            "LOOKS_QUEUE_URL": "looks",
            "NOTICES_QUEUE_URL": "notices",
            "REMEDIES_QUEUE_URL": "remedies",
            "STACK_NAME": STACK,
            "AWS_LAMBDA_FUNCTION_NAME": "batchmedic-RemediateFunction-1A2B3C",
            "REMEDIATION_MODE": self.mode,
            "SCALE_TO_ZERO_MODE": self.scale_mode,
            "IDLE_MINUTES": "30",
            "FLOOR_RESTORE": "on-activity",
            "ALERT_TOPIC_ARN": sns.create_topic(Name="alerts")["TopicArn"],
            "SLACK_WEBHOOK_PARAMETER": "/batchmedic/slack",
            "EVENT_BUS": self.wire.client("events").create_event_bus(Name="findings")["EventBusArn"].rpartition("/")[2],
            "REMINDER_HOURS": "24",
        }
        if self.greeted:
            DiaryItem(dynamodb=self.wire.client("dynamodb"), table=STATE).greeted(now=START)
        self.account = SimulatedAccount(clock=self.clock, account_id=ACCOUNT, region=REGION, emit=self._on_event)
        self.wire.platform = self
        self.owner = Owner(batch=self.wire.client("batch"), ec2=self.wire.client("ec2"))

    # what AWS does

    def send(self, queue: str, body: str, *, delay: int | None = None) -> None:
        after = timedelta(seconds=DELAY[queue] if delay is None else delay)
        message = Message(id=str(next(self._ids)), body=body, visible_at=self.clock.now() + after)
        self.queues[queue].append(message)

    def _on_event(self, event: dict[str, Any]) -> None:
        """The template's three rules."""
        detail = event["detail"]
        self.heard[event["detail-type"]] += 1
        if event["detail-type"] == "EC2 Instance Launch Unsuccessful":
            hint = {"v": 1, "queue": None, "compute_environment": detail["AutoScalingGroupName"], "at": event["time"]}
            self.invocations.append(Invocation(event={**hint, "hint": "launch_failed"}, due_at=self.clock.now()))
            return
        hint = {"v": 1, "queue": detail["jobQueue"], "compute_environment": None, "at": event["time"]}
        if event["detail-type"] == "Batch Job Queue Blocked":
            self.invocations.append(Invocation(event={**hint, "hint": "blocked"}, due_at=self.clock.now()))
        elif detail["status"] == "RUNNABLE":
            self.send("looks", json.dumps({**hint, "hint": "runnable"}))

    def run(self, minutes: float, *, step_seconds: int = 30) -> None:
        """Let time pass, and everything happen that falls due; not longer than until `over` says so."""
        until = self.clock.now() + timedelta(minutes=minutes)
        while self.clock.now() < until and not self.over():
            self.account.pass_time(min(timedelta(seconds=step_seconds), until - self.clock.now()))
            self.settle()

    def settle(self) -> None:
        """Everything that is due now, sweeps included."""
        if self.sweeps and self.clock.now() - self._last_sweep >= SWEEP_EVERY:
            self._last_sweep = self.clock.now()
            self.invocations.append(Invocation(event={"v": 1, "hint": "sweep"}, due_at=self.clock.now()))
        if self.scaling and self.clock.now() - self._last_scaling >= SWEEP_EVERY:
            self._last_scaling = self.clock.now()
            self.handle("scale_to_zero", {"v": 1})
        for invocation in [one for one in self.invocations if one.due_at <= self.clock.now()]:
            self._invoke(invocation)
        for queue, function in FUNCTION_OF.items():
            if function not in self.paused:
                self._deliver(queue, function)

    def _invoke(self, invocation: Invocation) -> None:
        self.invocations.remove(invocation)
        if self.handle("diagnose", invocation.event) is not None:
            return
        if invocation.tries == ASYNC_RETRIES:
            self.dead.append(json.dumps(invocation.event))
            return
        later = Invocation(
            event=invocation.event, due_at=self.clock.now() + ASYNC_RETRY_AFTER, tries=invocation.tries + 1
        )
        self.invocations.append(later)

    def _deliver(self, queue: str, function: str) -> None:
        while ready := [one for one in self.queues[queue] if one.visible_at <= self.clock.now()]:
            self.receive(queue, function, ready[: BATCH[queue]])

    def receive(self, queue: str, function: str, batch: list[Message]) -> None:
        """Hand these messages to the function, and take away those that it does not report back."""
        for message in batch:
            message.receives += 1
            message.visible_at = self.clock.now() + timedelta(seconds=VISIBILITY[queue])
        records = [{"messageId": message.id, "body": message.body} for message in batch]
        answer = self.handle(function, {"Records": records})
        kept = {message.id for message in batch}
        if answer is not None:
            kept = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        spent = {one.id for one in batch if one.id in kept and one.receives >= MAX_RECEIVES}
        self.dead += [one.body for one in batch if one.id in spent]
        gone = {message.id for message in batch} - kept | spent
        self.queues[queue] = [message for message in self.queues[queue] if message.id not in gone]

    # the functions

    def handle(self, function: str, event: dict[str, Any]) -> dict[str, Any] | None:
        """The handler's answer; None if it raised or was killed, after which its process is a new one."""
        app = APPS[function]
        self.in_handler, self.calls.function = True, function
        self.invoked[function] += 1
        try:
            with patch.object(app, function, lambda: self._usecase(function)):
                answer: dict[str, Any] = app.lambda_handler(event, CONTEXT)
                return answer
        except (Killed, Exception) as crash:
            self.crashes.append(crash)
            self._usecases.pop(function, None)
            return None
        finally:
            self.in_handler = False
            self.calls.over()

    def at_once(self, function: str, events: list[dict[str, Any]], *, seed: int) -> list[Any]:
        """The answers of so many containers that run at the same time; a seeded draw says whose call comes next."""
        app = APPS[function]
        answers: list[Any] = []
        turns = Turns(random.Random(seed))
        self.in_handler, self.calls.pause, self.calls.function = True, turns.pause, function
        self.invoked[function] += len(events)
        with patch.object(app, function, lambda: self._build(function)):
            turns.run([lambda event=event: answers.append(app.lambda_handler(event, CONTEXT)) for event in events])  # type: ignore[misc]
        self.in_handler, self.calls.pause = False, lambda: None
        return answers

    def _usecase(self, function: str) -> Any:
        if function not in self._usecases:
            self._usecases[function] = self._build(function)
        return self._usecases[function]

    def _build(self, function: str) -> Any:
        if function == "diagnose":
            return diagnose.wire(self._environment, clock=self.clock.now, client=self._client)
        if function in CHANGING:
            clients = {"client": self._client, "single": self._client}
            return CHANGING[function](self._environment, clock=self.clock.now, **clients)
        return notify.wire(self._environment, clock=self.clock.now, client=self._client, post=self._post)

    def _client(self, service: str) -> Any:
        return Sqs(self) if service == "sqs" else self.wire.client(service)

    def _post(self, url: str, payload: dict[str, Any]) -> Answer:
        self.calls.begin("slack:post")
        status = self.slack_answers.pop(0) if self.slack_answers else 200
        if status == 200:
            self.slack.append(payload)
            self.slack_at.append(self.clock.now())
        self.calls.end("slack:post")
        return Answer(status=status, retry_after=timedelta(seconds=30) if status == 429 else None)

    # what people see

    @property
    def headlines(self) -> tuple[list[str], list[str]]:
        """What was told by SNS and in Slack, in order."""
        return [told["Message"].splitlines()[0] for told in self.sns], [told["text"] for told in self.slack]

    def incidents(self) -> list[dict[str, Any]]:
        """Every incident in the table, as published, sorted by id."""
        items = self.wire.client("dynamodb").scan(TableName=INCIDENTS)["Items"]
        return sorted((_published(item) for item in items), key=lambda one: str(one["incident_id"]))


def _published(item: dict[str, Any]) -> dict[str, Any]:
    repair = repair_from_json(json.loads(item["repair"]["S"])) if "repair" in item else None
    return {**json.loads(item["incident"]["S"]), "remedy": published(repair)}

"""Wires the use cases: settings in, something to call out."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from batchmedic.aws.bus import Bus
from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.changer import FLOORS, AwsChanger
from batchmedic.aws.clients import client, single
from batchmedic.aws.diary import DiaryItem
from batchmedic.aws.doorbells import Queues
from batchmedic.aws.floors import FloorItem
from batchmedic.aws.history import CloudTrailHistory
from batchmedic.aws.incident_table import IncidentTable
from batchmedic.aws.kill_switch import KillSwitchParameter
from batchmedic.aws.leases import LeaseItem
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.aws.ownership_evidence import OwnershipEvidence
from batchmedic.aws.parameters import SecureParameter
from batchmedic.aws.repair_memory import RepairMemoryItem
from batchmedic.aws.repair_table import RepairTable
from batchmedic.aws.snapshot_reader import reader_by
from batchmedic.aws.state_table import StateTable
from batchmedic.aws.surveyor import AwsSurveyor
from batchmedic.aws.switchboard import SwitchboardItem
from batchmedic.aws.topic import Topic
from batchmedic.aws.workload import AwsWorkload
from batchmedic.channels.eventbridge import EventBridge
from batchmedic.channels.slack import Slack
from batchmedic.channels.sns import Sns
from batchmedic.channels.webhook import Answer, post
from batchmedic.floors.changing import Change
from batchmedic.floors.heralding import Herald
from batchmedic.heartbeat import Heartbeat
from batchmedic.intake import Intake
from batchmedic.ledger import Ledger
from batchmedic.notices.hello import Sleep, in_words
from batchmedic.plugins import all_diagnoses, all_remedies
from batchmedic.ports import Channel, Clock
from batchmedic.recall import Recall
from batchmedic.repairs.applying import Apply
from batchmedic.repairs.considering import Consider
from batchmedic.repairs.guard import Guard
from batchmedic.repairs.undoing import Tidy, Undo
from batchmedic.repairs.verifying import Verify
from batchmedic.scaling.floor import Rules
from batchmedic.settings import DiagnoseSettings, NotifySettings, RemediateSettings, ScaleToZeroSettings
from batchmedic.telling.delivery import Delivery
from batchmedic.telling.greeting import Greeting
from batchmedic.telling.muting import Muting
from batchmedic.telling.telling import Tell
from batchmedic.usecases.diagnose import Diagnose
from batchmedic.usecases.notify import Notify
from batchmedic.usecases.remediate import Remediate
from batchmedic.usecases.scale_to_zero import ScaleToZero


def utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the clock that everybody else is handed


def diagnose(env: Mapping[str, str], *, clock: Clock = utc_now, client: Callable[[str], Any] = client) -> Diagnose:
    """Batch, DynamoDB and SQS clients are made here, the others when something is sick."""
    settings = DiagnoseSettings.from_env(env)
    dynamodb = client("dynamodb")
    doorbells = _doorbells(client, settings)
    store = IncidentTable(dynamodb=dynamodb, table=settings.incident_table)
    history = CloudTrailHistory(lambda: client("cloudtrail"))
    leases = LeaseItem(dynamodb=dynamodb, table=settings.state_table)
    intake = Intake(account=settings.account, region=settings.region, leases=leases, doorbells=doorbells, clock=clock)
    reader = reader_by(client, account=settings.account, region=settings.region, clock=clock)
    ledger = Ledger(
        store=store,
        doorbells=doorbells,
        history=history,
        mended=frozenset(remedy.mends for remedy in all_remedies()) if settings.mode != "off" else frozenset(),
        docs_base=settings.docs_base,
        clock=clock,
    )
    return Diagnose(
        intake=intake,
        reader=reader,
        recall=Recall(
            memory=StateTable(dynamodb=dynamodb, table=settings.state_table),
            floors=FloorItem(dynamodb=dynamodb, table=settings.state_table),
            clock=clock,
        ),
        ledger=ledger,
        heartbeat=Heartbeat(
            diary=DiaryItem(dynamodb=dynamodb, table=settings.state_table),
            bus=Bus(events=client("events"), name=settings.event_bus),
            doorbells=doorbells,
            clock=clock,
        ),
        diagnoses=all_diagnoses(),
        clock=clock,
    )


def _doorbells(client: Callable[[str], Any], settings: DiagnoseSettings | RemediateSettings) -> Queues:
    return Queues(
        sqs=client("sqs"),
        looks=settings.looks_queue,
        notices=settings.notices_queue,
        remedies=settings.remedies_queue,
    )


def remediate(
    env: Mapping[str, str],
    *,
    clock: Clock = utc_now,
    client: Callable[[str], Any] = client,
    single: Callable[[str], Any] = single,
) -> Remediate:
    """`single` makes the clients that change things: they try a request once."""
    settings = RemediateSettings.from_env(env)
    dynamodb = client("dynamodb")
    store = RepairTable(dynamodb=dynamodb, table=settings.incident_table)
    memory = RepairMemoryItem(dynamodb=dynamodb, table=settings.state_table)
    switch = KillSwitchParameter(ssm=lambda: client("ssm"), name=settings.kill_switch, clock=clock)
    surveyor = AwsSurveyor(
        reader=reader_by(client, account=settings.account, region=settings.region, clock=clock),
        ownership=OwnershipEvidence(client),
        client=client,
        stack=settings.stack,
    )
    guard = Guard(changer=AwsChanger(single), switch=switch, store=store, mode=settings.mode)
    return Remediate(
        store=store,
        memory=memory,
        doorbells=_doorbells(client, settings),
        consider=Consider(
            surveyor=surveyor,
            switch=switch,
            memory=memory,
            remedies={remedy.mends: remedy for remedy in all_remedies()},
            diagnoses={card.id: card for card in all_diagnoses()},
            mode=settings.mode,
            function=settings.function,
            clock=clock,
        ),
        apply=Apply(surveyor=surveyor, guard=guard, store=store, pace=settings.pace, clock=clock),
        verify=Verify(surveyor=surveyor, pace=settings.pace, clock=clock),
        undo=Undo(surveyor=surveyor, guard=guard, clock=clock),
        tidy=Tidy(surveyor=surveyor, guard=guard, clock=clock),
        clock=clock,
    )


def notify(
    env: Mapping[str, str],
    *,
    clock: Clock = utc_now,
    client: Callable[[str], Any] = client,
    post: Callable[[str, dict[str, Any]], Answer] = post,
) -> Notify:
    """SNS and EventBridge always; Slack if the name of its parameter is set."""
    settings = NotifySettings.from_env(env)
    dynamodb, topic = client("dynamodb"), Topic(sns=client("sns"), arn=settings.alert_topic)
    channels: list[Channel] = [
        Sns(publish=topic.publish),
        EventBridge(put=Bus(events=client("events"), name=settings.event_bus).put),
    ]
    audience: dict[str, Callable[[], str]] = {"SNS": lambda: in_words(topic.audience())}
    if settings.slack_webhook_parameter:
        webhook = SecureParameter(ssm=client("ssm"), name=settings.slack_webhook_parameter, clock=clock)
        channels.append(Slack(url=webhook.value, post=post))
        audience["Slack"] = lambda: "the channel of the webhook"
    incidents = IncidentTable(dynamodb=dynamodb, table=settings.incident_table)
    switchboard = SwitchboardItem(dynamodb=dynamodb, table=settings.state_table)
    delivery = Delivery(
        switchboard=switchboard,
        channels=tuple(channels),
        account=settings.account,
        region=settings.region,
        clock=clock,
    )
    doorbells = Queues(sqs=client("sqs"), notices=settings.notices_queue)
    return Notify(
        tell=Tell(tellings=incidents, delivery=delivery, doorbells=doorbells, reminder=settings.reminder, clock=clock),
        greeting=Greeting(
            incidents=incidents,
            diary=DiaryItem(dynamodb=dynamodb, table=settings.state_table),
            delivery=delivery,
            audience=audience,
            floors_kept=FloorItem(dynamodb=dynamodb, table=settings.state_table),
            mode=settings.mode,
            sleep=Sleep(mode=settings.scaling_mode, idle=settings.idle),
            clock=clock,
        ),
        muting=Muting(switchboard=switchboard, incidents=incidents, doorbells=doorbells, clock=clock),
    )


def scale_to_zero(
    env: Mapping[str, str],
    *,
    clock: Clock = utc_now,
    client: Callable[[str], Any] = client,
    single: Callable[[str], Any] = single,
) -> ScaleToZero:
    """`single` makes the clients that change things: they try a request once."""
    settings = ScaleToZeroSettings.from_env(env)
    workload = AwsWorkload(
        batch=client("batch"),
        capacity=CapacityEvidence(ec2=lambda: client("ec2"), ecs=lambda: client("ecs")),
        network=NetworkEvidence(ec2=lambda: client("ec2")),
        ownership=OwnershipEvidence(client),
    )
    store = FloorItem(dynamodb=client("dynamodb"), table=settings.state_table)
    switch = KillSwitchParameter(ssm=lambda: client("ssm"), name=settings.kill_switch, clock=clock)
    rules = Rules(mode=settings.mode, idle=settings.idle, restore=settings.restore)
    return ScaleToZero(
        workload=workload,
        store=store,
        change=Change(workload=workload, store=store, changer=AwsChanger(single, FLOORS), switch=switch, rules=rules),
        switch=switch,
        herald=Herald(
            bus=Bus(events=client("events"), name=settings.event_bus),
            doorbells=Queues(sqs=client("sqs"), notices=settings.notices_queue),
        ),
        rules=rules,
        clock=clock,
    )

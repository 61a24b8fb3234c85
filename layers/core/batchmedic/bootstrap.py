"""Wires the use cases: settings in, something to call out."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.clients import client
from batchmedic.aws.doorbells import Queues
from batchmedic.aws.history import CloudTrailHistory
from batchmedic.aws.identity_evidence import IdentityEvidence
from batchmedic.aws.incident_table import IncidentTable
from batchmedic.aws.leases import LeaseItem
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.aws.parameters import SecureParameter
from batchmedic.aws.snapshot_reader import AwsSnapshotReader
from batchmedic.aws.state_table import StateTable
from batchmedic.aws.topic import Topic
from batchmedic.channels.slack import Slack
from batchmedic.channels.sns import Sns
from batchmedic.channels.webhook import post
from batchmedic.intake import Intake
from batchmedic.ledger import Ledger
from batchmedic.plugins import all_diagnoses
from batchmedic.ports import Channel, Clock
from batchmedic.recall import Recall
from batchmedic.settings import DiagnoseSettings, NotifySettings
from batchmedic.usecases.diagnose import Diagnose
from batchmedic.usecases.notify import Notify


def utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the clock that everybody else is handed


def diagnose(env: Mapping[str, str], *, clock: Clock = utc_now, client: Callable[[str], Any] = client) -> Diagnose:
    """Batch, DynamoDB and SQS clients are made here, the others when something is sick."""
    settings = DiagnoseSettings.from_env(env)
    dynamodb = client("dynamodb")
    doorbells = Queues(sqs=client("sqs"), looks=settings.looks_queue, notices=settings.notices_queue)
    store = IncidentTable(dynamodb=dynamodb, table=settings.incident_table)
    history = CloudTrailHistory(lambda: client("cloudtrail"))
    leases = LeaseItem(dynamodb=dynamodb, table=settings.state_table)
    intake = Intake(account=settings.account, region=settings.region, leases=leases, doorbells=doorbells, clock=clock)
    reader = AwsSnapshotReader(
        batch=client("batch"),
        network=NetworkEvidence(ec2=lambda: client("ec2")),
        capacity=CapacityEvidence(ec2=lambda: client("ec2"), ecs=lambda: client("ecs")),
        identity=IdentityEvidence(lambda: client("iam")),
        account=settings.account,
        region=settings.region,
        clock=clock,
    )
    ledger = Ledger(store=store, doorbells=doorbells, history=history, docs_base=settings.docs_base, clock=clock)
    return Diagnose(
        intake=intake,
        reader=reader,
        recall=Recall(memory=StateTable(dynamodb=dynamodb, table=settings.state_table), clock=clock),
        ledger=ledger,
        diagnoses=all_diagnoses(),
        clock=clock,
    )


def notify(
    env: Mapping[str, str],
    *,
    clock: Clock = utc_now,
    client: Callable[[str], Any] = client,
    post: Callable[[str, dict[str, Any]], int] = post,
) -> Notify:
    """SNS always; Slack if the name of its parameter is set."""
    settings = NotifySettings.from_env(env)
    channels: list[Channel] = [Sns(publish=Topic(sns=client("sns"), arn=settings.alert_topic).publish)]
    if settings.slack_webhook_parameter:
        webhook = SecureParameter(ssm=client("ssm"), name=settings.slack_webhook_parameter, clock=clock)
        channels.append(Slack(url=webhook.value, post=post))
    store = IncidentTable(dynamodb=client("dynamodb"), table=settings.incident_table)
    return Notify(tellings=store, channels=tuple(channels), clock=clock)

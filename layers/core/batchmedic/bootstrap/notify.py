"""Wires `notify`: settings in, something to call out."""

from collections.abc import Callable, Mapping
from typing import Any

from batchmedic.aws.bus import Bus
from batchmedic.aws.clients import client
from batchmedic.aws.diary import DiaryItem
from batchmedic.aws.doorbells import Queues
from batchmedic.aws.floors import FloorItem
from batchmedic.aws.incident_table import IncidentTable
from batchmedic.aws.parameters import SecureParameter
from batchmedic.aws.switchboard import SwitchboardItem
from batchmedic.aws.topic import Topic
from batchmedic.bootstrap.shared import utc_now
from batchmedic.channels.eventbridge import EventBridge
from batchmedic.channels.slack import Slack
from batchmedic.channels.sns import Sns
from batchmedic.channels.webhook import Answer, post
from batchmedic.notices.hello import Sleep, in_words
from batchmedic.ports import Channel, Clock
from batchmedic.settings import NotifySettings
from batchmedic.telling.delivery import Delivery
from batchmedic.telling.greeting import Greeting
from batchmedic.telling.muting import Muting
from batchmedic.telling.telling import Tell
from batchmedic.usecases.notify import Notify


def wire(
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

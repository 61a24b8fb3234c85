"""What every channel keeps: which errors come again, no secret in any text, the receiver's limits, hostile text."""

import json
import re
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hmac import new
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from jsonschema import Draft4Validator
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from batchmedic.aws.bus import Bus
from batchmedic.aws.topic import Topic
from batchmedic.channels import webhook
from batchmedic.channels.eventbridge import EventBridge
from batchmedic.channels.slack import Slack
from batchmedic.channels.sns import Sns
from batchmedic.errors import DeliveryError
from batchmedic.incidents import ChangedBy, Checks, Row
from batchmedic.notices.notice import Notice, about_us, notice_of
from batchmedic.notices.reasons import EVENTS, Reason
from batchmedic.notices.summary import summary_of
from tests.contract.answering import failing, recorded
from tests.contract.receiving import SECRET, Receiver, serving
from tests.factories import NOW, an_incident
from tests.repair_factories import an_applied_repair

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/events/incident.schema.json").read_text())
KEY = "a-signing-key-that-nobody-may-see"
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
HOSTILE = {
    "mentions": "<!channel> <@U123> @here",
    "links": "<http://evil.example|click> [click](http://evil.example)",
    "markup": "*bold* _it_ ~no~ `code` ```fence``` &amp; & < >",
    "terminal": "\x1b[31mred\x1b[0m \x00 \x07 \r\n second line",
    "bidi": "\u202eesrever\u202c \u2066x\u2069 zero\u200bwidth\ufeff",
    "html": "<script>alert(1)</script><img src=x onerror=y>",
    "spreadsheet": "=cmd|'/c calc'!A0",
    "combining": "e" + "\u0301" * 500,
    "emoji": "😀" * 2_000,
    "surrogate": "a\ud800b",
    "flood": "&<>" * 40_000,
    "lines": "one\ntwo\u2028three\u2029four\x85five",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A channel in front of a receiver; `says` lets the receiver answer so for a while."""

    channel: Any
    arrived: Callable[[], list[Any]]  # what the receiver took, as it was sent
    says: Callable[[str], AbstractContextManager[None]]
    secrets: tuple[str, ...]


def of_aws(channel: Any, client: Any, calls: list[Any], taken: Callable[[Any], Any], **codes: Any) -> Outlet:
    return Outlet(
        channel=channel,
        arrived=lambda: [taken(parameters) for _, parameters in calls],
        says=lambda what: failing(client, codes[what]),
        secrets=(),
    )


SILENT = ReadTimeoutError(endpoint_url="https://aws.example")
COMMON = {"busy": "ThrottlingException", "down": "InternalFailure", "silent": SILENT}


@pytest.fixture
def sns(aws: Any) -> Iterator[Outlet]:
    client = aws("sns")
    topic = Topic(sns=client, arn=client.create_topic(Name="alerts")["TopicArn"])
    with recorded(client) as calls:
        yield of_aws(
            *(Sns(publish=topic.publish), client, calls, lambda sent: sent),
            **COMMON,
            gone="NotFound",
            refused="InvalidParameter",
        )


@pytest.fixture
def eventbridge(aws: Any) -> Iterator[Outlet]:
    client = aws("events")
    client.create_event_bus(Name="findings")
    with recorded(client) as calls:
        yield of_aws(
            *(EventBridge(put=Bus(events=client, name="findings").put), client, calls, lambda sent: sent["Entries"][0]),
            **COMMON,
            gone="ResourceNotFoundException",
            refused={"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "x"}]},
        )


STATUSES = {"busy": 429, "down": 503, "gone": 404, "refused": 400}


def posting(receiver: Receiver, channel: Any) -> Outlet:
    @contextmanager
    def says(what: str) -> Iterator[None]:
        if what == "silent":
            receiver.headers = {"Content-Length": "10", "Connection": "close"}  # breaks off
        else:
            receiver.status = STATUSES[what]
        yield
        receiver.status, receiver.headers = 200, {}

    return Outlet(
        channel=channel,
        arrived=lambda: [body for _, _, body in receiver.got],
        says=says,
        secrets=(SECRET, KEY),
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving() as made:
        yield made


@pytest.fixture
def slack(receiver: Receiver) -> Outlet:
    return posting(receiver, Slack(url=lambda fresh: receiver.url, post=webhook.post))


@pytest.fixture(scope="session")
def worked_example() -> types.ModuleType:
    """The channel of docs/adding.md, as it stands there."""
    (code,) = re.findall(r'```python\n("""Tells a program.*?)```', (ROOT / "docs/adding.md").read_text(), re.DOTALL)
    module = types.ModuleType("worked_example")
    sys.modules[module.__name__] = module  # dataclasses look it up
    exec(compile(code, "docs/adding.md", "exec"), module.__dict__)
    return module


@pytest.fixture
def signed(receiver: Receiver, worked_example: types.ModuleType) -> Outlet:
    channel = worked_example.SignedWebhook(
        url=lambda: receiver.url, secret=lambda: KEY, post=webhook.post, clock=lambda: NOW
    )
    return posting(receiver, channel)


@pytest.fixture(params=["sns", "slack", "eventbridge", "signed"])
def outlet(request: pytest.FixtureRequest) -> Outlet:
    made: Outlet = request.getfixturevalue(request.param)
    return made


OPENED = notice_of(an_incident(), Reason.OPENED)


def failure(outlet: Outlet, what: str) -> DeliveryError:
    with outlet.says(what), pytest.raises(DeliveryError) as caught:
        outlet.channel.deliver(OPENED)
    return caught.value


def test_what_is_delivered_arrives_once(outlet: Outlet) -> None:
    outlet.channel.deliver(OPENED)

    assert len(outlet.arrived()) == 1
    assert "Jobs need 32 vCPUs" in json.dumps(outlet.arrived()[0])


@pytest.mark.parametrize(
    ("what", "retryable", "gone"),
    [
        ("busy", True, False),
        ("down", True, False),
        ("silent", True, False),
        ("gone", False, True),
        ("refused", False, False),
    ],
)
def test_says_whether_to_come_again(outlet: Outlet, what: str, retryable: bool, gone: bool) -> None:
    error = failure(outlet, what)

    assert (error.retryable, error.channel_is_gone) == (retryable, gone)


@pytest.mark.parametrize("what", ["busy", "down", "silent", "gone", "refused"])
def test_no_text_of_an_error_holds_a_secret(outlet: Outlet, what: str) -> None:
    error = failure(outlet, what)
    texts = "\n".join([str(error), repr(error), repr(error.__cause__), *traceback.format_exception(error)])

    assert not [secret for secret in outlet.secrets if secret in texts]


def test_works_again_after_a_failure(outlet: Outlet) -> None:
    failure(outlet, "down")
    before = len(outlet.arrived())

    outlet.channel.deliver(OPENED)

    assert len(outlet.arrived()) == before + 1


def hostile(text: str) -> Notice:
    """The text in every place that somebody else can write."""
    incident = an_incident(
        title=text,
        summary=f"{text} decides.",
        evidence=(Row(subject=text, message=text, facts={"text": text, text[:50]: [text]}),),
        checks=Checks(not_checked=({"check": "x", "because": text},)),
        aws_reason=text,
        changed_by=ChangedBy(principal=text, event=text, at=NOW),
        recommendation=text,
        steps=(text, f"aws batch {text}"),
    )
    return notice_of(incident, Reason.OPENED, an_applied_repair(said=text, why_not=text, commands=(text,)))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_arrives_as_text_within_the_receivers_limits(
    outlet: Outlet, text: str, request: pytest.FixtureRequest
) -> None:
    outlet.channel.deliver(hostile(text))

    (sent,) = outlet.arrived()
    LIMITS[outlet.channel.name](sent)


@pytest.mark.parametrize("reason", [reason for reason in EVENTS if reason is not Reason.ABOUT_US])
def test_every_reason_is_within_the_limits(outlet: Outlet, reason: Reason) -> None:
    outlet.channel.deliver(notice_of(an_incident(), reason, an_applied_repair(commands=("x " * 900,) * 12)))

    (sent,) = outlet.arrived()
    LIMITS[outlet.channel.name](sent)


def test_a_summary_of_a_hundred_is_within_the_limits(outlet: Outlet) -> None:
    many = [an_incident(key=f"{number:016x}", title="&" * 1_000) for number in range(100)]
    outlet.channel.deliver(summary_of([(one, Reason.OPENED) for one in many]))

    (sent,) = outlet.arrived()
    LIMITS[outlet.channel.name](sent)


def test_what_batchmedic_says_of_itself_is_for_people(outlet: Outlet) -> None:
    outlet.channel.deliver(about_us("HELLO", [("label", "text")], severity=an_incident().severity))

    assert len(outlet.arrived()) == outlet.channel.summarises
    for sent in outlet.arrived():
        LIMITS[outlet.channel.name](sent)


def sns_limits(sent: Any) -> None:
    """Amazon SNS, Publish: a subject of less than 100 characters, 256 KiB; the subject ASCII under every edition."""
    subject, body = sent["Subject"], sent["Message"]
    assert 0 < len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject[0].isalpha()
    assert len(body.encode()) <= 250_000
    assert not UNSEEN.search(body)
    assert len([line for line in body.splitlines() if line]) <= 12
    assert all(value["StringValue"] for value in sent["MessageAttributes"].values())
    assert not any(UNSEEN.search(value["StringValue"]) for value in sent["MessageAttributes"].values())


OURS = re.compile(r"<https://[^<>|]+\|[A-Za-z ]+>|&(?:amp|lt|gt);")


def slack_limits(sent: Any) -> None:
    """Block Kit by slack_sdk's own models; no mark-up but our own."""
    (attachment,) = sent["attachments"]
    blocks = Block.parse_all(attachment["blocks"])
    assert BlockAttachment(blocks=blocks, color=attachment["color"]).to_dict()["blocks"] == attachment["blocks"]
    assert len(blocks) <= 50
    texts = [sent["text"], *(element["text"] for block in attachment["blocks"] for element in _texts(block))]
    for text in texts:
        assert 0 < len(text) <= 3_000
        assert not UNSEEN.search(text)
    for block in attachment["blocks"]:
        for element in _texts(block):
            if element["type"] == "mrkdwn":
                assert not re.search("[<>&]", OURS.sub("", element["text"])), element["text"]
    assert not re.search("[<>&]", OURS.sub("", sent["text"]))


def _texts(block: Any) -> list[Any]:
    return [*block.get("elements", ()), *([block["text"]] if "text" in block else [])]


def detail_limits(detail: Any) -> None:
    assert len(json.dumps(detail).encode()) <= 64 * 1024
    Draft4Validator(SCHEMA).validate(detail)
    assert not UNSEEN.search(json.dumps(detail, ensure_ascii=False))


LIMITS: dict[str, Callable[[Any], None]] = {
    "sns": sns_limits,
    "slack": slack_limits,
    "eventbridge": lambda sent: detail_limits(json.loads(sent["Detail"])),
    "webhook": lambda sent: detail_limits(sent["detail"]),
}


def test_the_worked_example_signs_what_it_posts(signed: Outlet, receiver: Receiver) -> None:
    signed.channel.deliver(OPENED)

    ((headers, body),) = receiver.raw
    timestamp = headers["X-Batchmedic-Timestamp"]
    expected = new(KEY.encode(), f"v0:{timestamp}:".encode() + body, "sha256").hexdigest()
    assert headers["X-Batchmedic-Signature"] == f"v0={expected}"
    assert KEY.encode() not in body


def test_what_slack_calls_busy_says_how_long(slack: Outlet, receiver: Receiver) -> None:
    receiver.headers = {"Retry-After": "17"}

    assert failure(slack, "busy").retry_after == timedelta(seconds=17)


def test_a_summary_takes_its_colour_from_the_worst(slack: Outlet) -> None:
    worst = an_incident()
    mild = replace(worst, key="f" * 16, severity=worst.severity.at_most(type(worst.severity).WARNING))
    slack.channel.deliver(summary_of([(mild, Reason.OPENED), (worst, Reason.OPENED)]))

    assert slack.arrived()[0]["attachments"][0]["color"] == "#b3261e"

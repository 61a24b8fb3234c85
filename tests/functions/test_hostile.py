"""Malformed and hostile events and fields: nothing raises, nothing good is lost, nothing said can harm its readers.

Here a sample; `make torture` has twenty times as many. The seed is in each failure.
"""

import io
import json
import logging
import os
import random
import traceback
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any, Protocol

import pytest

from batchmedic.aws.incident_table import IncidentTable
from batchmedic.changes import RemedyStatus, Repair
from batchmedic.channels import eventbridge, slack, sns, webhook
from batchmedic.incidents import Record
from batchmedic.notices.notice import Notice, notice_of
from batchmedic.notices.reasons import OF_STATUS, Reason
from batchmedic.notices.summary import summary_of
from local.account.cloudtrail import Caller
from local.owner import one_container, user_data
from tests.contract.tables import INCIDENTS, STATE
from tests.factories import QUEUE, an_incident
from tests.functions import hostile, limits
from tests.functions.hostile import TEXTS, Fate, Hostile, incident_of, text
from tests.functions.platform import FUNCTION_OF, MAX_RECEIVES, Message, Platform
from tests.functions.repairs import waiting_mismatch
from tests.functions.worlds import healthy, mismatch
from tests.repair_factories import an_applied_repair

TORTURE = "TORTURE" in os.environ
SEEDS = range(20260, 20260 + (20 if TORTURE else 1))
BATCHES, BATCH = 17, 98  # of hostile messages: with three functions 5,000 for each seed
DIRECT = 200  # direct invocations of each function, for each seed
RENDERINGS = 4_000 if TORTURE else 200
WORLDS = 120 if TORTURE else 8
LOG_LIMIT = 256 * 1024  # bytes of one line; CloudWatch Logs once took no longer ones, and nobody reads them


# --- what is captured


class Strict(logging.StreamHandler[io.TextIOWrapper]):
    """Raises where a line cannot be written, for which logging itself would only print a traceback."""

    def handleError(self, record: logging.LogRecord) -> None:
        raise  # noqa: PLE0704 - it is called while an exception is handled


@dataclass(slots=True)
class Log:
    """What the functions print, from DEBUG up, as Powertools writes it for CloudWatch."""

    raw: io.BytesIO = field(default_factory=io.BytesIO)

    def text(self) -> str:
        return self.raw.getvalue().decode()


@pytest.fixture
def log() -> Iterator[Log]:
    loggers = [logging.getLogger(name) for name in ("test", "batchmedic")]
    before = [logger.level for logger in loggers]
    captured = Log()
    handler = Strict(io.TextIOWrapper(captured.raw, encoding="utf-8", write_through=True))
    handler.setFormatter(loggers[0].handlers[0].formatter)
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield captured
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """The metrics, and what libraries say."""
    return lambda: "".join(capfd.readouterr()) + caplog.text


def wrong_with_what_was_said(platform: Platform) -> Iterator[str]:
    for told in platform.sns:
        values = {name: each["StringValue"] for name, each in told["MessageAttributes"].items()}
        yield from limits.of_sns(told["Subject"], told["Message"], values)
    for payload in platform.slack:
        yield from limits.of_slack(payload)
    for event in platform.events:
        yield from limits.of_event(json.loads(event["Detail"]))


# --- the good messages among the bad ones


class Mate(Protocol):
    """Makes good messages, and knows whether the last one was carried out."""

    queue: str

    def message(self) -> str: ...

    def carried_out(self) -> bool: ...


@dataclass(slots=True)
class Hints:
    """Each leads to a look: the lease of the one before is over."""

    platform: Platform
    queue: str = "looks"
    calls_before: int = 0

    def __post_init__(self) -> None:
        healthy(self.platform)

    def message(self) -> str:
        self.platform.account.pass_time(timedelta(seconds=61))
        self.calls_before = len(self.platform.account.calls)
        return json.dumps(hostile.a_hint())

    def carried_out(self) -> bool:
        calls = self.platform.account.calls[self.calls_before :]
        return ("batch", "GetJobQueueSnapshot", {"jobQueue": QUEUE}) in calls


@dataclass(slots=True)
class Doorbells:
    """Each rings for a new incident, and a good while after the one before: people are told one by one."""

    platform: Platform
    queue: str = "notices"
    number: int = 0

    def message(self) -> str:
        self.platform.account.pass_time(timedelta(hours=1))
        self.number += 1
        now = self.platform.clock.now()
        store = IncidentTable(dynamodb=self.platform.wire.client("dynamodb"), table=INCIDENTS)
        incident = an_incident(key=f"{self.number:016x}", opened_at=now, last_seen_at=now)
        store.save(Record(incident=incident), now=now)
        return json.dumps({"incident_id": self.incident_id})

    @property
    def incident_id(self) -> str:
        return f"{self.number:016x}-1"

    def carried_out(self) -> bool:
        self.platform.account.pass_time(timedelta(seconds=2))  # another notice may have had Slack's turn
        self.platform.settle()
        channels = (self.platform.sns, self.platform.slack, self.platform.events)
        return all(sum(self.incident_id in json.dumps(one) for one in channel) == 1 for channel in channels)


@dataclass(slots=True)
class Errands:
    """All ring for one incident whose repair waits for a person; each time it is considered anew, and kept."""

    platform: Platform
    queue: str = "remedies"
    before: int = 0

    def __post_init__(self) -> None:
        waiting_mismatch(self.platform)
        self.platform.run(15)

    def message(self) -> str:
        self.platform.account.pass_time(timedelta(seconds=91))
        self.before = self._revision()
        return json.dumps({"incident_id": self.platform.incidents()[0]["incident_id"]})

    def carried_out(self) -> bool:
        return self._revision() == self.before + 1

    def _revision(self) -> int:
        (item,) = self.platform.wire.client("dynamodb").scan(TableName=INCIDENTS)["Items"]
        return int(item["repair_revision"]["N"])


MATES: Mapping[str, Callable[[Platform], Mate]] = {"looks": Hints, "notices": Doorbells, "remedies": Errands}


def mate_of(queue: str, make_platforms: Callable[..., Platform]) -> tuple[Platform, Mate]:
    platform = make_platforms(mode="plan")
    mate = MATES[queue](platform)
    platform.sweeps = False
    return platform, mate


# --- hostile messages


def put(platform: Platform, queue: str, *bodies: str) -> list[Message]:
    for body in bodies:
        platform.send(queue, body, delay=0)
    return platform.queues[queue][-len(bodies) :]


def delivered(platform: Platform, mate: Mate, bad: list[Hostile], draw: random.Random) -> None:
    """All five receives of one batch, each with a good message somewhere in it."""
    platform.dead.clear()
    kinds = {
        message.id: one for message, one in zip(put(platform, mate.queue, *(b.body for b in bad)), bad, strict=True)
    }
    for receive in range(1, MAX_RECEIVES + 1):
        left = [message for message in platform.queues[mate.queue] if message.id in kinds]
        (good,) = put(platform, mate.queue, mate.message())
        batch = draw.sample([*left, good], len(left) + 1)
        platform.receive(mate.queue, FUNCTION_OF[mate.queue], batch)
        assert platform.crashes == [], "".join(traceback.format_exception(platform.crashes[0]))
        assert good not in platform.queues[mate.queue], f"the good one was reported at receive {receive}"
        assert mate.carried_out(), f"the good one was not carried out at receive {receive}"
        back = {message.id for message in platform.queues[mate.queue]}
        for message in left if receive < MAX_RECEIVES else ():
            expect(kinds[message.id], came_back=message.id in back)
    assert not kinds.keys() & {message.id for message in platform.queues[mate.queue]}
    dead = Counter(platform.dead)
    assert Counter(one.body for one in bad if one.fate is Fate.BACK) <= dead, "lost"
    assert dead <= Counter(one.body for one in bad if one.fate is not Fate.TAKEN), "dead for nothing"


def expect(one: Hostile, *, came_back: bool) -> None:
    wanted = {Fate.BACK: came_back, Fate.TAKEN: not came_back, Fate.EITHER: True}
    assert wanted[one.fate], f"{one.kind} should be {one.fate}, came back: {came_back}: {one.body[:300]!r}"


def sound(platform: Platform, log: Log) -> None:
    """After all that: what was said is fit to read, nothing was changed, and no line of the log is endless."""
    wrong = list(wrong_with_what_was_said(platform))
    assert wrong == [], wrong[:3]
    assert platform.writes == []
    assert max(map(len, log.raw.getvalue().splitlines()), default=0) <= LOG_LIMIT


def seeded(seed: int, work: Callable[[random.Random], None]) -> None:
    """Whatever fails says the seed."""
    try:
        work(random.Random(seed))
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error}") from error


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("queue", FUNCTION_OF)
def test_hostile_messages_come_back_five_times_and_harm_no_good_one(
    make_platforms: Callable[..., Platform], log: Log, queue: str, seed: int
) -> None:
    platform, mate = mate_of(queue, make_platforms)

    def work(draw: random.Random) -> None:
        for _ in range(BATCHES):
            delivered(platform, mate, hostile.messages(draw, queue, BATCH), draw)
        sound(platform, log)

    seeded(seed, work)


@pytest.mark.parametrize("queue", FUNCTION_OF)
def test_a_command_that_is_right_is_obeyed_only_where_a_person_gives_it(
    make_platforms: Callable[..., Platform], queue: str
) -> None:
    platform = make_platforms(mode="plan")
    mate = Errands(platform)
    (incident,) = platform.incidents()
    right = {"apply": incident["incident_id"], "plan": incident["remedy"]["plan"]}
    assert right["plan"]
    sent = put(platform, queue, json.dumps(right), json.dumps({**right, **json.loads(mate.message())}))
    platform.receive(queue, FUNCTION_OF[queue], sent)

    assert platform.crashes == platform.writes == []
    assert all(message in platform.queues[queue] for message in sent[:1])
    answer = platform.handle("remediate", right)
    assert (answer or {}).get("status") == "verifying"
    assert platform.writes


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("queue", FUNCTION_OF)
def test_a_function_answers_whatever_it_is_invoked_with(
    make_platforms: Callable[..., Platform], log: Log, queue: str, seed: int
) -> None:
    platform, _ = mate_of(queue, make_platforms)

    def work(draw: random.Random) -> None:
        for _ in range(DIRECT):
            event = hostile.event(draw)
            answer = platform.handle(FUNCTION_OF[queue], event)
            assert platform.crashes == [], f"{event!r:.300}: {platform.crashes[0]!r}"
            assert isinstance(json.loads(json.dumps(answer)), dict), f"{event!r:.300}: {answer!r}"
        sound(platform, log)

    seeded(seed, work)


def mixed(platform: Platform, mate: Mate, odd: list[Any], draw: random.Random) -> None:
    """One batch of these records with a good one among them."""
    good = {"messageId": "good", "body": mate.message()}
    answer = platform.handle(FUNCTION_OF[mate.queue], {"Records": draw.sample([*odd, good], len(odd) + 1)})
    assert platform.crashes == [], f"{odd!r:.300}: {platform.crashes[0]!r}"
    assert answer is not None
    reported = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    assert "good" not in reported, f"{odd!r:.300}"
    assert "" not in reported, "Lambda takes that for all of them"
    assert mate.carried_out(), f"{odd!r:.300}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("queue", FUNCTION_OF)
def test_records_that_are_none_keep_no_good_one_from_being_carried_out(
    make_platforms: Callable[..., Platform], log: Log, queue: str, seed: int
) -> None:
    platform, mate = mate_of(queue, make_platforms)

    def work(draw: random.Random) -> None:
        for _ in range(10):
            mixed(platform, mate, [hostile.odd_record(draw) for _ in range(draw.randint(1, 9))], draw)
        sound(platform, log)

    seeded(seed, work)


@pytest.mark.parametrize("queue", FUNCTION_OF)
def test_a_record_without_an_id_does_not_stand_for_the_whole_batch(
    make_platforms: Callable[..., Platform], queue: str
) -> None:
    platform, mate = mate_of(queue, make_platforms)
    seeded(SEEDS[0], lambda draw: mixed(platform, mate, [hostile.nameless_record(draw)], draw))


# --- hostile fields

REASONS = [reason for reason in Reason if reason is not Reason.QUIET]
Check = Callable[[Notice], Iterable[str]]
CHANNELS: Mapping[str, Check] = {
    "sns": lambda notice: limits.of_sns(sns.subject(notice), sns.body(notice), sns.attributes(notice)),
    "slack": lambda notice: limits.of_slack(slack.render(notice)),
    "eventbridge": lambda notice: limits.of_event(eventbridge.detail(notice.incident, notice.repair)),
}


def repair_of(say: Callable[[], str], status: RemedyStatus) -> Repair:
    """A repair in which somebody else wrote what can be read of it."""
    repair = an_applied_repair(status, why_not=say(), said=say(), commands=tuple(say() for _ in range(14)))
    assert repair.plan is not None
    return replace(repair, plan=replace(repair.plan, because=say(), steps=(say(), say()), refusal=say()))


def statuses_for(reason: Reason) -> list[RemedyStatus]:
    """News of a repair is told of one that is so; other news of any."""
    return [status for status, of_repair in OF_STATUS.items() if of_repair is reason] or list(RemedyStatus)


@cache
def notices_of(name: str) -> tuple[Notice, ...]:
    """Every reason, without a repair and with one; and many at once."""
    words = TEXTS[name]
    incident = incident_of(lambda: words)
    pairs = [(reason, status) for reason in REASONS for status in statuses_for(reason)]
    if len(words) > hostile.LONG // 2:  # as long in each
        pairs = [(Reason.OPENED, RemedyStatus.AWAITING_APPROVAL), (Reason.REMEDY_FAILED, RemedyStatus.FAILED)]
    return (
        *(notice_of(incident, reason) for reason, _ in pairs if reason not in OF_STATUS.values()),
        *(notice_of(incident, reason, repair_of(lambda: words, status)) for reason, status in pairs),
        summary_of([(incident, reason) for reason in REASONS] * 3),
    )


def by_channel() -> list[Any]:
    return [pytest.param(channel, name, id=f"{channel}: {name}") for channel in CHANNELS for name in TEXTS]


@pytest.mark.parametrize(("channel", "name"), by_channel())
def test_a_channel_takes_whatever_somebody_wrote(channel: str, name: str) -> None:
    assert {each for notice in notices_of(name) for each in CHANNELS[channel](notice)} == set()


def test_a_channel_takes_whatever_many_people_wrote() -> None:
    def work(draw: random.Random) -> None:
        def say() -> str:
            return text(draw)

        for _ in range(RENDERINGS):
            reason = draw.choice(REASONS)
            repair = repair_of(say, draw.choice(statuses_for(reason)))
            bare = draw.random() < 0.3 and reason not in OF_STATUS.values()
            notice = notice_of(incident_of(say), reason, None if bare else repair)
            for channel, check in CHANNELS.items():
                wrong = list(check(notice))
                assert wrong == [], f"{channel}: {wrong}"

    seeded(SEEDS[0], work)


# --- hostile accounts


def too_large(platform: Platform) -> tuple[str, str]:
    """AWS Batch says why in its own words, which are told. The answer is the diagnosis, and a text that is in it."""
    healthy(platform)
    platform.owner.submit("align", vcpus=512, memory=2_048)
    return "job_exceeds_vcpus", "statusReason"


def stray_group(platform: Platform) -> tuple[str, str]:
    waiting_mismatch(platform)
    return "security_group_in_other_vpc", "principal"


def unreadable(platform: Platform) -> tuple[str, str]:
    """Nothing is known but what AWS Batch says."""
    mismatch(platform)
    platform.account.deny("ec2", "DescribeSecurityGroups")
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2_048)
    return "compute_environment_invalid", "statusReason"


def refused(platform: Platform) -> tuple[str, str]:
    """EC2's sentence is told; what XML cannot carry of it does not come."""
    healthy(platform)
    platform.account.launch_error = "No."
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(30)
    return "launch_failed", ""


STORIES = (too_large, stray_group, unreadable, refused)


def speak(platform: Platform, say: Mapping[str, str]) -> None:
    """From now on the account's free texts, as the functions read them, are these; and so is who changes things."""
    answer = platform.account.handle

    def handle(service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        answered = answer(service, operation, parameters)
        return hostile.overlaid(answered, hostile.sayable(say, service)) if platform.in_handler else answered

    platform.account.handle = handle  # type: ignore[method-assign]
    platform.account.caller = Caller(arn=say["principal"])


@pytest.mark.parametrize("number", range(WORLDS))
def test_a_fault_is_told_whatever_the_account_calls_its_things(
    make_platforms: Callable[..., Platform], log: Log, number: int
) -> None:
    platform = make_platforms(mode="plan")

    def work(draw: random.Random) -> None:
        say = {name: text(draw) for name in (*sorted(hostile.FREE), "principal")}
        speak(platform, say)
        diagnosis, telling = STORIES[number % len(STORIES)](platform)
        platform.run(20)
        assert platform.crashes == [], "".join(traceback.format_exception(platform.crashes[0]))
        (incident,) = [one for one in platform.incidents() if one["status"] == "open"]
        assert incident["diagnosis"] == diagnosis
        assert json.dumps(say.get(telling, "").strip()[:300])[1:-1] in json.dumps(incident)
        assert len(platform.sns) == len(platform.slack) >= 1
        assert platform.events
        assert platform.dead == []
        sound(platform, log)

    seeded(SEEDS[0] + number, work)


# --- secrets

PLACES = ("environment", "parameters", "command", "override", "user data", "webhook")


def canaries(seed: int) -> dict[str, str]:
    draw = random.Random(seed)
    return {place: f"canary{draw.getrandbits(128):032x}" for place in PLACES}


def secret_job(platform: Platform, secrets: Mapping[str, str], *, vcpus: int) -> None:
    container = one_container(
        vcpus,
        2_048,
        environment=[{"name": "PASSWORD", "value": secrets["environment"]}],
        command=["login", "--password", secrets["command"], "Ref::token"],
    )
    owner = platform.owner.batch
    definition = owner.register_job_definition(
        jobDefinitionName="secret",
        type="container",
        parameters={"token": secrets["parameters"]},
        containerProperties=container,
    )["jobDefinitionArn"]
    override = {"environment": [{"name": "TOKEN", "value": secrets["override"]}]}
    owner.submit_job(jobName="secret", jobQueue="align", jobDefinition=definition, containerOverrides=override)


def secret_and_too_large(platform: Platform, secrets: Mapping[str, str]) -> None:
    healthy(platform)
    secret_job(platform, secrets, vcpus=512)


def secret_user_data(platform: Platform, secrets: Mapping[str, str]) -> None:
    """The user data itself is what is wrong."""
    healthy(platform)
    bare = b64encode(f"#!/bin/bash\nexport KEY={secrets['user data']}\n".encode()).decode()
    template = platform.owner.launch_template("secret", UserData=bare)
    platform.owner.update("align-ec2", launchTemplate={"launchTemplateId": template, "version": "$Latest"})
    platform.run(10)
    secret_job(platform, secrets, vcpus=2)


def secret_user_data_that_keeps_from_joining(platform: Platform, secrets: Mapping[str, str]) -> None:
    """User data in the form that AWS Batch wants, with the line that does the harm beside a secret."""
    healthy(platform)
    secret = secrets["user data"]
    lines = (f"export KEY={secret}", f"echo ECS_CLUSTER=shared >> /etc/ecs/ecs.config # {secret}")
    template = platform.owner.launch_template("secret", UserData=user_data(*lines))
    platform.owner.update("align-ec2", launchTemplate={"launchTemplateId": template, "version": "$Latest"})
    platform.run(10)
    secret_job(platform, secrets, vcpus=2)


def secret_repair(platform: Platform, secrets: Mapping[str, str]) -> None:
    """All around it is read, and then it is repaired."""
    mismatch(platform)
    platform.run(12)
    secret_job(platform, secrets, vcpus=2)


def everything_said(platform: Platform, log: Log) -> Iterator[tuple[str, str]]:
    """(where, text): all that leaves the functions, and all that they keep."""
    dynamodb = platform.wire.client("dynamodb")
    yield "log", log.text()
    yield "SNS", json.dumps(platform.sns)
    yield "Slack", json.dumps(platform.slack)
    yield "events", json.dumps(platform.events)
    yield "changes", json.dumps(platform.writes)
    yield "tables", json.dumps([dynamodb.scan(TableName=name)["Items"] for name in (INCIDENTS, STATE)])
    yield "messages", json.dumps([message.body for queue in platform.queues.values() for message in queue])
    yield "crashes", "".join("".join(traceback.format_exception(crash)) for crash in platform.crashes)


def leaks(platform: Platform, log: Log, printed: str, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    said = [*everything_said(platform, log), ("printed", printed)]
    return [(place, where) for where, words in said for place, secret in secrets.items() if secret in words]


SECRET_STORIES = (secret_and_too_large, secret_user_data, secret_user_data_that_keeps_from_joining, secret_repair)
Secretly = Callable[[Platform, Mapping[str, str]], None]


@pytest.mark.parametrize("story", SECRET_STORIES)
def test_no_secret_is_said_or_kept_where_a_fault_is_told_and_repaired(
    make_platforms: Callable[..., Platform],
    log: Log,
    printed: Callable[[], str],
    story: Secretly,
) -> None:
    platform, secrets = make_platforms(mode="apply"), canaries(SEEDS[0])
    platform.slack_answers = [503]
    set_webhook(platform, f"https://hooks.slack.com/services/{secrets['webhook']}")
    story(platform, secrets)
    platform.run(60)

    assert len(platform.sns) == len(platform.slack) >= 1
    assert '"level":"ERROR"' in log.text()  # what went wrong was said, without the secret
    assert leaks(platform, log, printed(), secrets) == []


def set_webhook(platform: Platform, url: str) -> None:
    ssm = platform.wire.client("ssm")
    ssm.put_parameter(Name="/batchmedic/slack", Value=url, Type="SecureString", Overwrite=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:9/services/{}",  # nobody listens there
        "https://127.0.0.1:9/{}?token={}#{}",
        "https://{}:{}@127.0.0.1:9/x",
        "http://hooks.slack.com/services/{}",
        "https://[{}",
        "{}",
        "https://127.0.0.1:{}/x",
        " \u202ehttps://hooks.slack.com/{}\n",
    ],
)
def test_a_webhook_that_cannot_be_reached_stays_secret(
    make_platforms: Callable[..., Platform],
    log: Log,
    printed: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    url: str,
) -> None:
    def post(_: Platform, address: str, payload: dict[str, Any]) -> webhook.Answer:
        return webhook.post(address, payload)  # the product's own, instead of the platform's stand-in

    monkeypatch.setattr(Platform, "_post", post)
    platform, secrets = make_platforms(), canaries(SEEDS[0])
    set_webhook(platform, url.replace("{}", secrets["webhook"]))
    secret_and_too_large(platform, secrets)
    platform.run(20)

    answer = platform.handle("notify", {"test": True})

    assert len([told for told in platform.sns if "cannot reach Slack" not in told["Message"]]) == 2
    assert platform.crashes == []
    assert "A channel did not take a notice." in log.text()
    assert answer is not None
    assert answer["slack"].startswith("failed: ")
    assert leaks(platform, log, printed() + json.dumps(answer), secrets) == []


def test_what_would_be_a_leak_is_seen(platform: Platform, log: Log) -> None:
    secrets = canaries(SEEDS[0])
    secret_and_too_large(platform, secrets)
    platform.run(10)
    logging.getLogger("batchmedic.usecases.notify").warning("See.", extra={"url": f"https://x/{secrets['webhook']}"})
    platform.slack.append({"text": secrets["command"]})

    assert leaks(platform, log, "", secrets) == [("webhook", "log"), ("command", "Slack")]

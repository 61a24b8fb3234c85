"""One alert for each cause: however many jobs it holds up, however often they say so, and whoever dies meanwhile."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from batchmedic.aws.incident_table import record_of
from batchmedic.incidents import Record
from tests.contract.tables import INCIDENTS
from tests.functions.platform import Message, Platform
from tests.functions.wire import Calls, Killed
from tests.functions.worlds import healthy, mismatch
from tests.headlines import END, OPENING, UPDATE, kind_of, news_in

TORTURE = "TORTURE" in os.environ
PEOPLE = ("sns", "slack")
EVENTS = {"Incident Opened": OPENING, "Incident Updated": UPDATE, "Incident Resolved": END}
ID = re.compile(r"\b[0-9a-f]{16}-[1-9][0-9]*\b")


def headlines(platform: Platform) -> dict[str, list[str]]:
    """What people were told, by channel."""
    return dict(zip(PEOPLE, platform.headlines, strict=True))


def kinds(platform: Platform) -> dict[str, Counter[str]]:
    """How many messages of each kind, by channel."""
    people = {channel: Counter(map(kind_of, lines)) for channel, lines in headlines(platform).items()}
    return {**people, "eventbridge": Counter(EVENTS[event["DetailType"]] for event in platform.events)}


# Ten thousand jobs, one broken compute environment, one day.

CHILDREN = 10_000
AT_MOST = 5  # deliveries of one event
LATE_ONES = 12  # moments at which events come late, the last one when all is over
DAY = 24 * 60 + 45  # minutes; until after the reminder
STEP = 150 if TORTURE else 1_200  # seconds; a sweep in each
MOST_UPDATES = 3


def foreign_group(platform: Platform) -> None:
    """The environment has turned INVALID before any job comes."""
    mismatch(platform)
    platform.run(20)


def put_right(platform: Platform, _: list[str]) -> None:
    groups = platform.owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["home-batch"]}])
    platform.owner.use_security_group("align-ec2", groups["SecurityGroups"][0]["GroupId"])


def cancel(platform: Platform, jobs: list[str]) -> None:
    for job in jobs:
        platform.owner.batch.cancel_job(jobId=job, reason="too large")


def first_one_then_many(platform: Platform, *, memory: int) -> list[str]:
    """Ids of a job, and of an array job of the same definition a while later."""
    jobs = platform.owner.submit("align", vcpus=2, memory=memory)
    platform.run(10)
    (definition,) = platform.owner.batch.describe_job_definitions()["jobDefinitions"]
    array = {"jobDefinition": definition["jobDefinitionArn"], "arrayProperties": {"size": CHILDREN}}
    jobs.append(platform.owner.batch.submit_job(jobName="many", jobQueue="align", **array)["jobId"])
    platform.run(0.5)
    return jobs


def deliver_badly(platform: Platform, *, seed: int) -> int:
    """Each hint on its way comes one to five times, in any order, one in ten of them hours late; answers how many."""
    chance = Random(seed)
    moments = [chance.uniform(30, DAY) for _ in range(LATE_ONES - 1)]
    late = [timedelta(minutes=minutes) for minutes in (*moments, DAY + 60)]

    def copies(hint: Message) -> Iterator[Message]:
        for copy in range(chance.randint(1, AT_MOST)):
            after = chance.choice(late) if chance.random() < 0.1 else timedelta(0)
            yield Message(id=f"{hint.id}-{copy}", body=hint.body, visible_at=hint.visible_at + after)

    messages = [message for hint in platform.queues["looks"] for message in copies(hint)]
    chance.shuffle(messages)
    platform.queues["looks"] = messages
    return len(messages)


def check_one_alert(platform: Platform) -> None:
    (incident,) = platform.incidents()
    assert incident["status"] == "resolved"
    for channel, told in kinds(platform).items():
        assert (told[OPENING], told[END], told.total()) == (1, 1, 2 + told[UPDATE]), channel
        assert told[UPDATE] <= MOST_UPDATES, channel
    assert platform.queues["looks"] == platform.crashes == platform.dead == []


def check_calls(platform: Platform, *, sweeps: float) -> None:
    """By time and news, not by events: hints of one moment are a look, and one promised for after the lease."""
    looks, made = platform.calls.made.count("batch:DescribeJobQueues"), len(platform.calls.made)
    assert looks <= sweeps + 2 * (LATE_ONES + 1)
    told = len(platform.sns) + len(platform.slack) + len(platform.events)
    assert made <= (4 + 8 + 2) * looks + 5 * told  # Batch, evidence, DynamoDB; sending, its secret, notes and claims


@pytest.mark.parametrize(
    ("begin", "memory", "repair"),
    [(foreign_group, 2_048, put_right), (healthy, 100_000, cancel)],
    ids=["a_foreign_group", "jobs_too_large"],
)
def test_ten_thousand_jobs_of_one_cause_are_one_alert(
    platform: Platform,
    begin: Callable[[Platform], object],
    memory: int,
    repair: Callable[[Platform, list[str]], None],
) -> None:
    begin(platform)
    jobs = first_one_then_many(platform, memory=memory)
    assert deliver_badly(platform, seed=1) > 2 * CHILDREN
    platform.calls.made.clear()

    platform.run(30)
    platform.run(DAY - 30, step_seconds=STEP)
    repair(platform, jobs)
    platform.run(90, step_seconds=300)

    check_one_alert(platform)
    check_calls(platform, sweeps=(30 + 90) / 5 + (DAY - 30) * 60 / max(STEP, 300))


# Fifty causes at once.

CAUSES = 50
HANDFUL = 5  # messages
NAMES = tuple(f"queue-{number:02d}" for number in range(CAUSES))


def fifty(platform: Platform) -> Callable[[], None]:
    """Three kinds of fault in turn, a job waits for each, and nobody has looked yet; answers how they are repaired."""
    platform.sweeps = False
    home = healthy(platform, names=NAMES)
    owner = platform.owner
    elsewhere = owner.place("elsewhere", cidr="10.9.0.0/16")
    for name in NAMES[0::3]:
        owner.use_security_group(f"{name}-ec2", elsewhere.security_group)
    for name in NAMES[1::3]:
        owner.batch.update_compute_environment(computeEnvironment=f"{name}-ec2", state="DISABLED")
    platform.run(12)
    sizes = {name: 512 if name in NAMES[2::3] else 2 for name in NAMES}
    jobs = [job for name in NAMES for job in owner.submit(name, vcpus=sizes[name], memory=2_048)]
    platform.run(0.5)

    def repair() -> None:
        for job in jobs:
            owner.batch.cancel_job(jobId=job, reason="the owner begins anew")
        for name in NAMES[0::3]:
            owner.use_security_group(f"{name}-ec2", home.security_group)
        for name in NAMES[1::3]:
            owner.batch.update_compute_environment(computeEnvironment=f"{name}-ec2", state="ENABLED")

    return repair


def texts(platform: Platform) -> dict[str, list[str]]:
    """Everything that people can read, by channel and message."""
    return {
        "sns": [told["Message"] for told in platform.sns],
        "slack": [json.dumps(told, ensure_ascii=False) for told in platform.slack],
    }


def rest_of(text: str) -> int:
    """How many incidents a message only counts."""
    found = re.search(r"(\d+) more; each stands in the table", text)
    return int(found[1]) if found else 0


def check_people(platform: Platform, ids: set[str]) -> None:
    """Each incident once in each channel, by its id or in a number."""
    for channel, lines in headlines(platform).items():
        assert len(lines) <= HANDFUL, channel
        assert sum(map(news_in, lines)) == CAUSES, channel
        named = [name for text in texts(platform)[channel] for name in set(ID.findall(text))]
        assert len(set(named)) == len(named), channel
        assert set(named) <= ids, channel
        assert len(named) + sum(map(rest_of, texts(platform)[channel])) == CAUSES, channel


def events(platform: Platform) -> Counter[tuple[str, str]]:
    """By type and incident id."""
    return Counter((event["DetailType"], json.loads(event["Detail"])["incident_id"]) for event in platform.events)


def records(platform: Platform) -> list[Record]:
    return [record_of(item) for item in items(platform)]


def items(platform: Platform) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.wire.client("dynamodb").scan(TableName=INCIDENTS)["Items"]
    return found


def untold(platform: Platform) -> list[tuple[str, str]]:
    """What some channel has not told as it now stands."""
    channels = (*PEOPLE, "eventbridge")
    kept = records(platform)
    return [(one.incident.incident_id, each) for one in kept for each in channels if one.told.get(each) != one.version]


def test_fifty_causes_at_once_are_fifty_incidents_and_a_handful_of_messages(platform: Platform) -> None:
    repair = fifty(platform)
    platform.sweeps = True
    platform.run(6)

    ids = {one["incident_id"] for one in platform.incidents()}
    assert len(ids) == CAUSES
    check_people(platform, ids)
    assert events(platform) == Counter(("Incident Opened", one) for one in ids)
    assert untold(platform) == []

    for told in (platform.sns, platform.slack, platform.events):
        told.clear()
    repair()
    platform.run(25, step_seconds=300)

    assert {one["status"] for one in platform.incidents()} == {"resolved"}
    check_people(platform, ids)
    assert events(platform) == Counter(("Incident Resolved", one) for one in ids)
    assert untold(platform) == []


# The same, and notify dies between telling and noting.

LIVES = 40 if TORTURE else 3
SENDS = ("sns:Publish", "events:PutEvents", "slack:post")
NOTE = "dynamodb:UpdateItem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """After the so-manieth such send and so many notes of it; before the next call has an effect, or after its own."""

    send: str
    number: int
    notes: int
    before: bool


@dataclass(slots=True, kw_only=True)
class Deaths(Calls):
    """Kills the handler by what it was doing; a number of a call would be another after each kill."""

    deaths: list[Death]
    send: str = ""
    notes: int = 0
    sent: Counter[str] = field(default_factory=Counter)

    def begin(self, call: str) -> None:
        self._die(call, before=True)
        Calls.begin(self, call)

    def end(self, call: str) -> None:
        Calls.end(self, call)
        if call in SENDS:
            self.send, self.notes = call, 0
            self.sent[call] += 1
        elif call == NOTE:
            self.notes += 1
        self._die(call, before=False)

    def _die(self, call: str, *, before: bool) -> None:
        death = Death(send=self.send, number=self.sent[self.send], notes=self.notes, before=before)
        if death in self.deaths:
            self.deaths.remove(death)
            raise Killed(call)


def three_deaths(chance: Random) -> list[Death]:
    """One in each channel; of a summary after any of its notes."""
    notes = {
        "sns:Publish": chance.randint(0, CAUSES - 1),
        "events:PutEvents": 0,
        "slack:post": chance.randint(0, CAUSES - 1),
    }
    numbers = {"sns:Publish": 1, "events:PutEvents": chance.randint(1, CAUSES), "slack:post": 1}
    return [Death(send=send, number=numbers[send], notes=notes[send], before=chance.random() < 0.5) for send in SENDS]


def begin_anew(platform: Platform, found: list[dict[str, Any]], doorbells: list[str]) -> None:
    """As after the look that found them all, with nobody told."""
    for start in range(0, CAUSES, 25):  # DynamoDB takes no more at once
        puts = [{"PutRequest": {"Item": item}} for item in found[start : start + 25]]
        platform.wire.client("dynamodb").batch_write_item(RequestItems={INCIDENTS: puts})
    for told in (platform.sns, platform.slack, platform.events, platform.crashes, platform.queues["notices"]):
        told.clear()
    for body in doorbells:
        platform.send("notices", body)


def test_who_dies_between_telling_and_noting_repeats_it_once_and_loses_nothing(platform: Platform) -> None:
    repair = fifty(platform)
    platform.handle("diagnose", {"v": 1, "hint": "sweep"})
    repair()  # nobody looks any more, and AWS Batch has nothing to say
    platform.queues["looks"].clear()
    found, doorbells = items(platform), [message.body for message in platform.queues["notices"]]
    assert len(found) == CAUSES
    ids = {record.incident.incident_id for record in records(platform)}
    for seed in range(LIVES):
        begin_anew(platform, found, doorbells)
        platform.calls = Deaths(deaths=three_deaths(Random(seed)))
        platform.run(11)

        assert [type(crash) for crash in platform.crashes] == [Killed] * 3, f"seed {seed}"
        assert untold(platform) == [], f"seed {seed}"
        for channel, lines in headlines(platform).items():
            assert len(lines) == 2, f"seed {seed}, {channel}: {lines}"
            assert sum(map(news_in, lines)) >= CAUSES, f"seed {seed}, {channel}: {lines}"
        told = events(platform)
        assert set(told) == {("Incident Opened", one) for one in ids}, f"seed {seed}"
        assert told.total() == CAUSES + 1, f"seed {seed}"

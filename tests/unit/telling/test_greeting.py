"""What batchmedic says of itself, when, and how often."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.board import Diary, Sweep
from batchmedic.errors import DeliveryError, StoreError
from batchmedic.findings import Severity
from batchmedic.notices.hello import MAY_CHANGE, Sleep, hello_notice, in_words
from batchmedic.notices.reasons import Reason
from tests.factories import ACCOUNT, NOW, QUEUE, REGION, an_incident, minutes
from tests.fakes import FakeChannel, FakeDiary
from tests.notify_world import BUSY, World, programs, several

SWEEP = Sweep(at=NOW, job_queues=12, compute_environments=1, open_incidents=0, checks_not_made=0)
MONDAY = NOW + timedelta(days=5)
WHERE = {"account": ACCOUNT, "region": REGION}


def swept(**changes):
    return FakeDiary(diary=Diary(last=SWEEP, sweeps=288, **changes))


def greet(world):
    """By the message that `diagnose` sends."""
    return world.notify([("m", json.dumps({"hello": True}))])


def said(notice):
    return dict(notice.lines)


class TestHello:
    def test_people_are_greeted_once(self):
        world = World(diary=swept(), others=(programs(),))

        first, second = greet(world), greet(world)

        assert world.heard == [[Reason.ABOUT_US]] * 2
        assert world.sns.notices[0].headline == "HELLO: batchmedic watches 12 job queues and 1 compute environment"
        assert world.others[0].notices == []
        assert (first.count.told, first.failed, second.count.told, second.count.quiet) == (2, [], 0, 1)
        assert world.diary.diary == Diary(last=SWEEP, sweeps=288, greeted=True)

    def test_before_the_first_sweep_there_is_nothing_to_say(self):
        world = World()

        report = greet(world)

        assert (world.heard, report.count.quiet, report.failed) == ([[], []], 1, [])
        assert not world.diary.diary.greeted

    def test_one_channel_that_takes_it_is_enough(self):
        world = World(diary=swept(), slack=FakeChannel("slack", fails=[BUSY]))

        assert greet(world).failed == []
        greet(world)

        assert world.heard == [[Reason.ABOUT_US], []]

    def test_what_nobody_took_goes_back_and_is_said_later(self):
        fails = [FakeChannel(name, fails=[BUSY]) for name in ("sns", "slack")]
        world = World(diary=swept(), sns=fails[0], slack=fails[1])

        assert greet(world).failed == ["m"]
        assert not world.diary.diary.greeted
        assert greet(world).failed == []

        assert world.heard == [[Reason.ABOUT_US]] * 2

    @pytest.mark.parametrize("away", ["diary", "store"])
    def test_without_the_tables_it_goes_back(self, away):
        world = World(diary=swept())
        getattr(world, away).unavailable = True

        assert greet(world).failed == ["m"]
        assert world.heard == [[], []]

    def test_it_names_what_is_open_already_and_not_what_is_over(self):
        world = World(diary=swept())
        world.open()
        world.ring()
        world.end()
        several(world, 1, severity=Severity.WARNING)

        greet(world)

        assert said(world.sns.notices[-1])["Wrong already"].startswith("1 warning: job queue align-0: Job needs more")

    def test_it_says_who_hears_of_it_even_where_that_is_not_known(self):
        def denied():
            raise DeliveryError("sns:ListSubscriptionsByTopic answered AuthorizationError", retryable=True)

        world = World(diary=swept(), audience={"SNS": denied, "Slack": lambda: "the channel"})

        assert greet(world).failed == []

        assert said(world.sns.notices[0])["Who hears of it"] == (
            "SNS: not known (sns:ListSubscriptionsByTopic answered AuthorizationError); Slack: the channel."
        )

    def test_a_hello_beside_doorbells_holds_none_of_them_up(self):
        world = World(diary=swept())
        world.diary.unavailable = True
        world.open()

        report = world.notify([("h", {"hello": True}), ("m", {"incident_id": "0123456789abcdef-1"})])

        assert (report.failed, world.heard) == (["h"], [[Reason.OPENED]] * 2)


def hello(incidents=(), *, mode="apply", audience=None, sleep="apply", **changes):
    return hello_notice(
        replace(SWEEP, **changes),
        incidents,
        audience=audience or {"SNS": "1 email"},
        mode=mode,
        sleep=Sleep(mode=sleep, idle=minutes(30)),
        **WHERE,
    )


class TestTheWordsOfHello:
    def test_an_account_in_which_nothing_is_wrong(self):
        notice = hello()

        assert said(notice) == {
            "Where": "account 111122223333, Region eu-west-1",
            "Wrong already": "nothing.",
            "What it may change": MAY_CHANGE["apply"],
            "Who hears of it": "SNS: 1 email.",
            "From now on": "it speaks when something is wrong, and in a digest on Mondays; "
            "silence means that it looked.",
        }
        assert notice.severity is Severity.INFO

    @pytest.mark.parametrize("mode", ["apply", "plan", "off"])
    def test_it_says_what_may_be_changed(self, mode):
        assert said(hello(mode=mode))["What it may change"] == MAY_CHANGE[mode]

    @pytest.mark.parametrize(
        ("sleep", "label", "words"),
        [
            (
                "apply",
                "Floors that will sleep",
                "a, b, c and 1 more: lowered to 0 once idle for 30 minutes, told 30 minutes ahead the first time. "
                "The tag batchmedic:scale-to-zero=off keeps one.",
            ),
            (
                "plan",
                "Floors",
                "a, b, c and 1 more: where one is idle for 30 minutes you are told; ScaleToZeroMode is plan.",
            ),
            ("off", "Floors", None),
        ],
    )
    def test_it_says_which_floors_will_sleep_and_when(self, sleep, label, words):
        assert said(hello(sleep=sleep, floors=("a", "b", "c", "d"))).get(label) == words

    def test_it_says_what_it_cannot_see(self):
        assert said(hello(checks_not_made=7))["Could not check"] == "7 checks: a permission is missing."

    def test_the_worst_three_are_named_and_the_rest_counted(self):
        incidents = [
            an_incident(subject=f"{QUEUE}-{severity.value}", severity=severity, title="T")
            for severity in (*Severity, Severity.INFO)
        ]

        assert said(hello(incidents))["Wrong already"] == (
            "1 critical, 1 warning, 2 info: job queue align-critical: T (critical); job queue align-warning: T "
            "(warning); job queue align-info: T (info); and 1 more. What is more than info is told by itself, with "
            "what to do."
        )

    @pytest.mark.parametrize(
        ("subscriptions", "words"),
        [
            ({}, "NOBODY yet"),
            ({"sqs": 2, "email": 1, "email, not confirmed": 1}, "1 email, 1 email, not confirmed, 2 sqs"),
        ],
        ids=["nobody", "some"],
    )
    def test_the_audience_in_words(self, subscriptions, words):
        assert in_words(subscriptions) == words


class TestDigest:
    """When it is told is test_digest.py's; here is what the telling leaves behind."""

    def test_a_quiet_day_leaves_all_to_the_next_digest(self):
        world = World(diary=swept())

        report = world.notify([("", {"digest": True})])

        assert (world.heard, report.count.quiet) == ([[], []], 1)
        assert world.diary.diary == Diary(last=SWEEP, sweeps=288)

    def test_people_are_told_and_programs_are_not(self):
        world = World(diary=swept(), others=(programs(),))
        world.clock.now = MONDAY

        world.ask(digest=True)

        assert world.heard == [[Reason.ABOUT_US]] * 2
        assert world.others[0].notices == []
        assert world.diary.diary.digest_at == MONDAY

    def test_what_was_new_yesterday_is_not_new_today(self):
        world = World(diary=swept())
        world.open(severity=Severity.INFO)
        world.clock.advance(minutes(5))

        for _ in range(3):
            world.diary.diary = replace(world.diary.diary, last=replace(SWEEP, at=world.clock()))
            world.ask(digest=True)
            world.clock.advance(timedelta(days=1))

        assert world.heard == [[Reason.ABOUT_US]] * 2

    def test_what_nobody_took_is_asked_again_by_the_schedule(self):
        fails = [FakeChannel(name, fails=[BUSY]) for name in ("sns", "slack")]
        world = World(diary=swept(), sns=fails[0], slack=fails[1])
        world.clock.now = MONDAY

        with pytest.raises(DeliveryError, match="no channel took the notice"):
            world.ask(digest=True)
        assert world.diary.diary.digest_at is None
        world.ask(digest=True)

        assert world.heard == [[Reason.ABOUT_US]] * 2

    @pytest.mark.parametrize("away", ["diary", "store"])
    def test_without_the_tables_it_is_asked_again_by_the_schedule(self, away):
        world = World(diary=swept())
        getattr(world, away).unavailable = True

        with pytest.raises(StoreError):
            world.ask(digest=True)

    def test_without_the_switchboard_it_is_told_without_what_is_muted(self):
        world = World(diary=swept())
        world.clock.now = MONDAY
        world.switchboard.unavailable = True

        world.ask(digest=True)

        assert world.heard == [[Reason.ABOUT_US]] * 2


def test_a_test_finds_out_that_a_broken_channel_works_again():
    world = World()
    world.switchboard.breaks("slack", now=NOW, until=NOW + minutes(60))

    assert world.ask(test=True) == {"sns": "told", "slack": "told"}
    assert world.switchboard.lines == {}

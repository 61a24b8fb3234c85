"""What becomes of a notice that a channel does not take, and who hears of it."""

from datetime import timedelta

import pytest

from batchmedic.board import Board, Line
from batchmedic.errors import DeliveryError
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from batchmedic.telling.delivery import TAKEN, Outcome
from tests.factories import NOW, an_incident, minutes
from tests.fakes import FakeChannel
from tests.notify_world import BUSY, GONE, REFUSED, World, programs

NOTICE = notice_of(an_incident(), Reason.OPENED)
SECOND = timedelta(seconds=1)
HOUR = minutes(60)


def too_many(rest):
    return DeliveryError("Slack answered 429", retryable=True, retry_after=rest)


def slack(*fails, gap=timedelta(0)):
    return FakeChannel("slack", gap=gap, fails=list(fails))


def deliver(world, channel=None, **how):
    return world.delivery.deliver(channel or world.slack, NOTICE, world.delivery.board(), **how)


def headlines(channel):
    return [notice.headline for notice in channel.notices]


BROKEN = "CRITICAL: batchmedic cannot reach Slack any more"


def test_what_a_channel_takes_is_told():
    world = World()

    assert deliver(world) == TAKEN
    assert TAKEN.taken
    assert world.slack.notices == [NOTICE]


def test_a_channel_that_does_not_mind_waits_for_nobody_and_costs_no_write():
    world = World()

    assert [deliver(world) for _ in range(3)] == [TAKEN] * 3
    assert world.switchboard.read() == Board()


def test_a_paced_channel_waits_for_its_turn():
    world = World(slack=slack(gap=SECOND))
    deliver(world)
    world.clock.advance(SECOND / 2)

    waiting = deliver(world)

    assert (waiting.again, waiting.by_bell, waiting.waits, waiting.taken) == (NOW + SECOND, True, True, False)
    assert len(world.slack.notices) == 1
    world.clock.advance(SECOND / 2)
    assert deliver(world) == TAKEN


def test_a_channel_that_asks_for_a_rest_has_it():
    world = World(slack=slack(too_many(SECOND * 30), gap=SECOND))

    first = deliver(world)
    world.clock.advance(SECOND * 20)
    during = deliver(world)

    assert (first.again, first.by_bell, first.waits) == (NOW + SECOND * 30, True, False)
    assert (during.again, during.by_bell, during.waits) == (NOW + SECOND * 30, False, True)  # the sweep rings
    assert world.slack.notices == []
    world.clock.advance(SECOND * 10)
    assert deliver(world) == TAKEN


@pytest.mark.parametrize(
    ("rest", "by_bell"),
    [(SECOND, True), (minutes(15), True), (minutes(15) + SECOND, False), (HOUR, False)],
    ids=["a second", "as long as SQS delays", "a second more", "an hour"],
)
def test_a_long_rest_is_left_to_the_sweep(rest, by_bell):
    assert deliver(World(slack=slack(too_many(rest)))) == Outcome(
        again=NOW + rest, by_bell=by_bell, because="Slack answered 429"
    )


def test_a_failure_that_may_pass_is_tried_again_by_the_sweep_and_the_channel_is_not_spared_meanwhile():
    world = World(slack=slack(BUSY))

    assert deliver(world) == Outcome(again=NOW + minutes(5), because="Slack answered 503")
    assert world.switchboard.read() == Board()
    assert deliver(world) == TAKEN


def test_what_a_channel_refuses_is_not_tried_again():
    world = World(slack=slack(REFUSED))

    refused = deliver(world)

    assert refused == Outcome(refused=True, because="Slack answered 400")
    assert (refused.taken, refused.again) == (False, None)
    assert world.switchboard.read() == Board()
    assert world.sns.notices == []


class TestGone:
    def test_it_is_tried_once_an_hour(self):
        world = World(slack=slack(GONE, GONE))

        assert deliver(world) == Outcome(again=NOW + HOUR, broken=True, because="Slack answered 410")
        world.clock.advance(HOUR - SECOND)
        assert deliver(world).waits
        world.clock.advance(SECOND)
        assert deliver(world).again == NOW + 2 * HOUR

        assert world.switchboard.lines["slack"].broken_since == NOW

    def test_the_others_tell_people_once(self):
        world = World(slack=slack(*[GONE] * 3))

        for _ in range(3):
            deliver(world)
            world.clock.advance(HOUR)

        assert headlines(world.sns) == [BROKEN]
        assert dict(world.sns.notices[0].lines)["What is wrong"].startswith("Slack answered 410. ")
        assert world.slack.notices == []
        assert world.switchboard.lines["slack"].known

    def test_programs_are_not_told(self):
        world = World(slack=slack(GONE), others=(programs(),))

        deliver(world)

        assert world.others[0].notices == []

    def test_people_are_told_of_a_bus_that_is_gone(self):
        bus = FakeChannel("eventbridge", summarises=False, fails=[GONE])
        world = World(others=(bus,))

        deliver(world, bus)

        assert headlines(world.sns) == headlines(world.slack) == [BROKEN.replace("Slack", "the event bus")]

    def test_it_is_not_told_through_a_channel_that_is_itself_broken(self):
        world = World(slack=slack(GONE, GONE), others=(FakeChannel("teams"),))
        world.switchboard.breaks("sns", now=NOW, until=NOW + HOUR)

        deliver(world)

        assert world.sns.notices == []
        assert headlines(world.others[0]) == [BROKEN]

    @pytest.mark.parametrize("sns_fails", [[BUSY], [GONE], [REFUSED]], ids=["busy", "gone too", "refused"])
    def test_while_nobody_took_it_people_are_told_at_the_next_try(self, sns_fails):
        world = World(sns=FakeChannel("sns", fails=list(sns_fails)), slack=slack(GONE, GONE))
        deliver(world)
        assert not world.switchboard.lines["slack"].known
        world.clock.advance(HOUR)

        deliver(world)

        assert headlines(world.sns) == [BROKEN]
        assert world.switchboard.lines["slack"].known

    def test_when_it_takes_something_again_it_is_as_new(self):
        world = World(slack=slack(GONE))
        deliver(world)
        world.clock.advance(HOUR)

        assert deliver(world) == TAKEN
        assert world.switchboard.read() == Board()

    @pytest.mark.parametrize("at_once", [False, True], ids=["in its turn", "at once"])
    def test_when_it_takes_something_again_it_keeps_its_pace(self, at_once):
        world = World(slack=slack(gap=SECOND))
        world.switchboard.breaks("slack", now=NOW - HOUR, until=NOW)
        board = world.delivery.board()

        world.delivery.deliver(world.slack, NOTICE, board, at_once=at_once)

        assert world.delivery.deliver(world.slack, NOTICE, board).again == NOW + SECOND
        assert world.switchboard.lines["slack"] == Line(rests_until=NOW + SECOND)

    def test_when_it_breaks_again_later_people_are_told_again(self):
        world = World(slack=slack(GONE))
        deliver(world)
        world.clock.advance(HOUR)
        deliver(world)
        world.slack.fails.append(GONE)

        deliver(world)

        assert headlines(world.sns) == [BROKEN] * 2
        assert world.switchboard.lines["slack"].broken_since == NOW + HOUR


class TestWithoutTheSwitchboard:
    def test_people_are_told_all_the_same(self):
        world = World(slack=slack(gap=SECOND))
        world.switchboard.unavailable = True

        assert world.delivery.board() == Board()
        assert [deliver(world) for _ in range(2)] == [TAKEN] * 2

    @pytest.mark.parametrize(
        ("failure", "outcome"),
        [
            pytest.param(
                too_many(SECOND), Outcome(again=NOW + SECOND, by_bell=True, because="Slack answered 429"), id="a rest"
            ),
            pytest.param(GONE, Outcome(again=NOW + HOUR, broken=True, because="Slack answered 410"), id="gone"),
        ],
    )
    def test_what_cannot_be_noted_holds_nothing_up(self, failure, outcome):
        world = World(slack=slack(failure))
        world.switchboard.unavailable = True

        assert deliver(world) == outcome

    def test_a_channel_that_works_again_is_noted_at_the_next_notice(self):
        world = World()
        world.switchboard.breaks("slack", now=NOW - HOUR, until=NOW)
        board = world.delivery.board()
        world.switchboard.unavailable = True

        assert world.delivery.deliver(world.slack, NOTICE, board) == TAKEN
        world.switchboard.unavailable = False
        assert world.switchboard.lines["slack"].broken_since
        deliver(world)

        assert world.switchboard.read() == Board()


class TestAtOnce:
    def test_it_waits_for_no_rest_and_takes_nobodys_turn(self):
        world = World(slack=slack(gap=SECOND))
        world.switchboard.rest("slack", until=NOW + minutes(10))

        assert deliver(world, at_once=True) == TAKEN
        assert world.switchboard.read() == Board(lines={"slack": Line(rests_until=NOW + minutes(10))})

    def test_it_finds_out_that_a_broken_channel_works_again(self):
        world = World()
        world.switchboard.breaks("slack", now=NOW, until=NOW + HOUR)

        deliver(world, at_once=True)

        assert world.switchboard.read() == Board()

    def test_it_finds_out_that_a_broken_channel_does_not(self):
        world = World(slack=slack(GONE))
        world.switchboard.breaks("slack", now=NOW - HOUR, until=NOW + minutes(1))

        assert deliver(world, at_once=True).broken
        assert world.switchboard.lines["slack"] == Line(rests_until=NOW + HOUR, broken_since=NOW - HOUR, known=True)

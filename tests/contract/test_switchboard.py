"""How each channel stands and what is muted: one small item that many write, and nobody speaks out of turn."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.switchboard import SwitchboardItem
from batchmedic.board import Board, Line, Mute
from batchmedic.errors import StoreError
from tests.contract.answering import failing, recorded
from tests.contract.tables import STATE
from tests.factories import ENVIRONMENT, NOW, QUEUE, minutes

GAP = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
MUTE = Mute(until=NOW + minutes(60), because="we know")


def take(switchboard, at=NOW, channel="slack"):
    """Until when the channel rests; None if it is ours to speak."""
    return switchboard.port.take_turn(channel, now=at, gap=GAP)


def line(switchboard, channel="slack"):
    return switchboard.port.read().line(channel)


def test_at_first_nothing_is_known(switchboard):
    assert switchboard.port.read() == Board()


class TestTurns:
    def test_the_first_has_it_and_the_second_learns_until_when_it_rests(self, switchboard):
        assert take(switchboard) is None
        assert take(switchboard, NOW + GAP / 2) == NOW + GAP

    def test_the_gap_is_over_at_its_last_moment(self, switchboard):
        take(switchboard)

        assert take(switchboard, NOW + GAP - TICK) == NOW + GAP
        assert take(switchboard, NOW + GAP) is None
        assert take(switchboard, NOW + GAP) == NOW + 2 * GAP

    def test_of_many_at_once_one_has_it(self, switchboard):
        assert [take(switchboard) for _ in range(5)] == [None, *[NOW + GAP] * 4]

    def test_who_is_refused_does_not_lengthen_the_rest(self, switchboard):
        take(switchboard)
        take(switchboard, NOW + GAP / 2)

        assert line(switchboard) == Line(rests_until=NOW + GAP)

    def test_channels_do_not_stand_in_each_others_way(self, switchboard):
        take(switchboard)

        assert take(switchboard, channel="sns") is None
        assert take(switchboard, channel="slack 2") is None

    def test_times_of_another_zone_are_the_same_moments(self, switchboard):
        take(switchboard, datetime.fromisoformat("2026-11-25T17:30:00+05:30"))

        assert take(switchboard) == NOW + GAP
        assert line(switchboard).rests_until.astimezone(UTC) == NOW + GAP

    def test_nobody_speaks_while_the_channel_rests(self, switchboard):
        switchboard.port.rest("slack", until=NOW + minutes(5))

        assert take(switchboard, NOW + minutes(5) - TICK) == NOW + minutes(5)
        assert take(switchboard, NOW + minutes(5)) is None

    def test_nobody_speaks_through_what_is_broken_before_it_is_tried_again(self, switchboard):
        switchboard.port.breaks("slack", now=NOW, until=NOW + minutes(60))

        assert take(switchboard, NOW + minutes(59)) == NOW + minutes(60)
        assert take(switchboard, NOW + minutes(60)) is None


class TestLines:
    def test_a_rest_is_no_breakdown(self, switchboard):
        switchboard.port.rest("slack", until=NOW + minutes(5))

        assert switchboard.port.read().lines == {"slack": Line(rests_until=NOW + minutes(5))}

    def test_a_second_breakdown_keeps_since_when_and_moves_when_it_is_tried(self, switchboard):
        for hours in (0, 1, 2):
            now = NOW + minutes(60 * hours)
            switchboard.port.breaks("slack", now=now, until=now + minutes(60))

        assert line(switchboard) == Line(rests_until=NOW + minutes(180), broken_since=NOW)

    def test_that_people_know_is_kept_over_the_next_breakdown(self, switchboard):
        switchboard.port.breaks("slack", now=NOW, until=NOW + minutes(60))
        switchboard.port.known("slack")
        assert line(switchboard) == Line(rests_until=NOW + minutes(60), broken_since=NOW, known=True)

        switchboard.port.breaks("slack", now=NOW + minutes(60), until=NOW + minutes(120))

        assert line(switchboard).known

    def test_what_works_again_is_as_new_and_the_others_stay_as_they_are(self, switchboard):
        for channel in ("slack", "sns"):
            switchboard.port.breaks(channel, now=NOW, until=NOW + minutes(60))
            switchboard.port.known(channel)

        switchboard.port.works("slack")

        assert line(switchboard) == Line()
        assert line(switchboard, "sns") == Line(rests_until=NOW + minutes(60), broken_since=NOW, known=True)

    def test_what_breaks_again_later_is_broken_since_then_and_nobody_knows(self, switchboard):
        switchboard.port.breaks("slack", now=NOW, until=NOW + minutes(60))
        switchboard.port.known("slack")
        switchboard.port.works("slack")

        switchboard.port.breaks("slack", now=NOW + minutes(90), until=NOW + minutes(150))

        assert line(switchboard) == Line(rests_until=NOW + minutes(150), broken_since=NOW + minutes(90))

    def test_what_was_never_broken_may_work(self, switchboard):
        switchboard.port.works("slack")

        assert switchboard.port.read() == Board()


def mutes(switchboard):
    return switchboard.port.read().mutes


class TestMutes:
    @pytest.mark.parametrize(
        "target",
        [
            pytest.param("0123456789abcdef-1", id="an incident"),
            pytest.param(QUEUE, id="a subject"),
            pytest.param(f"arn:aws:iam::111122223333:role/{'x/' * 240}y", id="a subject with the longest of names"),
        ],
    )
    def test_a_mute_is_kept_as_it_was_said(self, switchboard, target):
        mute = Mute(until=NOW + timedelta(seconds=1.5), because='"we know" \U0001f9ec, <&> \\')

        switchboard.port.mute(target, mute, now=NOW)

        assert mutes(switchboard) == {target: mute}

    def test_another_mute_of_the_same_takes_its_place(self, switchboard):
        switchboard.port.mute(QUEUE, MUTE, now=NOW)
        shorter = Mute(until=NOW + minutes(1), because="so far")

        switchboard.port.mute(QUEUE, shorter, now=NOW)

        assert mutes(switchboard) == {QUEUE: shorter}

    def test_what_is_over_is_forgotten_with_the_next_mute(self, switchboard):
        for number in range(12):
            switchboard.port.mute(f"{QUEUE}-{number}", Mute(until=NOW + minutes(number), because="x"), now=NOW)

        switchboard.port.mute(QUEUE, MUTE, now=NOW + minutes(10))

        assert set(mutes(switchboard)) == {f"{QUEUE}-11", QUEUE}

    def test_what_is_over_may_be_muted_again(self, switchboard):
        switchboard.port.mute(QUEUE, Mute(until=NOW, because="x"), now=NOW)

        switchboard.port.mute(QUEUE, MUTE, now=NOW + minutes(1))

        assert mutes(switchboard) == {QUEUE: MUTE}

    def test_only_what_is_unmuted_is_heard_again(self, switchboard):
        for target in (QUEUE, ENVIRONMENT):
            switchboard.port.mute(target, MUTE, now=NOW)

        switchboard.port.unmute(QUEUE)
        switchboard.port.unmute("0123456789abcdef-1")

        assert mutes(switchboard) == {ENVIRONMENT: MUTE}

    def test_mutes_and_channels_leave_each_other_alone(self, switchboard):
        take(switchboard, channel=QUEUE)
        switchboard.port.mute(QUEUE, MUTE, now=NOW)
        switchboard.port.works(QUEUE)
        assert switchboard.port.read() == Board(mutes={QUEUE: MUTE})

        take(switchboard, channel=QUEUE)
        switchboard.port.unmute(QUEUE)

        assert switchboard.port.read() == Board(lines={QUEUE: Line(rests_until=NOW + GAP)})


USES = [
    pytest.param(lambda port: port.read(), id="read"),
    pytest.param(lambda port: port.take_turn("slack", now=NOW, gap=GAP), id="take_turn"),
    pytest.param(lambda port: port.rest("slack", until=NOW), id="rest"),
    pytest.param(lambda port: port.breaks("slack", now=NOW, until=NOW), id="breaks"),
    pytest.param(lambda port: port.known("slack"), id="known"),
    pytest.param(lambda port: port.works("slack"), id="works"),
    pytest.param(lambda port: port.mute(QUEUE, MUTE, now=NOW), id="mute"),
    pytest.param(lambda port: port.unmute(QUEUE), id="unmute"),
]


@pytest.mark.parametrize("use", USES)
def test_an_unusable_table_is_a_store_error_and_changes_nothing(switchboard, use):
    switchboard.port.breaks("sns", now=NOW, until=NOW + minutes(60))
    before = switchboard.port.read()

    with switchboard.outage(), pytest.raises(StoreError):
        use(switchboard.port)

    assert switchboard.port.read() == before


@pytest.mark.parametrize("use", USES)
def test_a_missing_table_is_a_store_error(aws, use):
    with pytest.raises(StoreError, match="ResourceNotFoundException"):
        use(SwitchboardItem(dynamodb=aws("dynamodb"), table="gone"))


@pytest.fixture
def item(dynamodb):
    return SwitchboardItem(dynamodb=dynamodb, table=STATE)


def test_no_answer_is_a_store_error_too(item):
    with failing(item.dynamodb, ReadTimeoutError(endpoint_url="x")), pytest.raises(StoreError, match="ReadTimeout"):
        item.read()


def test_a_refusal_that_shows_no_item_takes_the_channel_for_resting(item):
    with failing(item.dynamodb, "ConditionalCheckFailedException"):
        assert item.take_turn("slack", now=NOW, gap=GAP) == NOW + GAP


def test_a_turn_costs_one_write_and_a_look_one_consistent_read(item):
    with recorded(item.dynamodb) as calls:
        item.take_turn("slack", now=NOW, gap=GAP)
        item.take_turn("slack", now=NOW, gap=GAP)
        item.read()

    assert [operation for operation, _ in calls] == ["UpdateItem", "UpdateItem", "GetItem"]
    assert calls[-1][1]["ConsistentRead"] is True


def test_it_is_one_item_that_never_expires(item):
    item.breaks("slack", now=NOW, until=NOW)
    item.mute(QUEUE, MUTE, now=NOW)

    [kept] = item.dynamodb.scan(TableName=STATE)["Items"]
    assert set(kept) == {"state_key", "rests slack", "broken slack", f"mute {QUEUE}"}

"""Keep, announce, sleep, wake or forget: when, and in which words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.scaling.deciding import decide
from batchmedic.scaling.floor import Activity, Floor, Kind, Look, Rules
from tests.factories import ENVIRONMENT, NOW, a_compute_environment, minutes

RULES = Rules(mode="apply", idle=minutes(30), restore=True)
IDLE = Activity(idle=True, because="no job is in any of its queues")
WORKS = Activity(idle=False, because="a job in job queue align is RUNNING")
UNKNOWN = Activity(idle=False, because="nobody could say", unknown=True)
BLANK = Floor(environment=ENVIRONMENT)
ANNOUNCED = replace(BLANK, idle_since=NOW - minutes(60), announced_at=NOW - minutes(30))
ASLEEP = replace(BLANK, floor=16, slept_at=NOW - timedelta(hours=10), lowered=True, sleeps=(NOW - timedelta(hours=10),))


def an_environment(**changes):
    return a_compute_environment(**{"min_vcpus": 16, **changes})


def a_look(environment=None, *, activity=IDLE, before=BLANK, **changes):
    one = environment or an_environment()
    return Look(environment=one, activity=activity, before=before, stored=before, now=NOW, **changes)


def asleep(**changes):
    return an_environment(min_vcpus=0, **changes)


def tagged(value, **changes):
    return an_environment(tags={"batchmedic:scale-to-zero": value}, **changes)


@pytest.mark.parametrize(
    ("before", "activity", "kind"),
    [
        pytest.param(BLANK, IDLE, Kind.KEEP, id="seen for the first time"),
        pytest.param(replace(BLANK, idle_since=NOW - minutes(29)), IDLE, Kind.KEEP, id="not long enough"),
        pytest.param(
            replace(BLANK, idle_since=NOW - minutes(30)), IDLE, Kind.ANNOUNCE, id="the first time is announced"
        ),
        pytest.param(replace(ANNOUNCED, announced_at=NOW - minutes(29)), IDLE, Kind.KEEP, id="announced too lately"),
        pytest.param(ANNOUNCED, IDLE, Kind.SLEEP, id="announced long enough ago"),
        pytest.param(ANNOUNCED, WORKS, Kind.KEEP, id="works"),
        pytest.param(ANNOUNCED, UNKNOWN, Kind.KEEP, id="nobody knows"),
        pytest.param(replace(ANNOUNCED, idle_since=NOW - minutes(5)), IDLE, Kind.KEEP, id="it worked after that"),
    ],
)
def test_an_idle_environment_is_announced_and_sleeps(before, activity, kind):
    assert decide(a_look(activity=activity, before=before), RULES).kind is kind


def test_work_stops_the_clock_and_the_announcement_stands():
    after = decide(a_look(activity=WORKS, before=ANNOUNCED), RULES).after

    assert (after.idle_since, after.announced_at) == (None, ANNOUNCED.announced_at)


def test_the_first_idle_look_starts_the_clock():
    assert decide(a_look(), RULES).after.idle_since == NOW


def test_the_floor_is_remembered_before_it_is_lowered():
    after = decide(a_look(before=ANNOUNCED), RULES).after

    assert (after.floor, after.slept_at, after.lowered, after.untold, after.sleeps) == (16, NOW, False, True, (NOW,))


def test_the_announcement_says_the_cost_the_time_and_the_tag():
    look = a_look(before=replace(BLANK, idle_since=NOW - minutes(30)), code="Its floor is in code.")

    assert decide(look, RULES).because == (
        "align-ec2 keeps 16 vCPUs running with no work since 11:30 UTC: 384 vCPU-hours a day. If it stays idle, its "
        "minvCpus becomes 0 at 12:30 UTC or soon after, and 16 again when jobs come. The tag "
        "batchmedic:scale-to-zero=off keeps it. Its floor is in code."
    )


@pytest.mark.parametrize(
    ("environment", "because"),
    [
        pytest.param(an_environment(kind="FARGATE"), "kind FARGATE", id="Fargate"),
        pytest.param(an_environment(managed=False), "not managed", id="unmanaged"),
        pytest.param(an_environment(kind="NEW"), "kind NEW", id="unknown kind"),
        pytest.param(an_environment(orchestration="NOMAD"), "NOMAD is not known", id="unknown orchestration"),
        pytest.param(tagged("off"), "tagged it batchmedic:scale-to-zero=off", id="tagged off"),
        pytest.param(tagged("maybe"), 'the unknown value "maybe", which counts as off', id="nonsense tag"),
        pytest.param(
            an_environment(tags={"batchmedic:idle-minutes": "soon"}),
            '"soon", which counts as off',
            id="nonsense minutes",
        ),
        pytest.param(
            an_environment(tags={"batchmedic:idle-minutes": "0"}), '"0", which counts as off', id="no minutes at all"
        ),
        pytest.param(an_environment(instance_types=("p5.48xlarge",)), "accelerated (p5.48xlarge)", id="GPU"),
        pytest.param(an_environment(image_types=("ECS_AL2_NVIDIA",)), "for GPUs", id="images for GPUs"),
        pytest.param(an_environment(status="INVALID"), "it is INVALID", id="INVALID"),
        pytest.param(an_environment(status="UPDATING"), "it is UPDATING", id="UPDATING"),
    ],
)
def test_what_keeps_its_floor_and_why(environment, because):
    decision = decide(a_look(environment, before=ANNOUNCED), RULES)

    assert decision.kind is Kind.KEEP
    assert because in decision.because
    assert not decision.told


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(tagged("on", instance_types=("p5.48xlarge",)), id="GPU with the tag on"),
        pytest.param(an_environment(state="DISABLED"), id="DISABLED"),
        pytest.param(an_environment(kind="SPOT"), id="Spot"),
        pytest.param(an_environment(orchestration="EKS", ecs_cluster=None), id="EKS"),
        pytest.param(an_environment(instance_types=("c7g", "m7g", "optimal")), id="families without accelerators"),
        pytest.param(an_environment(tags={"batchmedic:idle-minutes": "20"}), id="its own minutes"),
    ],
)
def test_what_sleeps_like_any_other(environment):
    assert decide(a_look(environment, before=ANNOUNCED), RULES).kind is Kind.SLEEP


@pytest.mark.parametrize(("tags", "kind"), [({}, Kind.KEEP), ({"batchmedic:scale-to-zero": "on"}, Kind.SLEEP)])
def test_reserved_capacity_is_given_away_only_with_the_tag(tags, kind):
    look = a_look(an_environment(tags=tags), before=ANNOUNCED, reserved_capacity=True)

    assert decide(look, RULES).kind is kind


def test_its_own_minutes_count():
    look = a_look(
        an_environment(tags={"batchmedic:idle-minutes": "45"}), before=replace(BLANK, idle_since=NOW - minutes(44))
    )

    assert decide(look, RULES).kind is Kind.KEEP
    assert decide(replace(look, now=NOW + minutes(1)), RULES).kind is Kind.ANNOUNCE


@pytest.mark.parametrize(
    ("rules", "because"),
    [
        (replace(RULES, mode="off"), "ScaleToZeroMode is off"),
        (replace(RULES, stopped="the parameter exists"), "the kill switch is on: the parameter exists"),
    ],
)
def test_mode_and_kill_switch_hold_it(rules, because):
    decision = decide(a_look(before=ANNOUNCED), rules)

    assert (decision.kind, decision.because) == (Kind.KEEP, because)


def test_in_the_mode_plan_it_is_told_once_what_could_be():
    look = a_look(before=replace(BLANK, idle_since=NOW - minutes(30)))
    plan = replace(RULES, mode="plan")
    told = decide(look, plan)

    assert told.kind is Kind.ANNOUNCE
    assert "ScaleToZeroMode is plan, so nothing is done" in told.because
    assert decide(replace(look, before=told.after, now=NOW + minutes(600)), plan).kind is Kind.KEEP


def test_what_was_told_in_the_mode_plan_is_no_announcement():
    told = replace(BLANK, idle_since=NOW - minutes(600), planned_at=NOW - minutes(500))

    assert decide(a_look(before=told), replace(RULES, mode="plan")).because == "ScaleToZeroMode is plan"
    assert decide(a_look(before=told), RULES).kind is Kind.ANNOUNCE


def test_a_floor_while_updating_is_judged_later():
    assert decide(a_look(an_environment(status="UPDATING"), before=ASLEEP), RULES).kind is Kind.KEEP


def test_the_tag_on_lifts_the_mode_plan():
    assert decide(a_look(tagged("on"), before=ANNOUNCED), replace(RULES, mode="plan")).kind is Kind.SLEEP


def test_two_sleeps_a_day_are_enough():
    tired = replace(ANNOUNCED, sleeps=(NOW - timedelta(hours=20), NOW - timedelta(hours=3)))

    assert decide(a_look(before=tired), RULES).because == "it slept 2 times in 24 hours"
    rested = replace(tired, sleeps=(NOW - timedelta(hours=25), NOW - timedelta(hours=3)))
    assert decide(a_look(before=rested), RULES).kind is Kind.SLEEP


# --- asleep


@pytest.mark.parametrize(
    ("activity", "kind"),
    [(IDLE, Kind.KEEP), (WORKS, Kind.WAKE), (UNKNOWN, Kind.KEEP)],
    ids=["idle", "works", "unknown"],
)
def test_what_sleeps_wakes_when_work_comes(activity, kind):
    assert decide(a_look(asleep(), activity=activity, before=ASLEEP), RULES).kind is kind


def test_waking_says_what_it_saved():
    decision = decide(a_look(asleep(), activity=WORKS, before=ASLEEP), RULES)

    assert decision.because == (
        "minvCpus of align-ec2 is 16 again (a job in job queue align is RUNNING); asleep it saved 160 vCPU-hours."
    )


@pytest.mark.parametrize(
    ("environment", "rules"),
    [
        pytest.param(asleep(), replace(RULES, restore=False), id="FloorRestore is never"),
        pytest.param(asleep(), replace(RULES, mode="off"), id="mode off"),
        pytest.param(asleep(), replace(RULES, mode="plan"), id="mode plan"),
        pytest.param(asleep(), replace(RULES, stopped="x"), id="kill switch"),
        pytest.param(asleep(tags={"batchmedic:scale-to-zero": "off"}), RULES, id="tagged off"),
        pytest.param(asleep(status="UPDATING"), RULES, id="UPDATING"),
    ],
)
def test_it_is_not_woken_where_nothing_may_be_written(environment, rules):
    assert decide(a_look(environment, activity=WORKS, before=ASLEEP), rules).kind is Kind.KEEP


def test_another_floor_of_the_owners_stands_and_the_clock_begins_anew():
    decision = decide(a_look(an_environment(min_vcpus=4), before=ASLEEP), RULES)

    assert decision.kind is Kind.FORGET
    assert "set its floor to 4 vCPUs, which stands" in decision.because
    assert (decision.after.floor, decision.after.idle_since, decision.after.announced_at) == (None, None, None)
    assert not decision.told


def test_who_raises_it_twice_in_a_day_is_left_alone_and_told_so_once():
    twice = replace(ASLEEP, raises=(NOW - timedelta(hours=5),))
    decision = decide(a_look(before=twice), RULES)

    assert (decision.kind, decision.told) == (Kind.FORGET, True)
    assert "raised twice in 24 hours" in decision.because
    later = a_look(before=replace(decision.after, idle_since=NOW, announced_at=NOW))
    assert decide(replace(later, now=NOW + timedelta(days=30)), RULES).kind is Kind.KEEP
    assert decide(a_look(tagged("on"), before=decision.after), RULES).after.given_up_at_tag is None


def test_a_raise_of_yesterday_does_not_count():
    long_ago = replace(ASLEEP, raises=(NOW - timedelta(hours=25),))

    assert not decide(a_look(before=long_ago), RULES).told


# --- after a cut


WRITTEN = replace(ANNOUNCED, floor=16, slept_at=NOW - minutes(5), untold=True, sleeps=(NOW - minutes(5),))


def test_what_was_written_down_and_not_done_is_done():
    decision = decide(a_look(before=WRITTEN), RULES)

    assert (decision.kind, decision.after.floor) == (Kind.SLEEP, 16)


def test_unless_work_came_first_and_then_it_never_slept():
    decision = decide(a_look(activity=WORKS, before=WRITTEN), RULES)

    assert decision.kind is Kind.FORGET
    assert (decision.after.floor, decision.after.sleeps, decision.after.saved_hours) == (None, (), 0.0)


@pytest.mark.parametrize("activity", [IDLE, UNKNOWN])
def test_what_may_not_be_done_now_waits(activity):
    assert decide(a_look(activity=activity, before=WRITTEN), replace(RULES, stopped="x")).kind is Kind.KEEP


def test_what_was_done_and_not_told_is_told():
    decision = decide(a_look(asleep(), before=WRITTEN), RULES)

    assert (decision.kind, decision.told) == (Kind.TELL, True)
    assert (decision.after.lowered, decision.after.untold) == (True, False)


def test_what_was_given_back_and_not_forgotten_is_forgotten_and_told():
    decision = decide(a_look(activity=WORKS, before=replace(ASLEEP, waking=True)), RULES)

    assert (decision.kind, decision.told, decision.after.floor) == (Kind.FORGET, True, None)
    assert decision.after.saved_hours == pytest.approx(160)


def test_what_should_be_given_back_is_given_back_though_the_work_is_over():
    assert decide(a_look(asleep(), before=replace(ASLEEP, waking=True)), RULES).kind is Kind.WAKE


# --- what the environment itself remembers


def test_a_tag_of_an_earlier_installation_is_believed_while_the_floor_is_zero():
    one = asleep(tags={"batchmedic:floor": "16"})

    assert decide(a_look(one), RULES).after.floor == 16
    assert decide(a_look(one, activity=WORKS), RULES).kind is Kind.WAKE


@pytest.mark.parametrize("value", ["", "x", "-1", "0", "1e3", "99999999999999999999", "١٦"])
def test_a_nonsense_tag_is_not_believed(value):
    one = asleep(tags={"batchmedic:floor": value})

    assert decide(a_look(one, activity=WORKS), RULES).kind is Kind.KEEP


def test_a_tag_that_was_left_over_goes():
    one = an_environment(tags={"batchmedic:floor": "16"})

    assert decide(a_look(one), RULES).kind is Kind.FORGET
    assert decide(a_look(one), replace(RULES, stopped="x")).kind is Kind.KEEP


# --- what a cut, an owner and a passing status do to each other


def test_what_was_written_down_sleeps_only_if_it_was_idle_all_the_while():
    interrupted = decide(a_look(activity=UNKNOWN, before=WRITTEN), RULES).after
    again = decide(replace(a_look(before=interrupted), now=NOW + minutes(5)), RULES)

    assert again.kind is Kind.KEEP
    later = replace(a_look(before=again.after), now=NOW + minutes(35))
    assert decide(later, RULES).kind is Kind.SLEEP


def test_a_sleep_counts_from_when_it_is_lowered():
    long_ago = NOW - timedelta(hours=20)
    after = decide(
        a_look(before=replace(WRITTEN, slept_at=long_ago, sleeps=(NOW - minutes(90), long_ago))), RULES
    ).after

    assert (after.slept_at, after.sleeps) == (NOW, (NOW - minutes(90), NOW))


def test_another_floor_before_it_was_lowered_is_no_raise():
    decision = decide(a_look(an_environment(min_vcpus=4), before=WRITTEN), RULES)

    assert (decision.kind, decision.after.floor, decision.after.raises) == (Kind.FORGET, None, ())
    tagged_too = an_environment(min_vcpus=4, tags={"batchmedic:floor": "16"})
    assert decide(a_look(tagged_too, before=WRITTEN), RULES).after.raises == (NOW,)


@pytest.mark.parametrize("status", ["UPDATING", "INVALID", "CREATING"])
def test_what_is_being_given_back_waits_until_it_is_valid(status):
    look = a_look(asleep(status=status), activity=WORKS, before=replace(ASLEEP, waking=True))

    assert decide(look, RULES).kind is Kind.KEEP


def test_no_floor_waits_until_its_sleep_was_told():
    decision = decide(a_look(asleep(), activity=WORKS, before=replace(ASLEEP, untold=True)), RULES)

    assert (decision.kind, decision.after.untold) == (Kind.WAKE, False)


def test_another_floor_while_it_was_being_given_back_is_the_owners():
    decision = decide(a_look(an_environment(min_vcpus=4), before=replace(ASLEEP, waking=True)), RULES)

    assert "set its floor to 4 vCPUs, which stands" in decision.because


def test_a_smaller_max_vcpus_is_what_is_said():
    look = a_look(asleep(max_vcpus=8), activity=WORKS, before=ASLEEP)

    assert decide(look, RULES).because.startswith("minvCpus of align-ec2 is 8 again")
    woken = a_look(an_environment(min_vcpus=8, max_vcpus=8), before=replace(ASLEEP, waking=True))
    assert decide(woken, RULES).because.startswith("minvCpus of align-ec2 is 8 again")


def test_a_tag_that_could_not_be_removed_is_not_believed_where_a_memory_knows_better():
    one = asleep(tags={"batchmedic:floor": "16"})
    known = replace(BLANK, raises=(NOW - timedelta(hours=1),))

    assert decide(a_look(one, activity=WORKS, before=known), RULES).kind is Kind.KEEP


def test_what_is_being_given_back_goes_on_in_the_mode_plan():
    look = a_look(asleep(), before=replace(ASLEEP, waking=True))

    assert decide(look, replace(RULES, mode="plan")).kind is Kind.WAKE


@pytest.mark.parametrize(("ago", "kind"), [(-1, Kind.KEEP), (0, Kind.KEEP), (2, Kind.KEEP), (5, Kind.WAKE)])
def test_one_run_gives_it_back_and_the_next_if_that_was_cut(ago, kind):
    begun = replace(ASLEEP, waking=True, waking_at=NOW - minutes(ago))

    assert decide(a_look(asleep(), activity=WORKS, before=begun), RULES).kind is kind

"""The sentences that people hear of floors, whole."""

from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.scaling import words
from batchmedic.scaling.deciding import decide
from batchmedic.scaling.floor import Activity, Floor, Look, Rules
from batchmedic.scaling.news import News
from tests.factories import ENVIRONMENT, NOW, a_compute_environment, minutes

IDLE = Floor(environment=ENVIRONMENT, idle_since=NOW - minutes(30))
ASLEEP = Floor(environment=ENVIRONMENT, floor=16, slept_at=NOW - timedelta(hours=100), saved_hours=7.0, waking=True)
WORKS = Activity(idle=False, because="a job in job queue align is RUNNABLE")


def a_look(before=IDLE, *, activity=WORKS, code="", **changes):
    one = a_compute_environment(**{"min_vcpus": 16, **changes})
    return Look(environment=one, activity=activity, before=before, stored=before, now=NOW, code=code)


@pytest.mark.parametrize(
    ("lasted", "said"),
    [
        (minutes(1), "1 minute"),
        (minutes(30), "30 minutes"),
        (timedelta(days=7), "10080 minutes"),
        (minutes(0.4), "0 minutes"),
    ],
)
def test_minutes_are_counted(lasted, said):
    assert words.minutes(lasted) == said


def test_in_the_mode_plan_it_is_said_what_could_be():
    assert words.would_sleep(a_look()) == (
        "align-ec2 keeps 16 vCPUs running with no work since 11:30 UTC: 384 vCPU-hours a day. Its minvCpus could be 0; "
        "ScaleToZeroMode is plan, so nothing is done."
    )


def test_what_is_disabled_is_called_so():
    said = words.will_sleep(a_look(state="DISABLED", min_vcpus=256), NOW)

    assert said.startswith(
        "align-ec2 keeps 256 vCPUs running, although it is DISABLED, with no work since 11:30 UTC: 6,144 vCPU-hours"
    )


def test_a_sleep_says_what_is_remembered():
    assert words.slept(a_look(), 16) == (
        "minvCpus of align-ec2 is 0 now after being idle since 11:30 UTC; 16 is remembered and comes back when jobs do."
    )
    assert "idle since" not in words.slept(a_look(replace(IDLE, idle_since=None)), 16)


def test_waking_says_why_and_what_this_sleep_saved():
    assert words.given_back(a_look(ASLEEP)) == (
        "minvCpus of align-ec2 is 16 again (a job in job queue align is RUNNABLE); asleep it saved 1,600 vCPU-hours."
    )


def test_giving_up_says_what_lets_it_begin_anew():
    said = words.given_up(a_look(ASLEEP, min_vcpus=4))

    assert "so it is left at 4 from now on" in said
    assert "Changing its tag batchmedic:scale-to-zero" in said


@pytest.mark.parametrize(
    ("owner", "line"),
    [
        ("Terraform", "min_vcpus = 0"),
        ("OpenTofu", "min_vcpus = 0"),
        ("Pulumi", "minVcpus: 0"),
        ("Ansible", "minv_cpus: 0"),
        ("AWS CloudFormation", "MinvCpus: 0"),
        ("AWS CDK", "MinvCpus: 0"),
    ],
)
def test_whose_code_holds_it_is_told_which_line(owner, line):
    assert words.line_of(owner) == (
        f"Its floor is in code: with {owner}, write {line}, or a deployment raises it again."
    )


@pytest.mark.parametrize("sentence", [words.would_sleep, lambda look: words.slept(look, 16)])
def test_the_line_of_code_is_the_last_thing_said(sentence):
    assert sentence(a_look(code="It is in code.")).endswith(". It is in code.")


RULES = Rules(mode="apply", idle=minutes(30), restore=True)


def news_of(look):
    decision = decide(look, RULES)
    return News.of(decision, look, before=look.stored, after=decision.after)


def test_an_announcement_has_the_floor_as_it_is_and_as_it_will_be():
    idle = Activity(idle=True, because="no job")
    news = news_of(a_look(activity=idle))

    assert news.event == "Compute Environment Going To Sleep"
    assert (news.detail["floor_before"], news.detail["floor_after"]) == (16, 0)
    assert (news.detail["idle_since"], news.detail["vcpu_hours_saved"]) == ("2026-11-25T11:30:00+00:00", 0.0)


@pytest.mark.parametrize(("most", "floor"), [(64, 16), (8, 8)])
def test_a_floor_that_came_back_has_what_it_is_and_what_was_saved(most, floor):
    news = news_of(a_look(replace(ASLEEP, waking=False), min_vcpus=0, max_vcpus=most))

    assert news.event == "Compute Environment Floor Restored"
    assert (news.detail["floor_before"], news.detail["floor_after"]) == (0, floor)
    assert (news.detail["idle_since"], news.detail["vcpu_hours_saved"]) == (None, 1_600.0)


def test_that_it_is_given_up_only_people_hear():
    twice = replace(ASLEEP, waking=False, lowered=True, raises=(NOW - minutes(60),))

    assert news_of(a_look(twice, min_vcpus=4)).event is None

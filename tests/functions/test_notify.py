"""notify behind diagnose in a simulated account: who is told, how often, and what happens when telling fails."""

import pytest

from tests.functions.platform import Platform
from tests.functions.worlds import healthy, mismatch
from tests.headlines import UPDATE, kind_of


def fault(platform: Platform) -> None:
    healthy(platform)
    platform.owner.submit("align", vcpus=512, memory=2048)


def test_slack_that_is_away_holds_up_no_mail_and_hears_later(platform: Platform) -> None:
    platform.slack_answers = [503, 429]
    fault(platform)
    platform.run(7)
    assert (len(platform.sns), len(platform.slack)) == (1, 0)

    platform.run(20)

    assert (len(platform.sns), len(platform.slack)) == (1, 1)
    assert platform.slack_answers == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_webhook_that_is_gone_is_not_tried_for_ever(platform: Platform, status: int) -> None:
    platform.slack_answers = [status] * 100
    fault(platform)
    platform.run(65)
    assert len(platform.slack_answers) == 99
    mails, _ = platform.headlines
    assert [line.partition(":")[0] for line in mails] == ["CRITICAL", "CRITICAL"]
    assert mails[1] == "CRITICAL: batchmedic cannot reach Slack any more"

    platform.run(6 * 60, step_seconds=300)

    assert 92 <= len(platform.slack_answers) <= 94  # once an hour
    assert len(platform.sns) == 2


def test_a_doorbell_that_is_lost_is_rung_again_by_the_sweep(platform: Platform) -> None:
    fault(platform)
    while not platform.queues["notices"]:
        platform.run(0.5)
    platform.queues["notices"].clear()

    platform.run(12)

    assert (len(platform.sns), len(platform.slack)) == (1, 1)


def test_doorbells_of_yesterday_say_nothing_new(platform: Platform) -> None:
    fault(platform)
    while not platform.queues["notices"]:
        platform.run(0.5)
    old = [message.body for message in platform.queues["notices"]]
    platform.run(20)

    for body in old * 5:
        platform.send("notices", body)
    platform.run(5)

    assert (len(platform.sns), len(platform.slack)) == (1, 1)


def test_a_queue_that_is_emptied_is_over(platform: Platform) -> None:
    healthy(platform)
    (job,) = platform.owner.submit("align", vcpus=512, memory=2048)
    platform.run(20)
    platform.owner.batch.cancel_job(jobId=job, reason="too large")
    platform.run(20)

    mails, slack = platform.headlines
    assert [line.split(":")[0] for line in mails] == ["CRITICAL", "RESOLVED"]
    assert slack == mails


def test_without_the_incident_table_people_are_told(platform: Platform) -> None:
    fault(platform)
    platform.wire.client("dynamodb").delete_table(TableName="incidents")
    platform.run(15)

    mails, slack = platform.headlines
    assert [line.split(":")[0] for line in mails] == ["CRITICAL"]
    assert slack == mails


def test_the_first_sweep_of_an_old_account_is_one_summary_and_not_a_wall(platform: Platform) -> None:
    platform.sweeps = False
    mismatch(platform, names=tuple(f"old-{number}" for number in range(8)))
    platform.run(12)
    platform.sweeps = True

    platform.run(12)

    assert len(platform.incidents()) == 8
    mails, slack = platform.headlines
    assert mails == ["8 news at once: 8 warning"]
    assert slack == mails


def test_a_person_can_see_that_the_channels_reach_him(platform: Platform) -> None:
    answer = platform.handle("notify", {"test": True})

    assert answer == {"sns": "told", "eventbridge": "left out: programs would take it for true", "slack": "told"}
    assert platform.headlines == (["TEST: batchmedic can reach you here"],) * 2
    assert platform.events == []


def test_who_did_not_act_is_reminded_each_day_and_nobody_of_what_is_over(platform: Platform) -> None:
    healthy(platform)
    (job,) = platform.owner.submit("align", vcpus=512, memory=2_048)
    platform.run(60 * 49, step_seconds=150)
    platform.owner.batch.cancel_job(jobId=job, reason="too large")
    platform.run(60 * 30, step_seconds=150)

    said = [line.split(":")[0] for line in platform.headlines[0]]
    assert said == ["CRITICAL", "STILL CRITICAL", "STILL CRITICAL", "RESOLVED"]
    assert platform.headlines[0] == platform.headlines[1]
    assert [event["DetailType"] for event in platform.events] == ["Incident Opened", "Incident Resolved"]


def test_jobs_that_come_and_go_on_a_sick_environment_are_no_storm(platform: Platform) -> None:
    mismatch(platform)
    platform.run(20)
    for _ in range(8):
        (job,) = platform.owner.submit("align", vcpus=2, memory=2_048)
        platform.run(30, step_seconds=300)
        platform.owner.batch.cancel_job(jobId=job, reason="not now")
        platform.run(30, step_seconds=300)

    assert len(platform.incidents()) == 1
    assert sum(kind_of(line) == UPDATE for line in platform.headlines[0]) <= 3


def test_what_was_told_critical_and_fell_to_info_is_told_over(platform: Platform) -> None:
    home = healthy(platform, names=("align", "spare"))
    elsewhere = platform.owner.place("elsewhere", cidr="10.9.0.0/16")
    platform.owner.use_security_group("align-ec2", elsewhere.security_group)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(15)
    order = [{"order": 1, "computeEnvironment": "spare-ec2"}]
    platform.owner.batch.update_job_queue(jobQueue="align", computeEnvironmentOrder=order)
    platform.run(15)
    assert platform.incidents()[0]["severity"] == "info"

    platform.owner.use_security_group("align-ec2", home.security_group)
    platform.run(40)

    assert [one["status"] for one in platform.incidents()] == ["resolved"]
    assert platform.headlines[0][-1].startswith("RESOLVED")

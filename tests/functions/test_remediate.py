"""remediate in a simulated account: repaired, proved, taken back, or left to a person."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.functions.platform import Platform
from tests.functions.repairs import (
    ENVIRONMENT,
    described,
    groups_of,
    heads,
    made,
    pasted,
    remedies,
    statuses,
    waiting_fargate_mismatch,
    waiting_mismatch,
    waiting_too_small,
)
from tests.functions.worlds import mismatch


@pytest.fixture
def platform(make_platforms: Callable[..., Platform]) -> Platform:
    return make_platforms(mode="apply")


FIXED = ["CRITICAL", "FIXED AND VERIFIED"]


def test_a_mismatch_is_repaired_proved_and_told_in_two_messages(platform: Platform) -> None:
    elsewhere = waiting_mismatch(platform)
    platform.run(45)

    (group,) = made(platform)
    assert groups_of(platform) == [group["GroupId"]]
    assert (group["GroupName"], group["IpPermissions"]) == ("batchmedic-align-ec2", [])
    assert {tag["Key"]: tag["Value"] for tag in group["Tags"]} == {
        "batchmedic:stack": "batchmedic",
        "batchmedic:managed": "true",
        "batchmedic:compute-environment": ENVIRONMENT,
    }
    assert described(platform)["status"] == "VALID"
    (incident,) = platform.incidents()
    assert (incident["status"], incident["remedy"]["status"]) == ("resolved", "verified")
    assert incident["remedy"]["changes"][1]["undo"]["parameters"]["computeResources"] == {
        "securityGroupIds": [elsewhere.security_group]
    }
    assert heads(platform) == FIXED
    assert platform.headlines[0] == platform.headlines[1]
    assert "Done: " in platform.sns[0]["Message"]
    assert "is RUNNING" in platform.sns[1]["Message"] or "is STARTING" in platform.sns[1]["Message"]
    assert platform.crashes == []


def test_a_sound_group_of_the_same_name_is_taken_instead_of_a_new_one(platform: Platform) -> None:
    elsewhere = waiting_mismatch(platform)
    home = described(platform)["computeResources"]["subnets"]
    (subnet,) = platform.owner.ec2.describe_subnets(SubnetIds=home)["Subnets"]
    twin = platform.owner.ec2.create_security_group(
        GroupName="elsewhere-batch", Description="the same, here", VpcId=subnet["VpcId"]
    )["GroupId"]
    platform.run(45)

    assert groups_of(platform) == [twin]
    assert made(platform) == []
    assert heads(platform) == FIXED
    assert elsewhere.security_group not in groups_of(platform)


def test_fargate_is_repaired_within_minutes_and_without_an_update_policy(platform: Platform) -> None:
    waiting_fargate_mismatch(platform)
    platform.run(25)

    assert described(platform, "quick")["status"] == "VALID"
    assert statuses(platform) == ["verified"]
    assert all("updatePolicy" not in parameters for _, parameters in platform.writes)


def test_what_is_taken_back_stays_so(platform: Platform) -> None:
    elsewhere = waiting_mismatch(platform, seconds=1_800)
    platform.run(45)
    answer = pasted(platform, "rollback")
    platform.run(90)

    assert answer is not None
    assert answer["status"] == "rolled_back"
    assert groups_of(platform) == [elsewhere.security_group]
    assert made(platform) == []  # our own group went when nothing used it for an hour
    assert heads(platform)[:3] == [*FIXED, "FIX TAKEN BACK"]
    assert "a person took the last fix back" in platform.sns[-1]["Message"]


def test_taking_back_after_an_edit_is_refused(platform: Platform) -> None:
    waiting_mismatch(platform)
    platform.run(45)
    home = platform.owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["home-batch"]}])
    platform.owner.use_security_group(ENVIRONMENT, home["SecurityGroups"][0]["GroupId"])
    platform.run(15)
    before = groups_of(platform)
    answer = pasted(platform, "rollback")

    assert answer == {"refused": "align-ec2 was changed since, so it is left as it is"}
    assert groups_of(platform) == before


@pytest.mark.parametrize(
    ("mode", "tag", "repaired", "sentence"),
    [
        pytest.param("apply", None, True, "", id="apply"),
        pytest.param("apply", "plan", False, "its owner tagged align-ec2 batchmedic:remediation=plan", id="tag plan"),
        pytest.param("apply", "off", False, "its owner tagged align-ec2 batchmedic:remediation=off", id="tag off"),
        pytest.param("apply", "yes", False, "which counts as off", id="unknown tag"),
        pytest.param("plan", None, False, "RemediationMode is plan", id="plan"),
        pytest.param("plan", "apply", True, "", id="plan, lifted by tag"),
        pytest.param("off", "apply", False, "", id="off, and no tag lifts it"),
    ],
)
def test_mode_and_tag_decide(
    make_platforms: Callable[..., Platform], mode: str, tag: str | None, repaired: bool, sentence: str
) -> None:
    platform = make_platforms(mode=mode)
    waiting_mismatch(platform)
    if tag:
        arn = described(platform)["computeEnvironmentArn"]
        platform.owner.batch.tag_resource(resourceArn=arn, tags={"batchmedic:remediation": tag})
    platform.run(30)

    assert (described(platform)["status"] == "VALID") is repaired
    assert bool(platform.writes) is repaired
    assert sentence in platform.sns[0]["Message"]


def test_a_person_approves_the_plan_by_the_command_in_the_alert(make_platforms: Callable[..., Platform]) -> None:
    platform = make_platforms(mode="plan")
    waiting_mismatch(platform)
    platform.run(12)
    assert statuses(platform) == ["planned"]

    answer = pasted(platform, "apply")
    platform.run(30)

    assert answer is not None
    assert answer["status"] == "verifying"
    assert statuses(platform) == ["verified"]
    assert heads(platform) == ["CRITICAL", "FIX APPLIED", "FIXED AND VERIFIED"]


def test_another_plan_than_the_one_that_was_read_is_refused(make_platforms: Callable[..., Platform]) -> None:
    platform = make_platforms(mode="plan")
    waiting_mismatch(platform)
    platform.run(12)
    (incident,) = platform.incidents()

    answer = platform.handle("remediate", {"apply": incident["incident_id"], "plan": "0" * 16})

    assert answer is not None
    assert incident["remedy"]["plan"] in answer["refused"]
    assert platform.writes == []


@pytest.mark.parametrize(
    "command",
    [
        {"apply": "0123456789abcdef-1", "plan": "0" * 16},
        {"rollback": "0123456789abcdef-1"},
        {"apply": "nonsense", "plan": "0" * 16},
        {"apply": "0123456789abcdef-1"},
        {"rollback": None},
        {},
    ],
)
def test_a_command_that_names_nothing_is_refused_in_words(platform: Platform, command: dict[str, str]) -> None:
    answer = platform.handle("remediate", command)

    assert answer is not None
    assert answer["refused"]
    assert platform.writes == []


def test_the_kill_switch_stops_every_change_and_its_removal_lets_it_go_on(platform: Platform) -> None:
    ssm = platform.wire.client("ssm")
    waiting_mismatch(platform)
    ssm.put_parameter(Name="/batchmedic/batchmedic/stop", Value="drill", Type="String")
    platform.run(40)
    assert platform.writes == []
    assert "the kill switch is on" in platform.sns[0]["Message"]

    ssm.delete_parameter(Name="/batchmedic/batchmedic/stop")
    platform.run(75)

    assert statuses(platform) == ["verified"]


def test_pass_role_is_asked_for_by_name(platform: Platform) -> None:
    waiting_mismatch(platform)
    platform.account.check_pass_role()
    platform.run(15)

    assert statuses(platform) == ["failed"]
    mail = platform.sns[-1]["Message"]
    assert "PassableRoleArns" in mail
    assert "role/ecsInstanceRole" in mail

    platform.account.check_pass_role("arn:aws:iam::111122223333:role/ecsInstanceRole")
    pasted(platform, "apply")  # the parameter is set: the command in the alert goes on
    platform.run(40)
    assert (statuses(platform), len(made(platform))) == (["verified"], 1)


def test_a_user_who_repairs_it_himself_is_not_overruled(platform: Platform) -> None:
    waiting_mismatch(platform)
    home = platform.owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["home-batch"]}])
    mine = home["SecurityGroups"][0]["GroupId"]
    platform.owner.use_security_group(ENVIRONMENT, mine)
    platform.run(45)

    assert groups_of(platform) == [mine]
    assert platform.writes == []


def test_more_room_under_max_vcpus_waits_for_a_person(platform: Platform) -> None:
    waiting_too_small(platform)
    platform.run(12)
    assert statuses(platform) == ["awaiting_approval"]
    assert "raises the bill" in platform.sns[-1]["Message"]

    pasted(platform, "apply")
    platform.run(30)

    assert described(platform, "small")["computeResources"]["maxvCpus"] == 16
    assert remedies(platform)[0]["status"] == "verified"


def test_taking_back_restores_what_was_there(platform: Platform) -> None:
    waiting_mismatch(platform, seconds=900)
    before = described(platform)["computeResources"]
    platform.run(50)
    assert described(platform)["computeResources"] != before

    pasted(platform, "rollback")
    platform.run(30)

    assert {**described(platform)["computeResources"], "desiredvCpus": 0} == {**before, "desiredvCpus": 0}


def test_a_group_that_somebody_deletes_before_it_is_proved_fails_the_repair(platform: Platform) -> None:
    waiting_mismatch(platform)
    while not made(platform):
        platform.run(0.5)
    platform.owner.ec2.delete_security_group(GroupId=made(platform)[0]["GroupId"])
    platform.run(40)

    assert sorted(statuses(platform)) == ["failed", "none"]  # and the missing group is an incident of its own
    assert any("INVALID again" in mail["Message"] for mail in platform.sns)
    assert [call for call, _ in platform.writes].count("batch:UpdateComputeEnvironment") == 1


def test_a_bell_of_days_ago_changes_nothing(platform: Platform) -> None:
    waiting_mismatch(platform)
    platform.run(50)
    (incident,) = platform.incidents()
    before, said = len(platform.writes), heads(platform)
    platform.send("remedies", json.dumps({"incident_id": incident["incident_id"]}), delay=0)
    platform.clock.move_to(platform.clock.now() + timedelta(days=2))
    platform.run(10)

    assert (len(platform.writes), heads(platform)) == (before, said)


def test_code_that_owns_it_is_named_with_the_line_to_change(platform: Platform) -> None:
    waiting_mismatch(platform)
    arn = described(platform)["computeEnvironmentArn"]
    platform.account.add_stack("pipelines", Batch=("AWS::Batch::ComputeEnvironment", arn))
    platform.run(15)
    mail = platform.sns[0]["Message"]

    assert statuses(platform) == ["awaiting_approval"]
    assert "belongs to the CloudFormation stack pipelines" in mail
    assert '\n    SecurityGroupIds: ["NEW_SECURITY_GROUP_ID"]' in mail

    platform.owner.batch.tag_resource(resourceArn=arn, tags={"batchmedic:remediation": "apply"})
    platform.run(80)
    assert statuses(platform) == ["verified"]


def test_more_than_three_at_once_and_most_of_all_are_probably_not_them(platform: Platform) -> None:
    names = tuple(f"queue-{number}" for number in range(4))
    mismatch(platform, names=names)
    platform.run(12)
    for name in names:
        platform.owner.submit(name, vcpus=2, memory=2_048)
    platform.run(20)

    assert platform.writes == []
    assert statuses(platform) == ["awaiting_approval"] * 4


def test_three_an_hour_and_the_fourth_waits(platform: Platform) -> None:
    names = tuple(f"queue-{number}" for number in range(24))
    elsewhere = mismatch(platform, names=names[:4])
    healthy_more(platform, names[4:])
    platform.run(12)
    for name in names[:4]:
        platform.owner.submit(name, vcpus=2, memory=2_048)
    platform.run(30)

    assert sorted(statuses(platform)) == ["awaiting_approval", "verified", "verified", "verified"]
    assert [call for call, _ in platform.writes].count("batch:UpdateComputeEnvironment") == 3
    assert elsewhere.security_group in str([described(platform, f"{name}-ec2") for name in names[:4]])


def healthy_more(platform: Platform, names: tuple[str, ...]) -> None:
    (home,) = platform.owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["home-batch"]}])[
        "SecurityGroups"
    ]
    (subnet,) = described(platform, "queue-0-ec2")["computeResources"]["subnets"]
    for name in names:
        platform.owner.compute_environment(f"{name}-ec2", subnet=subnet, security_group=home["GroupId"])

"""Instances that do not launch or do not join, from what AWS Batch and EC2 Auto Scaling send to what people read."""

from tests.functions.platform import Platform
from tests.functions.worlds import healthy, without_a_way_out

STANDARD = "L-1216C47A"  # the quota of vCPUs of running On-Demand Standard instances


def jobs_come(platform: Platform, minutes: float) -> None:
    platform.owner.submit("align", vcpus=2, memory=2_048, jobs=3)
    platform.run(minutes)


def launch_failed(group: str) -> dict[str, object]:
    """As the rule makes it of an event."""
    return {"v": 1, "hint": "launch_failed", "queue": None, "compute_environment": group, "at": "2026-11-25T08:00:00Z"}


def stand(platform: Platform) -> list[tuple[str, str]]:
    return [(one["incident_id"], one["status"]) for one in platform.incidents()]


def test_the_nat_route_is_gone_and_a_queue_dries_up(platform: Platform) -> None:
    """Instances come and go and none joins, AWS Batch gives up, somebody repairs it: one incident, told twice."""
    place = without_a_way_out(platform)
    jobs_come(platform, 20)
    (incident,) = platform.incidents()

    assert (incident["diagnosis"], incident["severity"]) == ("no_route_to_ecs", "critical")
    assert place.route_table in incident["summary"]
    assert place.subnet in incident["summary"]
    assert incident["changed_by"]["event"] == "DeleteRoute"
    assert [line.split(":")[0] for line in platform.headlines[0]] == ["CRITICAL"]

    platform.run(60)
    (environment,) = platform.owner.batch.describe_compute_environments()["computeEnvironments"]
    assert "INVALIDATED" in environment["statusReason"]
    assert stand(platform) == [(incident["incident_id"], "open")]
    assert len(platform.sns) == 1

    platform.owner.open_way_out(place)
    platform.owner.update("align-ec2", maxvCpus=255)
    platform.run(30)
    assert stand(platform) == [(incident["incident_id"], "resolved")]
    assert [line.split(":")[0] for line in platform.headlines[0]] == ["CRITICAL", "RESOLVED"]
    assert platform.crashes == []


def test_a_launch_that_is_refused_wakes_us_without_a_sweep_or_a_job(platform: Platform) -> None:
    """Only EC2 Auto Scaling tells here, of every try; a quota below one instance is certain at once."""
    healthy(platform)
    platform.sweeps = False
    platform.account.quotas[STANDARD] = 0
    platform.owner.submit("align", vcpus=2, memory=2_048)
    platform.run(0.5)
    platform.queues["looks"].clear()
    platform.run(8)

    (incident,) = platform.incidents()
    assert incident["diagnosis"] == "vcpu_quota_reached"
    assert STANDARD in incident["summary"]
    assert len(platform.sns) == 1


def test_a_hundred_refused_launches_in_a_minute_are_one_look(platform: Platform) -> None:
    """EC2 Auto Scaling tells of each zone and each retry, under both forms of the group's name."""
    healthy(platform)
    platform.calls.made.clear()
    for number in range(100):
        group = f"align-ec2-asg-{number:08x}-5c2e-4f8e-9d9c-0f3c1a2b4d5e"
        platform.handle("diagnose", launch_failed(f"AWSBatch-{group}" if number % 2 else group))

    assert platform.calls.count("batch")["batch:GetJobQueueSnapshot"] == 1
    platform.run(2)
    assert platform.calls.count("batch")["batch:GetJobQueueSnapshot"] == 2  # and the one that was promised


def test_a_group_of_somebody_else_leads_to_no_queue(platform: Platform) -> None:
    healthy(platform)
    platform.calls.made.clear()
    platform.handle("diagnose", launch_failed("web-asg"))

    assert platform.crashes == []
    assert platform.calls.count("batch")["batch:GetJobQueueSnapshot"] == 0

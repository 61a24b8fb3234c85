"""Instances: launched for jobs, joined, filled, let go; and the Auto Scaling group and the cluster that show it."""

from typing import Any

import pytest

from local.account.batch_families import registered_memory
from tests.unit.account.building import Owner


def container_instances(owner: Owner) -> list[dict[str, Any]]:
    cluster = owner.environment()["ecsClusterArn"]
    arns = owner.ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
    if not arns:
        return []
    found = owner.ecs.describe_container_instances(cluster=cluster, containerInstances=[*arns, arns[0] + "0"])
    assert [each["reason"] for each in found["failures"]] == ["MISSING"]
    return list(found["containerInstances"])


def desired(owner: Owner) -> int:
    return int(owner.environment()["computeResources"]["desiredvCpus"])


def memory(listed: list[dict[str, Any]]) -> int:
    return next(int(each["integerValue"]) for each in listed if each["name"] == "MEMORY")


def test_registered_memory_is_what_aws_documents_for_the_one_size_it_documents() -> None:
    assert registered_memory(8192) == 7985 - 32


def test_an_instance_takes_minutes_to_join_and_registers_less_than_nominal(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(instanceTypes=["m4.large"]))
    owner.a_queue()
    job = owner.submit(vcpus=1, memory=7953)
    owner.pass_minutes(1)
    assert (owner.status(job), desired(owner), container_instances(owner)) == ("RUNNABLE", 2, [])

    owner.pass_minutes(3)
    (instance,) = container_instances(owner)
    assert owner.status(job) == "RUNNING"
    assert (memory(instance["registeredResources"]), memory(instance["remainingResources"])) == (7953, 0)
    attributes = {each["name"]: each.get("value") for each in instance["attributes"]}
    assert (attributes["ecs.instance-type"], instance["agentConnected"]) == ("m4.large", True)
    assert owner.job(job)["container"]["containerInstanceArn"] == instance["containerInstanceArn"]


def test_jobs_share_instances_as_far_as_they_fit(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    for _ in range(5):
        owner.submit(vcpus=4, memory=8000)
    owner.pass_minutes(5)

    assert sorted(each["runningTasksCount"] for each in container_instances(owner)) == [1, 4]
    (cluster,) = owner.ecs.describe_clusters(clusters=[owner.environment()["ecsClusterArn"]])["clusters"]
    assert (cluster["registeredContainerInstancesCount"], cluster["runningTasksCount"]) == (2, 5)


def test_the_smallest_type_that_holds_the_job_is_launched(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(instanceTypes=["c7g"]))
    owner.a_queue()
    owner.submit(vcpus=4, memory=8192)  # more than c7g.xlarge registers
    owner.pass_minutes(5)

    (reservation,) = owner.ec2.describe_instances()["Reservations"]
    assert reservation["Instances"][0]["InstanceType"] == "c7g.2xlarge"


@pytest.mark.parametrize(
    ("strategy", "launched"),
    [
        pytest.param("BEST_FIT_PROGRESSIVE", 16, id="may exceed maxvCpus by one instance"),
        pytest.param("BEST_FIT", 0, id="never exceeds maxvCpus"),
    ],
)
def test_the_ceiling(owner: Owner, strategy: str, launched: int) -> None:
    owner.an_environment(resources=owner.resources(maxvCpus=10, allocationStrategy=strategy))
    owner.a_queue()
    owner.submit(vcpus=4)
    owner.pass_minutes(60)

    assert sum(16 for one in owner.ec2.describe_instances()["Reservations"] if one) == launched
    assert owner.told_blocked() == []


def test_idle_instances_leave_down_to_the_floor(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.a_queue()
    for _ in range(3):
        owner.submit(vcpus=16)
    owner.pass_minutes(8)
    assert desired(owner) == 48
    owner.pass_minutes(30)
    assert desired(owner) == 16

    owner.update(computeResources={"minvCpus": 0}, minutes=15)
    assert (desired(owner), container_instances(owner)) == (0, [])


def test_a_scale_down_delay_holds_what_has_run_a_job(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(scalingPolicy={"minScaleDownDelayMinutes": 60}))
    owner.a_queue()
    owner.submit(vcpus=16)
    owner.pass_minutes(50)
    assert desired(owner) == 16

    owner.pass_minutes(30)
    assert desired(owner) == 0


def test_a_disabled_environment_keeps_its_floor_and_launches_nothing(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.a_queue()
    owner.update(state="DISABLED", minutes=30)
    job = owner.submit(vcpus=4)
    owner.pass_minutes(60)

    assert (desired(owner), owner.status(job)) == (16, "RUNNABLE")


def test_environments_are_tried_in_their_order(owner: Owner) -> None:
    owner.an_environment("first", resources=owner.resources(maxvCpus=16))
    owner.an_environment("second")
    owner.a_queue("queue", "first", "second")
    owner.update("first", state="DISABLED", minutes=5)
    skipped = owner.submit(vcpus=16)
    owner.pass_minutes(5)
    owner.update("first", state="ENABLED", minutes=3)
    owner.submit(vcpus=16)
    owner.pass_minutes(4)

    def running(name: str) -> int:
        cluster = owner.environment(name)["ecsClusterArn"]
        return int(owner.ecs.describe_clusters(clusters=[cluster])["clusters"][0]["runningTasksCount"])

    assert (owner.status(skipped), running("first"), running("second")) == ("RUNNING", 1, 1)


def test_fargate_needs_no_instances_and_stops_at_its_ceiling(owner: Owner) -> None:
    owner.an_environment(resources=owner.on_fargate(maxvCpus=8))
    owner.a_queue()
    jobs = [owner.submit(vcpus=4, memory=8192) for _ in range(3)]
    owner.pass_minutes(3)

    assert [owner.status(job) for job in jobs] == ["RUNNING", "RUNNING", "RUNNABLE"]
    assert owner.ec2.describe_instances()["Reservations"] == []
    assert owner.auto_scaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []


def test_an_unmanaged_environment_has_what_its_owner_registers(owner: Owner) -> None:
    owner.an_unmanaged_environment()
    owner.a_queue()
    job = owner.submit(vcpus=4)
    owner.pass_minutes(60)
    (event,) = owner.told_blocked()
    assert (owner.status(job), event["detail"]["statusReason"]) == (
        "RUNNABLE",
        "UNDETERMINED - Batch job is blocked, root cause is undetermined.",
    )

    owner.account.join_instance("ce", "c7g.4xlarge")
    owner.pass_minutes(1)
    assert owner.status(job) == "RUNNING"


def test_the_auto_scaling_group_shows_launches_and_refusals(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(instanceTypes=["c7g.4xlarge", "c7g.8xlarge"]))
    owner.a_queue()
    owner.account.sold_out.add("c7g.4xlarge")
    owner.submit(vcpus=16)
    owner.pass_minutes(5)
    name = f"AWSBatch-ce-asg-{owner.environment()['uuid']}"
    (group,) = owner.auto_scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    assert [one["InstanceType"] for one in group["Instances"]] == ["c7g.8xlarge"]  # another type is in stock

    owner.account.sold_out.add("c7g.8xlarge")
    owner.submit(vcpus=32)
    owner.pass_minutes(1)
    activities = owner.auto_scaling.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
    assert [one["StatusCode"] for one in activities] == ["Failed", "Successful"]
    assert activities[0]["StatusMessage"].startswith("We currently do not have sufficient c7g.8xlarge capacity in the")
    assert desired(owner) == 64  # what is asked for, not what is there

    owner.account.sold_out.clear()
    owner.pass_minutes(5)
    failed = [{"Name": "Status", "Values": ["Failed"]}]
    found = owner.auto_scaling.describe_scaling_activities(AutoScalingGroupName=name, Filters=failed)
    assert 1 <= len(found["Activities"]) <= 2
    assert len(container_instances(owner)) == 2


def test_a_spot_fleet_has_no_auto_scaling_group(owner: Owner) -> None:
    role = owner.account.add_role("fleet", trusts=["spotfleet.amazonaws.com"])
    resources = owner.resources(type="SPOT", allocationStrategy="BEST_FIT", spotIamFleetRole=role, minvCpus=16)
    owner.an_environment(resources=resources)
    owner.pass_minutes(5)

    assert owner.auto_scaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert len(container_instances(owner)) == 1
    assert owner.ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceLifecycle"] == "spot"


def test_a_cluster_in_use_cannot_be_deleted_and_an_unknown_one_is_missing(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.pass_minutes(5)
    cluster = owner.environment()["ecsClusterArn"]
    with pytest.raises(owner.ecs.exceptions.ClusterContainsContainerInstancesException):
        owner.ecs.delete_cluster(cluster=cluster)
    with pytest.raises(owner.ecs.exceptions.ClusterNotFoundException):
        owner.ecs.list_container_instances(cluster="gone")

    found = owner.ecs.describe_clusters(clusters=["gone", cluster])
    assert ([each["reason"] for each in found["failures"]], len(found["clusters"])) == (["MISSING"], 1)

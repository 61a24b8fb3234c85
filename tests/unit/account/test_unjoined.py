"""What comes of instances that do not join: others in their place, and an environment that is given up."""

from collections.abc import Callable

import pytest

from tests.unit.account.building import Owner

EVERYWHERE = "0.0.0.0/0"


def no_route(owner: Owner) -> None:
    owner.ec2.delete_route(RouteTableId=owner.main_table(owner.vpc), DestinationCidrBlock=EVERYWHERE)


def no_permission(owner: Owner) -> None:
    owner.account.add_instance_profile("ecsInstanceRole", actions=["s3:*"])


@pytest.mark.parametrize("cause", [no_route, no_permission])
@pytest.mark.parametrize("stride", [1, 7, 15])
def test_replaced_at_first_then_given_up(owner: Owner, cause: Callable[[Owner], None], stride: int) -> None:
    owner.an_environment()
    owner.a_queue()
    cause(owner)
    job = owner.submit()

    def go(minutes: float) -> None:
        while minutes > 0:
            owner.pass_minutes(min(stride, minutes))
            minutes -= stride

    go(15)
    first = owner.running()
    go(3)
    second = owner.running()
    assert (len(first), len(second), first != second) == (1, 1, True)
    assert owner.environment()["status"] == "VALID"

    go(11.9)
    assert owner.environment()["status"] == "VALID"
    go(0.2)
    found = owner.environment()
    assert (found["status"], owner.status(job), owner.running()) == ("INVALID", "RUNNABLE", [])
    assert "none of the instances joined the underlying ECS Cluster" in found["statusReason"]


def test_an_environment_where_instances_had_joined_is_no_exception(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    owner.submit()
    owner.pass_minutes(40)  # done, and the instance has left
    no_permission(owner)
    owner.submit()
    owner.pass_minutes(29)
    assert owner.environment()["status"] == "VALID"

    owner.pass_minutes(2)
    assert owner.environment()["status"] == "INVALID"


def test_an_instance_that_is_still_registered_keeps_it_valid(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.a_queue()
    owner.pass_minutes(5)
    no_permission(owner)
    owner.submit(vcpus=16, containerOverrides={"environment": [{"name": "SIMULATED_SECONDS", "value": "7200"}]})
    owner.pass_minutes(1)
    owner.submit(vcpus=16)
    owner.pass_minutes(110)
    assert (owner.environment()["status"], owner.registered()) == ("VALID", 1)

    owner.pass_minutes(60)  # the job ends, its instance stays with the floor and takes the next one
    assert owner.environment()["status"] == "VALID"


def test_it_counts_from_when_the_last_one_left(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(instanceTypes=["c7g.4xlarge", "c7g.8xlarge"]))
    owner.a_queue()
    owner.submit(vcpus=16)
    owner.pass_minutes(5)
    no_permission(owner)
    owner.submit(vcpus=32)
    owner.pass_minutes(47.5)  # the first job was over after 13 minutes, its instance has left after 23
    assert (owner.environment()["status"], owner.registered()) == ("VALID", 0)

    owner.pass_minutes(2)
    assert owner.environment()["status"] == "INVALID"


def test_with_the_cause_gone_an_instance_joins_by_itself(owner: Owner) -> None:
    no_permission(owner)
    owner.an_environment()
    owner.a_queue()
    job = owner.submit()
    owner.pass_minutes(8)
    assert owner.status(job) == "RUNNABLE"

    owner.account.add_instance_profile("ecsInstanceRole")
    owner.pass_minutes(2)
    assert owner.status(job) == "RUNNING"


def test_what_nobody_needs_any_more_is_ended_and_not_replaced(owner: Owner) -> None:
    no_permission(owner)
    owner.an_environment()
    owner.a_queue()
    job = owner.submit()
    owner.pass_minutes(5)
    owner.batch.terminate_job(jobId=job, reason="enough")
    owner.pass_minutes(60)

    assert (owner.running(), owner.environment()["status"]) == ([], "VALID")
    assert owner.environment()["computeResources"]["desiredvCpus"] == 0


def test_a_floor_is_replaced_and_given_up_too(owner: Owner) -> None:
    no_permission(owner)
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.pass_minutes(20)
    assert (len(owner.running()), owner.environment()["status"]) == (1, "VALID")
    owner.pass_minutes(12)
    assert owner.environment()["status"] == "INVALID"


def test_an_update_that_mends_it_begins_anew(owner: Owner) -> None:
    owner.account.add_instance_profile("bare", holds_role=False)
    owner.an_environment(resources=owner.resources(instanceRole="bare"))
    owner.a_queue()
    job = owner.submit()
    owner.pass_minutes(40)
    assert owner.environment()["status"] == "INVALID"

    owner.update(computeResources={"instanceRole": "ecsInstanceRole"}, minutes=20)
    assert (owner.environment()["status"], owner.status(job)) == ("VALID", "RUNNING")

"""UpdateComputeEnvironment: what is refused, what replaces instances, and what becomes of the environment."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.account.building import Owner


def refusal(owner: Owner, name: str = "ce", **members: Any) -> str:
    with pytest.raises(ClientError) as caught:
        owner.batch.update_compute_environment(computeEnvironment=name, **members)
    assert caught.value.response["Error"]["Code"] == "ClientException"
    return str(caught.value.response["Error"]["Message"])


def resources_of(owner: Owner) -> dict[str, Any]:
    return dict(owner.environment()["computeResources"])


# --- scaling updates


def test_a_scaling_update_takes_minutes_and_replaces_nothing(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    job = owner.submit()
    owner.pass_minutes(5)
    owner.update(computeResources={"maxvCpus": 128})
    assert owner.environment()["status"] == "UPDATING"

    owner.pass_minutes(3)
    assert (owner.environment()["status"], owner.status(job)) == ("VALID", "RUNNING")
    assert resources_of(owner)["maxvCpus"] == 128


@pytest.mark.parametrize("strategy", [None, "BEST_FIT_PROGRESSIVE"])
def test_a_scaling_update_works_with_any_role_and_strategy(owner: Owner, strategy: str | None) -> None:
    role = owner.account.add_role("my-batch-role")
    owner.an_environment(resources=owner.resources(minvCpus=16, allocationStrategy=strategy), serviceRole=role)
    owner.update(computeResources={"minvCpus": 0}, minutes=5)

    assert resources_of(owner)["minvCpus"] == 0


def test_desired_vcpus_cannot_be_lowered(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=0, desiredvCpus=16))

    assert refusal(owner, computeResources={"desiredvCpus": 0}) == (
        "Manually scaling down compute environment is not supported. Disconnecting job queues from compute environment "
        "will cause it to scale-down to minvCpus"
    )
    owner.update(computeResources={"desiredvCpus": 32}, minutes=5)
    assert resources_of(owner)["desiredvCpus"] == 32


@pytest.mark.parametrize("change", [{"maxvCpus": 8}, {"minvCpus": 65}, {"desiredvCpus": 65}])
def test_vcpus_that_contradict_each_other_are_refused(owner: Owner, change: dict[str, int]) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    before = owner.environment()

    refusal(owner, computeResources=change)
    assert owner.environment() == before


def test_only_a_settled_environment_can_be_updated(owner: Owner) -> None:
    owner.batch.create_compute_environment(
        computeEnvironmentName="ce", type="MANAGED", computeResources=owner.resources()
    )
    assert "being modified" in refusal(owner, state="DISABLED")
    owner.pass_minutes(2)
    owner.update(state="DISABLED")
    assert "being modified" in refusal(owner, state="ENABLED")


# --- infrastructure updates


def test_the_cause_repaired_it_is_valid_again(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(securityGroupIds=[owner.a_group_elsewhere()]))
    assert owner.environment()["status"] == "INVALID"

    owner.update(computeResources={"securityGroupIds": [owner.group]}, minutes=9)
    assert owner.environment()["status"] == "UPDATING"
    owner.pass_minutes(2)
    assert owner.environment()["status"] == "VALID"


def test_without_the_service_linked_role_it_is_refused(owner: Owner) -> None:
    owner.an_environment(serviceRole=owner.account.add_role("my-batch-role"))

    said = refusal(owner, computeResources={"subnets": [owner.subnet]})
    text = "can be updated only for Non-fargate Compute Environment having a Batch Service Linked Role"
    assert said == f"Following fields subnets {text}"


def test_with_best_fit_it_is_refused(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(allocationStrategy=None))

    assert "BEST_FIT" in refusal(owner, computeResources={"securityGroupIds": [owner.group]})


def test_the_kind_of_role_cannot_be_changed(owner: Owner) -> None:
    owner.an_environment()

    assert "service-linked" in refusal(owner, serviceRole=owner.account.add_role("my-batch-role"))


def test_running_jobs_get_time_then_they_are_terminated(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    short, endless = (owner.submit(containerOverrides=lasting(seconds)) for seconds in (900, 100_000))
    owner.pass_minutes(5)
    owner.update(computeResources={"securityGroupIds": [owner.group]}, minutes=29)
    assert (owner.environment()["status"], owner.status(short)) == ("UPDATING", "SUCCEEDED")
    assert owner.status(endless) == "RUNNING"

    owner.pass_minutes(3)
    assert (owner.environment()["status"], owner.status(endless)) == ("VALID", "FAILED")


def test_a_terminated_job_tries_again_if_it_has_a_retry_strategy(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    job = owner.submit(retryStrategy={"attempts": 2})
    owner.pass_minutes(5)
    policy = {"terminateJobsOnUpdate": True, "jobExecutionTimeoutMinutes": 30}
    owner.update(computeResources={"securityGroupIds": [owner.group]}, updatePolicy=policy, minutes=1)
    assert (owner.status(job), len(owner.job(job)["attempts"])) == ("RUNNABLE", 1)

    owner.pass_minutes(30)
    assert (owner.status(job), len(owner.job(job)["attempts"])) == ("SUCCEEDED", 2)


def test_scaling_members_beside_an_infrastructure_member_change_nothing_about_it(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.pass_minutes(5)
    before = owner.ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    owner.update(computeResources={"minvCpus": 16, "subnets": [owner.subnet]}, minutes=12)

    assert before not in str(owner.ecs.list_container_instances(cluster=owner.environment()["ecsClusterArn"]))
    states = [one["Instances"][0]["State"]["Name"] for one in owner.ec2.describe_instances()["Reservations"]]
    assert sorted(states) == ["running", "terminated"]


def test_an_empty_list_removes_all_groups(owner: Owner) -> None:
    owner.an_environment()
    owner.update(computeResources={"securityGroupIds": []}, minutes=12)

    found = owner.environment()
    assert (found["status"], found["computeResources"]["securityGroupIds"]) == ("INVALID", [])


def test_a_new_template_version_counts_from_the_next_infrastructure_update(owner: Owner) -> None:
    template = owner.a_template(SecurityGroupIds=[owner.a_group_elsewhere()])
    specification = {"launchTemplateId": template, "version": "$Latest"}
    owner.an_environment(resources=owner.resources(securityGroupIds=None, launchTemplate=specification))
    owner.ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"SecurityGroupIds": [owner.group]}
    )
    owner.update(computeResources={"maxvCpus": 32}, minutes=5)
    assert owner.environment()["status"] == "INVALID"

    owner.update(computeResources={"instanceTypes": ["c7g.2xlarge"]}, minutes=12)
    assert owner.environment()["status"] == "VALID"


def test_an_empty_template_id_removes_the_template(owner: Owner) -> None:
    specification = {"launchTemplateId": owner.a_template()}
    owner.an_environment(resources=owner.resources(launchTemplate=specification))
    owner.update(computeResources={"launchTemplate": {"launchTemplateId": ""}}, minutes=12)

    assert "launchTemplate" not in resources_of(owner)


# --- kinds


@pytest.mark.parametrize(
    "members",
    [
        {"computeResources": {"maxvCpus": 8, "instanceTypes": ["c7g.large"]}},
        {"computeResources": {"maxvCpus": 8}, "updatePolicy": {"terminateJobsOnUpdate": True}},
    ],
)
def test_fargate_refuses_what_belongs_to_instances(owner: Owner, members: dict[str, Any]) -> None:
    owner.an_environment(resources=owner.on_fargate())

    said = refusal(owner, **members)
    assert said.startswith("The following parameters can't be updated for Fargate compute environment: allocation")


@pytest.mark.parametrize("name", ["minvCpus", "desiredvCpus"])
def test_fargate_has_no_floor(owner: Owner, name: str) -> None:
    owner.an_environment(resources=owner.on_fargate())

    assert refusal(owner, computeResources={name: 0}) == f"{name} is not applicable for Fargate"


def test_on_fargate_the_network_is_changed_quickly_and_an_empty_list_means_nothing(owner: Owner) -> None:
    owner.an_environment(resources=owner.on_fargate(securityGroupIds=[owner.a_group_elsewhere()]))
    owner.update(computeResources={"securityGroupIds": []}, minutes=5)
    assert owner.environment()["status"] == "INVALID"

    owner.update(computeResources={"securityGroupIds": [owner.group]}, minutes=5)
    assert owner.environment()["status"] == "VALID"


def test_an_unmanaged_environment_has_no_resources_to_update(owner: Owner) -> None:
    owner.an_unmanaged_environment()

    refusal(owner, computeResources={"maxvCpus": 4})
    owner.update(unmanagedvCpus=8)
    assert owner.environment()["unmanagedvCpus"] == 8


def lasting(seconds: float) -> dict[str, Any]:
    return {"environment": [{"name": "SIMULATED_SECONDS", "value": str(seconds)}]}

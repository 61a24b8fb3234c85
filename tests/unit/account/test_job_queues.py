"""Job queues: which environments they take, and what a disabled one does."""

import pytest

from tests.unit.account.building import Owner, code_of


def test_a_queue_becomes_valid_and_lists_its_environments_by_order(owner: Owner) -> None:
    first, second = owner.an_environment("first"), owner.an_environment("second")
    owner.a_queue("queue", "first", "second")
    (found,) = owner.batch.describe_job_queues(jobQueues=["queue"])["jobQueues"]

    assert (found["status"], found["state"], found["jobQueueType"]) == ("VALID", "ENABLED", "ECS")
    assert found["computeEnvironmentOrder"] == [
        {"order": 1, "computeEnvironment": first},
        {"order": 2, "computeEnvironment": second},
    ]


def test_only_valid_environments_can_be_attached(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(securityGroupIds=[owner.a_group_elsewhere()]))
    order = [{"order": 1, "computeEnvironment": "ce"}]
    parameters = {"jobQueueName": "queue", "priority": 1, "computeEnvironmentOrder": order}

    assert code_of(owner.account, "batch", "CreateJobQueue", **parameters) == "ClientException"


@pytest.mark.parametrize("names", [[], ["a", "b", "c", "d"], ["a", "on-fargate"], ["gone"]])
def test_lists_that_are_refused(owner: Owner, names: list[str]) -> None:
    for name in ("a", "b", "c", "d"):
        owner.an_environment(name)
    owner.an_environment("on-fargate", resources=owner.on_fargate())
    order = [{"order": number, "computeEnvironment": name} for number, name in enumerate(names)]
    parameters = {"jobQueueName": "queue", "priority": 1, "computeEnvironmentOrder": order}

    assert code_of(owner.account, "batch", "CreateJobQueue", **parameters) == "ClientException"


def test_a_disabled_queue_takes_no_jobs_but_finishes_those_it_has(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    job = owner.submit()
    owner.batch.update_job_queue(jobQueue="queue", state="DISABLED")
    owner.pass_minutes(30)

    assert owner.status(job) == "SUCCEEDED"
    parameters = {"jobName": "late", "jobQueue": "queue", "jobDefinition": "align"}
    assert code_of(owner.account, "batch", "SubmitJob", **parameters) == "ClientException"


def test_deleting_a_queue_ends_its_jobs(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    job = owner.submit()
    owner.pass_minutes(1)
    assert code_of(owner.account, "batch", "DeleteJobQueue", jobQueue="queue") == "ClientException"
    owner.batch.update_job_queue(jobQueue="queue", state="DISABLED")
    owner.pass_minutes(1)
    owner.batch.delete_job_queue(jobQueue="queue")
    owner.pass_minutes(1)

    assert owner.batch.describe_job_queues()["jobQueues"] == []
    assert owner.status(job) == "FAILED"


def test_the_queue_of_higher_priority_goes_first(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(maxvCpus=16))
    owner.a_queue("low", priority=1)
    owner.a_queue("high", priority=10)
    low, high = owner.submit("low", vcpus=16), owner.submit("high", vcpus=16)
    owner.pass_minutes(5)

    assert (owner.status(low), owner.status(high)) == ("RUNNABLE", "RUNNING")

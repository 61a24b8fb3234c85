"""The head of a queue that cannot start: which reason AWS Batch gives, to which job, and when it gives none."""

from collections.abc import Callable

import pytest

from tests.unit.account.building import Owner

INVALID = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
MAX_RESOURCE = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU "
    "requirement of the job."
)
JOB_RESOURCE = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that "
    "can be met by the CE(s) attached to the job queue."
)
CAPACITY = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type "
    "[c7g.4xlarge]"
)
UNSUPPORTED = (
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment associated with this job queue "
    "has an unsupported instance type configuration."
)
UNDETERMINED = "UNDETERMINED - Batch job is blocked, root cause is undetermined."


def break_network(owner: Owner, name: str = "ce") -> None:
    owner.update(name, computeResources={"securityGroupIds": [owner.a_group_elsewhere()]}, minutes=12)


def invalid(owner: Owner) -> str:
    owner.an_environment()
    owner.a_queue()
    break_network(owner)
    return owner.submit()


def too_few_vcpus(owner: Owner) -> str:
    owner.an_environment()
    owner.a_queue()
    return owner.submit(vcpus=65)


def too_little_memory(owner: Owner) -> str:
    owner.an_environment()
    owner.a_queue()
    return owner.submit(vcpus=1, memory=32768)  # as much as c7g.4xlarge has, more than it registers


def no_gpu(owner: Owner) -> str:
    owner.an_environment()
    owner.a_queue()
    return owner.submit(containerOverrides={"resourceRequirements": [{"type": "GPU", "value": "1"}]})


def too_big_for_fargate(owner: Owner) -> str:
    owner.an_environment(resources=owner.on_fargate())
    owner.a_queue()
    return owner.submit(vcpus=16, memory=122_881)


def sold_out(owner: Owner) -> str:
    owner.an_environment()
    owner.a_queue()
    owner.account.sold_out.add("c7g.4xlarge")
    return owner.submit()


def type_not_offered(owner: Owner) -> str:
    owner.subnet = owner.a_subnet(owner.vpc, zone="d")  # a zone that this Region does not have
    owner.an_environment()
    owner.a_queue()
    return owner.submit()


def one_invalid_one_disabled(owner: Owner) -> str:
    owner.an_environment()
    owner.an_environment("other")
    owner.a_queue("queue", "ce", "other")
    break_network(owner)
    owner.update("other", state="DISABLED", minutes=5)
    return owner.submit()


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (invalid, INVALID),
        (too_few_vcpus, MAX_RESOURCE),
        (too_little_memory, JOB_RESOURCE),
        (no_gpu, JOB_RESOURCE),
        (too_big_for_fargate, JOB_RESOURCE),
        (sold_out, CAPACITY),
        (type_not_offered, UNSUPPORTED),
        (one_invalid_one_disabled, UNDETERMINED),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_reason_by_cause(owner: Owner, cause: Callable[[Owner], str], reason: str) -> None:
    job = cause(owner)
    owner.pass_minutes(5)
    assert ("statusReason" in owner.job(job), owner.told_blocked()) == (False, [])  # not noticed yet

    owner.pass_minutes(120)
    assert (owner.status(job), owner.job(job)["statusReason"]) == ("RUNNABLE", reason)
    (event,) = owner.told_blocked()
    assert (event["detail"]["jobId"], event["detail"]["statusReason"]) == (job, reason)


def disabled(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    owner.update(state="DISABLED", minutes=5)


def full(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(maxvCpus=16))
    owner.a_queue()
    owner.submit(vcpus=16)


def another_environment_serves(owner: Owner) -> None:
    owner.an_environment()
    owner.an_environment("other", resources=owner.resources(maxvCpus=16))
    owner.a_queue("queue", "ce", "other")
    break_network(owner)


def reasons_hidden_by_the_role(owner: Owner) -> None:
    role = owner.account.add_role("my-batch-role", sees_scaling_activities=False)
    owner.an_environment(resources=owner.resources(maxvCpus=2), serviceRole=role)
    owner.a_queue()


def reasons_hidden_by_what_the_role_may(owner: Owner) -> None:
    actions = ["ecs:*", "ec2:*", "autoscaling:Create*"]
    role = owner.account.add_role("my-batch-role", actions=actions)
    owner.an_environment(resources=owner.resources(maxvCpus=2), serviceRole=role)
    owner.a_queue()


@pytest.mark.parametrize(
    "world",
    [
        disabled,
        full,
        another_environment_serves,
        reasons_hidden_by_the_role,
        reasons_hidden_by_what_the_role_may,
    ],
)
def test_no_reason_is_given(owner: Owner, world: Callable[[Owner], None]) -> None:
    world(owner)
    for _ in range(3):
        owner.submit(vcpus=16)
    owner.pass_minutes(18)

    assert owner.told_blocked() == []
    assert owner.batch.list_jobs(jobQueue="queue", jobStatus="RUNNABLE")["jobSummaryList"] != []


def test_only_the_head_is_named_and_it_holds_up_what_is_behind_it(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    head, behind = owner.submit(vcpus=65), owner.submit(vcpus=1)
    owner.pass_minutes(20)
    assert (owner.job(head).get("statusReason"), owner.job(behind).get("statusReason")) == (MAX_RESOURCE, None)
    assert owner.status(behind) == "RUNNABLE"
    summaries = owner.batch.list_jobs(jobQueue="queue", jobStatus="RUNNABLE")["jobSummaryList"]
    assert [each.get("statusReason") for each in summaries] == [MAX_RESOURCE, None]

    owner.batch.terminate_job(jobId=head, reason="too big")
    owner.pass_minutes(5)
    assert owner.status(behind) == "RUNNING"


def test_after_the_repair_the_jobs_run_and_the_reason_is_gone(owner: Owner) -> None:
    job = invalid(owner)
    owner.pass_minutes(20)
    owner.update(computeResources={"securityGroupIds": [owner.group]}, minutes=5)
    assert "statusReason" not in owner.job(job)

    owner.pass_minutes(30)
    assert owner.status(job) == "SUCCEEDED"
    assert len(owner.told_blocked()) == 1


def test_the_next_head_is_told_too(owner: Owner) -> None:
    owner.an_environment()
    owner.a_queue()
    jobs = [owner.submit(vcpus=65) for _ in range(2)]
    owner.pass_minutes(20)
    owner.batch.cancel_job(jobId=jobs[0], reason="x")
    owner.pass_minutes(20)

    assert [event["detail"]["jobId"] for event in owner.told_blocked()] == jobs

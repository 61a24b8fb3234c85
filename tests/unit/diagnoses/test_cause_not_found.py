from dataclasses import replace

import pytest

from batchmedic.diagnoses.cause_not_found import NOT_JOINED, NOT_LAUNCHED, NOT_TRYING, check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.capacity import Capacity
from batchmedic.model.launching import Launching
from tests.factories import (
    C7G_4XLARGE,
    C7G_LARGE,
    a_capacity,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_launch,
    a_launching,
    a_snapshot,
    an_instance,
    refused,
)

LATE = a_late_job()
NOT_READ = Launching()
UNDETERMINED = "UNDETERMINED - Batch job is blocked, root cause is undetermined."
UNMANAGED = {"managed": False, "unmanaged": True, "kind": "", "instance_types": ()}


def evidence(job=LATE, *, others=(), queue=None, capacity=None, launching=None, **environment):
    environments = (a_compute_environment(**environment), *others)
    jobs = (job,) if job else ()
    own = a_job_queue(*jobs, **{"compute_environments": tuple(one.arn for one in environments), **(queue or {})})
    snapshot = a_snapshot(job_queues=(own,), compute_environments=environments, capacity=capacity or a_capacity())
    snapshot = replace(snapshot, launching=launching or a_launching())
    return list(check(own, snapshot))


def test_is_always_only_possible_and_ranks_at_most_three():
    (said,) = evidence(desired_vcpus=16)

    assert said.confidence is Confidence.POSSIBLE
    assert said.message == (
        "The job at the head of job queue align has waited for 30 minutes (normal are up to 10 minutes), and no check "
        "finds why. AWS Batch gives no reason. In align-ec2: AWS Batch asks for 16 vCPUs. Possible, the likeliest "
        "first: (1) EC2 does not launch the instances that are asked for (capacity, a vCPU quota, the launch "
        "template); (2) AWS Batch does not try to start the job, for a reason in the job that is not read here."
    )
    assert said.facts["passed"] == ["AWS Batch asks for 16 vCPUs"]
    assert len(said.steps) == len(said.facts["possibilities"]) == 2
    assert all("--region eu-west-1" in step for step in said.steps)


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        pytest.param({}, "AWS Batch does not try", id="nothing asked for"),
        pytest.param({"desired_vcpus": 16}, "EC2 does not launch", id="asked for, none registered"),
        pytest.param(
            {"desired_vcpus": 16, "capacity": a_capacity(registered={"c7g.4xlarge": 31_000})},
            "an instance is there, but cannot take the job",
            id="registered",
        ),
        pytest.param({"orchestration": "EKS", "ecs_cluster": None, "desired_vcpus": 16}, "EC2 does not", id="EKS"),
        pytest.param({"job": a_late_job(status_reason=UNDETERMINED), "kind": "FARGATE"}, "AWS Batch", id="Fargate"),
    ],
)
def test_the_likeliest_is_what_the_start_has_not_got_past(changes, first):
    (said,) = evidence(**changes)

    assert said.facts["possibilities"][0].startswith(first)


def test_nobody_could_look_further_than_what_is_asked_for():
    (said,) = evidence(desired_vcpus=16, launching=NOT_READ)

    assert [each[:30] for each in said.facts["possibilities"]] == [NOT_LAUNCHED[:30], NOT_JOINED[:30], NOT_TRYING[:30]]


def test_what_a_start_got_past_is_told():
    joined = a_capacity(registered={"c7g.4xlarge": 31_000})
    (said,) = evidence(desired_vcpus=16, capacity=joined, launching=a_launching(an_instance()))

    assert (
        " In align-ec2: AWS Batch asks for 16 vCPUs, 1 instance runs, 1 of 1 joined the ECS cluster, "
        "1 of 1 with an ECS agent that is connected. Possible" in said.message
    )


def test_a_spot_fleet_is_looked_up_where_it_keeps_its_history():
    (said,) = evidence(desired_vcpus=16, kind="SPOT", allocation_strategy="BEST_FIT")

    assert "describe-spot-fleet-request-history" in said.steps[0]


@pytest.mark.parametrize(
    ("successes", "speaks"),
    [
        pytest.param([], True, id="none"),
        pytest.param([2], False, id="the first one, two minutes ago"),
        pytest.param([2, 12], True, id="others before it, which did not help either"),
        pytest.param([2, 45], False, id="others only before the job came"),
    ],
)
def test_the_wait_counts_anew_from_a_launch_that_succeeds_at_last(successes, speaks):
    launches = tuple(a_launch(ago) for ago in successes) + refused("No capacity.", "No capacity.")

    assert bool(evidence(desired_vcpus=16, launching=a_launching(launches=launches))) == speaks


def test_what_batch_says_is_told():
    (said,) = evidence(a_late_job(status_reason=UNDETERMINED))

    assert f"AWS Batch says: {UNDETERMINED}" in said.message


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"job": None}, id="nothing waits"),
        pytest.param({"job": a_job()}, id="within the normal time"),
        pytest.param({"job": a_late_job(consumable_resources=("licences",))}, id="a consumable resource"),
        pytest.param({"queue": {"scheduling_policy": "arn:policy"}}, id="fair-share scheduling"),
        pytest.param({"desired_vcpus": 64}, id="full"),
        pytest.param({"desired_vcpus": 80}, id="more than full"),
        pytest.param({"desired_vcpus": 56}, id="no room for a whole instance"),
        pytest.param({"status": "UPDATING"}, id="changing"),
        pytest.param({"status": "INVALID"}, id="INVALID: another diagnosis"),
        pytest.param({"state": "DISABLED"}, id="disabled: another diagnosis"),
        pytest.param({"kind": "QUANTUM"}, id="a kind not known here"),
        pytest.param({"kind": "FARGATE"}, id="Fargate, whose use is not read"),
        pytest.param(UNMANAGED, id="unmanaged, whose use is not read"),
        pytest.param({"queue": {"compute_environments": ()}}, id="no environment"),
        pytest.param({"others": (a_compute_environment("other", desired_vcpus=64),)}, id="another one is full"),
        pytest.param({"others": (a_compute_environment("other", status="CREATING"),)}, id="another one comes up"),
        pytest.param({"job": a_late_job(waited=12), "kind": "SPOT"}, id="Spot takes longer"),
        pytest.param({"job": a_late_job(waited=12, gpus=1)}, id="GPUs take longer"),
    ],
)
def test_keeps_quiet(changes):
    assert evidence(**changes) == []


@pytest.mark.parametrize("environment", [{"kind": "FARGATE"}, UNMANAGED], ids=["Fargate", "unmanaged"])
def test_where_use_is_not_read_batch_itself_must_say_that_the_queue_is_blocked(environment):
    assert evidence(a_late_job(status_reason=UNDETERMINED), **environment)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"queue": {"front": None, "front_unread": "AccessDenied"}}, id="the queue"),
        pytest.param({"job": a_late_job(requirements=None)}, id="what the job asks for"),
        pytest.param({"capacity": Capacity()}, id="the instance types"),
    ],
)
def test_what_was_not_read_decides_nothing(changes):
    with pytest.raises(NotReadError):
        evidence(**changes)


@pytest.mark.parametrize(("desired", "full"), [(60, False), (62, False), (63, True)])
def test_the_smallest_instance_for_the_job_decides_whether_there_is_room(desired, full):
    types = ("c7g.large", "c7g.4xlarge")
    said = evidence(desired_vcpus=desired, instance_types=types, capacity=a_capacity(C7G_LARGE, C7G_4XLARGE))

    assert bool(said) != full


def test_the_jobs_that_wait_are_named():
    (said,) = evidence()

    assert said.jobs == (LATE.arn,)

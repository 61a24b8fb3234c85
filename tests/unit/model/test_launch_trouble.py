from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.launch_trouble import Cause, cause_of, launch_trouble, moment
from tests.factories import (
    NOW,
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

BUSY = ContainerInstance(instance_type="c7g.4xlarge", registered_memory=31_000, running_tasks=1)


def trouble(*launches, cause=None, job=None, registered=(), others=(), instances=()):
    own = a_compute_environment()
    capacity = a_capacity()
    there = replace(capacity.container_instances, found={own.ecs_cluster: tuple(registered)})
    queue = a_job_queue(job or a_job(), compute_environments=(own.arn, *(one.arn for one in others)))
    snapshot = a_snapshot(
        job_queues=(queue,),
        compute_environments=(own, *others),
        capacity=replace(capacity, container_instances=there),
        launching=a_launching(*instances, launches=launches),
    )
    return launch_trouble(own, snapshot, cause)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("You have requested more vCPU capacity than your current vCPU limit of 8 allows", Cause.QUOTA),
        ("Could not launch Spot Instances. MaxSpotInstanceCountExceeded - …", Cause.QUOTA),
        ("We currently do not have sufficient c7g.large capacity in the Availability Zone", Cause.CAPACITY),
        ("There is no Spot capacity available that matches your request.", Cause.CAPACITY),
        ("Server.InsufficientInstanceCapacity", Cause.CAPACITY),
        ("The specified subnet does not have enough free addresses to satisfy the request.", Cause.ADDRESSES),
        (
            "Your instance type (c7g.large) is not supported in your requested Availability Zone (eu-west-1a)",
            Cause.NOT_OFFERED,
        ),
        ("Client.InternalError: Client error on launch", Cause.VOLUME_KEY),
        ("SpotMaxPriceTooLow - Your Spot request price of 0.1 is lower than the", Cause.SPOT_PRICE),
        ("The requested configuration is currently not supported.", Cause.OTHER),
        ("", Cause.OTHER),
    ],
)
def test_each_text_has_its_cause(message, cause):
    assert cause_of(message) is cause


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 try"),
        (2, "2 tries"),
        (3, "3 tries"),
        (4, "at least 3 tries"),
        (9, "at least 5 tries"),
        (250, "at least 100"),
    ],
)
def test_tries_are_counted_in_steps(count, words):
    found = trouble(*refused(*["no"] * count, every=1))

    assert words in found.in_words
    assert found.facts["tries"] == count


def test_yesterday_is_said_with_its_date():
    assert moment(NOW - timedelta(hours=13), NOW) == "2026-11-24 23:00 UTC"
    assert moment(NOW - timedelta(hours=11), NOW) == "01:00 UTC"


@pytest.mark.parametrize(
    ("changes", "fires"),
    [
        pytest.param({}, True, id="nothing else is there"),
        pytest.param({"registered": (BUSY,)}, False, id="jobs run, and the head came just now"),
        pytest.param({"registered": (BUSY,), "job": a_late_job()}, True, id="jobs run, and the head does not move"),
        pytest.param({"others": (a_compute_environment("other"),)}, False, id="another environment may take it"),
        pytest.param(
            {"others": (a_compute_environment("other"),), "job": a_late_job()}, True, id="another did not take it"
        ),
        pytest.param({"others": (a_compute_environment("other", state="DISABLED"),)}, True, id="another is disabled"),
    ],
)
def test_a_queue_that_moves_is_not_held_up(changes, fires):
    assert bool(trouble(*refused("no"), **changes)) == fires


@pytest.mark.parametrize(
    ("cause", "tries"), [(None, 3), (Cause.OTHER, 2), (Cause.CAPACITY, 1), (Cause.QUOTA, 0)], ids=str
)
def test_one_cause_or_any(cause, tries):
    found = trouble(*refused("no", "There is no Spot capacity available that matches your request.", "no"), cause=cause)

    assert len(found.failures if found else ()) == tries


def test_an_old_failure_of_this_cause_is_over_though_others_go_on():
    assert trouble(*refused("no"), a_launch(80, message="VcpuLimitExceeded"), cause=Cause.QUOTA) is None


def test_a_refused_launch_and_its_instance_are_one_try():
    gone = an_instance(state="terminated", state_reason="Client.InternalError", runs_for=4.8)

    found = trouble(*refused("Client.InternalError: Client error on launch"), instances=(gone,))

    assert len(found.failures) == 1


def test_refused_launches_and_ended_instances_are_one_row_of_tries():
    ended = an_instance(state="terminated", state_reason="Server.InternalError", runs_for=7)

    found = trouble(*refused("no", "no"), instances=(ended,))

    assert [one.at for one in found.failures] == [NOW - timedelta(minutes=each) for each in (5, 7, 10)]

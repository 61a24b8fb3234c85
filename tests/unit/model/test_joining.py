from dataclasses import replace

import pytest

from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers
from batchmedic.model.joining import not_joining
from batchmedic.model.launching import Launching
from tests.factories import a_job, a_job_queue, an_instance
from tests.joining import GIVEN_UP, a_registered, a_world


def who(*instances, **changes):
    world = a_world(*instances, **changes)
    return not_joining(world.compute_environments[0], world)


def test_speaks_of_an_instance_that_ran_for_longer_than_normal():
    found = who(an_instance(), an_instance(2, runs_for=3), an_instance(3, state="shutting-down"))

    assert (
        found.in_words
        == "1 of 2 running instances of align-ec2 has not joined its ECS cluster after more than 10 minutes"
    )
    assert (found.none_registered, found.subnets) == (True, ("subnet-0a1",))
    assert found.facts["never_registered"] == [
        {"instance": "i-0a1", "instance_type": "c7g.4xlarge", "subnet": "subnet-0a1", "vpc": "vpc-0aaa"}
    ]


def test_a_spot_instance_that_runs_joins_as_fast_as_any_other():
    assert who(an_instance(runs_for=11), environment={"kind": "SPOT"}) is not None


def test_some_join_and_some_do_not():
    found = who(an_instance(), an_instance(2), an_instance(3), registered=(a_registered(instance_id="i-0a3"),))

    assert found.in_words.startswith("2 of 3 running instances of align-ec2 have not joined")
    assert not found.none_registered


@pytest.mark.parametrize(
    ("instances", "changes"),
    [
        pytest.param([an_instance(runs_for=9)], {}, id="a young instance"),
        pytest.param([an_instance(runs_for=19)], {"environment": {"instance_types": ("c7g.metal",)}}, id="bare metal"),
        pytest.param([an_instance(runs_for=19)], {"environment": {"image_types": ("ECS_WINDOWS",)}}, id="Windows"),
        pytest.param([an_instance(state="pending")], {}, id="not running yet"),
        pytest.param([an_instance(launched_at=None)], {}, id="since when is not said"),
        pytest.param([an_instance()], {"registered": [a_registered(instance_id="i-0a1")]}, id="it joined"),
        pytest.param([an_instance()], {"queue": a_job_queue()}, id="nobody waits"),
        pytest.param(
            [an_instance(), an_instance(2)],
            {"registered": [a_registered(instance_id="i-0a2")], "queue": a_job_queue(a_job())},
            id="others joined and the head moves",
        ),
        pytest.param([an_instance()], {"environment": {"state": "DISABLED"}}, id="switched off"),
        pytest.param([an_instance()], {"environment": {"status": "DELETING"}}, id="being deleted"),
        pytest.param([an_instance()], {"environment": {"orchestration": "EKS"}}, id="EKS"),
        pytest.param([an_instance()], {"environment": {"kind": "FARGATE"}}, id="Fargate"),
        pytest.param([an_instance()], {"environment": {"managed": False}}, id="unmanaged"),
        pytest.param([an_instance()], {"environment": {"status": "INVALID"}}, id="INVALID for another cause"),
    ],
)
def test_none_where_all_join_or_nobody_waits(instances, changes):
    assert who(*instances, **changes) is None


def test_what_aws_batch_gave_up():
    found = who(environment=GIVEN_UP)

    assert (
        found.in_words == "AWS Batch gave align-ec2 up as INVALID, since none of its instances joined its ECS cluster"
    )
    assert (found.gave_up, found.seen, found.subnets) == (True, (), ("subnet-0a1",))
    assert found.look_again("eu-west-1")[0].startswith("aws batch update-compute-environment")


def test_an_earlier_look_saw_them():
    gone = an_instance(state="terminated")
    found = who(gone, recorded=(an_instance(subnet="subnet-0a2"), an_instance(2, subnet="subnet-0a2")))

    assert found.in_words == "2 instances of align-ec2 ran and left without joining its ECS cluster"
    assert (found.subnets, found.seen) == (("subnet-0a2",), ())


def test_an_earlier_look_saw_them_and_others_joined_since():
    assert who(an_instance(2), registered=(a_registered(instance_id="i-0a2"),), recorded=(an_instance(),)) is None


def test_instances_that_were_not_read_are_a_gap():
    with pytest.raises(NotReadError):
        who(launching=Launching())


def test_more_than_one_page_of_registered_instances_shows_nobody_missing():
    many = tuple(a_registered(instance_id=f"i-{number}") for number in range(100))

    with pytest.raises(NotReadError, match="first 100"):
        who(registered=many)


def test_registered_instances_are_not_read_where_none_runs():
    world = a_world(an_instance(state="terminated"))
    unread = Answers(call="ecs:DescribeContainerInstances", unread="not asked in this look")

    world = replace(world, capacity=replace(world.capacity, container_instances=unread))
    assert not_joining(world.compute_environments[0], world) is None

from dataclasses import replace

import pytest

from batchmedic.model.answers import Answers
from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.funnel import Stage, funnel
from batchmedic.model.launching import Launching
from tests.factories import (
    a_capacity,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_launching,
    a_snapshot,
    an_instance,
)

ONE, OTHER = an_instance(1), an_instance(2)
EMPTY = ContainerInstance(instance_type="c7g.4xlarge", registered_memory=31_000, remaining_memory=31_000)
FREE = replace(EMPTY, remaining_vcpus=16)
LOST = replace(FREE, agent_connected=False)


def how_far(*registered, instances=(), desired=16, launching=None):
    environment = a_compute_environment(desired_vcpus=desired)
    joined = Answers(call="ecs:DescribeContainerInstances", found={environment.ecs_cluster: registered})
    snapshot = a_snapshot(
        job_queues=(a_job_queue(a_late_job(waited=40)),),
        compute_environments=(environment,),
        capacity=replace(a_capacity(), container_instances=joined),
        launching=launching or a_launching(*instances),
    )
    return funnel(environment, a_job().requirements, snapshot)


@pytest.mark.parametrize(
    ("found", "missing", "passed"),
    [
        pytest.param(how_far(desired=0), Stage.ASKED, None, id="nothing asked for"),
        pytest.param(how_far(), Stage.LAUNCHED, "AWS Batch asks for 16 vCPUs", id="nothing launched"),
        pytest.param(
            how_far(instances=(replace(ONE, state="terminated"),)),
            Stage.JOINED,
            "1 instance ran, and left again",
            id="what was launched for the job has ended",
        ),
        pytest.param(
            how_far(instances=(an_instance(runs_for=60, state="terminated"),)),
            Stage.LAUNCHED,
            "AWS Batch asks for 16 vCPUs",
            id="what has ended was there before the job",
        ),
        pytest.param(how_far(instances=(ONE,)), Stage.JOINED, "1 instance runs", id="it did not join"),
        pytest.param(how_far(FREE, instances=(ONE, OTHER)), Stage.JOINED, "2 instances run", id="one of two did not"),
        pytest.param(how_far(LOST, instances=(ONE,)), Stage.CONNECTED, "1 of 1 joined the ECS cluster", id="agent"),
        pytest.param(
            how_far(EMPTY, instances=(ONE,)),
            Stage.FREE,
            "1 of 1 with an ECS agent that is connected",
            id="its vCPUs are in use",
        ),
        pytest.param(how_far(FREE, instances=(ONE,)), Stage.STARTED, "1 with room for the job", id="room for the job"),
        pytest.param(how_far(FREE), Stage.STARTED, "1 with room for the job", id="registered is as good as seen"),
    ],
)
def test_a_start_ends_where_the_next_thing_has_not_happened(found, missing, passed):
    assert found.missing is missing
    assert found.passed[-1:] == ((passed,) if passed else ())
    assert len(found.passed) == list(Stage).index(missing)
    assert found.is_known


def test_it_is_said_where_nobody_could_look_further():
    found = how_far(launching=Launching())

    assert not found.is_known
    assert (found.missing, found.passed) == (Stage.LAUNCHED, ("AWS Batch asks for 16 vCPUs",))


def test_of_nodes_only_what_ec2_shows_is_seen():
    environment = a_compute_environment(orchestration="EKS", ecs_cluster=None, desired_vcpus=16)
    snapshot = a_snapshot(compute_environments=(environment,), launching=a_launching(ONE))
    found = funnel(environment, a_job().requirements, snapshot)

    assert (found.passed[-1], found.missing, found.is_known) == ("1 instance runs", Stage.JOINED, False)

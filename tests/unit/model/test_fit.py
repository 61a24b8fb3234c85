"""What surely fits an instance, and what was measured."""

from dataclasses import replace

from batchmedic.model.answers import Answers
from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.fit import rooms_of
from batchmedic.model.job import Requirements
from tests.factories import a_capacity, a_compute_environment, a_snapshot


def test_of_several_registered_instances_of_a_type_the_roomiest_speaks():
    environment = a_compute_environment()
    registered = tuple(
        ContainerInstance(instance_type="c7g.4xlarge", registered_memory=memory) for memory in (30_000, 31_000)
    )
    answers = Answers(call="ecs:DescribeContainerInstances", found={environment.ecs_cluster: registered})
    snapshot = a_snapshot(capacity=replace(a_capacity(), container_instances=answers))

    (room,) = rooms_of(environment, snapshot)

    assert (room.surely, room.at_most, room.measured) == (31_000, 31_000, True)
    assert room.takes(Requirements(vcpus=16, memory=31_000))
    assert not room.takes(Requirements(vcpus=16, memory=31_001))


def test_without_one_the_estimate_and_the_nominal_size_are_the_bounds():
    (room,) = rooms_of(a_compute_environment(), a_snapshot())

    assert (room.surely, room.at_most, room.measured) == (31_129, 32_768, False)

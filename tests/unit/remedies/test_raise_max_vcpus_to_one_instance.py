"""maxvCpus becomes the smallest instance, and nothing else is sent."""

from batchmedic.aws.changer import check
from batchmedic.remedies.raise_max_vcpus_to_one_instance import plan
from batchmedic.remedy import Survey
from tests.factories import C7G_4XLARGE, C7G_LARGE, a_capacity, a_compute_environment, a_snapshot
from tests.repair_factories import a_survey


def small(max_vcpus: int, *types: str) -> Survey:
    one = a_compute_environment(max_vcpus=max_vcpus, instance_types=types or ("c7g.4xlarge",))
    return a_survey(a_snapshot(compute_environments=(one,), capacity=a_capacity(C7G_4XLARGE, C7G_LARGE)))


def test_it_is_raised_to_the_smallest_instance_and_can_be_lowered_again() -> None:
    planned = plan(small(8))
    (change,) = planned.changes

    check(change.call)
    assert change.call.parameters["computeResources"] == {"maxvCpus": 16}
    assert change.undo is not None
    assert change.undo.parameters["computeResources"] == {"maxvCpus": 8}
    assert planned.steps[0].endswith("--compute-resources maxvCpus=16")


def test_room_for_one_instance_is_left_alone() -> None:
    assert plan(small(16)).changes == ()
    assert (
        plan(small(8, "c7g.4xlarge", "c7g.large")).refusal
        == "maxvCpus of align-ec2 is 8 and holds one instance already"
    )

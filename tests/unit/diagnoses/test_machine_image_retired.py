import pytest

from batchmedic.diagnoses.machine_image_retired import DIAGNOSIS, check
from tests.factories import a_compute_environment, a_snapshot


@pytest.mark.parametrize(
    ("environment", "fires"),
    [
        pytest.param({"image_types": ("ECS_AL2",)}, True, id="Amazon Linux 2"),
        pytest.param({"image_types": ("ECS_AL2023", "ECS_AL2_NVIDIA")}, True, id="for GPUs only"),
        pytest.param({"image_types": ("ECS_AL2023",)}, False, id="Amazon Linux 2023"),
        pytest.param({"image_types": ("SOMETHING_NEW",)}, False, id="a type not known here"),
        pytest.param({}, False, id="none named"),
        pytest.param({"image_types": ("ECS_AL2",), "image_ids": ("ami-1",)}, False, id="an image of its owner"),
        pytest.param({"image_types": ("ECS_AL2",), "kind": "FARGATE"}, False, id="Fargate"),
    ],
)
def test_fires_where_instances_start_from_amazon_linux_2(environment, fires):
    assert bool(list(check(a_compute_environment(**environment), a_snapshot()))) == fires


@pytest.mark.parametrize(
    ("image_types", "types"),
    [
        (("ECS_AL2",), "{imageType=ECS_AL2023}"),
        (("ECS_AL2", "ECS_AL2023_NVIDIA"), "{imageType=ECS_AL2023},{imageType=ECS_AL2023_NVIDIA}"),
    ],
)
def test_says_what_comes_after_it_and_keeps_the_other_types(image_types, types):
    (said,) = check(a_compute_environment(image_types=image_types), a_snapshot())

    assert said.message.startswith(
        "Compute environment align-ec2 launches instances of the image type ECS_AL2, which is Amazon Linux 2:"
    )
    assert said.steps == (
        "aws batch update-compute-environment --region eu-west-1 --compute-environment align-ec2 "
        f"--compute-resources 'ec2Configuration=[{types}]'",
    )


def test_families_that_its_successor_does_not_support_are_named():
    (said,) = check(a_compute_environment(image_types=("ECS_AL2_NVIDIA",)), a_snapshot())

    assert "p3 and g3" in said.recommendation


def test_is_no_fault():
    assert DIAGNOSIS.blind_spot

"""Machine images: how EC2 describes them, and what environments do without theirs."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.account.building import ACCOUNT, Owner, code_of

ARM = "ami-0ec50000000000002"
RETIRED = "ami-0ec50000000000003"


def described(owner: Owner, **parameters: Any) -> dict[str, dict[str, Any]]:
    return {each["ImageId"]: each for each in owner.ec2.describe_images(**parameters)["Images"]}


def by_filter(owner: Owner, *ids: str, **parameters: Any) -> set[str]:
    return set(described(owner, Filters=[{"Name": "image-id", "Values": list(ids)}], **parameters))


def test_amazons_own_and_those_of_the_account(owner: Owner) -> None:
    mine = owner.account.add_image("my-ecs-2026", architecture="arm64", Description="with an agent")
    found = described(owner)

    assert (found[mine]["OwnerId"], found[mine]["Architecture"], found[mine]["State"]) == (
        ACCOUNT,
        "arm64",
        "available",
    )
    assert "ecs" in found[ARM]["Name"]
    assert found[ARM]["DeprecationTime"] > "2027"
    assert set(described(owner, Owners=["self"])) == {mine}
    assert mine not in described(owner, Owners=["amazon"])


def test_by_id_one_missing_fails_all_by_filter_it_is_absent(owner: Owner) -> None:
    assert code_of(owner.account, "ec2", "DescribeImages", ImageIds=[ARM, "ami-0"]) == "InvalidAMIID.NotFound"
    assert by_filter(owner, ARM, "ami-0") == {ARM}
    owner.account.images.pop(ARM)
    assert by_filter(owner, ARM, "ami-0") == set()


def test_a_deprecated_image_of_another_account_is_left_out_unless_asked_for(owner: Owner) -> None:
    mine = owner.account.add_image("old", DeprecationTime="2020-01-01T00:00:00.000Z")

    assert by_filter(owner, RETIRED, mine) == {mine}
    assert by_filter(owner, RETIRED, IncludeDeprecated=True) == {RETIRED} == set(described(owner, ImageIds=[RETIRED]))


def by_image_id(_: Owner, image: str) -> dict[str, Any]:
    return {"imageId": image}


def by_override(_: Owner, image: str) -> dict[str, Any]:
    return {"ec2Configuration": [{"imageType": "ECS_AL2023", "imageIdOverride": image}]}


def by_template(owner: Owner, image: str) -> dict[str, Any]:
    return {"launchTemplate": {"launchTemplateId": owner.a_template(ImageId=image)}}


def by_template_override(owner: Owner, image: str) -> dict[str, Any]:
    special = owner.a_template("special", ImageId=image)
    override = {"launchTemplateId": special, "targetInstanceTypes": ["c7g.4xlarge"]}
    return {
        "imageId": ARM,
        "launchTemplate": {"launchTemplateId": owner.a_template(EbsOptimized=True), "overrides": [override]},
    }


WAYS = [by_image_id, by_override, by_template, by_template_override]


@pytest.mark.parametrize("way", WAYS)
def test_an_image_that_is_deregistered_is_missed_at_the_next_validation(
    owner: Owner, way: Callable[[Owner, str], dict[str, Any]]
) -> None:
    image = owner.account.add_image("mine", architecture="arm64")
    owner.an_environment(resources=owner.resources(**way(owner, image)))
    owner.account.images.pop(image)
    assert owner.environment()["status"] == "VALID"

    owner.update(computeResources={"maxvCpus": 32}, minutes=5)
    assert owner.environment()["statusReason"] == f"CLIENT_ERROR - The image id '[{image}]' does not exist"


@pytest.mark.parametrize("way", WAYS)
def test_an_image_of_another_architecture(owner: Owner, way: Callable[[Owner, str], dict[str, Any]]) -> None:
    image = owner.account.add_image("mine", architecture="x86_64")
    owner.an_environment(resources=owner.resources(**way(owner, image)))

    found = owner.environment()
    assert found["status"] == "INVALID"
    assert "The architecture 'arm64' of the specified instance type does not match" in found["statusReason"]


def test_the_image_of_the_environment_goes_before_that_of_its_template(owner: Owner) -> None:
    resources = owner.resources(**by_image_id(owner, ARM), **by_template(owner, "ami-0"))
    owner.an_environment(resources=resources)

    assert owner.environment()["status"] == "VALID"


def test_an_image_by_parameter_is_taken_for_good(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(**by_template(owner, "resolve:ssm:/my/image")))

    assert owner.environment()["status"] == "VALID"


def test_a_default_version_is_not_deleted(owner: Owner) -> None:
    owner.a_template(EbsOptimized=True)
    answer = owner.ec2.delete_launch_template_versions(LaunchTemplateName="workers", Versions=["1", "7"])

    refused = answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    assert [each["ResponseError"]["Code"] for each in refused] == [
        "unexpectedError",
        "launchTemplateVersionDoesNotExist",
    ]
    assert len(owner.ec2.describe_launch_template_versions(LaunchTemplateName="workers")["LaunchTemplateVersions"]) == 1

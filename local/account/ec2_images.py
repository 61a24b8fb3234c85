"""Machine images that the account can see: Amazon's own, as real names go, and what its owner adds."""

from datetime import UTC, datetime
from typing import Any

from local.account.ec2_filters import Record, by_ids, filtered, member, paged
from local.account.world import World

IMAGE_FILTERS = {
    "image-id": member("ImageId"),
    "name": member("Name"),
    "architecture": member("Architecture"),
    "state": member("State"),
    "owner-id": member("OwnerId"),
    "owner-alias": member("ImageOwnerAlias"),
    "is-public": member("Public"),
}
ECS_OWNER = "591542846629"  # Amazon's account of the ECS-optimised images; seen in the wild
LINUX_OWNER = "137112412989"  # Amazon's account of Amazon Linux itself; seen in the wild

# Ids are made up. Names follow the patterns of the ECS Developer Guide, ecs-optimized_AMI; the last has no ECS agent.
AMAZONS = (
    ("ami-0ec50000000000001", "al2023-ami-ecs-hvm-2026.0.20261105-kernel-6.1-x86_64-ebs", "x86_64", ECS_OWNER, 2028),
    ("ami-0ec50000000000002", "al2023-ami-ecs-hvm-2026.0.20261105-kernel-6.1-arm64-ebs", "arm64", ECS_OWNER, 2028),
    ("ami-0ec50000000000003", "amzn2-ami-ecs-hvm-2.0.20241010-x86_64-ebs", "x86_64", ECS_OWNER, 2026),
    ("ami-0ec50000000000004", "al2023-ami-2023.9.20261105.0-kernel-6.1-x86_64", "x86_64", LINUX_OWNER, 2027),
)


class Images:
    def __init__(self, world: World) -> None:
        self._world = world
        self._own = 0
        for image_id, name, architecture, owner, year in AMAZONS:
            self._world.images[image_id] = {
                **_image(image_id, name, architecture, owner),
                "ImageOwnerAlias": "amazon",
                "Public": True,
                "DeprecationTime": f"{year}-10-10T00:00:00.000Z",
            }

    def add(self, name: str, architecture: str, *, awslogs: bool = True, **members: Any) -> str:
        """An image of the account's own; gives its id."""
        self._own += 1
        image_id = f"ami-0{self._own:016x}"
        self._world.images[image_id] = {**_image(image_id, name, architecture, self._world.account_id), **members}
        if not awslogs:
            self._world.images_without_awslogs.add(image_id)
        return image_id

    def describe_images(self, parameters: Record) -> Record:
        """Deprecated images of others are left out unless asked for (EC2 API reference); by id they come: inferred."""
        ids = parameters.get("ImageIds")
        found = by_ids(self._world.images, ids, "InvalidAMIID.NotFound", "image id")
        if not ids and not parameters.get("IncludeDeprecated"):
            found = [each for each in found if not self._is_hidden(each)]
        owners = {
            {"self": self._world.account_id, "amazon": "amazon"}.get(each, each)
            for each in parameters.get("Owners", [])
        }
        if owners:
            found = [each for each in found if owners & {each["OwnerId"], each.get("ImageOwnerAlias")}]
        return paged("Images", filtered(found, parameters.get("Filters"), IMAGE_FILTERS), parameters)

    def _is_hidden(self, image: Record) -> bool:
        until = image.get("DeprecationTime")
        if until is None or image["OwnerId"] == self._world.account_id:
            return False
        return datetime.fromisoformat(until.replace("Z", "+00:00")).astimezone(UTC) <= self._world.now()


def _image(image_id: str, name: str, architecture: str, owner: str) -> Record:
    return {
        "ImageId": image_id,
        "Name": name,
        "Architecture": architecture,
        "State": "available",
        "OwnerId": owner,
        "Public": False,
        "ImageType": "machine",
        "RootDeviceType": "ebs",
        "VirtualizationType": "hvm",
        "CreationDate": "2026-11-05T00:00:00.000Z",
    }

"""Which machine images an environment would launch, and what EC2 would say against them."""

from collections.abc import Iterator

from local.account.batch_families import architectures
from local.account.batch_records import ComputeEnvironment, Template
from local.account.ec2_instance_types import all_types
from local.account.world import World

GONE = "CLIENT_ERROR - The image id '[{image}]' does not exist"
OTHER_ARCHITECTURE = (
    "CLIENT_ERROR - The architecture '{type}' of the specified instance type does not match the architecture '{image}' "
    "of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again."
)


def image_ids(environment: ComputeEnvironment) -> list[str]:
    """In the documented order (Batch User Guide, ami-selection-order); empty where Batch chooses by itself."""
    overriding = [each.data["ImageId"] for each in environment.templates if each.is_override and "ImageId" in each.data]
    return list(dict.fromkeys([*overriding, *_usual(environment)]))


def image_of(world: World, environment: ComputeEnvironment, template: Template | None, wanted: str) -> str | None:
    """The first that suits the instance type; the one that Batch chooses by itself is ECS's own: a simplification."""
    own = [template.data["ImageId"]] if template and template.is_override and "ImageId" in template.data else []
    architecture = all_types()[wanted]["ProcessorInfo"]["SupportedArchitectures"][-1]
    named = [*own, *_usual(environment)]
    amazons = [each for each, image in world.images.items() if image["Name"].startswith("al2023-ami-ecs-hvm")]
    fitting = (each for each in named or amazons if world.images.get(each, {}).get("Architecture") == architecture)
    return next(fitting, None)


def _usual(environment: ComputeEnvironment) -> list[str]:
    resources = environment.resources
    configurations = resources.get("ec2Configuration", [])
    candidates: list[list[str | None]] = [
        [resources.get("imageId")],
        [each.get("imageIdOverride") for each in configurations],
        [each.data.get("ImageId") for each in environment.templates if not each.is_override],
    ]
    return next((named for each in candidates if (named := [one for one in each if one])), [])


def complaints(world: World, environment: ComputeEnvironment) -> Iterator[str]:
    """The sentences are EC2's own, seen in the wild; that Batch quotes them on the environment is inferred."""
    offered = {each if each == "arm64" else "x86_64" for each in architectures(environment.resources["instanceTypes"])}
    for image_id in image_ids(environment):
        if image_id.startswith("resolve:"):  # a Systems Manager parameter: taken for good
            continue
        image = world.images.get(image_id)
        if image is None:
            yield GONE.format(image=image_id)
        elif offered and image["Architecture"] not in offered:
            yield OTHER_ARCHITECTURE.format(type=min(offered), image=image["Architecture"])

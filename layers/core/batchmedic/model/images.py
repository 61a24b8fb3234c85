"""Which machine images a compute environment starts from, and which processor its instance types have."""

import re
from collections.abc import Iterator

from batchmedic.model.capacity import KEYWORD_FAMILIES, patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot

# "g" among the letters after the generation is AWS Graviton (EC2 user guide, "Instance type naming conventions");
# a1 is older than that rule
FAMILY = re.compile(r"(?P<series>[a-z]+)(?P<generation>\d+)(?P<options>[a-z]*)")
EC2_ARCHITECTURES = ("arm64", "x86_64")
UNUSABLE_STATES = ("invalid", "deregistered", "transient", "failed", "error", "disabled")  # EC2 API, Image


def images_of(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[str]:
    """Those of the environment win over those of its launch templates (Batch user guide, "AMI selection order")."""
    named = environment.image_ids or tuple(
        version.image_id for version in snapshot.templates_of(environment) if version.image_id
    )
    yield from (image for image in dict.fromkeys(named) if image.startswith("ami-"))


def processors_of(environment: ComputeEnvironment, snapshot: Snapshot) -> frozenset[str]:
    """Architectures in EC2's words: as EC2 listed them, or else by name; empty where neither tells."""
    patterns = patterns_of(environment.instance_types)
    listed = [one for pattern in patterns for one in snapshot.capacity.instance_types.found.get(pattern, ())]
    read = {each for one in listed for each in one.architectures if each in EC2_ARCHITECTURES}
    named = {_by_name(family) for family in environment.instance_types or ("default_x86_64",)}
    return frozenset(read) or (frozenset() if "" in named else frozenset(named))


def _by_name(listed: str) -> str:
    """Of a size, a family or a keyword; empty where the name is not one that is understood."""
    families = KEYWORD_FAMILIES.get(listed, (listed.partition(".")[0],))
    found = {_of_family(family) for family in families}
    return found.pop() if len(found) == 1 else ""


def _of_family(family: str) -> str:
    parts = FAMILY.match(family)
    if parts is None or family.startswith("mac"):
        return ""
    return "arm64" if "g" in parts["options"] or family == "a1" else "x86_64"

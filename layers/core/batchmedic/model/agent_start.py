"""What the instances of a compute environment have in common that keeps an ECS agent from joining: role, user data."""

from collections.abc import Iterator
from dataclasses import dataclass

from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.identity import name_of
from batchmedic.model.network import LaunchTemplateVersion
from batchmedic.model.snapshot import Snapshot

EC2 = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
NOT_MULTIPART = "not multipart"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRole:
    """The role in an instance profile, and what of joining it cannot do; `role` empty: the profile holds none."""

    profile: str
    role: str = ""
    trusts_ec2: bool = True  # also where that was not read
    denied: tuple[str, ...] = ()

    @property
    def can_join(self) -> bool:
        return bool(self.role) and self.trusts_ec2 and not self.denied


def instance_role(environment: ComputeEnvironment, snapshot: Snapshot) -> InstanceRole | None:
    """None where the profile itself is at fault, or none is named; NotReadError where it was not read."""
    profile = environment.instance_role or ""
    if not profile or ":role/" in profile:
        return None
    found = snapshot.identity.instance_profiles.get(name_of(profile))
    if found is None or (profile.startswith("arn:") and found.arn != profile):
        return None
    if not found.roles:
        return InstanceRole(profile=found.arn)
    role = found.roles[0]
    if found.trusts is not None and not found.trusts.intersection(EC2):
        return InstanceRole(profile=found.arn, role=role, trusts_ec2=False)
    return InstanceRole(profile=found.arn, role=role, denied=snapshot.identity.join_denied.get(role) or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What keeps the agent from joining in one template's user data: the line and its kind, never the text."""

    reference: LaunchTemplateReference
    version: LaunchTemplateVersion
    kind: str
    line: int | None = None


def obstacles(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Obstacle]:
    """In the templates as they are now; AWS Batch holds the version that it resolved at the last update."""
    for reference in dict.fromkeys(environment.launch_templates):
        version = snapshot.network.launch_templates.get(reference.key)
        if version is None:
            continue
        for block in version.agent_blocks:
            yield Obstacle(reference=reference, version=version, kind=block.kind, line=block.line)
        valid = environment.status != "INVALID"
        if valid and version.user_data_is_multipart is False and expects_multipart(environment):
            yield Obstacle(reference=reference, version=version, kind=NOT_MULTIPART)


def expects_multipart(environment: ComputeEnvironment) -> bool:
    """Bottlerocket and Windows take user data of other forms."""
    return not any("BOTTLEROCKET" in image or "WINDOWS" in image for image in environment.image_types)

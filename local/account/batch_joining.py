"""Why an instance cannot join the cluster of its compute environment."""

from dataclasses import dataclass
from typing import Any

from local.account import batch_user_data
from local.account.batch_kubernetes import cluster_of
from local.account.batch_paths import Paths
from local.account.batch_records import ComputeEnvironment, Instance, Template
from local.account.iam import allows
from local.account.world import World

AGENT_ACTIONS = ("ecs:DiscoverPollEndpoint", "ecs:RegisterContainerInstance", "ecs:Poll")


@dataclass(frozen=True, kw_only=True)
class Joining:
    world: World
    paths: Paths

    def obstacle(self, instance: Instance) -> str | None:
        """Causes that AWS names: Batch User Guide, batch_eks_invalid_compute_environment and job_stuck_in_runnable."""
        environment = instance.environment
        if environment.cluster_status != "ACTIVE":
            return "the cluster is gone"
        if environment.type == "UNMANAGED":
            return None
        if environment.orchestration == "EKS":
            cluster = cluster_of(self.world, environment)
            return None if cluster is None or cluster.nodes_join else "the cluster takes no nodes"
        return self._role(environment) or self._user_data(instance) or self._path(instance)

    def _role(self, environment: ComputeEnvironment) -> str | None:
        """What an agent may do: ECS Developer Guide, instance_IAM_role; which of it is needed to join is inferred."""
        arn = self.world.profile_roles.get(profile_arn(self.world, environment))
        role = self.world.roles.get(arn) if arn else None
        if role is None:
            return "the instance profile holds no role"
        if "ec2.amazonaws.com" not in role.trusts:
            return "the role does not trust ec2.amazonaws.com"
        denied = next((each for each in AGENT_ACTIONS if not allows(role, each)), None)
        return f"the role may not do {denied}" if denied else None

    def _user_data(self, instance: Instance) -> str | None:
        return batch_user_data.obstacle(str(template_data(instance).get("UserData", "")))

    def _path(self, instance: Instance) -> str | None:
        public = instance.public_address is not None
        return self.paths.obstacle(instance.subnet_id, instance.security_groups, public=public)


def profile_arn(world: World, environment: ComputeEnvironment) -> str:
    profile: str = environment.resources.get("instanceRole", "")
    return profile if profile.startswith("arn:") else world.iam_arn(f"instance-profile/{profile}")


def template_data(instance: Instance) -> dict[str, Any]:
    """What the instance's launch template says, as it was resolved when the instance was launched."""
    return instance.template.data if instance.template else {}


def template_for(environment: ComputeEnvironment, instance_type: str) -> Template | None:
    """An override holds for the types and families that it names (Batch API, LaunchTemplateSpecificationOverride)."""
    family = instance_type.partition(".")[0]
    usual = next((each for each in environment.templates if not each.is_override), None)
    overriding = (each for each in environment.templates if {instance_type, family}.intersection(each.targets))
    return next(overriding, usual)

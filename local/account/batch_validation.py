"""Why a compute environment is INVALID: AWS Batch tries to use what it was given, and quotes what went wrong."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from local.account import batch_kubernetes, batch_machine_images
from local.account.batch_records import ComputeEnvironment, Template
from local.account.ec2_launch_templates import LaunchTemplates
from local.account.ec2_network import Network
from local.account.ec2_security_groups import SecurityGroups
from local.account.errors import AwsError
from local.account.iam import allows
from local.account.world import Role, World

HEALTHY = "ComputeEnvironment Healthy"
MISMATCH = (
    "CLIENT_ERROR - One or more security groups in the launch {what} are not linked to the VPCs configured in the "
    "Auto Scaling group"
)
NO_ASSUME_ROLE = (
    "CLIENT_ERROR - Not authorized to perform sts:AssumeRole (Service: AWSSecurityTokenService; Status Code: 403; "
    "Error Code: AccessDenied; Request ID: {request_id})"
)
NO_FLEET_ROLE = (
    "CLIENT_ERROR - Parameter: SpotFleetRequestConfig.IamFleetRole is invalid. (Service: AmazonEC2; Status Code: 400; "
    "Error Code: InvalidSpotFleetRequestConfig; Request ID: {request_id})"
)
NOT_AUTHORIZED = "CLIENT_ERROR - User: {principal} is not authorized to perform: {action} on resource: {resource}"


class Validation:
    def __init__(self, world: World, network: Network, groups: SecurityGroups, templates: LaunchTemplates) -> None:
        self._world = world
        self._network = network
        self._groups = groups
        self._templates = templates

    def complaint(self, environment: ComputeEnvironment) -> str | None:
        """The statusReason of an INVALID environment, or None."""
        return next(self._complaints(environment), None)

    def resolve_templates(self, environment: ComputeEnvironment) -> None:
        """Versions are resolved now, not at each launch (Batch User Guide, launch-templates)."""
        environment.templates, environment.template_missing = [], None
        specification = environment.resources.get("launchTemplate")
        for number, reference in enumerate(
            [specification, *specification.get("overrides", [])] if specification else []
        ):
            if not (reference.get("launchTemplateId") or reference.get("launchTemplateName")):
                continue
            try:
                template = self._templates.find(
                    {
                        "LaunchTemplateId": reference.get("launchTemplateId"),
                        "LaunchTemplateName": reference.get("launchTemplateName"),
                    }
                )
                wanted = reference.get("version") or "$Default"
                version = self._templates.version(template["LaunchTemplateId"], wanted)
            except AwsError as error:
                environment.template_missing = error.message
                return
            environment.templates.append(
                Template(
                    id=version["LaunchTemplateId"],
                    version=version["VersionNumber"],
                    data=version["LaunchTemplateData"],
                    is_override=number > 0,
                    targets=frozenset(reference.get("targetInstanceTypes", [])),
                )
            )

    def group_ids(self, environment: ComputeEnvironment) -> list[str]:
        """The environment's own groups win over those of its launch templates (Batch API, ComputeResource)."""
        own = environment.resources.get("securityGroupIds")
        if own:
            return list(own)
        return [group for each in environment.templates for group in self._groups_of(environment, each.data)]

    def vpcs(self, environment: ComputeEnvironment) -> list[str]:
        known = self._network.subnets
        subnets = environment.resources.get("subnets", [])
        return list(dict.fromkeys(str(known[each]["VpcId"]) for each in subnets if each in known))

    def _groups_of(self, environment: ComputeEnvironment, data: dict[str, Any]) -> Iterator[str]:
        yield from data.get("SecurityGroupIds", [])
        for interface in data.get("NetworkInterfaces", []):
            yield from interface.get("Groups", [])
        home = self.vpcs(environment)
        for name in data.get("SecurityGroups", []):
            yield self._by_name(name, home)

    def _by_name(self, name: str, home: list[str]) -> str:
        """A name means the group of the subnets' VPC, else one of another VPC: inferred."""
        named = [group for group in self._groups.groups.values() if group["GroupName"] == name]
        named.sort(key=lambda group: group["VpcId"] not in home)
        return str(named[0]["GroupId"]) if named else name

    def _complaints(self, environment: ComputeEnvironment) -> Iterator[str]:
        yield from self._roles(environment)
        if environment.cluster_status != "ACTIVE":
            yield "CLIENT_ERROR - Clusters can not be blank."
        if environment.type == "UNMANAGED":
            return
        if environment.orchestration == "EKS":
            yield from batch_kubernetes.complaints(self._world, environment)
            return
        yield from self._unfit_templates(environment)
        if environment.on_instances:
            yield from batch_machine_images.complaints(self._world, environment)
        yield from self._missing(environment)
        yield from self._mismatch(environment)

    def _unfit_templates(self, environment: ComputeEnvironment) -> Iterator[str]:
        """That a template may not go once its version is resolved is inferred; so is every text but the last."""
        if environment.template_missing:
            yield f"CLIENT_ERROR - {environment.template_missing}"
        for each in environment.templates:
            try:
                self._templates.find({"LaunchTemplateId": each.id})
                self._templates.version(each.id, str(each.version))
            except AwsError as error:
                yield f"CLIENT_ERROR - {error.message}"
        if any(not _is_multipart(str(each.data.get("UserData", ""))) for each in environment.templates):
            yield "CLIENT_ERROR - Launch Template UserData is not MIME multipart format"

    def _roles(self, environment: ComputeEnvironment) -> Iterator[str]:
        role = self._world.roles.get(environment.service_role)
        if role is None or "batch.amazonaws.com" not in role.trusts:
            yield NO_ASSUME_ROLE.format(request_id=self._world.uuid())
        elif not environment.has_service_linked_role:
            yield from self._denied_actions(environment, role)
        if environment.uses_spot_fleet:
            fleet_role = self._world.roles.get(environment.resources.get("spotIamFleetRole", ""))
            if fleet_role is None or "spotfleet.amazonaws.com" not in fleet_role.trusts:
                yield NO_FLEET_ROLE.format(request_id=self._world.uuid())
        profile = environment.resources.get("instanceRole")
        if profile is not None and environment.on_instances:
            arn = profile if profile.startswith("arn:") else self._world.iam_arn(f"instance-profile/{profile}")
            if arn not in self._world.instance_profiles:
                yield f"CLIENT_ERROR - Instance profile {arn} does not exist"

    def _denied_actions(self, environment: ComputeEnvironment, role: Role) -> Iterator[str]:
        """The text: invalid_compute_environment. Which actions are tried, and on what, is inferred."""
        tried = {"ecs:CreateCluster": environment.cluster_arn}
        if environment.auto_scaling_group:
            group = f"autoScalingGroup:*:autoScalingGroupName/{environment.auto_scaling_group}"
            tried["autoscaling:CreateAutoScalingGroup"] = self._world.arn("autoscaling", group)
        if environment.uses_spot_fleet:
            tried["ec2:RequestSpotFleet"] = self._world.arn("ec2", "spot-fleet-request/*")
        name = environment.service_role.rpartition("/")[2]
        principal = f"arn:aws:sts::{self._world.account_id}:assumed-role/{name}/aws-batch"
        for action, resource in tried.items():
            if not allows(role, action):
                yield NOT_AUTHORIZED.format(principal=principal, action=action, resource=resource)

    def _missing(self, environment: ComputeEnvironment) -> Iterator[str]:
        """EC2's own sentences; that AWS Batch quotes them is inferred."""
        for subnet in environment.resources.get("subnets", []):
            if subnet not in self._network.subnets:
                yield f"CLIENT_ERROR - The subnet ID '{subnet}' does not exist"
        groups = self.group_ids(environment)
        for group in groups:
            if group not in self._groups.groups:
                yield f"CLIENT_ERROR - The security group '{group}' does not exist"
        if not environment.resources.get("subnets"):
            yield "CLIENT_ERROR - subnets can not be empty."
        if not groups:
            yield "CLIENT_ERROR - securityGroupIds can not be empty."

    def _mismatch(self, environment: ComputeEnvironment) -> Iterator[str]:
        vpcs = self.vpcs(environment)
        if len(vpcs) > 1:
            yield "CLIENT_ERROR - The subnets are not all in the same VPC."
        if any(not self._groups.serves(group, vpc) for group in self.group_ids(environment) for vpc in vpcs[:1]):
            # launch configurations: BEST_FIT (Batch User Guide, allocation-strategies); the Fargate text is inferred
            old = environment.strategy == "BEST_FIT" and not environment.on_fargate
            yield MISMATCH.format(what="configuration" if old else "template")


def _is_multipart(user_data: str) -> bool:
    if not user_data:
        return True
    try:
        text = base64.b64decode(user_data, validate=True).decode(errors="replace")
    except binascii.Error:
        text = user_data
    return "content-type: multipart/" in text.lower()

"""The front of the simulated account: every request comes in here, whatever carried it."""

import copy
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from botocore import xform_name

from local.account import errors, shapes
from local.account.auto_scaling import AutoScaling
from local.account.batch_capacity import Capacity
from local.account.batch_environments import SERVICE_LINKED_ROLE, ComputeEnvironments
from local.account.batch_job_definitions import JobDefinitions
from local.account.batch_job_listing import JobListing
from local.account.batch_job_queues import JobQueues
from local.account.batch_job_states import JobStates
from local.account.batch_jobs import Jobs
from local.account.batch_joining import Joining
from local.account.batch_launching import Launching
from local.account.batch_paths import Paths
from local.account.batch_records import Batch
from local.account.batch_scheduler import Scheduler
from local.account.batch_tags import Tags
from local.account.batch_updates import Updates
from local.account.batch_validation import Validation
from local.account.clock import ManualClock
from local.account.cloudformation import CloudFormation
from local.account.cloudtrail import Caller, CloudTrail
from local.account.ec2_endpoints import Endpoints
from local.account.ec2_gateways import Gateways
from local.account.ec2_images import Images
from local.account.ec2_instance_types import InstanceTypes
from local.account.ec2_instances import Instances
from local.account.ec2_launch_templates import LaunchTemplates
from local.account.ec2_network import Network
from local.account.ec2_network_acls import NetworkAcls
from local.account.ec2_routes import RouteTables
from local.account.ec2_security_groups import SecurityGroups
from local.account.ec2_spot_fleets import SpotFleets
from local.account.ec2_topology import Topology
from local.account.ecs import Ecs
from local.account.iam import Iam
from local.account.launch_causes import LaunchSwitches
from local.account.service_quotas import ServiceQuotas
from local.account.world import EksCluster, Event, Role, Stack, World

READS = ("Describe", "List", "Get", "Lookup", "Simulate")


class SimulatedAccount(LaunchSwitches):
    """An AWS account in one Region, as far as AWS Batch jobs depend on it; its time stands still unless told to pass.

    `roles`, `instance_profiles`, `images`, `eks_clusters` and those of LaunchSwitches are causes that no request here
    changes.
    `caller` signs the requests, as CloudTrail will tell.
    """

    def __init__(
        self,
        *,
        clock: ManualClock,
        account_id: str = "111122223333",
        region: str = "eu-west-1",
        emit: Callable[[Event], object] = lambda _event: None,
        seed: int = 0,
    ) -> None:
        self.calls: list[tuple[str, str, Mapping[str, Any]]] = []
        self._denied: set[tuple[str, str]] = set()
        self._failing: dict[tuple[str, str], list[errors.AwsError]] = defaultdict(list)
        self._world = World(clock=clock, account_id=account_id, region=region, emit=emit, random=random.Random(seed))
        self._causes = self._world.launch_causes
        self.caller = Caller(arn=self._world.iam_arn("user/owner"))
        self._trail = CloudTrail(world=self._world)
        self._build()
        self.service_linked_role = self.add_role(SERVICE_LINKED_ROLE)
        self.add_instance_profile("ecsInstanceRole")

    def _build(self) -> None:
        world, batch = self._world, Batch()
        topology, groups = Topology(), SecurityGroups(world)
        tables, acls, gateways = RouteTables(world, topology), NetworkAcls(world, topology), Gateways(world, topology)
        endpoints = Endpoints(world, topology, groups)
        network = Network(world, topology, groups=groups, tables=tables, acls=acls, gateways=gateways)
        templates = LaunchTemplates(world)
        validation = Validation(world, network, groups, templates)
        states = JobStates(world, batch)
        self._images = Images(world)
        joining = Joining(world=world, paths=Paths(topology=topology, groups=groups, region=world.region))
        launching = Launching(world, batch, network)
        self._capacity = Capacity(world, batch, validation, network, joining, launching)
        groups.in_use = lambda: self._capacity.security_groups_in_use() | endpoints.security_groups_in_use()
        network.in_use = launching.addresses_in_use
        gateways.has_public_instances = self._capacity.has_public_instances
        self._scheduler = Scheduler(world, batch, states, self._capacity, launching)
        self._batch = batch
        self._services: dict[str, tuple[object, ...]] = {
            "ec2": (
                *(network, tables, acls, gateways, endpoints, groups, templates),
                *(self._images, InstanceTypes(world), Instances(world, batch, topology), SpotFleets(world, batch)),
            ),
            "iam": (Iam(world),),
            "cloudformation": (CloudFormation(world),),
            "cloudtrail": (self._trail,),
            "ecs": (Ecs(world, batch),),
            "autoscaling": (AutoScaling(world, batch, network),),
            "service-quotas": (ServiceQuotas(self._causes.quotas, world.region, world.account_id),),
            "batch": (
                ComputeEnvironments(world, batch, Updates(world, validation, states), lambda: self.caller.arn),
                JobQueues(world, batch, states),
                JobDefinitions(world, batch),
                Jobs(world, batch, states),
                JobListing(world, batch),
                Tags(batch),
            ),
        }

    # --- requests

    def handle(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer as AWS would, or raise the AwsError that AWS would answer with."""
        asked = copy.deepcopy(parameters)
        self.calls.append((service, operation, asked))
        method = self._method(service, operation)
        if operation.startswith(READS):
            return copy.deepcopy(self._answer(service, operation, method, parameters))
        try:
            answer = self._answer(service, operation, method, parameters)
        except errors.AwsError as error:
            self._trail.record(service, operation, asked, caller=self.caller, error=error)
            raise
        self._trail.record(service, operation, asked, caller=self.caller, answer=answer)
        self._scheduler.settle()
        return copy.deepcopy(answer)

    def _answer(
        self,
        service: str,
        operation: str,
        method: Callable[[dict[str, Any]], dict[str, Any]],
        parameters: Mapping[str, Any],
    ) -> dict[str, Any]:
        if (service, operation) in self._denied:
            raise errors.denied(service, operation)
        if self._failing[service, operation]:
            raise self._failing[service, operation].pop(0)
        complaints = shapes.complaints(parameters, shapes.operation_model(service, operation).input_shape)
        if complaints:
            raise errors.invalid(service, complaints)
        if parameters.get("DryRun"):  # of EC2 only
            raise errors.AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        return method(copy.deepcopy(dict(parameters)))

    def _method(self, service: str, operation: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        if service not in self._services:
            raise errors.not_simulated(service)
        if operation not in shapes.operation_names(service):
            raise errors.AwsError("UnknownOperationException", f"{service} has no operation {operation}")
        name = xform_name(operation)
        for part in self._services[service]:
            method: Callable[[dict[str, Any]], dict[str, Any]] | None = getattr(part, name, None)
            if method is not None:
                return method
        raise errors.not_simulated(f"{service}:{operation}")

    # --- time

    def pass_time(self, duration: timedelta) -> None:
        """Let everything happen that falls due, in order and at its own time."""
        clock, timeline = self._world.clock, self._world.timeline
        until = clock.now() + duration
        while (due := timeline.next_due()) is not None and due <= until:
            clock.move_to(max(due, clock.now()))
            timeline.run_due(clock.now())
            self._scheduler.settle()
        clock.move_to(until)

    # --- what no request changes

    @property
    def roles(self) -> dict[str, Role]:
        """IAM roles by ARN; a role that is not here does not exist."""
        return self._world.roles

    @property
    def instance_profiles(self) -> set[str]:
        """ARNs; an instance profile that is not here does not exist."""
        return self._world.instance_profiles

    @property
    def images(self) -> dict[str, dict[str, Any]]:
        """Machine images by id, as EC2 describes them; one that is not here is deregistered, or not shared."""
        return self._world.images

    @property
    def eks_clusters(self) -> dict[str, EksCluster]:
        """Amazon EKS clusters by ARN; one that is not here is taken for sound."""
        return self._world.eks_clusters

    def add_role(
        self,
        name: str,
        *,
        trusts: Iterable[str] = ("batch.amazonaws.com",),
        sees_scaling_activities: bool = True,
        actions: Iterable[str] = ("*",),
    ) -> str:
        """`name` may have a path: `service-role/mine`. `actions` are patterns, as in a policy."""
        arn = self._world.iam_arn(f"role/{name}")
        self.roles[arn] = Role(
            trusts=frozenset(trusts), sees_scaling_activities=sees_scaling_activities, actions=frozenset(actions)
        )
        return arn

    def add_instance_profile(self, name: str, *, holds_role: bool = True, **role: Iterable[str]) -> str:
        """With a role of the same name, as the IAM console makes it, or with none: instances then never join.

        `role`: its `trusts` and `actions`, as of `add_role`.
        """
        arn = self._world.iam_arn(f"instance-profile/{name}")
        self.instance_profiles.add(arn)
        if holds_role:
            known = {"trusts": ["ec2.amazonaws.com"], "actions": ["*"], **role}
            self._world.profile_roles[arn] = self.add_role(name, trusts=known["trusts"], actions=known["actions"])
        return arn

    def add_image(self, name: str, *, architecture: str = "x86_64", awslogs: bool = True, **members: Any) -> str:
        """A machine image of the account's own, with or without the log driver of this name; further members are as
        EC2 describes them. Gives its id."""
        return self._images.add(name, architecture, awslogs=awslogs, **members)

    def add_eks_cluster(
        self, name: str, *, version: str = "1.33", namespaces: Iterable[str] = ("batch",), nodes_join: bool = True
    ) -> str:
        arn = self._world.arn("eks", f"cluster/{name}")
        self.eks_clusters[arn] = EksCluster(version=version, namespaces=frozenset(namespaces), nodes_join=nodes_join)
        return arn

    def add_stack(self, name: str, **resources: tuple[str, str]) -> str:
        """A CloudFormation stack with these resources, logical id = (resource type, physical id); gives its ARN."""
        arn = self._world.arn("cloudformation", f"stack/{name}/{self._world.uuid()}")
        self._world.stacks.append(Stack(name=name, arn=arn, resources=resources))
        return arn

    def stall(self, compute_environment: str, *, stalled: bool = True) -> None:
        """It stays CREATING or UPDATING, for a cause that lies at AWS, until it is called with False."""
        self._batch.environment(compute_environment).stalled = stalled

    def disconnect_agents(self, compute_environment: str) -> None:
        """The ECS agents on its instances, also on later ones, lose ECS: they show it, and get no jobs any more."""
        self._batch.environment(compute_environment).agents_connected = False

    def connect_agents(self, compute_environment: str) -> None:
        self._batch.environment(compute_environment).agents_connected = True
        self._scheduler.settle()

    @property
    def obstacles(self) -> dict[str, str]:
        """Why instances that run could not join their cluster when they last tried, by instance id."""
        return {
            instance.id: instance.obstacle
            for environment in self._batch.environments.values()
            for instance in environment.instances
            if instance.obstacle
        }

    def join_instance(self, compute_environment: str, instance_type: str) -> str:
        """Register an instance with the cluster of an UNMANAGED environment, as its owner would; gives its id."""
        instance_id = self._capacity.join_by_owner(self._batch.environment(compute_environment), instance_type)
        self._scheduler.settle()
        return instance_id

    # --- faults of the API

    def deny(self, service: str, operation: str) -> None:
        self._denied.add((service, operation))

    def allow(self, service: str, operation: str) -> None:
        self._denied.discard((service, operation))

    def throttle(self, service: str, operation: str, times: int) -> None:
        self.fail(service, operation, errors.throttled(service), times=times)

    def fail(self, service: str, operation: str, error: errors.AwsError, *, times: int = 1) -> None:
        """The next so many such calls answer with this error, and have no effect."""
        self._failing[service, operation] += [error] * times

    # --- switches for what AWS does not document

    @property
    def security_group_lag(self) -> timedelta:
        """How long a new security group is not to be seen yet: EC2 is eventually consistent."""
        return self._world.security_group_lag

    @security_group_lag.setter
    def security_group_lag(self, lag: timedelta) -> None:
        self._world.security_group_lag = lag

    def check_pass_role(self, *passable: str) -> None:
        """From now on updates that replace instances need iam:PassRole on the role that the instances have; it is
        granted on these ARNs. Whether AWS asks for it is not documented."""
        self._world.pass_role_checked = True
        self._world.passable_roles.update(passable)

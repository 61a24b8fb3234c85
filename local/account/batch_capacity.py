"""The instances of compute environments: launched for jobs, joined to the cluster, let go when idle."""

from datetime import timedelta

from local.account import durations
from local.account.batch_joining import Joining, template_for
from local.account.batch_launching import CLIENT_ERROR, NO_KEY, SOLD_OUT, UNSUPPORTED, Launching
from local.account.batch_log_drivers import can_log
from local.account.batch_machine_images import image_of
from local.account.batch_records import Batch, ComputeEnvironment, Instance, Job
from local.account.batch_sizes import Size, size, sizes
from local.account.batch_validation import Validation
from local.account.ec2_instance_types import all_types
from local.account.ec2_network import Network
from local.account.ec2_public_addresses import public_address
from local.account.errors import client_error
from local.account.iam import allows
from local.account.launch_history import note_end, note_launch, note_refusal
from local.account.world import World

TERMINATED_VISIBLE = timedelta(hours=1)  # "a short while ... approximately one hour": EC2 API, DescribeInstances

INVALIDATED = (
    "Your compute environment has been INVALIDATED and scaled down because none of the {} joined the underlying {} "
    "Cluster. Common issues preventing {} joining are the following: VPC/Subnet configuration preventing communication "
    "to {}, incorrect Instance Profile policy preventing authorization to {}, or customized AMI or LaunchTemplate "
    "configurations affecting {}."
)
NEVER_JOINED = {  # Batch User Guide, batch_eks_invalid_compute_environment; the name of Kubernetes' agent is inferred
    "ECS": INVALIDATED.format("instances", "ECS", "instances", "ECS", "ECS", "ECS agent"),
    "EKS": INVALIDATED.format("nodes", "Amazon EKS", "nodes", "EKS", "EKS", "EKS/kubelet"),
}


class Capacity:
    def __init__(  # noqa: PLR0917 - its neighbours, as the account wires them
        self,
        world: World,
        batch: Batch,
        validation: Validation,
        network: Network,
        joining: Joining,
        launching: Launching,
    ) -> None:
        self._world = world
        self._launching = launching
        self._batch = batch
        self._validation = validation
        self._network = network
        self._joining = joining

    def sizes(self, environment: ComputeEnvironment) -> tuple[Size, ...]:
        zones = self._network.zones(environment.resources.get("subnets", []))
        return sizes(environment, self._world.region, zones)

    def security_groups_in_use(self) -> set[str]:
        return {
            group
            for environment in self._batch.environments.values()
            for instance in environment.instances
            for group in instance.security_groups
        }

    def has_public_instances(self, vpc_id: str) -> bool:
        return any(
            instance.public_address and self._network.subnets.get(instance.subnet_id, {}).get("VpcId") == vpc_id
            for environment in self._batch.environments.values()
            for instance in environment.instances
        )

    # --- growing

    def launch_for(self, environment: ComputeEnvironment, job: Job) -> Instance | None:
        return self._launch(environment, [each for each in self._wanted(environment) if each.holds(job)])

    def keep_floor(self, environment: ComputeEnvironment) -> None:
        """minvCpus, or a higher desiredvCpus, is kept up without any job; with the smallest type: inferred."""
        if not environment.on_instances or not environment.takes_jobs:
            return
        resources = environment.resources
        resources["desiredvCpus"] = max(resources["desiredvCpus"], resources["minvCpus"])
        while environment.provisioned_vcpus < resources["desiredvCpus"]:
            if self._launch(environment, list(self._wanted(environment))) is None:
                return

    def _wanted(self, environment: ComputeEnvironment) -> tuple[Size, ...]:
        """What no zone offers is asked for in vain, so that the Auto Scaling group shows why: inferred."""
        return self.sizes(environment) or sizes(environment, self._world.region, None)

    def forget_refusal(self, environment: ComputeEnvironment) -> None:
        environment.refused_type, environment.refused_vcpus, environment.is_sold_out = None, 0, False

    def _launch(self, environment: ComputeEnvironment, candidates: list[Size]) -> Instance | None:
        """An environment that cannot be used any more becomes INVALID."""
        if environment.stalled:
            return None
        if environment.no_launch_before and self._world.now() < environment.no_launch_before:
            return None
        possible = [each for each in candidates if self._may_grow_by(environment, each)]
        if not possible:
            return None
        complaint = self._validation.complaint(environment)
        if complaint:
            environment.status, environment.status_reason = "INVALID", complaint
            return None
        return self._try_zones(environment, possible)

    def _try_zones(self, environment: ComputeEnvironment, possible: list[Size]) -> Instance | None:
        """One subnet after the other, as an Auto Scaling group does."""
        codes = set()
        for subnet_id in self._in_turn(environment):
            refusal, wanted = self._launching.attempt(environment, possible, subnet_id)
            if refusal is None:
                self.forget_refusal(environment)
                return self._start(environment, wanted, subnet_id)
            codes.add(refusal.code)
            instance_id = self._lose(environment, wanted, subnet_id) if refusal.code == CLIENT_ERROR else ""
            zone = self._network.subnets[subnet_id]["AvailabilityZone"]
            where = {"instance_type": wanted.type, "subnet_id": subnet_id, "zone": zone, "instance_id": instance_id}
            note_refusal(self._world, environment, refusal, **where)
        self._refuse(environment, possible[0], is_sold_out=codes - {UNSUPPORTED} == {SOLD_OUT})
        return None

    def _may_grow_by(self, environment: ComputeEnvironment, wanted: Size) -> bool:
        """Only BEST_FIT never exceeds maxvCpus; others may, by one instance (Batch API, ComputeResource)."""
        most: int = environment.resources["maxvCpus"]
        if environment.strategy == "BEST_FIT":
            return environment.provisioned_vcpus + wanted.vcpus <= most
        return environment.provisioned_vcpus < most

    def _lose(self, environment: ComputeEnvironment, wanted: Size, subnet_id: str) -> str:
        """The id of an instance that is launched and terminated at once (EC2 User Guide, troubleshooting-launch)."""
        instance = self._instance(environment, wanted, subnet_id)
        instance.state, instance.state_reason = "terminated", (CLIENT_ERROR, NO_KEY)
        environment.terminated.append(instance)
        self._world.after(TERMINATED_VISIBLE, lambda: environment.terminated.remove(instance))
        return instance.id

    def _refuse(self, environment: ComputeEnvironment, wanted: Size, *, is_sold_out: bool) -> None:
        environment.refused_type, environment.refused_vcpus = wanted.type, wanted.vcpus
        environment.is_sold_out = is_sold_out
        environment.no_launch_before = self._world.now() + durations.LAUNCH_RETRY
        self._world.after(durations.LAUNCH_RETRY)

    def _start(self, environment: ComputeEnvironment, wanted: Size, subnet_id: str) -> Instance:
        instance = self._instance(environment, wanted, subnet_id)
        environment.instances.append(instance)
        note_launch(self._world, environment, instance)
        resources = environment.resources
        resources["desiredvCpus"] = max(resources["desiredvCpus"], environment.provisioned_vcpus)
        self._world.after(durations.INSTANCE_BOOT, lambda: self._boot(instance))
        self._world.after(durations.NEVER_JOINED)
        return instance

    def _in_turn(self, environment: ComputeEnvironment) -> list[str]:
        """The subnets, each time beginning with the next one: inferred."""
        subnets = [each for each in environment.resources["subnets"] if each in self._network.subnets]
        first = len(environment.instances) % max(1, len(subnets))
        return subnets[first:] + subnets[:first]

    def _instance(self, environment: ComputeEnvironment, wanted: Size, subnet_id: str) -> Instance:
        subnet = self._network.subnets.get(subnet_id, {})
        template = template_for(environment, wanted.type)
        image_id = image_of(self._world, environment, template, wanted.type)
        instance_id = self._world.ec2_id("i")
        return Instance(
            id=instance_id,
            type=wanted.type,
            vcpus=wanted.vcpus,
            registered_memory=wanted.memory,
            gpus=wanted.gpus,
            environment=environment,
            subnet_id=subnet_id,
            zone=subnet.get("AvailabilityZone", f"{self._world.region}a"),
            security_groups=self._validation.group_ids(environment),
            launched_at=self._world.now(),
            template=template,
            image_id=image_id,
            has_awslogs=image_id not in self._world.images_without_awslogs,
            public_address=public_address(instance_id, subnet, template.data if template else {}),
        )

    # --- joining

    def join_by_owner(self, environment: ComputeEnvironment, instance_type: str) -> str:
        if environment.type != "UNMANAGED" or instance_type not in all_types():
            raise client_error(f"{instance_type} can't join {environment.name}: only known types, only UNMANAGED")
        instance = self._instance(environment, size(instance_type), "")
        environment.instances.append(instance)
        instance.state = "running"
        self._join(instance)
        return instance.id

    def _boot(self, instance: Instance) -> None:
        if instance.state == "pending":
            instance.state = "running"
            self._world.after(durations.INSTANCE_JOIN, lambda: self._join(instance))
            self._world.after(durations.UNJOINED_REPLACED, lambda: self._replace(instance))

    def _join(self, instance: Instance) -> None:
        environment = instance.environment
        if instance.state != "running":
            return
        instance.obstacle = self._joining.obstacle(instance)
        if instance.obstacle:
            self._world.after(durations.JOIN_RETRY, lambda: self._join(instance))
            return
        if environment.orchestration == "ECS":
            cluster = environment.cluster_arn.rpartition("/")[2]
            resource = f"container-instance/{cluster}/{self._world.uuid().replace('-', '')}"
            instance.container_instance_arn = self._world.arn("ecs", resource)
        instance.registered_at = instance.idle_since = self._world.now()
        self._world.after(instance.idle_limit)

    def _replace(self, instance: Instance) -> None:
        """What does not join is ended; whatever still needs it has another one launched."""
        if instance.state == "running" and instance.registered_at is None:
            self._terminate(instance)

    def give_up(self, environment: ComputeEnvironment) -> None:
        """INVALID and scaled down if no instance joins; AWS does not say how long it waits for one."""
        if not self._has_waited_in_vain(environment) or environment.status != "VALID":
            return
        environment.status, environment.status_reason = "INVALID", NEVER_JOINED[environment.orchestration]
        for instance in list(environment.instances):
            self._terminate(instance)

    def _has_waited_in_vain(self, environment: ComputeEnvironment) -> bool:
        """Since the first launch after the last instance that was registered; it starts anew without instances."""
        now = self._world.now()
        if any(each.registered_at for each in environment.instances):
            environment.last_registered_at, environment.unjoined_since = now, None
            return False
        if not environment.instances:
            environment.unjoined_since = None
            return False
        if environment.unjoined_since is None:
            launched_at = min(each.launched_at for each in environment.instances)
            environment.unjoined_since = max(launched_at, environment.last_registered_at or launched_at)
            self._world.after(environment.unjoined_since + durations.NEVER_JOINED - now)
        return now - environment.unjoined_since >= durations.NEVER_JOINED

    # --- shrinking

    def scale_in(self, environment: ComputeEnvironment) -> None:
        """Idle instances go, down to minvCpus (Batch User Guide); an update replaces those that it found."""
        if not environment.on_instances or not self._may_let_go(environment):
            return
        for instance in list(environment.instances):
            if instance.jobs:
                continue
            left = environment.provisioned_vcpus - instance.vcpus
            if instance.draining or (self._is_idle(instance) and left >= environment.resources["minvCpus"]):
                self._terminate(instance)

    def _may_let_go(self, environment: ComputeEnvironment) -> bool:
        """A Spot Fleet terminates instances by its role (Batch User Guide, spot-fleet-not-authorized)."""
        role = self._world.roles.get(environment.resources.get("spotIamFleetRole", ""))
        return not environment.uses_spot_fleet or (role is not None and allows(role, "ec2:TerminateInstances"))

    def _is_idle(self, instance: Instance) -> bool:
        waited_for = instance.node_of is not None and instance.node_of.status == "RUNNABLE"
        if waited_for and instance.environment.takes_jobs:
            return False
        if self._is_held_up(instance):
            return False
        return instance.idle_since is not None and self._world.now() - instance.idle_since >= instance.idle_limit

    def _is_held_up(self, instance: Instance) -> bool:
        """What the head of a queue waits for stays, though the job cannot be placed on it: inferred."""
        environment = instance.environment
        heads = [job for queue in self._batch.queues_of(environment) for job in queue.waiting[:1]]
        return environment.takes_jobs and any(
            job.nodes == 1 and instance.room.take(job) and not (environment.agents_connected and can_log(instance, job))
            for job in heads
        )

    def _terminate(self, instance: Instance) -> None:
        environment = instance.environment
        environment.instances.remove(instance)
        environment.terminated.append(instance)
        instance.state, instance.ended_at = "terminated", self._world.now()
        note_end(self._world, environment, instance)
        resources = environment.resources
        resources["desiredvCpus"] = max(resources["minvCpus"], environment.provisioned_vcpus)
        self._world.after(TERMINATED_VISIBLE, lambda: environment.terminated.remove(instance))

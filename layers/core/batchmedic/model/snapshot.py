"""Everything that was true around the job queues and compute environments at one instant."""

from dataclasses import dataclass
from datetime import datetime

from batchmedic.model.answers import NOT_ASKED, Answers
from batchmedic.model.capacity import Capacity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import Identity
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.launching import Launching
from batchmedic.model.network import LaunchTemplateVersion, Network, SecurityGroup
from batchmedic.model.recorded import Recorded
from batchmedic.model.routing import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All queues and environments of one account and Region, and what was read around them."""

    at: datetime
    account: str
    region: str
    job_queues: tuple[JobQueue, ...] = ()
    compute_environments: tuple[ComputeEnvironment, ...] = ()
    network: Network = Network()
    capacity: Capacity = Capacity()
    identity: Identity = Identity()
    launching: Launching = Launching()
    routing: Routing = Routing()
    recorded: Recorded = Recorded()
    # by environment (ARN): since when none of its queues has had a job, as scale_to_zero saw it
    jobless: Answers[datetime] = Answers(call="the memory of floors", unread=NOT_ASKED)
    scaling_mode: str = ""  # ScaleToZeroMode at its last run

    def job_queue(self, arn: str) -> JobQueue | None:
        return next((queue for queue in self.job_queues if queue.arn == arn), None)

    def compute_environment(self, arn: str) -> ComputeEnvironment | None:
        return next((environment for environment in self.compute_environments if environment.arn == arn), None)

    def environments_of(self, queue: JobQueue) -> tuple[ComputeEnvironment, ...]:
        """The queue's compute environments in the order in which Batch tries them."""
        found = (self.compute_environment(arn) for arn in queue.compute_environments)
        return tuple(environment for environment in found if environment is not None)

    def queues_of(self, environment: ComputeEnvironment) -> tuple[JobQueue, ...]:
        return tuple(queue for queue in self.job_queues if environment.arn in queue.compute_environments)

    def vpcs_of(self, environment: ComputeEnvironment) -> frozenset[str]:
        """The VPCs of its subnets; usually one. Raises NotReadError where the subnets were not read."""
        return frozenset(subnet.vpc_id for subnet in self.network.subnets.known(environment.subnets))

    def templates_of(self, environment: ComputeEnvironment) -> tuple[LaunchTemplateVersion, ...]:
        """The launch template versions that are known to exist."""
        found = self.network.launch_templates.found
        return tuple(found[each.key] for each in environment.launch_templates if each.key in found)

    def group_ids_of(self, environment: ComputeEnvironment) -> tuple[str, ...]:
        """Its security groups; those of its launch templates only where it names none itself."""
        if environment.security_groups:
            return environment.security_groups
        versions = self.templates_of(environment)
        return tuple(
            group for version in versions for group in (*version.security_groups, *version.network_interface_groups)
        )

    def network_explains(self, environment: ComputeEnvironment) -> bool:
        """Whether what was read of its network already shows a fault: something missing, or in several VPCs."""
        network = self.network
        if network.subnets.unread or network.security_groups.unread or network.launch_templates.unread:
            return False
        named = self.group_ids_of(environment)
        subnets, groups = network.subnets.known(environment.subnets), network.security_groups.known(named)
        missing = len(subnets) < len(environment.subnets) or len(groups) < len(named)
        gone = len(self.templates_of(environment)) < len(environment.launch_templates)
        homes = {subnet.vpc_id for subnet in subnets}
        strays = [group for group in groups if not (homes & {group.vpc_id, *self.associated_vpcs(group.id)})]
        return missing or gone or len(homes) > 1 or bool(strays)

    def associated_vpcs(self, group: str) -> frozenset[str]:
        """The further VPCs that a security group may be used in, as far as that was read."""
        states = self.network.associations.found.get(group) or {}
        return frozenset(vpc for vpc, state in states.items() if state == "associated")

    def stray_groups(self, environment: ComputeEnvironment) -> tuple[SecurityGroup, ...]:
        """Its security groups that may not be used in the VPC of its subnets, where that is one."""
        homes = self.vpcs_of(environment)
        groups = self.network.security_groups.known(self.group_ids_of(environment))
        return tuple(each for each in groups if not homes & {each.vpc_id, *self.associated_vpcs(each.id)})

    def is_default_vpc(self, vpc: str) -> bool:
        """Whether it is known to be the default VPC; False also where VPCs could not be read."""
        found = self.network.vpcs.found.get(vpc)
        return found is not None and found.is_default

    def vpc_label(self, vpc: str) -> str:
        """The id, with the name where one is known: only decoration, so an unread VPC is no gap."""
        return str(self.network.vpcs.found.get(vpc, vpc))

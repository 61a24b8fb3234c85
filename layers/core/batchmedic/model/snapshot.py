"""Everything that was true around the job queues and compute environments at one instant."""

from dataclasses import dataclass
from datetime import datetime

from batchmedic.model.capacity import Capacity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.network import Network


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

    def is_default_vpc(self, vpc: str) -> bool:
        """Whether it is known to be the default VPC; False also where VPCs could not be read."""
        found = self.network.vpcs.found.get(vpc)
        return found is not None and found.is_default

    def vpc_label(self, vpc: str) -> str:
        """The id, with the name where one is known: only decoration, so an unread VPC is no gap."""
        return str(self.network.vpcs.found.get(vpc, vpc))

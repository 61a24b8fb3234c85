"""The story of a way out that is gone: instances launch, none of them joins, and the queue dries up."""

from collections.abc import Callable
from dataclasses import dataclass

from local.owner import Owner, Place
from local.stack import LocalStack

MINUTE = 60
ENVIRONMENT, QUEUE = "imaging-ec2", "imaging-queue"
Say = Callable[[str], None]


@dataclass(kw_only=True)
class NetworkStory:
    stack: LocalStack
    owner: Owner
    place: Place
    say: Say
    step: Say
    read: Callable[[str, str, tuple[str, ...]], None]  # story, subject, what must be said

    def tell(self) -> None:
        self.say(f"\n(d) Somebody takes away the route to the NAT gateway behind the subnet of {ENVIRONMENT}.")
        self.owner.close_way_out(self.place)
        self.owner.submit(QUEUE, vcpus=2, memory=4_096, jobs=30)
        self.step(f"30 jobs are submitted to {QUEUE}")
        self.stack.advance(13 * MINUTE)
        status, instances, joined = self._seen()
        self.step(
            f"13 minutes pass; AWS Batch says of {ENVIRONMENT}: {status}; instances running: {instances}, of them in "
            f"its ECS cluster: {joined}"
        )
        self.read("d", self.place.route_table, (self.place.route_table, self.place.subnet, "has no route to 0.0.0.0/0"))

    def _seen(self) -> tuple[str, int, int]:
        answer = self.owner.batch.describe_compute_environments(computeEnvironments=[ENVIRONMENT])
        (found,) = answer["computeEnvironments"]
        here = [{"Name": "subnet-id", "Values": [self.place.subnet]}]
        reservations = self.owner.ec2.describe_instances(Filters=here)["Reservations"]
        running = sum(one["State"]["Name"] == "running" for each in reservations for one in each["Instances"])
        joined = self.stack.client("ecs").list_container_instances(cluster=found["ecsClusterArn"])
        return found["status"], running, len(joined["containerInstanceArns"])

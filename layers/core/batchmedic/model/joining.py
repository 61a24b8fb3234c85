"""Whether the instances of a compute environment register with its ECS cluster, and where those sit that do not."""

from dataclasses import dataclass

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.launching import Instance
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import normal_start

# AWS Batch gives up with this text (Batch user guide, "Troubleshooting", INVALID compute environment on EKS and ECS)
GAVE_UP = "none of the instances joined"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJoining:
    """`late` ran longer than joining normally takes and are not registered; `recorded`: they are gone by now, and an
    earlier look saw them. Without any, AWS Batch itself says so."""

    environment: ComputeEnvironment
    late: tuple[Instance, ...]
    running: int
    registered: int
    recorded: bool = False

    @property
    def gave_up(self) -> bool:
        return self.environment.status == "INVALID"

    @property
    def none_registered(self) -> bool:
        """What all instances share (role, user data) can only be at fault then."""
        return self.registered == 0

    @property
    def subnets(self) -> tuple[str, ...]:
        """Those of the instances in question; all of the environment's where nobody knows of any instance."""
        return tuple(dict.fromkeys(one.subnet for one in self.late if one.subnet)) or self.environment.subnets

    def security_groups(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Of the instances, as they were launched; the environment's where nobody knows of any instance."""
        own = dict.fromkeys(group for one in self.late for group in one.security_groups)
        return tuple(own) or snapshot.group_ids_of(self.environment)

    def has_public_addresses(self, snapshot: Snapshot) -> bool:
        """Whether the instances have them, or would get them: by their launch template, or by all of the subnets."""
        if self.late and not self.recorded:
            return all(one.public_address for one in self.late)
        said = [each.public_address for each in snapshot.templates_of(self.environment)]
        if any(each is not None for each in said):
            return any(said)
        known = snapshot.network.subnets.found
        return all(known[each].public_addresses for each in self.subnets if each in known)

    @property
    def in_words(self) -> str:
        """Who does not join, as the begin of a sentence that goes on with "because"."""
        name = self.environment.name
        if self.gave_up:
            return f"AWS Batch gave {name} up as INVALID since none of its instances joined its ECS cluster"
        if self.recorded:
            return f"{_instances(len(self.late))} of {name} ran and left without joining its ECS cluster"
        of = f" of {self.running}" if self.running > len(self.late) else ""
        verb = "does" if len(self.late) == 1 else "do"
        return f"{len(self.late)}{of} running {_noun(len(self.late))} of {name} {verb} not join its ECS cluster"

    @property
    def facts(self) -> dict[str, object]:
        """Kept on the incident, so that the diagnosis holds when the instances are gone."""
        return {
            "compute_environment": self.environment.arn,
            "running": self.running,
            "registered": self.registered,
            "never_registered": [
                {"instance": one.id, "instance_type": one.instance_type, "subnet": one.subnet, "vpc": one.vpc_id}
                for one in self.late[:10]
            ],
        }


def not_joining(environment: ComputeEnvironment, snapshot: Snapshot) -> NotJoining | None:
    """None where all join, or nobody waits for it; NotReadError where its instances were not read."""
    if not (environment.launches_instances and environment.orchestration == "ECS"):
        return None
    if environment.status == "INVALID":
        given_up = NotJoining(environment=environment, late=(), running=0, registered=0)
        return given_up if GAVE_UP in environment.status_reason else None
    if not any(queue.head for queue in snapshot.queues_of(environment)):
        return None
    running = [one for one in snapshot.launching.instances.get(environment.arn) or () if one.runs]
    registered = snapshot.capacity.container_instances.get(environment.ecs_cluster or "") or ()
    there = {one.instance_id for one in registered}
    normal = normal_start((environment,))
    late = [
        one
        for one in running
        if one.id not in there and one.launched_at is not None and snapshot.at - one.launched_at > normal
    ]
    recorded = snapshot.recorded.never_registered.get(environment.arn, ())
    if not late and (registered or not recorded):
        return None
    return NotJoining(
        environment=environment,
        late=tuple(late) or recorded,
        running=len(running),
        registered=len(registered),
        recorded=not late,
    )


def _noun(count: int) -> str:
    return "instance" if count == 1 else "instances"


def _instances(count: int) -> str:
    return f"{count} {_noun(count)}"

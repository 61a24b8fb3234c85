"""Whether the instances of a compute environment register with its ECS cluster, and where those sit that do not."""

from dataclasses import dataclass

from batchmedic.errors import NotReadError
from batchmedic.model.capacity import LISTED, ContainerInstance
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import look_again
from batchmedic.model.launching import Instance
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import normal_join
from batchmedic.model.waiting import minutes, overdue

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

    @property
    def seen(self) -> tuple[Instance, ...]:
        """Those that run now, so that their own addresses and groups count, and not what they would be given."""
        return () if self.recorded else self.late

    @property
    def in_words(self) -> str:
        """Who does not join, as the begin of a sentence that goes on with a colon and the reason."""
        name = self.environment.name
        if self.gave_up:
            return f"AWS Batch gave {name} up as INVALID, since none of its instances joined its ECS cluster"
        if self.recorded:
            return f"{_instances(len(self.late))} of {name} ran and left without joining its ECS cluster"
        of = f" of {self.running}" if self.running > len(self.late) else ""
        verb = "has" if len(self.late) == 1 else "have"
        normal = minutes(normal_join(self.environment))
        return (
            f"{len(self.late)}{of} running {_noun(self.running)} of {name} {verb} not joined its ECS cluster after "
            f"more than {normal}"
        )

    def look_again(self, region: str) -> tuple[str, ...]:
        """The last step of every repair: AWS Batch does not look by itself at what it gave up."""
        return (look_again(self.environment, region),) if self.gave_up else ()

    @property
    def then(self) -> str:
        """The same in words, with a space before it."""
        return " Then update the compute environment, so that AWS Batch looks again." if self.gave_up else ""

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


def registered_with(environment: ComputeEnvironment, snapshot: Snapshot) -> tuple[ContainerInstance, ...]:
    """All instances of its cluster; NotReadError where there may be more than were listed."""
    answers = snapshot.capacity.container_instances
    found = answers.get(environment.ecs_cluster) if environment.ecs_cluster else None
    if found is not None and len(found) == LISTED:
        raise NotReadError(answers.call, f"only the first {LISTED} instances are listed")
    return found or ()


def not_joining(environment: ComputeEnvironment, snapshot: Snapshot) -> NotJoining | None:
    """None where all join, or nobody waits for it; NotReadError where its instances were not read."""
    if not (environment.launches_instances and environment.orchestration == "ECS" and environment.ecs_cluster):
        return None
    if environment.status == "INVALID":
        return _given_up(environment, snapshot) if GAVE_UP in environment.status_reason else None
    waited_for = any(queue.head for queue in snapshot.queues_of(environment))
    return _late(environment, snapshot) if environment.usable and waited_for else None


def _given_up(environment: ComputeEnvironment, snapshot: Snapshot) -> NotJoining:
    recorded = snapshot.recorded.never_registered.get(environment.arn, ())
    return NotJoining(environment=environment, late=recorded, running=0, registered=0, recorded=True)


def _late(environment: ComputeEnvironment, snapshot: Snapshot) -> NotJoining | None:
    """While others register and the queue moves, one that does not is no reason for a job to wait."""
    recorded = snapshot.recorded.never_registered.get(environment.arn, ())
    running = [one for one in snapshot.launching.instances.get(environment.arn) or () if one.runs]
    if not running and not recorded:
        return None
    registered = registered_with(environment, snapshot)
    there, normal = {one.instance_id for one in registered}, normal_join(environment)
    late = tuple(
        one
        for one in running
        if one.id not in there and one.launched_at is not None and snapshot.at - one.launched_at > normal
    )
    moves = not any(overdue(queue, snapshot) for queue in snapshot.queues_of(environment))
    if registered and (moves or not late):
        return None
    if not late and not recorded:
        return None
    return NotJoining(
        environment=environment,
        late=late or recorded,
        running=len(running),
        registered=len(registered),
        recorded=not late,
    )


def _noun(count: int) -> str:
    return "instance" if count == 1 else "instances"


def _instances(count: int) -> str:
    return f"{count} {_noun(count)}"

"""One fault each, put into a healthy world: what it is called, and on which subject it should be found."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from batchmedic.model.capacity import Cluster, ContainerInstance, InstanceType
from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.job import Job, Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.network import SecurityGroup, Subnet
from batchmedic.model.snapshot import Snapshot
from tests.factories import NOW
from tests.properties.worlds import TYPES, arn

WAITED = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Faulty:
    """A world with one fault; None for the world where this fault cannot be put."""

    snapshot: Snapshot
    diagnosis: str
    subject: str


Inject = Callable[[Snapshot, random.Random], Faulty | None]
FAULTS: dict[str, Inject] = {}


def fault(inject: Inject) -> Inject:
    FAULTS[inject.__name__] = inject  # type: ignore[attr-defined]
    return inject


def with_environment(world: Snapshot, changed: ComputeEnvironment) -> Snapshot:
    environments = tuple(changed if one.arn == changed.arn else one for one in world.compute_environments)
    return replace(world, compute_environments=environments)


def with_queue(world: Snapshot, changed: JobQueue) -> Snapshot:
    return replace(world, job_queues=tuple(changed if one.arn == changed.arn else one for one in world.job_queues))


def with_answer(world: Snapshot, part: str, answers: str, **found: Any) -> Snapshot:
    """One more answer in `network`, `capacity` or `identity`; None takes it away."""
    holder = getattr(world, part)
    old = getattr(holder, answers)
    merged = {key: value for key, value in {**old.found, **found}.items() if value is not None}
    return replace(world, **{part: replace(holder, **{answers: replace(old, found=merged)})})


def a_stuck_queue(
    world: Snapshot, chance: random.Random, wanted: Requirements, *, kinds: tuple[str, ...] = ("EC2",)
) -> tuple[Snapshot, JobQueue, ComputeEnvironment] | None:
    """A queue of its own, over one VALID environment of these kinds, at whose head a job waits for two hours."""
    usable = [one for one in world.compute_environments if one.kind in kinds]
    if not usable:
        return None
    chosen = replace(chance.choice(usable), status="VALID", desired_vcpus=0)
    job = Job(arn=arn("job", "stuck"), name="stuck", requirements=wanted, at_position_since=NOW - WAITED)
    queue = JobQueue(
        arn=arn("job-queue", "stuck"),
        name="stuck",
        compute_environments=(chosen.arn,),
        front=(job,),
        front_count=1,
    )
    quiet = tuple(
        replace(one, front=(), front_count=0) if chosen.arn in one.compute_environments else one
        for one in world.job_queues
    )
    return replace(with_environment(world, chosen), job_queues=(*quiet, queue)), queue, chosen


def an_invalid(world: Snapshot, chance: random.Random, reason: str) -> tuple[Snapshot, ComputeEnvironment] | None:
    """A managed environment of instances that turned INVALID."""
    able = [one for one in world.compute_environments if one.launches_instances]
    if not able:
        return None
    sick = replace(chance.choice(able), status="INVALID", status_reason=reason)
    return with_environment(world, sick), sick


@fault
def security_group_in_other_vpc(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = an_invalid(
        world, chance, "CLIENT_ERROR - One or more security groups in the launch template are not linked"
    )
    if found is None:
        return None
    world, sick = found
    stray = SecurityGroup(id="sg-stray", name="stray", vpc_id="vpc-elsewhere")
    world = with_answer(world, "network", "security_groups", **{"sg-stray": stray})
    world = with_environment(world, replace(sick, security_groups=("sg-stray",)))
    return Faulty(world, "security_group_in_other_vpc", sick.arn)


@fault
def compute_environment_invalid(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = an_invalid(world, chance, "INTERNAL_ERROR - Something that nobody has documented.")
    return None if found is None else Faulty(found[0], "compute_environment_invalid", found[1].arn)


@fault
def job_exceeds_max_vcpus(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = a_stuck_queue(world, chance, Requirements(vcpus=4, memory=1_024))
    if found is None:
        return None
    world, queue, environment = found
    small = replace(environment, max_vcpus=TYPES[environment.instance_types[0]].vcpus)
    multi_node = Requirements(vcpus=4, memory=1_024, nodes=100, all_vcpus=400)
    job = replace(queue.front[0], requirements=multi_node) if queue.front else None
    assert job is not None
    world = with_queue(with_environment(world, small), replace(queue, front=(job,)))
    return Faulty(world, "job_exceeds_max_vcpus", queue.arn)


@fault
def job_exceeds_memory(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = a_stuck_queue(world, chance, Requirements(vcpus=2, memory=2_000_000))
    return None if found is None else Faulty(found[0], "job_exceeds_memory", found[1].arn)


@fault
def compute_environments_disabled(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = a_stuck_queue(world, chance, Requirements(vcpus=1, memory=512), kinds=("EC2", "SPOT", "FARGATE"))
    if found is None:
        return None
    world, queue, environment = found
    return Faulty(
        with_environment(world, replace(environment, state="DISABLED")), "compute_environments_disabled", queue.arn
    )


def on_invalid(diagnosis: str, reason: str, *, shared: str | None = None, **changes: Any) -> None:
    """A fault that is nothing but some fields of an INVALID environment; `shared` ends the ARN of the faulty thing."""

    def inject(world: Snapshot, chance: random.Random) -> Faulty | None:
        found = an_invalid(world, chance, reason)
        if found is None:
            return None
        world, sick = found
        return Faulty(with_environment(world, replace(sick, **changes)), diagnosis, shared or sick.arn)

    FAULTS[diagnosis] = inject


UNKNOWN_TEXT = "CLIENT_ERROR - something went wrong"
on_invalid("security_group_missing", UNKNOWN_TEXT, shared="security-group/sg-gone", security_groups=("sg-gone",))
on_invalid("subnet_missing", UNKNOWN_TEXT, shared="subnet/subnet-gone", subnets=("subnet-gone",))
on_invalid("instance_profile_unusable", UNKNOWN_TEXT, shared="instance-profile/gone", instance_role="gone")
on_invalid(
    "launch_template_unusable",
    UNKNOWN_TEXT,
    shared="launch-template/lt-gone",
    launch_templates=(LaunchTemplateReference(template="lt-gone", version="$Latest"),),
)
on_invalid("machine_image_unusable", UNKNOWN_TEXT, shared="image/ami-gone", image_ids=("ami-gone",))
on_invalid("ecs_cluster_missing", UNKNOWN_TEXT, ecs_cluster="arn:aws:ecs:eu-west-1:111122223333:cluster/gone")
on_invalid(
    "kubernetes_unusable",
    "CLIENT_ERROR - Unable to validate Kubernetes Namespace",
    orchestration="EKS",
    ecs_cluster=None,
    eks_cluster="arn:aws:eks:eu-west-1:111122223333:cluster/lab",
    eks_namespace="batch",
)
on_invalid(
    "repair_not_picked_up",
    "CLIENT_ERROR - One or more security groups in the launch template are not linked to the VPCs configured in the "
    "Auto Scaling group",
)
on_invalid(
    "spot_fleet_role_unusable",
    UNKNOWN_TEXT,
    shared="role/gone",
    kind="SPOT",
    allocation_strategy="BEST_FIT",
    spot_fleet_role="arn:aws:iam::111122223333:role/gone",
)


@fault
def subnets_in_different_vpcs(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = an_invalid(world, chance, UNKNOWN_TEXT)
    if found is None:
        return None
    world, sick = found
    far = Subnet(id="subnet-far", vpc_id="vpc-far")
    world = with_answer(world, "network", "subnets", **{"subnet-far": far})
    world = with_environment(world, replace(sick, subnets=(*sick.subnets[:1], "subnet-far")))
    return Faulty(world, "subnets_in_different_vpcs", sick.arn)


@fault
def service_role_unusable(world: Snapshot, chance: random.Random) -> Faulty | None:
    role = "arn:aws:iam::111122223333:role/gone"
    found = an_invalid(world, chance, UNKNOWN_TEXT)
    if found is None:
        return None
    return Faulty(with_environment(found[0], replace(found[1], service_role=role)), "service_role_unusable", role)


@fault
def compute_environment_stuck(world: Snapshot, chance: random.Random) -> Faulty | None:
    able = [one for one in world.compute_environments if one.launches_instances]
    if not able:
        return None
    stuck = replace(chance.choice(able), status="UPDATING", unchanged_since=NOW - timedelta(hours=5))
    return Faulty(with_environment(world, stuck), "compute_environment_stuck", stuck.arn)


def on_stuck_queue(
    diagnosis: str, wanted: Requirements, *, kinds: tuple[str, ...] = ("EC2",), on_queue: bool = True, **changes: Any
) -> None:
    """A fault that is nothing but a job at the head of a queue, and some fields of the environment under it."""

    def inject(world: Snapshot, chance: random.Random) -> Faulty | None:
        found = a_stuck_queue(world, chance, wanted, kinds=kinds)
        if found is None:
            return None
        world, queue, environment = found
        changed = with_environment(world, replace(environment, **changes))
        return Faulty(changed, diagnosis, queue.arn if on_queue else environment.arn)

    FAULTS[diagnosis] = inject


SMALL = Requirements(vcpus=1, memory=512)
on_stuck_queue("job_exceeds_vcpus", Requirements(vcpus=96, memory=512))
on_stuck_queue("job_needs_gpu", Requirements(vcpus=1, memory=512, gpus=8))
on_stuck_queue("multi_node_job_on_spot", Requirements(vcpus=1, memory=512, nodes=2, all_vcpus=2), kinds=("SPOT",))
on_stuck_queue(
    "job_kind_not_supported_by_queue",
    Requirements(vcpus=1, memory=2_048, windows=True, platform="FARGATE"),
    kinds=("FARGATE",),
    kind="FARGATE_SPOT",
)
on_stuck_queue(
    "max_vcpus_below_one_instance",
    SMALL,
    on_queue=False,
    max_vcpus=1,
    allocation_strategy="BEST_FIT",
)
on_stuck_queue("scaling_not_attempted", SMALL, on_queue=False)


@fault
def cause_not_found(world: Snapshot, chance: random.Random) -> Faulty | None:
    """AWS Batch asks for instances, and nothing says what came of that."""
    found = a_stuck_queue(world, chance, SMALL)
    if found is None:
        return None
    world, queue, environment = found
    world = with_environment(world, replace(environment, desired_vcpus=16))
    return Faulty(with_answer(world, "launching", "launches", **{environment.arn: ()}), "cause_not_found", queue.arn)


@fault
def unmanaged_without_instances(world: Snapshot, chance: random.Random) -> Faulty | None:
    found = a_stuck_queue(world, chance, SMALL)
    if found is None:
        return None
    world, _, environment = found
    bare = replace(
        environment,
        managed=False,
        unmanaged=True,
        kind="",
        instance_types=(),
        subnets=(),
        security_groups=(),
        max_vcpus=0,
    )
    empty = {environment.ecs_cluster or "": Cluster(status="ACTIVE", registered_instances=0)}
    world = with_answer(with_environment(world, bare), "capacity", "clusters", **empty)
    return Faulty(world, "unmanaged_without_instances", bare.arn)


@fault
def idle_instances_do_not_fit(world: Snapshot, chance: random.Random) -> Faulty | None:
    """minvCpus keeps an instance too small for the head, and nothing is left for the type that could take it."""
    found = a_stuck_queue(world, chance, Requirements(vcpus=2, memory=100_000))
    if found is None:
        return None
    world, _, environment = found
    small, large = (
        InstanceType(name="s.xlarge", vcpus=4, memory=8_192),
        InstanceType(name="l.4xlarge", vcpus=16, memory=131_072),
    )
    types = {each.name: (each,) for each in (small, large)}
    idle = ContainerInstance(
        instance_type="s.xlarge", registered_memory=7_900, remaining_memory=7_900, remaining_vcpus=4
    )
    world = with_answer(world, "capacity", "instance_types", **types)
    world = with_answer(world, "capacity", "container_instances", **{environment.ecs_cluster or "": (idle,)})
    kept = replace(environment, instance_types=tuple(types), min_vcpus=4, desired_vcpus=4, max_vcpus=16)
    return Faulty(with_environment(world, kept), "idle_instances_do_not_fit", kept.arn)


from tests.properties import faults_joining, faults_launching  # noqa: E402, F401  (they add theirs to what is above)

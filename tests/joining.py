"""A world in which the one environment's instances run and do not join; a test changes only what it is about."""

from dataclasses import replace

from batchmedic.model.answers import Answers
from batchmedic.model.capacity import ContainerInstance
from batchmedic.model.identity import Identity, InstanceProfile
from batchmedic.model.joining import GAVE_UP
from batchmedic.model.recorded import Recorded
from batchmedic.model.snapshot import Snapshot
from tests.factories import (
    ENVIRONMENT,
    a_capacity,
    a_compute_environment,
    a_job_queue,
    a_late_job,
    a_launching,
    a_routing,
    a_snapshot,
    an_instance,
)

ROLE = "arn:aws:iam::111122223333:role/batch"
PROFILE = "arn:aws:iam::111122223333:instance-profile/batch"
GIVEN_UP = {
    "status": "INVALID",
    "status_reason": f"Your compute environment has been INVALIDATED and scaled down because {GAVE_UP} the underlying "
    "ECS Cluster.",
}
LATE = "1 running instance of align-ec2 has not joined its ECS cluster after more than 10 minutes: "
GONE = "AWS Batch gave align-ec2 up as INVALID, since none of its instances joined its ECS cluster: "


def a_registered(**changes) -> ContainerInstance:
    """An empty instance that joined."""
    one = ContainerInstance(
        instance_type="c7g.4xlarge",
        registered_memory=31_700,
        remaining_memory=31_700,
        remaining_vcpus=16,
        instance_id="i-0b1",
    )
    return replace(one, **changes)


def with_registered(*instances: ContainerInstance):
    cluster = a_compute_environment().ecs_cluster or ""
    answers = Answers(call="ecs:DescribeContainerInstances", found={cluster: instances})
    return replace(a_capacity(), container_instances=answers)


def an_identity(*denied: str, profile: InstanceProfile | None = None) -> Identity:
    found = profile or InstanceProfile(arn=PROFILE, roles=(ROLE,))
    return Identity(
        roles=Answers(call="iam:GetRole"),
        instance_profiles=Answers(call="iam:GetInstanceProfile", found={"batch": found}),
        join_denied=Answers(call="iam:SimulatePrincipalPolicy", found={ROLE: denied}),
    )


def a_world(*instances, registered=(), recorded=(), queue=None, environment=None, **changes) -> Snapshot:
    """One instance ran for thirty minutes and did not join, unless others are given; a job has waited as long."""
    world = a_snapshot(
        job_queues=(queue or a_job_queue(a_late_job()),),
        compute_environments=(a_compute_environment(**{"instance_role": PROFILE, **(environment or {})}),),
        capacity=with_registered(*registered),
        launching=a_launching(*(instances or (an_instance(),))),
        recorded=Recorded(never_registered={ENVIRONMENT: recorded} if recorded else {}),
        identity=an_identity(),
        routing=a_routing(),
    )
    return replace(world, **changes)


def asked(check, world: Snapshot):
    return list(check(world.compute_environments[0], world))

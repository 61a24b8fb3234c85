"""Records the cases anew from the simulated account, by `make cases`. Read what changed before keeping it."""

import json
from collections.abc import Callable
from typing import Any

from tests.cases import stories_environments, stories_jobs, stories_joining, stories_launching
from tests.cases.replay import HERE, findings, sweep
from tests.cases.world import World
from tests.factories import ACCOUNT, REGION


def security_group_in_other_vpc(world: World) -> None:
    """The environment's security group was exchanged for one of another VPC; jobs wait."""
    world.queue()
    elsewhere = world.owner.place("elsewhere", cidr="10.9.0.0/16")
    world.owner.use_security_group("align-ec2", elsewhere.security_group)
    world.minutes(12)
    world.submit(jobs=3)
    world.minutes(11)


def security_group_associated_with_the_vpc(world: World) -> None:
    """The security group is of another VPC, and associated with the one of the subnets: legal since 2024."""
    elsewhere = world.owner.place("elsewhere", cidr="10.9.0.0/16")
    world.owner.ec2.associate_security_group_vpc(GroupId=elsewhere.security_group, VpcId=world.home.vpc)
    world.minutes(1)
    world.queue(security_group=elsewhere.security_group)
    world.submit()
    world.minutes(1)


def job_exceeds_memory(world: World) -> None:
    """A job asks for all the memory that EC2 lists for its type; a registered instance shows that less is there."""
    world.queue()
    world.submit(seconds=4 * 3600)
    world.minutes(6)
    world.submit(vcpus=4, memory=32_768)
    world.minutes(12)


def job_exceeds_memory_by_estimate(world: World) -> None:
    """The same with no instance to measure: told as probable, once AWS Batch blames the size."""
    world.queue()
    world.submit(vcpus=4, memory=32_768)
    world.minutes(12)


def job_exceeds_max_vcpus(world: World) -> None:
    """A job asks for more vCPUs than both environments of its queue may reach."""
    world.queue("align-ec2", "align-spare", max_vcpus=32, instance_types=["c7g.large", "c7g.16xlarge"])
    world.submit(vcpus=48)
    world.minutes(1)


def compute_environments_disabled(world: World) -> None:
    """The only environment was switched off, and then jobs came."""
    world.queue()
    world.owner.batch.update_compute_environment(computeEnvironment="align-ec2", state="DISABLED")
    world.minutes(5)
    world.submit()
    world.minutes(5)


def compute_environments_disabled_on_purpose(world: World) -> None:
    """The only environment was switched off, and nothing waits."""
    world.queue()
    world.owner.batch.update_compute_environment(computeEnvironment="align-ec2", state="DISABLED")
    world.minutes(30)


def compute_environment_invalid(world: World) -> None:
    """An update took all security groups away: AWS Batch says so in words that no diagnosis looks for."""
    world.queue()
    world.owner.update("align-ec2", securityGroupIds=[])
    world.submit()
    world.minutes(20)


def healthy_starting_up(world: World) -> None:
    """A job waits while its instance starts, within the normal time."""
    world.queue()
    world.submit()
    world.minutes(2)


def healthy_waiting_behind_others(world: World) -> None:
    """Thirty jobs; the environment is as large as it may be, and jobs finish."""
    world.queue(max_vcpus=32)
    world.submit(vcpus=8, memory=8_192, jobs=30, seconds=900)
    world.minutes(55)


def healthy_other_environment_takes_the_jobs(world: World) -> None:
    """The first environment of the queue is too small for the job, the second one is not."""
    small = world.owner.compute_environment(
        "align-small", subnet=world.home.subnet, security_group=world.home.security_group, max_vcpus=16
    )
    large = world.owner.compute_environment(
        "align-large",
        subnet=world.home.subnet,
        security_group=world.home.security_group,
        instance_types=["c7g.16xlarge"],
    )
    world.minutes(2)
    world.owner.job_queue("align", small, large)
    world.minutes(1)
    world.submit(vcpus=48, memory=65_536)
    world.minutes(2)


def healthy_updating(world: World) -> None:
    """The environment is being updated, within its documented time, and a job waits for that."""
    world.queue()
    world.owner.batch.update_compute_environment(
        computeEnvironment="align-ec2", computeResources={"instanceTypes": ["c7g.8xlarge"]}
    )
    world.submit()
    world.minutes(6)


def healthy_waiting_for_another_job(world: World) -> None:
    """A job depends on one that runs: it is PENDING, not RUNNABLE."""
    world.queue()
    (first,) = world.owner.submit("align", vcpus=2, memory=2_048, seconds=7_200)
    definition = world.owner.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"][0]["jobDefinitionArn"]
    world.owner.batch.submit_job(
        jobName="after", jobQueue="align", jobDefinition=definition, dependsOn=[{"jobId": first}]
    )
    world.minutes(60)


def healthy_array_at_work(world: World) -> None:
    """An array of 300 children works itself off; its parent is PENDING all the while."""
    world.queue(max_vcpus=64)
    world.submit(seconds=300)
    definition = world.owner.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"][0]["jobDefinitionArn"]
    world.owner.batch.submit_job(
        jobName="array", jobQueue="align", jobDefinition=definition, arrayProperties={"size": 300}
    )
    world.minutes(32)


def healthy_idle(world: World) -> None:
    """Nothing to do."""
    world.queue()
    world.minutes(60)


STORIES: tuple[Callable[[World], None], ...] = (
    security_group_in_other_vpc,
    security_group_associated_with_the_vpc,
    job_exceeds_memory,
    job_exceeds_memory_by_estimate,
    job_exceeds_max_vcpus,
    compute_environments_disabled,
    compute_environments_disabled_on_purpose,
    compute_environment_invalid,
    healthy_starting_up,
    healthy_waiting_behind_others,
    healthy_other_environment_takes_the_jobs,
    healthy_updating,
    healthy_waiting_for_another_job,
    healthy_array_at_work,
    healthy_idle,
    *stories_environments.STORIES,
    *stories_jobs.STORIES,
    *stories_launching.STORIES,
    *stories_joining.STORIES,
)


def record(story: Callable[[World], None]) -> dict[str, Any]:
    world = World()
    story(world)
    world.recorded.clear()
    case: dict[str, Any] = {"account": ACCOUNT, "region": REGION, "at": world.clock.now().isoformat()}
    if world.seen_since:
        case["seen_since"] = {arn: since.isoformat() for arn, since in world.seen_since.items()}
    if world.jobless_since:
        case["jobless_since"] = {arn: since.isoformat() for arn, since in world.jobless_since.items()}
        case["scaling_mode"] = world.scaling_mode
    examination = sweep(case, world.client).examination
    return {
        "says": story.__doc__,
        **case,
        "findings": findings(examination),
        "not_checked": [gap.diagnosis for gap in examination.gaps],
        "blind_spots": [one.diagnosis for one in examination.blind_spots],
        "calls": json.loads(json.dumps(world.recorded, default=str)),
    }


def main() -> None:
    for story in STORIES:
        case = record(story)
        (HERE / f"{story.__name__}.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n")
        found = [f"{one['diagnosis']} ({one['severity']}, {one['confidence']})" for one in case["findings"]]
        print(f"{story.__name__}: {', '.join(found) or 'silence'}")


if __name__ == "__main__":
    main()

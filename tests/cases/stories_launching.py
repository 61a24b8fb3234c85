"""Accounts in which EC2 launches no instances, by cause, and those in which a refused launch does no harm."""

from typing import Any

from local.owner import one_container
from tests.cases.world import World
from tests.factories import ACCOUNT, REGION

GIB = 1_024
STANDARD, STANDARD_SPOT, GPU, FARGATE = "L-1216C47A", "L-34B43A08", "L-DB2E81BA", "L-3032A538"
KEY = f"arn:aws:kms:{REGION}:444455556666:key/12ee9c11-3476-492c-b5cc-ed4a4d636337"
EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole"
SPOT = {"type": "SPOT", "allocationStrategy": "SPOT_CAPACITY_OPTIMIZED"}
FREE_ADDRESSES = 251  # of a /24: AWS keeps five


def _home(world: World) -> dict[str, Any]:
    return {"subnet": world.home.subnet, "security_group": world.home.security_group}


def _jobs_wait(world: World, **job: Any) -> None:
    world.submit(jobs=3, **job)
    world.minutes(45)


def _second_subnet(world: World) -> str:
    """In another Availability Zone, with the same way out."""
    made = world.owner.ec2.create_subnet(VpcId=world.home.vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=f"{REGION}b")
    subnet: str = made["Subnet"]["SubnetId"]
    world.owner.ec2.associate_route_table(RouteTableId=world.home.route_table, SubnetId=subnet)
    return subnet


def vcpu_quota_reached(world: World) -> None:
    """The long job of another environment has one of the two instances that the quota allows, and an instance of
    twice the size is needed here."""
    world.queue(instance_types=["c7g.8xlarge"])
    other = world.owner.compute_environment("other-ec2", **_home(world))
    world.minutes(2)
    world.owner.job_queue("other", other)
    world.minutes(4)
    world.account.quotas[STANDARD] = 32
    world.owner.submit("other", vcpus=16, memory=16 * GIB, seconds=36_000)
    world.minutes(5)
    _jobs_wait(world)


def vcpu_quota_reached_below_one_instance(world: World) -> None:
    """The quota for GPU instances is 0, as in many a new account."""
    world.account.quotas[GPU] = 0
    world.queue(instance_types=["g5.xlarge"])
    world.owner.submit_as("align", "sample-gpu", containerProperties=one_container(2, 8 * GIB, gpus=1))
    world.minutes(45)


def vcpu_quota_reached_on_spot(world: World) -> None:
    """The text for Spot Instances names no limit; Service Quotas does."""
    world.account.quotas[STANDARD_SPOT] = 8
    world.queue(resources=SPOT)
    _jobs_wait(world)


def vcpu_quota_reached_on_fargate(world: World) -> None:
    """A job for AWS Fargate asks for more vCPUs than the account may run there at all."""
    world.account.quotas[FARGATE] = 6
    fargate = world.owner.fargate_environment("align-fargate", **_home(world))
    world.minutes(2)
    world.owner.job_queue("align", fargate)
    world.minutes(4)
    container = one_container(8, 16 * GIB, executionRoleArn=EXECUTION_ROLE)
    world.owner.submit_as("align", "sample-8", platformCapabilities=["FARGATE"], containerProperties=container)
    world.minutes(45)


def capacity_insufficient(world: World) -> None:
    """The only instance type is sold out."""
    world.queue()
    world.account.sold_out.add("c7g.4xlarge")
    _jobs_wait(world)


def capacity_insufficient_on_spot(world: World) -> None:
    """The same on Spot, where EC2 names neither type nor zone."""
    world.queue(resources=SPOT, instance_types=["c7g.4xlarge", "m7g.4xlarge"])
    world.account.sold_out.update(("c7g.4xlarge", "m7g.4xlarge"))
    _jobs_wait(world)


def subnet_without_addresses(world: World) -> None:
    """Others have taken every address of the only subnet."""
    world.queue()
    world.account.occupy(world.home.subnet, FREE_ADDRESSES)
    _jobs_wait(world)


def instance_type_not_offered(world: World) -> None:
    """The only instance type is offered in one zone, and the subnet is in another."""
    world.queue(instance_types=["hpc7g.4xlarge"])
    _jobs_wait(world)


def volume_key_unusable(world: World) -> None:
    """The volumes of the launch template are encrypted with a key of another account, and nobody granted its use."""
    volume = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 100, "Encrypted": True, "KmsKeyId": KEY}}
    template = world.owner.launch_template("align", BlockDeviceMappings=[volume])
    world.account.unusable_keys.add(KEY)
    world.queue(resources={"launchTemplate": {"launchTemplateId": template}})
    _jobs_wait(world)


def spot_price_too_low(world: World) -> None:
    """Spot Instances cost 80 % of the On-Demand price, and the environment pays 40 %."""
    world.queue(resources={**SPOT, "bidPercentage": 40})
    world.account.spot_market_percent["c7g.4xlarge"] = 80
    _jobs_wait(world)


def launch_failed(world: World) -> None:
    """The key pair of the instances was deleted."""
    world.queue()
    world.account.launch_error = "The key pair align does not exist. Launching EC2 instance failed."
    _jobs_wait(world)


def launch_failed_of_a_spot_fleet(world: World) -> None:
    """BEST_FIT on Spot: a Spot Fleet, whose role may not do what a launch takes."""
    world.queue(resources=world.spot_fleet())
    world.account.launch_error = "You are not authorized to perform this operation."
    _jobs_wait(world)


def capacity_insufficient_for_a_spot_fleet(world: World) -> None:
    """The only type of a Spot Fleet is sold out, while the fleet of another environment with the same role runs."""
    fleet = world.spot_fleet()
    world.queue(resources=fleet)
    other = world.owner.compute_environment(
        "other-spot", **_home(world), resources={**fleet, "instanceTypes": ["m7g.4xlarge"]}
    )
    world.minutes(2)
    world.owner.job_queue("other", other)
    world.minutes(2)
    world.owner.submit("other", vcpus=16, memory=16 * GIB, seconds=36_000)
    world.account.sold_out.add("c7g.4xlarge")
    _jobs_wait(world)


def vcpu_quota_reached_by_a_spot_fleet(world: World) -> None:
    """A Spot Fleet names neither quota nor limit; Service Quotas does."""
    world.account.quotas[STANDARD_SPOT] = 8
    world.queue(resources=world.spot_fleet())
    _jobs_wait(world)


def spot_price_too_low_of_a_spot_fleet(world: World) -> None:
    """A Spot Fleet says that its price is too low, and no figures."""
    world.queue(resources=world.spot_fleet(bidPercentage=40))
    world.account.spot_market_percent["c7g.4xlarge"] = 80
    _jobs_wait(world)


def healthy_one_zone_fails_another_delivers(world: World) -> None:
    """One of two zones is sold out; the other one delivers, and jobs finish."""
    world.queue(resources={"subnets": [world.home.subnet, _second_subnet(world)]}, max_vcpus=32)
    world.account.sold_out.add(("c7g.4xlarge", f"{REGION}a"))
    world.submit(vcpus=8, memory=8 * GIB, jobs=40, seconds=300)
    world.minutes(45)


def healthy_quota_reached_while_jobs_run(world: World) -> None:
    """Two instances are all that the quota allows; jobs finish on them, and the next ones wait for their turn."""
    world.account.quotas[STANDARD] = 32
    world.queue()
    world.submit(vcpus=8, memory=8 * GIB, jobs=60, seconds=300)
    world.minutes(45)


def healthy_failures_older_than_the_last_success(world: World) -> None:
    """EC2 had no capacity for a while, and has some again: jobs run, and the others wait for their turn."""
    world.queue(max_vcpus=16)
    world.account.sold_out.add("c7g.4xlarge")
    world.submit(vcpus=8, memory=8 * GIB, jobs=12, seconds=300)
    world.minutes(45)
    world.account.sold_out.clear()
    world.minutes(9)


STORIES = (
    vcpu_quota_reached,
    vcpu_quota_reached_below_one_instance,
    vcpu_quota_reached_on_spot,
    vcpu_quota_reached_on_fargate,
    capacity_insufficient,
    capacity_insufficient_on_spot,
    subnet_without_addresses,
    instance_type_not_offered,
    volume_key_unusable,
    spot_price_too_low,
    launch_failed,
    launch_failed_of_a_spot_fleet,
    capacity_insufficient_for_a_spot_fleet,
    vcpu_quota_reached_by_a_spot_fleet,
    spot_price_too_low_of_a_spot_fleet,
    healthy_one_zone_fails_another_delivers,
    healthy_quota_reached_while_jobs_run,
    healthy_failures_older_than_the_last_success,
)

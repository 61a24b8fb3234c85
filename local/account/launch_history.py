"""Notes down what becomes of launches, where the launcher of the environment keeps its history."""

from local.account import auto_scaling_activities, ec2_spot_fleets
from local.account.batch_launching import Refusal
from local.account.batch_machine_images import image_of
from local.account.batch_records import ComputeEnvironment, Instance
from local.account.world import World


def note_launch(world: World, environment: ComputeEnvironment, instance: Instance) -> None:
    if environment.uses_spot_fleet:
        environment.fleet_history.append(ec2_spot_fleets.launched(world, instance))
    else:
        environment.activities.insert(0, auto_scaling_activities.launched(world, environment, instance))


def note_end(world: World, environment: ComputeEnvironment, instance: Instance) -> None:
    if environment.uses_spot_fleet:
        environment.fleet_history.append(ec2_spot_fleets.terminated(world, instance))
    else:
        environment.activities.insert(0, auto_scaling_activities.terminated(world, environment, instance))


def note_refusal(
    world: World,
    environment: ComputeEnvironment,
    refusal: Refusal,
    *,
    instance_type: str,
    subnet_id: str,
    zone: str,
    instance_id: str,
) -> None:
    """Only an Auto Scaling group tells EventBridge of it: what Spot Fleets tell is not simulated."""
    if environment.uses_spot_fleet:
        image = image_of(world, environment, None, instance_type) or "ami-0"
        event = ec2_spot_fleets.refused(world, refusal, instance_type=instance_type, image=image, zone=zone)
        environment.fleet_history.append(event)
    elif environment.auto_scaling_group:
        auto_scaling_activities.note_refusal(
            world, environment, refusal, subnet_id=subnet_id, zone=zone, instance_id=instance_id
        )

"""Give the compute environment a security group of the VPC that its subnets are in."""

from typing import Any

from batchmedic.by_hand import command
from batchmedic.changes import CREATE_GROUP, NEW_GROUP, ApiCall, Change, Plan
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.digest import digest
from batchmedic.model.invalid import update_refused
from batchmedic.model.network import SecurityGroup
from batchmedic.model.replacement import replacement_steps
from batchmedic.model.surroundings import name_of_ours, tags_of_ours
from batchmedic.remedy import Remedy, Survey
from batchmedic.safeguards.network import NETWORK

ID = "move_to_security_group_of_own_vpc"
DEFAULT = "default"  # every VPC has one of this name, and its members reach each other freely
# Running jobs keep the longest time that AWS Batch gives them (Batch API, UpdatePolicy).
GENTLE = {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 360}


def plan(survey: Survey) -> Plan:
    """Stray groups go, others stay; a namesake in the right VPC is taken where it is sound, else a group is made."""
    environment, snapshot = survey.environment, survey.snapshot
    vpcs = snapshot.vpcs_of(environment)
    strays = snapshot.stray_groups(environment)
    if len(vpcs) != 1 or not strays:
        return _nothing(environment, "its subnets are not in one VPC" if strays else "no security group is astray")
    (vpc,) = vpcs
    kept = [each for each in snapshot.group_ids_of(environment) if each not in {stray.id for stray in strays}]
    namesakes = [each for each in survey.surroundings.namesakes.known(_ids(survey)) if each.vpc_id == vpc]
    twins = [_twin(stray, namesakes, survey.stack) for stray in strays]
    found = [twin.id for twin in twins if twin is not None]
    make: list[Change] = []
    because = f"It has the name of the stray group and is in {vpc}."
    if len(found) < len(strays):
        own = name_of_ours(environment.name)
        squatter = next((each for each in namesakes if each.name.lower() == own.lower()), None)
        if squatter is not None and not _is_ours(squatter, survey):
            return _nothing(environment, f"security group {squatter.id} in {vpc} has the name {own} and is not ours")
        because = f"No sound group of that name is in {vpc}, so one is made: nothing comes in, everything goes out."
        found = [squatter.id if squatter else NEW_GROUP]
        make = [] if squatter else [_make(survey, own, vpc)]
    return _plan(survey, because, make, [*kept, *dict.fromkeys(found)])


def _plan(survey: Survey, because: str, make: list[Change], groups: list[str]) -> Plan:
    environment, region = survey.environment, survey.snapshot.region
    refusal = _refusal(survey)
    before = list(survey.snapshot.group_ids_of(environment))
    update = Change(call=_update(environment, groups), undo=_update(environment, before))
    changes = (*make, update)
    by_hand = tuple(command(change.call, region) for change in changes)
    if refusal is None:
        return Plan(
            remedy=ID,
            environment=environment.arn,
            digest=digest(environment),
            because=because,
            changes=changes,
            steps=by_hand,
        )
    anew = replacement_steps(environment, survey.queues, region, groups) if update_refused(environment) else ()
    return _nothing(environment, refusal, (*by_hand[:-1], *anew))


def _nothing(environment: ComputeEnvironment, refusal: str, steps: tuple[str, ...] = ()) -> Plan:
    return Plan(remedy=ID, environment=environment.arn, digest=digest(environment), refusal=refusal, steps=steps)


def _refusal(survey: Survey) -> str | None:
    """What AWS Batch does not take, or does not document."""
    environment = survey.environment
    if update_refused(environment):
        return update_refused(environment).strip().rstrip(".")
    if environment.security_groups:
        return None
    if any(version.network_interface_groups for version in survey.snapshot.templates_of(environment)):
        return "the groups stand in a network interface of the launch template; how AWS Batch merges them is unknown"
    return None


def _ids(survey: Survey) -> tuple[str, ...]:
    return tuple(survey.surroundings.namesakes.found)


def _twin(stray: SecurityGroup, namesakes: list[SecurityGroup], stack: str) -> SecurityGroup | None:
    """Exactly one: EC2 keeps names unique in a VPC (EC2 API, CreateSecurityGroup)."""
    for each in namesakes:
        sound = each.lets_https_out and not each.open_to_the_world and each.name.lower() != DEFAULT
        if each.name == stray.name and sound and each.tags.get("batchmedic:stack", stack) == stack:
            return each
    return None


def _is_ours(group: SecurityGroup, survey: Survey) -> bool:
    ours = tags_of_ours(survey.stack, survey.environment.name)
    return all(group.tags.get(key) == value for key, value in ours.items())


def _make(survey: Survey, name: str, vpc: str) -> Change:
    tags = tags_of_ours(survey.stack, survey.environment.name)
    return Change(
        call=ApiCall(
            call=CREATE_GROUP,
            parameters={
                "GroupName": name,
                "Description": f"For AWS Batch compute environment {survey.environment.name}: made by batchmedic",
                "VpcId": vpc,
                "TagSpecifications": [
                    {
                        "ResourceType": "security-group",
                        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                    }
                ],
            },
        ),
        undo=ApiCall(call="ec2:DeleteSecurityGroup", parameters={"GroupId": NEW_GROUP}),
    )


def _update(environment: ComputeEnvironment, groups: list[str]) -> ApiCall:
    parameters: dict[str, Any] = {
        "computeEnvironment": environment.arn,
        "computeResources": {"securityGroupIds": groups},
    }
    if not environment.fargate:  # Fargate refuses an updatePolicy
        parameters["updatePolicy"] = GENTLE
    return ApiCall(call="batch:UpdateComputeEnvironment", parameters=parameters)


REMEDY = Remedy(
    id=ID,
    mends="security_group_in_other_vpc",
    permissions=(
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:DeleteSecurityGroup",
        "batch:UpdateComputeEnvironment",
    ),
    plan=plan,
    safeguards=NETWORK,
)

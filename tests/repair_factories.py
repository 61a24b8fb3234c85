"""One environment that would be repaired at once; a test changes only what it is about."""

from dataclasses import replace
from typing import Any

from batchmedic.changes import Plan, RemedyStatus, Repair
from batchmedic.diagnoses.security_group_in_other_vpc import check
from batchmedic.incidents import Incident, Row
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.digest import digest
from batchmedic.model.network import LaunchTemplateVersion, Network, SecurityGroup
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.surroundings import Surroundings
from batchmedic.remedies.move_to_security_group_of_own_vpc import REMEDY
from batchmedic.remedy import Case, Survey
from tests.factories import (
    ENVIRONMENT,
    NOW,
    OTHER_VPC,
    OWN_VPC,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_network,
    a_snapshot,
    an_incident,
)

STACK = "batchmedic"
STRAY = "sg-0a1"
MADE = "sg-0new"  # the group that a fake account makes
SERVICE_LINKED = "arn:aws:iam::111122223333:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


def a_sick_environment(**changes: Any) -> ComputeEnvironment:
    return a_compute_environment(**{"status": "INVALID", "service_role": SERVICE_LINKED, **changes})


def a_sick_snapshot(environment: ComputeEnvironment | None = None, **changes: Any) -> Snapshot:
    """INVALID with its one group in another VPC; a job waits; a healthy neighbour is where the subnets are."""
    one = environment or a_sick_environment()
    neighbour = a_compute_environment("neighbour", security_groups=("sg-0c3",))
    network = a_network(groups={STRAY: OTHER_VPC, "sg-0c3": OWN_VPC})
    usual = {"compute_environments": (one, neighbour), "network": network, "job_queues": (a_job_queue(a_job()),)}
    return a_snapshot(**{**usual, **changes})


def surroundings(**found: dict[str, Any]) -> Surroundings:
    """Everything read; `found` gives what is there, by the name of the answers."""
    calls = {name: getattr(Surroundings(), name).call for name in Surroundings.__slots__}
    return Surroundings(**{name: Answers(call=call, found=found.get(name, {})) for name, call in calls.items()})


def a_survey(snapshot: Snapshot | None = None, around: Surroundings | None = None) -> Survey:
    seen = snapshot or a_sick_snapshot()
    environment = seen.compute_environment(ENVIRONMENT)
    assert environment is not None
    return Survey(environment=environment, snapshot=seen, surroundings=around or surroundings(), stack=STACK)


def a_mismatch(environment: ComputeEnvironment | None = None, **changes: Any) -> Incident:
    """The incident of this environment, as `diagnose` saw it."""
    row = Row(subject=ENVIRONMENT, message="m", facts={"digest": digest(environment or a_sick_environment())})
    usual = {"diagnosis": REMEDY.mends, "subject": ENVIRONMENT, "evidence": (row,)}
    return an_incident(**{**usual, **changes})


def a_case(survey: Survey | None = None, **changes: Any) -> Case:
    """As `diagnose` saw it a moment ago, in the mode `apply`."""
    seen = survey or a_survey()
    case = Case(
        incident=a_mismatch(seen.environment),
        evidence=tuple(check(seen.environment, seen.snapshot)),
        survey=seen,
        plan=a_plan(seen),
        mode="apply",
        now=NOW,
    )
    return replace(case, **changes)


def a_plan(survey: Survey) -> Plan:
    return REMEDY.plan(survey)


def a_group(group_id: str, *, name: str = f"name-of-{STRAY}", vpc: str = OWN_VPC, **changes: Any) -> SecurityGroup:
    return SecurityGroup(id=group_id, name=name, vpc_id=vpc, **changes)


def a_network_of(*groups: SecurityGroup, template: LaunchTemplateVersion | None = None) -> Network:
    network = a_network(groups={}, templates={"lt-0a1@$Default": template} if template else None)
    found = {group.id: group for group in groups}
    return replace(network, security_groups=replace(network.security_groups, found=found))


def a_repair(status: RemedyStatus = RemedyStatus.APPLYING, **changes: Any) -> Repair:
    """As it is right after the intent was written: nothing is changed yet."""
    repair = Repair(
        remedy=REMEDY.id,
        status=status,
        plan=a_plan(a_survey()),
        waiting_jobs=(a_job().arn,),
        began_at=NOW,
        due_at=NOW,
    )
    return replace(repair, **changes)


def an_applied_repair(status: RemedyStatus = RemedyStatus.VERIFYING, **changes: Any) -> Repair:
    """Its group is made and the environment names it."""
    after = digest(replace(a_sick_environment(), security_groups=(MADE,)))
    usual = {"group": MADE, "applied_at": NOW, "digest_after": after, "version": 1, "commands": ("undo",)}
    return a_repair(status, **{**usual, **changes})

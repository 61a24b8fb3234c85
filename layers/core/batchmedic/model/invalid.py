"""What every search for the cause of an INVALID compute environment needs: its reason taken apart, and how to go on."""

import re
from dataclasses import dataclass

from batchmedic.errors import NotReadError
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.snapshot import Snapshot

# what a cause accounts for: AWS's own text, a change that never ends, the guess that all is repaired, and instances
# that do not join although nothing shows why
SYMPTOMS = (
    "compute_environment_invalid",
    "compute_environment_stuck",
    "repair_not_picked_up",
    "instances_never_joined",
)

SERVICE_LINKED_ROLE = "/aws-service-role/batch.amazonaws.com/"

# Batch user guide, "Troubleshooting AWS Batch", INVALID compute environment
DENIED = re.compile(
    r"User: (?P<principal>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource:? (?P<resource>\S+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """An action that AWS Batch was denied when it last tried."""

    principal: str
    action: str
    resource: str

    @property
    def role(self) -> str:
        """The name of the role behind the principal: …:assumed-role/NAME/session or …:role/path/NAME."""
        kind, *names = self.principal.rpartition(":")[2].split("/")
        if not names:
            return ""
        return names[0] if kind == "assumed-role" else names[-1]


def denied(reason: str) -> Denied | None:
    found = DENIED.search(reason)
    if found is None:
        return None
    resource = (found["resource"] or "").rstrip(".,;") or "*"
    return Denied(principal=found["principal"], action=found["action"], resource=resource)


def require_read(call: str, environment: ComputeEnvironment, snapshot: Snapshot) -> None:
    """Roles, images and clusters are read only where the network does not show the fault: elsewhere, an answer that
    is missing says nothing."""
    if snapshot.network_explains(environment):
        raise NotReadError(call, NOT_ASKED)


def ec2_arn(environment: ComputeEnvironment, kind: str, name: str) -> str:
    """The ARN of a resource of Amazon EC2 beside the environment, in its account and Region."""
    _, partition, _, region, account, *_ = environment.arn.split(":")
    return f"arn:{partition}:ec2:{region}:{account}:{kind}/{name}"


def look_again(environment: ComputeEnvironment, region: str) -> str:
    """An update that changes nothing and replaces no instance (Batch user guide, "Perform scaling updates"); that
    AWS Batch validates again after it is inferred."""
    command = f"aws batch update-compute-environment --region {region} --compute-environment {environment.name}"
    if environment.max_vcpus:
        return f"{command} --compute-resources maxvCpus={environment.max_vcpus}"
    return f"{command} --state {environment.state}"


def update_refused(environment: ComputeEnvironment) -> str:
    """A warning, with a space before it, where AWS Batch takes no update that would replace instances (Batch user
    guide, "Perform infrastructure updates")."""
    if not environment.launches_instances:
        return ""
    new = "make a new compute environment instead and give it to the job queue."
    if environment.best_fit:
        return f" AWS Batch refuses this update for the allocation strategy BEST_FIT of {environment.name}: {new}"
    if environment.service_role and SERVICE_LINKED_ROLE not in environment.service_role:
        return f" AWS Batch refuses this update for {environment.name}, which has a service role of its own: {new}"
    return ""

"""The service role of the compute environment keeps AWS Batch from saying why a job waits."""

import json
from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import name_of
from batchmedic.model.invalid import SERVICE_LINKED_ROLE
from batchmedic.model.snapshot import Snapshot


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """The service-linked role has the permissions since December 2023; of a role of one's own IAM says what it may."""
    role = environment.service_role or ""
    if environment.status != "VALID" or not role.startswith("arn:") or SERVICE_LINKED_ROLE in role:
        return
    denied = snapshot.identity.denied.get(role)
    if not denied:
        return
    actions = " and ".join(denied)
    allow = {"Effect": "Allow", "Action": list(denied), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]}, separators=(",", ":"))
    yield Evidence(
        subject=role,
        message=f"The service role {role} of compute environment {environment.name} may not do {actions}, so AWS Batch "
        "neither says why a job is stuck there nor sends an event when its queue is blocked.",
        facts={"role": role, "denied": list(denied)},
        recommendation=f"Allow {actions} on all resources to the role {name_of(role)}.",
        steps=(
            f"aws iam put-role-policy --region {snapshot.region} --role-name {name_of(role)} "
            f"--policy-name SayWhyJobsWait --policy-document '{policy}'",
        ),
    )


DIAGNOSIS = Diagnosis(
    id="service_role_hides_reasons",
    title="Service role keeps AWS Batch from saying why jobs wait",
    severity=Severity.INFO,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_environment=check,
    blind_spot=True,
    reads=("iam:SimulatePrincipalPolicy",),
)

"""The one place where AWS Batch and EC2 are changed, and the list of what may be sent there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from batchmedic.aws.answering import NO_ANSWER, code_of, may_pass
from batchmedic.changes import NEW_GROUP, ApiCall
from batchmedic.errors import ChangeError, ForbiddenChangeError

UPDATE, FLOOR_TAG = "batch:UpdateComputeEnvironment", "batchmedic:floor"
TEXT_LIMIT = 1_000  # characters of what AWS says of its refusal
BEING_MODIFIED = "being modified"  # AWS Batch's answer while it is UPDATING; seen in the wild, not documented

Allowed = Mapping[str, Mapping[str, Any]]

# by call, every member that a request may have; a mapping says the same of what is inside
REPAIRS: Allowed = {
    "batch:UpdateComputeEnvironment": {
        "computeEnvironment": str,
        "computeResources": {"securityGroupIds": list, "maxvCpus": int},
        "updatePolicy": {"terminateJobsOnUpdate": bool, "jobExecutionTimeoutMinutes": int},
    },
    "ec2:CreateSecurityGroup": {"GroupName": str, "Description": str, "VpcId": str, "TagSpecifications": list},
    "ec2:DeleteSecurityGroup": {"GroupId": str},
}
FLOORS: Allowed = {
    "batch:UpdateComputeEnvironment": {"computeEnvironment": str, "computeResources": {"minvCpus": int}},
    "batch:TagResource": {"resourceArn": str, "tags": {"batchmedic:floor": str}},
    "batch:UntagResource": {"resourceArn": str, "tagKeys": list},
}
OPERATIONS = {
    "batch:TagResource": "tag_resource",
    "batch:UntagResource": "untag_resource",
    "batch:UpdateComputeEnvironment": "update_compute_environment",
    "ec2:CreateSecurityGroup": "create_security_group",
    "ec2:DeleteSecurityGroup": "delete_security_group",
}


@dataclass(frozen=True, slots=True)
class AwsChanger:
    """The clients try once: whether a change is repeated is decided above, after another look."""

    client: Callable[[str], Any]
    allowed: Allowed = field(default_factory=lambda: REPAIRS)

    def apply(self, call: ApiCall) -> str:
        check(call, self.allowed)
        service = call.call.partition(":")[0]
        try:
            answer = getattr(self.client(service), OPERATIONS[call.call])(**call.parameters)
        except ClientError as error:
            raise _change_error(call, error) from error
        except NO_ANSWER as error:  # no answer: it may have been done
            raise ChangeError(call.call, type(error).__name__, code="", retryable=True) from error
        return str(answer.get("GroupId") or "")


def check(call: ApiCall, allowed: Allowed = REPAIRS) -> None:
    """ForbiddenChangeError for whatever is not on the list, for an empty list of groups, and for ending jobs."""
    if call.call not in allowed:
        raise ForbiddenChangeError(f"{call.call} is never called by batchmedic")
    _members(call.call, call.parameters, allowed[call.call])
    resources = call.parameters.get("computeResources", {})
    groups = resources.get("securityGroupIds")
    if groups is not None and (not groups or NEW_GROUP in groups):
        raise ForbiddenChangeError("an empty list of security groups removes them all; an unbound one names none")
    if call.parameters.get("tagKeys", [FLOOR_TAG]) != [FLOOR_TAG]:
        raise ForbiddenChangeError("no tag but ours is taken away")
    if call.call == UPDATE and len(resources) != 1:
        raise ForbiddenChangeError("an update changes exactly one thing")
    if call.parameters.get("updatePolicy", {}).get("terminateJobsOnUpdate"):
        raise ForbiddenChangeError("jobs are not ended by a repair")


def _members(path: str, values: Mapping[str, Any], allowed: Mapping[str, Any]) -> None:
    for name, value in values.items():
        kind = allowed.get(name)
        if isinstance(kind, Mapping) and isinstance(value, Mapping):
            _members(f"{path} {name}", value, kind)
        elif not isinstance(kind, type) or not isinstance(value, kind):
            raise ForbiddenChangeError(f"{path} never has the member {name} with a {type(value).__name__}")


def _change_error(call: ApiCall, error: ClientError) -> ChangeError:
    """AWS Batch answers ClientException to whatever it does not take: it says why only in its text."""
    code, details = code_of(error), error.response.get("Error", {})
    said = " ".join(str(details.get("Message", "")).split())[:TEXT_LIMIT]
    retryable = may_pass(error) or BEING_MODIFIED in said
    return ChangeError(call.call, f"{code}: {said}" if said else code, code=code, retryable=retryable)

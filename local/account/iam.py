"""IAM as far as AWS Batch depends on it: whether roles and instance profiles exist, whom they trust, what they may."""

import hashlib
import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from local.account.errors import AwsError
from local.account.world import Role, World

Request = dict[str, Any]

NAME = re.compile(r"[\w+=,.@-]+")  # IAM API reference, GetRole and GetInstanceProfile
SEES_WHY = ("autoscaling:DescribeScalingActivities", "ec2:DescribeSpotFleetRequestHistory")


def allows(role: Role, action: str) -> bool:
    """The two actions that Batch needs to say why a queue is blocked have a switch of their own."""
    if action in SEES_WHY and not role.sees_scaling_activities:
        return False
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in role.actions)


class Iam:
    def __init__(self, world: World) -> None:
        self._world = world

    def get_role(self, request: Request) -> Request:
        arn = self._find(self._world.roles, "RoleName", request["RoleName"], "The role with name")
        return {"Role": self._role(arn, self._world.roles[arn])}

    def get_instance_profile(self, request: Request) -> Request:
        """It holds one role at most (IAM User Guide, use roles for EC2); a role that was deleted is not in it."""
        name = request["InstanceProfileName"]
        arn = self._find(self._world.instance_profiles, "InstanceProfileName", name, "Instance Profile")
        held = self._world.profile_roles.get(arn)
        role = self._world.roles.get(held) if held else None
        return {
            "InstanceProfile": {
                **_identity(arn, "InstanceProfile", "AIPA"),
                "CreateDate": self._world.began,
                "Roles": [self._role(held, role)] if held and role else [],
            }
        }

    def simulate_principal_policy(self, request: Request) -> Request:
        """Of roles only, and on all resources: this account's roles know no others."""
        role = self._world.roles.get(request["PolicySourceArn"])
        if role is None:
            raise _missing(f"The role with name {request['PolicySourceArn'].rpartition('/')[2]} cannot be found.")
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": "*",
                "EvalDecision": "allowed" if allows(role, action) else "implicitDeny",
                "MatchedStatements": [],
                "MissingContextValues": [],
            }
            for action in request["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _find(self, arns: Iterable[str], member: str, name: str, noun: str) -> str:
        """Names are unique whatever the path (IAM User Guide, reference_iam-quotas); ARNs are no names."""
        if not NAME.fullmatch(name):
            text = "The specified value for {} is invalid. It must contain only alphanumeric characters and/or +=,.@_-"
            raise AwsError("ValidationError", text.format(member[:1].lower() + member[1:]))
        for arn in arns:
            if arn.rpartition("/")[2] == name:
                return arn
        raise _missing(f"{noun} {name} cannot be found.")

    def _role(self, arn: str, role: Role) -> Request:
        statements = [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
            for service in sorted(role.trusts)
        ]
        document = {"Version": "2012-10-17", "Statement": statements}
        return {
            **_identity(arn, "Role", "AROA"),
            "CreateDate": self._world.began,
            "AssumeRolePolicyDocument": quote(json.dumps(document)),  # URL-encoded: IAM API reference, Role
            "MaxSessionDuration": 3600,
        }


def _identity(arn: str, noun: str, prefix: str) -> Request:
    path, _, name = arn.partition("/")[2].rpartition("/")
    digest = hashlib.sha256(arn.encode()).hexdigest()[:17].upper()
    return {"Path": f"/{path}/" if path else "/", f"{noun}Name": name, f"{noun}Id": prefix + digest, "Arn": arn}


def _missing(text: str) -> AwsError:
    return AwsError("NoSuchEntity", text, 404)

"""The commands that make a role again, or let a service assume it."""

import json

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import Role, name_of


def path_option(arn: str) -> str:
    """The path that the ARN of a role or an instance profile names, so that the new one gets the same ARN."""
    middle = arn.rpartition(":")[2].partition("/")[2].rpartition("/")[0]
    return f"--path /{middle}/ " if arn.startswith("arn:") and middle else ""


def make_again(role: str, service: str, policy: str, environment: ComputeEnvironment, region: str) -> tuple[str, str]:
    """With the trust of this service, and the managed policy that AWS has for the purpose."""
    return (
        f"aws iam create-role --region {region} {path_option(role)}--role-name {name_of(role)} "
        f"--assume-role-policy-document '{_trust(service)}'",
        attach(role, policy, environment, region),
    )


def attach(role: str, policy: str, environment: ComputeEnvironment, region: str) -> str:
    partition = environment.arn.split(":")[1]
    return (
        f"aws iam attach-role-policy --region {region} --role-name {name_of(role)} "
        f"--policy-arn arn:{partition}:iam::aws:policy/service-role/{policy}"
    )


def let_in(role: str, service: str, region: str) -> str:
    name = name_of(role)
    return (
        f"aws iam update-assume-role-policy --region {region} --role-name {name} --policy-document '{_trust(service)}'"
    )


def trusted_by(role: Role) -> str:
    return ", ".join(sorted(role.trusts)) or "no service"


def _trust(service: str) -> str:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]}, separators=(",", ":"))

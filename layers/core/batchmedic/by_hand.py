"""Planned calls as commands that a person can paste."""

import json
from collections.abc import Mapping
from shlex import quote
from typing import Any

from batchmedic.changes import NEW_GROUP, ApiCall


def command(call: ApiCall, region: str) -> str:
    """The id of a group that is made is kept in a variable of the shell, for the commands after it."""
    wanted = call.parameters
    match call.call:
        case "ec2:CreateSecurityGroup":
            tags = ",".join(
                f"{{Key={tag['Key']},Value={tag['Value']}}}" for tag in wanted["TagSpecifications"][0]["Tags"]
            )
            return (
                f"{NEW_GROUP}=$(aws ec2 create-security-group --region {region} --vpc-id {wanted['VpcId']} "
                f"--group-name {wanted['GroupName']} --description {quote(wanted['Description'])} --tag-specifications "
                f"'ResourceType=security-group,Tags=[{tags}]' --query GroupId --output text)"
            )
        case "batch:UpdateComputeEnvironment":
            name = wanted["computeEnvironment"].rpartition("/")[2]
            policy = wanted.get("updatePolicy")
            return (
                f"aws batch update-compute-environment --region {region} --compute-environment {name} "
                f"--compute-resources {_members(wanted['computeResources'])}"
                + (f" --update-policy {_members(policy)}" if policy else "")
            )
        case _:
            service, _, operation = call.call.partition(":")
            return f"aws {service} {_dashed(operation)} --region {region} --cli-input-json {quote(json.dumps(wanted))}"


def invoke(function: str, region: str, command: Mapping[str, str]) -> str:
    """A direct invocation of one of our functions (AWS CLI, lambda invoke); the answer is printed at its end."""
    return (
        f"aws lambda invoke --region {region} --function-name {function} --cli-binary-format raw-in-base64-out "
        f"--payload {quote(json.dumps(command))} /tmp/batchmedic.json && cat /tmp/batchmedic.json"
    )


def _members(values: Mapping[str, Any]) -> str:
    """The CLI's shorthand syntax."""
    return ",".join(f"{name}={_shorthand(value)}" for name, value in values.items())


def _shorthand(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(f"${NEW_GROUP}" if each == NEW_GROUP else str(each) for each in value)
    return str(value)


def _dashed(operation: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("-")

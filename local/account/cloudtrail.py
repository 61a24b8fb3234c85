"""What CloudTrail remembers of the account's own changes, and who made them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.utils import parse_to_aware_datetime

from local.account import durations
from local.account.errors import AwsError
from local.account.pages import BadTokenError, page
from local.account.world import World

Request = dict[str, Any]

SOURCES = {"batch": "batch.amazonaws.com", "ec2": "ec2.amazonaws.com", "ecs": "ecs.amazonaws.com"}
MOST = 50  # per page: CloudTrail API reference, LookupEvents
KEPT = timedelta(days=90)  # the same page
EC2_ID = re.compile(r"(acl|ami|i|igw|lt|nat|rtb|sg|subnet|vpc|vpce)-[0-9a-f]{8,17}")
EC2_TYPES = {
    "acl": "AWS::EC2::NetworkAcl",
    "ami": "AWS::EC2::Ami",
    "i": "AWS::EC2::Instance",
    "igw": "AWS::EC2::InternetGateway",
    "lt": "AWS::EC2::LaunchTemplate",
    "nat": "AWS::EC2::NatGateway",
    "rtb": "AWS::EC2::RouteTable",
    "sg": "AWS::EC2::SecurityGroup",
    "subnet": "AWS::EC2::Subnet",
    "vpc": "AWS::EC2::VPC",
    "vpce": "AWS::EC2::VPCEndpoint",
}
MENTIONED_ONLY = ("LaunchTemplateData", "IpPermissions", "RequestLaunchTemplateData")  # names others, changes them not
BATCH_NOUNS = {"ComputeEnvironment": "compute-environment", "JobQueue": "job-queue"}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whose credentials sign the requests, and with what tool."""

    arn: str
    user_agent: str = "aws-cli/2.31.0 md/command#batch"

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Change:
    id: str
    at: datetime
    service: str
    operation: str
    parameters: Mapping[str, Any]
    caller: Caller
    resources: list[dict[str, str]]
    error: AwsError | None


@dataclass(kw_only=True)
class CloudTrail:
    world: World
    changes: list[Change] = field(default_factory=list)

    def record(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        caller: Caller,
        answer: Mapping[str, Any] | None = None,
        error: AwsError | None = None,
    ) -> None:
        """Failed calls too, with their errorCode (CloudTrail User Guide, record contents)."""
        if service not in SOURCES:
            return
        self.changes.append(
            Change(
                id=f"00000000-0000-4000-8000-{len(self.changes):012d}",
                at=self.world.now(),
                service=service,
                operation=operation,
                parameters=parameters,
                caller=caller,
                resources=list(self._resources(service, operation, parameters, answer or {})),
                error=error,
            )
        )

    def lookup_events(self, request: Request) -> Request:
        """The newest first; what happened just now is not there yet."""
        attributes = request.get("LookupAttributes", [])
        if len(attributes) > 1:
            raise AwsError("InvalidLookupAttributesException", "You can only use one lookup attribute at a time.")
        if not 1 <= request.get("MaxResults", MOST) <= MOST:
            raise AwsError("InvalidMaxResultsException", f"MaxResults must be between 1 and {MOST}.")
        now = self.world.now()
        begin, end = _time(request.get("StartTime", now - KEPT)), _time(request.get("EndTime", now))
        if begin > end:
            raise AwsError("InvalidTimeRangeException", "The start time is after the end time.")
        latest = min(end, now - durations.CLOUDTRAIL_DELAY)
        chosen = [each for each in reversed(self.changes) if max(begin, now - KEPT) <= each.at <= latest]
        for one in attributes:
            chosen = [each for each in chosen if one["AttributeValue"] in _values(each, one["AttributeKey"])]
        try:
            found, token = page(chosen, request.get("NextToken"), request.get("MaxResults", MOST))
        except BadTokenError as error:
            raise AwsError("InvalidNextTokenException", "The token is not valid.") from error
        return {"Events": [self._describe(each) for each in found], **({"NextToken": token} if token else {})}

    def _describe(self, change: Change) -> Request:
        return {
            "EventId": change.id,
            "EventName": change.operation,
            "ReadOnly": "false",
            "EventTime": change.at,
            "EventSource": SOURCES[change.service],
            "Username": change.caller.name,
            "Resources": change.resources,
            "CloudTrailEvent": json.dumps(self._record(change), default=str),
        }

    def _record(self, change: Change) -> Request:
        """CloudTrail User Guide, record contents."""
        kind = "AssumedRole" if ":assumed-role/" in change.caller.arn else "IAMUser"
        record: Request = {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": kind,
                "arn": change.caller.arn,
                "accountId": self.world.account_id,
                **({"userName": change.caller.name} if kind == "IAMUser" else {}),
            },
            "eventTime": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": SOURCES[change.service],
            "eventName": change.operation,
            "awsRegion": self.world.region,
            "sourceIPAddress": "203.0.113.10",
            "userAgent": change.caller.user_agent,
            "requestParameters": _camel(change.parameters),
            "eventID": change.id,
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self.world.account_id,
        }
        if change.error is not None:
            prefix = "Client." if change.service == "ec2" else ""
            record |= {"errorCode": prefix + change.error.code, "errorMessage": change.error.message}
        return record

    # --- what was changed

    def _resources(
        self, service: str, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> Iterator[dict[str, str]]:
        """Which resources AWS lists for an event is hardly documented: by name and by ARN is inferred."""
        if service == "ec2":
            for name in dict.fromkeys([*_ec2_names(parameters), *_ec2_names(answer)]):
                yield _resource(EC2_TYPES.get(name.partition("-")[0], EC2_TYPES["lt"]), name)
        elif service == "ecs" and "cluster" in parameters:
            yield from self._named("ecs", "AWS::ECS::Cluster", "cluster", parameters["cluster"])
        for noun, path in BATCH_NOUNS.items():
            member = noun[:1].lower() + noun[1:]
            changed = parameters.get(member) or parameters.get(f"{member}Name")
            if service == "batch" and operation.endswith(noun) and changed:
                yield from self._named("batch", f"AWS::Batch::{noun}", path, changed)
            elif service == "batch" and f":{path}/" in parameters.get("resourceArn", ""):
                yield from self._named("batch", f"AWS::Batch::{noun}", path, parameters["resourceArn"])

    def _named(self, service: str, kind: str, path: str, name_or_arn: str) -> Iterator[dict[str, str]]:
        name = name_or_arn.rpartition("/")[2]
        yield _resource(kind, name)
        yield _resource(kind, self.world.arn(service, f"{path}/{name}"))


def _resource(kind: str, name: str) -> dict[str, str]:
    return {"ResourceType": kind, "ResourceName": name}


def _ec2_names(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name not in MENTIONED_ONLY:
                yield from _ec2_names(member, name)
    elif isinstance(value, list):
        for member in value:
            yield from _ec2_names(member, key)
    elif isinstance(value, str) and (EC2_ID.fullmatch(value) or key == "LaunchTemplateName"):
        yield value


def _values(change: Change, key: str) -> set[str]:
    """What an event has to offer to a lookup attribute; reads are not kept here."""
    if key in ("ResourceName", "ResourceType"):
        return {each[key] for each in change.resources}
    known = {
        "EventName": change.operation,
        "EventSource": SOURCES[change.service],
        "EventId": change.id,
        "Username": change.caller.name,
        "ReadOnly": "false",
    }
    if key not in known:
        text = f"The simulated account does not look up by {key}."
        raise AwsError("InvalidLookupAttributesException", text)
    return {known[key]}


def _time(value: Any) -> datetime:
    found: datetime = parse_to_aware_datetime(value)
    return found


def _camel(parameters: Mapping[str, Any]) -> Request:
    return {key[:1].lower() + key[1:]: value for key, value in parameters.items()}

"""Who owns a compute environment: a CloudFormation stack, or the tool that created it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from batchmedic.aws.answering import read
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers

NO_STACK = "ValidationError"  # CloudFormation's answer where no stack holds that id
PAGES = 10  # of 50 events, the newest first; the creation is the oldest
CREATION = "CreateComputeEnvironment"


@dataclass(frozen=True, slots=True)
class OwnershipEvidence:
    client: Callable[[str], Any]

    def stacks(self, physical_ids: Iterable[str]) -> Answers[str]:
        """By physical id, the name of the stack that holds it (CloudFormation API, DescribeStackResources)."""
        call, found, asked = "cloudformation:DescribeStackResources", {}, list(dict.fromkeys(physical_ids))
        cloudformation = self.client("cloudformation")
        for each in asked:
            try:
                answer = read(call, lambda each=each: cloudformation.describe_stack_resources(PhysicalResourceId=each))  # type: ignore[misc]
            except ReadError as error:
                if error.because == NO_STACK:
                    continue
                return Answers(call=call, unread=error.because)
            names = [one["StackName"] for one in answer.get("StackResources") or () if one.get("StackName")]
            if names:
                found[each] = names[0]
        return Answers(call=call, found=found, asked=frozenset(asked))

    def makers(self, name: str) -> Answers[str]:
        """The user agent of the call that created the environment, as far back as CloudTrail goes (90 days)."""
        call = "cloudtrail:LookupEvents"
        cloudtrail = self.client("cloudtrail")
        wanted = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
        token: dict[str, str] = {}
        for _ in range(PAGES):
            try:
                page = read(call, lambda token=token: cloudtrail.lookup_events(LookupAttributes=wanted, **token))  # type: ignore[misc]
            except ReadError as error:
                return Answers(call=call, unread=error.because)
            created = [one for one in page.get("Events") or () if one.get("EventName") == CREATION]
            agents = [agent for one in created if (agent := _user_agent(one.get("CloudTrailEvent")))]
            if agents or not page.get("NextToken"):
                return Answers(call=call, found={name: agents[0]} if agents else {}, asked=frozenset((name,)))
            token = {"NextToken": page["NextToken"]}
        return Answers(call=call, unread=f"it has more than {PAGES} pages of events")


def _user_agent(recorded: str | None) -> str:
    try:
        detail = json.loads(recorded or "{}")
    except ValueError:
        return ""
    return str(detail.get("userAgent") or "") if isinstance(detail, dict) else ""

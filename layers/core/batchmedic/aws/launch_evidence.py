"""What EC2 was asked to launch for compute environments, and what became of it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from batchmedic.aws import parse_launching
from batchmedic.aws.answering import read
from batchmedic.aws.ec2_pages import filtered
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.launching import Instance, Launch
from batchmedic.model.scaling_group import environment_of, patterns_of_groups

NEWEST = 100  # activities, the most of a page: hours of a group that tries again every two minutes
INSTANCES, OFFERINGS = (
    ("describe_instances", "Reservations"),
    ("describe_instance_type_offerings", "InstanceTypeOfferings"),
)
GROUPS = 100  # per page: the most that DescribeAutoScalingGroups gives


def tagged_instances(ec2: Any, tag: str, values: Iterable[str]) -> list[Instance]:
    """Those whose tag has one of the values, `*` for any text; ReadError where AWS does not say."""
    reservations = read("ec2:DescribeInstances", lambda: list(filtered(ec2, INSTANCES, f"tag:{tag}", values)))
    return [parse_launching.instance(each) for one in reservations for each in one.get("Instances") or ()]


def latest_first(launches: Iterable[Launch | None]) -> tuple[Launch, ...]:
    return tuple(sorted((one for one in launches if one is not None), key=lambda one: one.at, reverse=True))


@dataclass(frozen=True, slots=True)
class LaunchEvidence:
    """Clients are made on first use; only few looks come so far."""

    client: Callable[[str], Any]

    def instances(self, environments: list[ComputeEnvironment]) -> Answers[tuple[Instance, ...]]:
        """One call for all: by the tag that Auto Scaling gives to what it launches."""
        call = "ec2:DescribeInstances"
        if not environments:
            return Answers(call=call, asked=frozenset())
        patterns = [pattern for one in environments for pattern in patterns_of_groups(one.name)]
        try:
            listed = tagged_instances(self.client("ec2"), parse_launching.GROUP_TAG, patterns)
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        named = {one.arn: one.name for one in environments}
        found = {
            arn: tuple(one for one in listed if environment_of(one.scaling_group) == name)
            for arn, name in named.items()
        }
        return Answers(call=call, found=found, asked=frozenset(named))

    def launches(
        self,
        environments: list[ComputeEnvironment],
        instances: Answers[tuple[Instance, ...]],
        *,
        unnamed: list[ComputeEnvironment],
    ) -> Answers[tuple[Launch, ...]]:
        """One call for each group; its name stands on the instances, and for the unnamed costs one more call for
        all."""
        call = "autoscaling:DescribeScalingActivities"
        found: dict[str, tuple[Launch, ...]] = {}
        try:
            groups = self._groups(environments, instances, unnamed)
            for arn, group in groups.items():
                found[arn] = read(call, lambda group=group: self._list_launches(group))  # type: ignore[misc]
        except ReadError as error:
            return Answers(call=error.call, found=found, unread=error.because)
        return Answers(call=call, found=found, asked=frozenset(one.arn for one in environments))

    def offerings(self, environments: list[ComputeEnvironment]) -> Answers[frozenset[str]]:
        """The zones by instance type, for the types that the environments allow."""
        call = "ec2:DescribeInstanceTypeOfferings"
        patterns = list(dict.fromkeys(each for one in environments for each in patterns_of(one.instance_types)))
        try:
            listed = read(call, lambda: self._offered(patterns))
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        zones: dict[str, set[str]] = {}
        for each in listed:
            zones.setdefault(each["InstanceType"], set()).add(each["Location"])
        asked = frozenset((*zones, *(pattern for pattern in patterns if "*" not in pattern)))
        return Answers(call=call, found={name: frozenset(where) for name, where in zones.items()}, asked=asked)

    def quotas(self, codes: Collection[tuple[str, str]]) -> Answers[float]:
        """By code, of (service, code) pairs."""
        call = "servicequotas:GetServiceQuota"
        found: dict[str, float] = {}
        for service, code in codes:
            try:
                answer = read(call, lambda service=service, code=code: self._quota(service, code))  # type: ignore[misc]
            except ReadError as error:
                if error.because == "NoSuchResourceException":
                    continue
                return Answers(call=call, found=found, unread=error.because)
            found[code] = float(answer["Quota"]["Value"])
        return Answers(call=call, found=found, asked=frozenset(code for _, code in codes))

    def _offered(self, patterns: list[str]) -> list[Any]:
        by_zone = {"LocationType": "availability-zone"}
        return list(filtered(self.client("ec2"), OFFERINGS, "instance-type", patterns, **by_zone))

    def _quota(self, service: str, code: str) -> Any:
        return self.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)

    def _list_launches(self, group: str) -> tuple[Launch, ...]:
        answer = self.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=group, MaxRecords=NEWEST)
        return latest_first(map(parse_launching.launch, answer.get("Activities") or ()))

    def _groups(
        self,
        environments: list[ComputeEnvironment],
        instances: Answers[tuple[Instance, ...]],
        unnamed: list[ComputeEnvironment],
    ) -> dict[str, str]:
        """By environment (ARN); the newest instance is of the group in use."""
        groups: dict[str, str] = {}
        for one in environments:
            named = [each for each in instances.found.get(one.arn, ()) if each.scaling_group and each.launched_at]
            if named:
                groups[one.arn] = max(named, key=lambda each: str(each.launched_at)).scaling_group
        missing = {one.name: one.arn for one in unnamed if one.arn not in groups}
        token: dict[str, str] = {}
        while missing:
            page = read("autoscaling:DescribeAutoScalingGroups", lambda token=token: self._page_of_groups(token))  # type: ignore[misc]
            for name in (each["AutoScalingGroupName"] for each in page.get("AutoScalingGroups") or ()):
                if arn := missing.pop(environment_of(name) or "", None):
                    groups[arn] = name
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        return groups

    def _page_of_groups(self, token: dict[str, str]) -> Any:
        return self.client("autoscaling").describe_auto_scaling_groups(MaxRecords=GROUPS, **token)

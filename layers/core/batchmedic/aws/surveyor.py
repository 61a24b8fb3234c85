"""Reads one compute environment, and all that hangs on it, right before it is changed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from batchmedic.aws import parse_batch, parse_ec2
from batchmedic.aws.answering import read
from batchmedic.aws.ownership_evidence import OwnershipEvidence
from batchmedic.aws.snapshot_reader import AwsSnapshotReader
from batchmedic.errors import ReadError
from batchmedic.incidents import Incident
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.network import SecurityGroup
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.surroundings import Surroundings, name_of_ours
from batchmedic.remedy import Survey

GROUPS = "ec2:DescribeSecurityGroups"
ENOUGH = timedelta(days=1)  # time for the reads; the function's own timeout is what ends them
NAMING = ("ip-permission.group-id", "egress.ip-permission.group-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSurveyor:
    reader: AwsSnapshotReader
    ownership: OwnershipEvidence
    client: Callable[[str], Any]
    stack: str

    def survey(self, incident: Incident) -> Survey | None:
        reader, arn = self.reader, incident.subject
        snapshot = reader.triage(frozenset(incident.job_queues), until=reader.clock() + ENOUGH)
        environment = snapshot.compute_environment(arn)
        if environment is None:
            return None
        snapshot = reader.network_and_sizes(snapshot, frozenset((arn,)))
        return Survey(
            environment=environment,
            snapshot=snapshot,
            surroundings=self._surroundings(environment, snapshot),
            stack=self.stack,
        )

    def _surroundings(self, environment: ComputeEnvironment, snapshot: Snapshot) -> Surroundings:
        network = snapshot.network
        subnets = [network.subnets.found[each] for each in environment.subnets if each in network.subnets.found]
        homes = {subnet.vpc_id for subnet in subnets}
        groups = network.security_groups.found
        strays = [groups[each] for each in snapshot.group_ids_of(environment) if each in groups]
        strays = [group for group in strays if group.vpc_id not in homes]
        names = [name_of_ours(environment.name), *(group.name for group in strays)]
        elsewhere = sorted({group.vpc_id for group in strays})
        return Surroundings(
            namesakes=self._namesakes(names, sorted(homes)) if strays else Answers(call=GROUPS, asked=frozenset()),
            references=self._references([group.id for group in strays]),
            stacks=self.ownership.stacks([environment.arn, *elsewhere, *environment.subnets]),
            makers=self.ownership.makers(environment.name),
            tasks=self._tasks(environment),
        )

    def _namesakes(self, names: list[str], vpcs: list[str]) -> Answers[SecurityGroup]:
        """Those of these names in these VPCs. They are asked for by name, so whatever is not found is not there."""
        filters = [{"Name": "vpc-id", "Values": vpcs}, {"Name": "group-name", "Values": names}]
        try:
            found = self._groups(filters)
        except ReadError as error:
            return Answers(call=GROUPS, unread=error.because)
        return Answers(call=GROUPS, found={group.id: group for group in found})

    def _references(self, strays: list[str]) -> Answers[tuple[str, ...]]:
        """By stray group, the other groups that have a rule with it."""
        found: dict[str, tuple[str, ...]] = {}
        try:
            for stray in strays:
                naming = [group for name in NAMING for group in self._groups([{"Name": name, "Values": [stray]}])]
                others = dict.fromkeys(group.id for group in naming if group.id != stray)
                if others:
                    found[stray] = tuple(others)
        except ReadError as error:
            return Answers(call=GROUPS, unread=error.because)
        return Answers(call=GROUPS, found=found, asked=frozenset(strays))

    def _tasks(self, environment: ComputeEnvironment) -> Answers[int]:
        call, cluster = "ecs:DescribeClusters", environment.ecs_cluster
        if cluster is None:
            return Answers(call=call, asked=frozenset())
        try:
            answer = read(call, lambda: self.client("ecs").describe_clusters(clusters=[cluster]))
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        described = answer.get("clusters") or ()
        counts = {
            one["clusterArn"]: int(one.get("runningTasksCount") or 0) + int(one.get("pendingTasksCount") or 0)
            for one in described
        }
        return Answers(call=call, found=counts, asked=frozenset((cluster,)))

    def environment(self, arn: str) -> ComputeEnvironment | None:
        batch = self.reader.batch
        answer = read(
            "batch:DescribeComputeEnvironments",
            lambda: batch.describe_compute_environments(computeEnvironments=[arn]),
        )
        found = [parse_batch.compute_environment(one) for one in answer.get("computeEnvironments") or ()]
        return next((one for one in found if one.arn == arn), None)

    def named_groups(self, name: str, vpc: str) -> tuple[SecurityGroup, ...]:
        return tuple(self._groups([{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [name]}]))

    def users_of(self, group: str) -> tuple[str, ...]:
        """Launch templates are resolved for those environments that name no group themselves; NotReadError if not."""
        everything = self.reader.triage(frozenset(), until=self.reader.clock() + ENOUGH)
        silent = [one for one in everything.compute_environments if one.managed and not one.security_groups]
        templated = [one.arn for one in silent if one.launch_templates]
        snapshot = self.reader.network_and_sizes(everything, frozenset(templated)) if templated else everything
        for one in silent:
            snapshot.network.launch_templates.known(reference.key for reference in one.launch_templates)
        return tuple(one.name for one in snapshot.compute_environments if group in snapshot.group_ids_of(one))

    def statuses(self, jobs: Iterable[str]) -> Mapping[str, str]:
        ids = [arn.rpartition("/")[2] for arn in jobs][:100]
        answer = read("batch:DescribeJobs", lambda: self.reader.batch.describe_jobs(jobs=ids))
        return {one["jobArn"]: one.get("status", "") for one in answer.get("jobs") or () if "jobArn" in one}

    def _groups(self, filters: list[dict[str, Any]]) -> list[SecurityGroup]:
        """Every page."""
        ec2, found = self.client("ec2"), []
        token: dict[str, str] = {}
        while True:
            page = read(GROUPS, lambda token=token: ec2.describe_security_groups(Filters=filters, **token))  # type: ignore[misc]
            found += [parse_ec2.security_group(each) for each in page.get("SecurityGroups") or ()]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

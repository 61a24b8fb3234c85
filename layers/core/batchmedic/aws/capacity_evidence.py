"""What the allowed instance types offer, and what registered instances really have."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from batchmedic.aws import parse_ec2
from batchmedic.aws.answering import FILTER_VALUES, chunks, read
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, Cluster, ContainerInstance, Image, InstanceType, patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment

CLUSTER_GONE = "ClusterNotFoundException"
PAGE = 100  # DescribeInstanceTypes and ListContainerInstances


@dataclass(frozen=True, slots=True)
class CapacityEvidence:
    """Clients are made on first use; instance types do not change, so they are read once per process."""

    ec2: Callable[[], Any]
    ecs: Callable[[], Any]
    known: dict[str, tuple[InstanceType, ...]] = field(default_factory=dict)

    def sizes(self, environments: list[ComputeEnvironment]) -> Answers[tuple[InstanceType, ...]]:
        """What the types that the environments allow have."""
        patterns = dict.fromkeys(each for one in environments for each in patterns_of(one.instance_types))
        return self._types(list(patterns)) if patterns else Capacity().instance_types

    def registered(self, environments: list[ComputeEnvironment]) -> Answers[tuple[ContainerInstance, ...]]:
        """Which instances joined their clusters, and with what."""
        clusters = dict.fromkeys(one.ecs_cluster for one in environments if one.ecs_cluster)
        return self._registered(list(clusters)) if environments else Capacity().container_instances

    def clusters(self, environments: list[ComputeEnvironment]) -> Answers[Cluster]:
        """A cluster that is gone is simply not found."""
        call = "ecs:DescribeClusters"
        arns = list(dict.fromkeys(one.ecs_cluster for one in environments if one.ecs_cluster))[:PAGE]
        if not arns:
            return Answers(call=call, asked=frozenset())
        try:
            answer = read(call, lambda: self.ecs().describe_clusters(clusters=arns))
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        described = answer.get("clusters") or ()
        found = {one["clusterArn"]: parse_ec2.cluster(one) for one in described}
        return Answers(call=call, found=found, asked=frozenset(arns))

    def images(self, ids: list[str]) -> Answers[Image]:
        """Only images that an owner chose; one that is gone or not shared with us is not found, a deprecated one is."""
        call = "ec2:DescribeImages"
        asked = ids[:FILTER_VALUES]  # the others count as not asked about
        if not asked:
            return Answers(call=call, asked=frozenset())
        filters = [{"Name": "image-id", "Values": asked}]
        try:
            answer = read(call, lambda: self.ec2().describe_images(Filters=filters, IncludeDeprecated=True))
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        found = {one["ImageId"]: parse_ec2.image(one) for one in answer.get("Images") or ()}
        return Answers(call=call, found=found, asked=frozenset(asked))

    def _types(self, patterns: list[str]) -> Answers[tuple[InstanceType, ...]]:
        call = "ec2:DescribeInstanceTypes"
        new = [pattern for pattern in patterns if pattern not in self.known]
        try:
            listed = read(call, lambda: self._list_types(new)) if new else []
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        for pattern in new:
            self.known[pattern] = tuple(one for one in listed if fnmatchcase(one.name, pattern))
        return Answers(call=call, found={each: self.known[each] for each in patterns}, asked=frozenset(patterns))

    def _list_types(self, patterns: list[str]) -> list[InstanceType]:
        paginator = self.ec2().get_paginator("describe_instance_types")
        return [
            parse_ec2.instance_type(one)
            for some in chunks(patterns)
            for page in paginator.paginate(
                Filters=[{"Name": "instance-type", "Values": list(some)}], PaginationConfig={"PageSize": PAGE}
            )
            for one in page.get("InstanceTypes") or ()
        ]

    def _registered(self, clusters: list[str]) -> Answers[tuple[ContainerInstance, ...]]:
        """The first hundred instances of each cluster: to measure a type, one of it will do."""
        call = "ecs:DescribeContainerInstances"
        found: dict[str, tuple[ContainerInstance, ...]] = {}
        for cluster in clusters:
            try:
                found[cluster] = read(call, lambda cluster=cluster: self._list_registered(cluster))  # type: ignore[misc]
            except ReadError as error:
                if error.because == CLUSTER_GONE:
                    continue
                return Answers(call=call, found=found, unread=error.because)
        return Answers(call=call, found=found, asked=frozenset(clusters))

    def _list_registered(self, cluster: str) -> tuple[ContainerInstance, ...]:
        arns = self.ecs().list_container_instances(cluster=cluster, maxResults=PAGE).get("containerInstanceArns")
        if not arns:
            return ()
        answer = self.ecs().describe_container_instances(cluster=cluster, containerInstances=arns)
        return tuple(parse_ec2.container_instance(one) for one in answer.get("containerInstances") or ())

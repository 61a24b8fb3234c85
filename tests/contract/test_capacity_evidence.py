"""What instances offer: real instance types as moto lists them, and registered instances as ECS describes them."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws import parse_ec2
from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.errors import NotReadError
from batchmedic.model.capacity import Capacity, Cluster, ContainerInstance, Image, InstanceType
from tests.contract.answering import Answer, answering, recorded, refusal
from tests.factories import a_compute_environment

GAPS = [
    (refusal("UnauthorizedOperation", status=403), "UnauthorizedOperation"),
    (refusal("ThrottlingException"), "ThrottlingException"),
    (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
]


@pytest.fixture
def ecs(ec2, clients):
    return clients("ecs")


def types_of(evidence: CapacityEvidence, *listed: str) -> Capacity:
    return Capacity(instance_types=evidence.sizes([a_compute_environment(instance_types=listed, ecs_cluster=None)]))


@pytest.fixture
def evidence(ec2, ecs):
    return CapacityEvidence(ec2=lambda: ec2, ecs=lambda: ecs)


class TestInstanceTypes:
    def test_a_size_has_its_real_measures(self, evidence):
        capacity = types_of(evidence, "c7g.4xlarge", "g5.48xlarge")

        assert capacity.instance_types.get("c7g.4xlarge") == (
            InstanceType(name="c7g.4xlarge", vcpus=16, memory=32_768, architectures=("arm64",)),
        )
        [gpus] = capacity.instance_types.get("g5.48xlarge")
        assert (gpus.vcpus, gpus.memory, gpus.gpus) == (192, 786_432, 8)

    def test_a_family_is_all_its_sizes_and_no_others(self, evidence):
        found = types_of(evidence, "c7g").instance_types.get("c7g.*")

        names = {one.name for one in found}
        assert {"c7g.medium", "c7g.4xlarge", "c7g.16xlarge"} <= names
        assert {name.split(".")[0] for name in names} == {"c7g"}

    def test_a_keyword_is_its_families(self, evidence):
        capacity = types_of(evidence, "default_arm64")

        assert set(capacity.instance_types.found) == {"m6g.*", "c6g.*", "r6g.*", "c7g.*"}
        assert all(capacity.instance_types.found.values())

    def test_a_type_that_does_not_exist_is_found_empty(self, evidence):
        capacity = types_of(evidence, "c7g.large", "z99.huge")

        assert capacity.instance_types.get("z99.huge") == ()
        assert [one.name for one in capacity.instance_types.get("c7g.large")] == ["c7g.large"]

    def test_more_patterns_than_a_filter_takes_are_all_read(self, evidence, ec2):
        listed = tuple(f"c7g.{number}" for number in range(450))

        def as_asked(parameters: Mapping[str, Any]) -> dict[str, Any]:
            [asked] = parameters["Filters"]
            assert len(asked["Values"]) <= 200
            return {"InstanceTypes": [{"InstanceType": each} for each in asked["Values"]]}

        with answering(ec2, DescribeInstanceTypes=as_asked):
            found = types_of(evidence, *listed).instance_types

        assert [one.name for each in listed for one in found.get(each)] == list(listed)

    def test_what_is_known_is_not_asked_again(self, evidence, ec2):
        with recorded(ec2) as calls:
            first = types_of(evidence, "c7g.large")
            again = types_of(evidence, "c7g.large")
            more = types_of(evidence, "c7g.large", "c7g.xlarge")

        asked = [parameters["Filters"] for _, parameters in calls]
        assert asked == [[{"Name": "instance-type", "Values": [each]}] for each in ("c7g.large", "c7g.xlarge")]
        assert first.instance_types == again.instance_types
        assert set(more.instance_types.found) == {"c7g.large", "c7g.xlarge"}

    def test_every_page_is_read(self, evidence, ec2):
        def page(parameters: Mapping[str, Any]) -> dict[str, Any]:
            start = int(parameters.get("NextToken", 0))
            assert parameters["MaxResults"] == 100
            more = {"NextToken": str(start + 1)} if start < 2 else {}
            return {"InstanceTypes": [{"InstanceType": f"c7g.{start}"}], **more}

        with answering(ec2, DescribeInstanceTypes=page):
            found = types_of(evidence, "c7g").instance_types.get("c7g.*")

        assert [one.name for one in found] == ["c7g.0", "c7g.1", "c7g.2"]

    @pytest.mark.parametrize(("answer", "because"), GAPS)
    def test_what_could_not_be_read_is_a_gap_and_asked_again_next_time(self, evidence, ec2, answer, because):
        with answering(ec2, DescribeInstanceTypes=answer):
            capacity = types_of(evidence, "c7g.large")

        with pytest.raises(NotReadError, match=f"ec2:DescribeInstanceTypes: {because}"):
            capacity.instance_types.get("c7g.large")
        assert types_of(evidence, "c7g.large").instance_types.get("c7g.large") != ()

    @pytest.mark.parametrize(
        "odd",
        [
            {},
            {"VCpuInfo": {}, "MemoryInfo": {}, "GpuInfo": {}},
            {"VCpuInfo": None, "MemoryInfo": {"SizeInMiB": None}, "GpuInfo": {"Gpus": [{}]}},
        ],
    )
    def test_a_type_may_lack_every_measure(self, odd):
        described = {"InstanceType": "c7g.large", **odd}

        assert parse_ec2.instance_type(described) == InstanceType(name="c7g.large", vcpus=0, memory=0)

    def test_gpus_of_all_kinds_add_up(self):
        described = {"InstanceType": "x", "GpuInfo": {"Gpus": [{"Count": 4}, {"Count": 2}]}}

        assert parse_ec2.instance_type(described).gpus == 6


def instance(number: int = 0, **changes: Any) -> dict[str, Any]:
    described = {
        "containerInstanceArn": f"arn:aws:ecs:eu-west-1:111122223333:container-instance/{number}",
        "agentConnected": True,
        "attributes": [
            {"name": "ecs.os-type", "value": "linux"},
            {"name": "ecs.instance-type", "value": "c7g.4xlarge"},
        ],
        "registeredResources": [
            {"name": "CPU", "type": "INTEGER", "integerValue": 16_384},
            {"name": "MEMORY", "type": "INTEGER", "integerValue": 31_019},
        ],
    }
    return described | changes


class TestContainerInstances:
    def look(
        self,
        evidence: CapacityEvidence,
        ec2: Any,
        ecs: Any,
        *clusters: str,
        **answers: Answer | dict[str, Any] | Exception,
    ) -> tuple[Capacity, list[str]]:
        environments = [a_compute_environment(f"ce{n}", ecs_cluster=each) for n, each in enumerate(clusters)]
        with answering(ec2), answering(ecs, **answers) as calls:
            capacity = Capacity(container_instances=evidence.registered(environments))
        return capacity, [operation for operation, _ in calls]

    def test_what_an_instance_registered_is_read(self, evidence, ec2, ecs):
        capacity, calls = self.look(
            evidence,
            ec2,
            ecs,
            "one",
            ListContainerInstances={"containerInstanceArns": ["a", "b"]},
            DescribeContainerInstances={"containerInstances": [instance(0), instance(1, agentConnected=False)]},
        )

        assert capacity.container_instances.get("one") == (
            ContainerInstance(instance_type="c7g.4xlarge", registered_memory=31_019),
            ContainerInstance(instance_type="c7g.4xlarge", registered_memory=31_019, agent_connected=False),
        )
        assert calls == ["ListContainerInstances", "DescribeContainerInstances"]

    def test_a_real_cluster_without_instances_is_found_empty(self, evidence, ec2, ecs):
        cluster = ecs.create_cluster(clusterName="AWSBatch-x")["cluster"]["clusterArn"]

        capacity, calls = self.look(evidence, ec2, ecs, cluster)

        assert capacity.container_instances.get(cluster) == ()
        assert calls == ["ListContainerInstances"]

    def test_a_cluster_shared_by_environments_is_read_once(self, evidence, ec2, ecs):
        _, calls = self.look(evidence, ec2, ecs, "one", "one", ListContainerInstances={"containerInstanceArns": []})

        assert calls == ["ListContainerInstances"]

    def test_a_hundred_instances_are_enough(self, evidence, ec2, ecs):
        def describe(parameters: Mapping[str, Any]) -> dict[str, Any]:
            assert len(parameters["containerInstances"]) <= 100, "DescribeContainerInstances takes up to 100"
            return {"containerInstances": [instance(n) for n, _ in enumerate(parameters["containerInstances"])]}

        def list_some(parameters: Mapping[str, Any]) -> dict[str, Any]:
            return {"containerInstanceArns": [str(n) for n in range(parameters["maxResults"])], "nextToken": "more"}

        capacity, calls = self.look(
            evidence, ec2, ecs, "one", ListContainerInstances=list_some, DescribeContainerInstances=describe
        )

        assert len(capacity.container_instances.get("one")) == 100
        assert len(calls) == 2

    def test_a_cluster_that_is_gone_hides_no_other(self, evidence, ec2, ecs):
        def list_instances(parameters: Mapping[str, Any]) -> dict[str, Any]:
            gone = parameters["cluster"] == "gone"
            return refusal("ClusterNotFoundException") if gone else {"containerInstanceArns": ["a"]}

        capacity, _ = self.look(
            evidence,
            ec2,
            ecs,
            "gone",
            "one",
            ListContainerInstances=list_instances,
            DescribeContainerInstances={"containerInstances": [instance()]},
        )

        assert capacity.container_instances.get("gone") is None
        assert len(capacity.container_instances.get("one")) == 1

    @pytest.mark.parametrize("operation", ["ListContainerInstances", "DescribeContainerInstances"])
    @pytest.mark.parametrize("gap", GAPS)
    def test_what_could_not_be_read_is_a_gap(self, evidence, ec2, ecs, operation, gap):
        answer, because = gap
        answers = {"ListContainerInstances": {"containerInstanceArns": ["a"]}} | {operation: answer}

        capacity, _ = self.look(evidence, ec2, ecs, "one", **answers)

        with pytest.raises(NotReadError, match=because):
            capacity.container_instances.get("one")

    def test_an_environment_without_a_cluster_has_no_instances(self, evidence, ec2, ecs):
        with recorded(ecs) as calls:
            registered = evidence.registered([a_compute_environment(ecs_cluster=None)])

        assert calls == []
        assert registered.found == {}

    @pytest.mark.parametrize(
        "odd",
        [
            {},
            {"attributes": None, "registeredResources": None},
            {"attributes": [{}], "registeredResources": [{}]},
            {"attributes": [{"name": "ecs.instance-type"}], "registeredResources": [{"name": "MEMORY"}]},
        ],
    )
    def test_an_instance_may_lack_every_member(self, odd):
        assert parse_ec2.container_instance(odd) == ContainerInstance(instance_type="", registered_memory=0)


def test_nothing_sick_is_nothing_asked(evidence, ec2, ecs):
    with recorded(ec2) as to_ec2, recorded(ecs) as to_ecs:
        sizes, registered = evidence.sizes([]), evidence.registered([])

    assert (to_ec2, to_ecs) == ([], [])
    for unread in (sizes, registered):
        with pytest.raises(NotReadError, match="not asked"):
            unread.get("c7g.large")


CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/AWSBatch-align-ec2"


class TestClusters:
    def test_a_cluster_that_is_gone_is_absent(self, evidence, ecs):
        answer = {"clusters": [{"clusterArn": CLUSTER, "status": "INACTIVE"}], "failures": [{"reason": "MISSING"}]}
        environments = [a_compute_environment(), a_compute_environment("gone")]

        with answering(ecs, DescribeClusters=answer) as calls:
            found = evidence.clusters(environments)

        assert found.get(CLUSTER) == Cluster(status="INACTIVE")
        assert found.get(environments[1].ecs_cluster) is None
        assert len(calls) == 1

    @pytest.mark.parametrize(("answer", "because"), GAPS)
    def test_a_read_that_fails_is_a_gap(self, evidence, ecs, answer, because):
        with answering(ecs, DescribeClusters=answer):
            found = evidence.clusters([a_compute_environment()])

        with pytest.raises(NotReadError, match=because):
            found.get(CLUSTER)


class TestImages:
    def test_an_image_that_is_gone_is_absent(self, evidence, ec2):
        answer = {"Images": [{"ImageId": "ami-1", "Name": "ecs", "Architecture": "arm64", "State": "available"}]}

        with answering(ec2, DescribeImages=answer) as calls:
            found = evidence.images(["ami-1", "ami-2"])

        assert found.get("ami-1") == Image(id="ami-1", name="ecs", architecture="arm64")
        assert found.get("ami-2") is None
        asked = {"Filters": [{"Name": "image-id", "Values": ["ami-1", "ami-2"]}], "IncludeDeprecated": True}
        assert calls == [("DescribeImages", asked)]

    @pytest.mark.parametrize(("answer", "because"), GAPS)
    def test_a_read_that_fails_is_a_gap(self, evidence, ec2, answer, because):
        with answering(ec2, DescribeImages=answer):
            found = evidence.images(["ami-1"])

        with pytest.raises(NotReadError, match=because):
            found.get("ami-1")

    def test_nothing_chosen_is_nothing_asked(self, evidence, ec2):
        with answering(ec2, DescribeImages={"Images": []}) as calls:
            evidence.images([])

        assert calls == []

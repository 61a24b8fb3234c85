"""AWS Batch's answers in every shape: members missing, empty or null, values nobody knew of."""

from typing import Any

import pytest

from batchmedic.aws import parse_batch
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.job import Requirements
from tests.factories import ENVIRONMENT, NOW, QUEUE

POD = {"limits": {"cpu": "2", "memory": "2Gi", "nvidia.com/gpu": "1"}, "requests": {"cpu": "1500m"}}
OLD = {"vcpus": 4, "memory": 1_024}
LISTED = {"resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "2048"}]}


def requirements(**described: Any) -> Requirements | None:
    return parse_batch.job({"jobArn": "arn:job", **described}, at_position_since=None).requirements


@pytest.mark.parametrize(
    ("container", "wanted"),
    [
        pytest.param(LISTED, Requirements(vcpus=2, memory=2_048), id="strings"),
        pytest.param(OLD, Requirements(vcpus=4, memory=1_024), id="old fields"),
        pytest.param(OLD | LISTED, Requirements(vcpus=2, memory=2_048), id="both: the list decides"),
        pytest.param(
            OLD | {"resourceRequirements": [{"type": "GPU", "value": "8"}]},
            Requirements(vcpus=4, memory=1_024, gpus=8),
            id="old fields and a GPU",
        ),
        pytest.param(
            {"resourceRequirements": [{"type": "VCPU", "value": "0.25"}]},
            Requirements(vcpus=0.25, memory=0),
            id="fraction",
        ),
        pytest.param(
            LISTED | {"vcpus": None, "memory": None}, Requirements(vcpus=2, memory=2_048), id="null old fields"
        ),
        pytest.param({**LISTED, "vcpus": 0, "memory": 0}, Requirements(vcpus=2, memory=2_048), id="zero old fields"),
        pytest.param(
            {"resourceRequirements": [*LISTED["resourceRequirements"], {"type": "QUBIT", "value": "1"}]},
            Requirements(vcpus=2, memory=2_048),
            id="a kind nobody knew of",
        ),
        pytest.param(
            {
                "resourceRequirements": [
                    *LISTED["resourceRequirements"],
                    {},
                    {"type": "GPU"},
                    {"type": "GPU", "value": ""},
                ]
            },
            Requirements(vcpus=2, memory=2_048),
            id="empty entries",
        ),
        pytest.param({}, None, id="empty container"),
        pytest.param({"resourceRequirements": []}, None, id="empty list"),
        pytest.param({"resourceRequirements": None}, None, id="null list"),
        pytest.param(None, None, id="null container"),
    ],
)
def test_what_a_container_asks_for(container, wanted):
    assert requirements(container=container) == wanted


@pytest.mark.parametrize(
    ("described", "wanted"),
    [
        pytest.param(
            {"ecsProperties": {"taskProperties": [{"containers": [LISTED, LISTED]}]}},
            Requirements(vcpus=4, memory=4_096),
            id="a task's containers add up",
        ),
        pytest.param(
            {"ecsProperties": {"taskProperties": [{"containers": [LISTED, {"name": "sidecar"}]}]}, "container": {}},
            Requirements(vcpus=2, memory=2_048),
            id="a container that asks for nothing",
        ),
        pytest.param({"ecsProperties": {"taskProperties": [{"containers": []}]}}, None, id="task without containers"),
        pytest.param({"ecsProperties": {"taskProperties": [{}]}}, None, id="empty task"),
        pytest.param({"ecsProperties": {}, "container": LISTED}, Requirements(vcpus=2, memory=2_048), id="no tasks"),
        pytest.param({"ecsProperties": None}, None, id="null"),
        pytest.param({"nodeProperties": {"numNodes": 4}, "container": LISTED}, None, id="multi-node"),
        pytest.param({"eksProperties": {"podProperties": {}}, "container": LISTED}, None, id="EKS"),
        pytest.param(
            {"nodeProperties": None, "eksProperties": {}, "container": OLD},
            Requirements(vcpus=4, memory=1_024),
            id="null and empty kinds",
        ),
        pytest.param({}, None, id="nothing at all"),
        pytest.param(
            {
                "nodeProperties": {
                    "numNodes": 4,
                    "nodeRangeProperties": [
                        {"targetNodes": "0", "container": OLD},
                        {"targetNodes": "1:", "container": LISTED},
                    ],
                }
            },
            Requirements(vcpus=4, memory=2_048, nodes=4, all_vcpus=10),
            id="the nodes of a multi-node job",
        ),
        pytest.param(
            {"eksProperties": {"podProperties": {"containers": [{"resources": POD}, {"resources": {}}]}}},
            Requirements(vcpus=1.5, memory=2_048, gpus=1),
            id="the requests of a pod",
        ),
        pytest.param(
            {"eksProperties": {"podProperties": {"containers": [{"resources": {"limits": {"cpu": "lots"}}}]}}},
            None,
            id="a quantity that is none",
        ),
        pytest.param(
            {"container": {**LISTED, "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}},
            Requirements(vcpus=2, memory=2_048, windows=True),
            id="Windows",
        ),
        pytest.param(
            {"container": LISTED, "platformCapabilities": ["FARGATE"]},
            Requirements(vcpus=2, memory=2_048, platform="FARGATE"),
            id="a platform",
        ),
    ],
)
def test_what_other_kinds_of_jobs_ask_for(described, wanted):
    assert requirements(**described) == wanted


@pytest.mark.parametrize("odd", ["4 GB", "1e999", "nan", "-"])
@pytest.mark.parametrize("kind", ["VCPU", "MEMORY", "GPU"])
def test_a_value_that_is_no_number_is_not_known(odd, kind):
    """AWS Batch checks them; one that slips through must not end the look at all the other jobs."""
    listed = [entry for entry in LISTED["resourceRequirements"] if entry["type"] != kind]

    assert requirements(container={"resourceRequirements": [*listed, {"type": kind, "value": odd}]}) is None


def test_a_whole_number_may_be_written_as_a_fraction():
    listed = [{"type": "VCPU", "value": "2.0"}, {"type": "MEMORY", "value": "2048.0"}]

    assert requirements(container={"resourceRequirements": listed}) == Requirements(vcpus=2, memory=2_048)


def test_a_job_has_little_but_its_id():
    job = parse_batch.job({"jobId": "0f3c:17"}, at_position_since=NOW)

    assert (job.arn, job.name, job.status, job.status_reason) == ("0f3c:17", "", "", None)
    assert job.at_position_since == NOW


def test_what_people_hide_in_a_job_is_not_read():
    secret = "hunter2"
    container = LISTED | {
        "environment": [{"name": "PASSWORD", "value": secret}],
        "command": [secret],
        "secrets": [{"name": "x", "valueFrom": secret}],
    }
    described = {"jobArn": "arn:job", "parameters": {"password": secret}, "container": container}

    assert secret not in repr(parse_batch.job(described, at_position_since=None))


EMPTY: list[Any] = [{}, None]


@pytest.mark.parametrize(
    "resources", [*EMPTY, {"type": "EC2", "subnets": None, "minvCpus": None, "launchTemplate": None}]
)
@pytest.mark.parametrize("tags", EMPTY)
def test_a_compute_environment_may_lack_every_member(resources, tags):
    described = {
        "computeEnvironmentArn": ENVIRONMENT,
        "computeEnvironmentName": "align-ec2",
        "computeResources": resources,
        "tags": tags,
        "statusReason": None,
        "ecsClusterArn": "",
    }

    environment = parse_batch.compute_environment(described)

    assert (environment.arn, environment.name, environment.usable) == (ENVIRONMENT, "align-ec2", True)
    assert environment.subnets == environment.security_groups == environment.instance_types == ()
    assert environment.launch_templates == ()
    assert (environment.min_vcpus, environment.max_vcpus, environment.desired_vcpus) == (0, 0, 0)
    assert (environment.tags, environment.status_reason, environment.ecs_cluster) == ({}, "", None)


def test_a_compute_environment_is_read_as_described():
    environment = parse_batch.compute_environment(
        {
            "computeEnvironmentArn": ENVIRONMENT,
            "computeEnvironmentName": "align-ec2",
            "ecsClusterArn": "arn:cluster",
            "type": "MANAGED",
            "state": "DISABLED",
            "status": "INVALID",
            "statusReason": "CLIENT_ERROR - ...",
            "tags": {"a": "b"},
            "computeResources": {
                "type": "SPOT",
                "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
                "minvCpus": 1,
                "maxvCpus": 256,
                "desiredvCpus": 8,
                "instanceTypes": ["c7g", "m7g.large"],
                "subnets": ["subnet-1", "subnet-2"],
                "securityGroupIds": ["sg-1"],
            },
        }
    )

    assert (environment.state, environment.status, environment.managed) == ("DISABLED", "INVALID", True)
    assert (environment.kind, environment.allocation_strategy) == ("SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED")
    assert (environment.min_vcpus, environment.desired_vcpus, environment.max_vcpus) == (1, 8, 256)
    assert environment.instance_types == ("c7g", "m7g.large")
    assert (environment.subnets, environment.security_groups) == (("subnet-1", "subnet-2"), ("sg-1",))
    assert (environment.ecs_cluster, environment.tags) == ("arn:cluster", {"a": "b"})
    assert environment.status_reason == "CLIENT_ERROR - ..."


@pytest.mark.parametrize(
    ("resources", "read"), [({"bidPercentage": 60}, 60), ({"bidPercentage": None}, None), ({"bidPercentage": 0}, None)]
)
def test_the_highest_price_for_spot_instances(resources, read):
    described = {
        "computeEnvironmentArn": ENVIRONMENT,
        "computeEnvironmentName": "x",
        "computeResources": {"type": "SPOT", **resources},
    }

    assert parse_batch.compute_environment(described).bid_percentage == read


@pytest.mark.parametrize(("kind", "managed"), [("MANAGED", True), ("UNMANAGED", False), ("SOMETHING_NEW", False)])
def test_only_what_batch_scales_is_managed(kind, managed):
    described = {"computeEnvironmentArn": ENVIRONMENT, "computeEnvironmentName": "x", "type": kind}

    assert parse_batch.compute_environment(described).managed is managed


def test_a_kind_nobody_knew_of_launches_no_instances():
    described = {
        "computeEnvironmentArn": ENVIRONMENT,
        "computeEnvironmentName": "x",
        "computeResources": {"type": "QUANTUM"},
        "status": "THINKING",
    }

    environment = parse_batch.compute_environment(described)

    assert (environment.launches_instances, environment.fargate, environment.usable) == (False, False, False)


def test_launch_templates_are_the_one_named_and_its_overrides():
    template = {
        "launchTemplateId": "lt-1",
        "version": "$Latest",
        "overrides": [
            {"launchTemplateName": "gpu", "version": "3", "targetInstanceTypes": ["g5"]},
            {"launchTemplateId": "lt-2", "version": ""},
            {},
        ],
    }
    described = {
        "computeEnvironmentArn": ENVIRONMENT,
        "computeEnvironmentName": "x",
        "computeResources": {"launchTemplate": template},
    }

    assert parse_batch.compute_environment(described).launch_templates == (
        LaunchTemplateReference(template="lt-1", version="$Latest"),
        LaunchTemplateReference(template="gpu", version="3"),
        LaunchTemplateReference(template="lt-2", version="$Default"),
    )


@pytest.mark.parametrize("order", [None, []])
def test_a_job_queue_may_lack_every_member(order):
    queue = parse_batch.job_queue(
        {"jobQueueArn": QUEUE, "jobQueueName": "align", "computeEnvironmentOrder": order, "tags": None}
    )

    assert (queue.compute_environments, queue.tags, queue.front) == ((), {}, None)


def test_an_entry_without_an_environment_is_none():
    order = [{"order": 1}, {"computeEnvironment": ENVIRONMENT}]

    queue = parse_batch.job_queue({"jobQueueArn": QUEUE, "jobQueueName": "align", "computeEnvironmentOrder": order})

    assert queue.compute_environments == (ENVIRONMENT,)


@pytest.mark.parametrize("odd", [None, "", "soon", {}])
def test_a_time_that_is_none_is_none(odd):
    assert parse_batch.moment(odd) is None


def test_times_are_milliseconds():
    assert parse_batch.moment(int(NOW.timestamp() * 1000)) == NOW

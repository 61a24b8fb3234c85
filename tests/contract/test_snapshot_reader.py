"""How deep a look goes: only around what is sick, and sizes only where a job waits for an instance."""

from dataclasses import replace

import pytest

from batchmedic.aws.snapshot_reader import reader_by
from batchmedic.errors import NotReadError
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.capacity import Capacity
from batchmedic.model.network import Network
from tests.contract.answering import answering
from tests.factories import ACCOUNT, ENVIRONMENT, NOW, REGION, a_compute_environment, a_job, a_job_queue, a_snapshot

DEEP = {
    "DescribeSubnets",
    "DescribeSecurityGroups",
    "DescribeInstanceTypes",
    "ListContainerInstances",
    "DescribeContainerInstances",
}
NETWORK = {"DescribeSubnets", "DescribeSecurityGroups"}
PROFILE = {
    "Path": "/",
    "InstanceProfileName": "ecsInstanceRole",
    "InstanceProfileId": "AIPA0123456789012345",
    "Arn": "arn:aws:iam::111122223333:instance-profile/ecsInstanceRole",
    "CreateDate": "2026-01-01T00:00:00Z",
    "Roles": [],
}


def look(clients, snapshot, *environments, iam=None, **services):
    """What was read, and the set of calls."""
    ec2, ecs = clients("ec2"), clients("ecs")
    known = {"ec2": ec2, "ecs": ecs, "iam": iam, **services}
    reader = reader_by(known.get, account=ACCOUNT, region=REGION, clock=lambda: NOW)
    with (
        answering(
            ec2,
            DescribeSubnets={"Subnets": [{"SubnetId": "subnet-0a1", "VpcId": "vpc-0aaa"}]},
            DescribeSecurityGroups={"SecurityGroups": [{"GroupId": "sg-0a1", "VpcId": "vpc-0aaa"}]},
            DescribeInstanceTypes={"InstanceTypes": []},
            DescribeImages={"Images": []},
        ) as to_ec2,
        answering(
            ecs,
            ListContainerInstances={"containerInstanceArns": ["a"]},
            DescribeContainerInstances={"containerInstances": []},
            DescribeClusters={"clusters": []},
        ) as to_ecs,
    ):
        bare = replace(snapshot, network=Network(), capacity=Capacity())
        found = reader.evidence(bare, frozenset(environments))
    return found, {operation for operation, _ in (*to_ec2, *to_ecs)}


def test_around_an_environment_with_waiting_jobs_everything_is_read(clients):
    before = a_snapshot()

    after, calls = look(clients, before, ENVIRONMENT)

    assert calls == DEEP
    assert (after.job_queues, after.compute_environments) == (before.job_queues, before.compute_environments)
    assert after.network.subnets.get("subnet-0a1").vpc_id == "vpc-0aaa"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"job_queues": (a_job_queue(),)}, id="nothing waits"),
        pytest.param({"job_queues": (a_job_queue(front=None),)}, id="nobody looked who waits"),
        pytest.param({"job_queues": (a_job_queue(a_job(), compute_environments=()),)}, id="waits elsewhere"),
        pytest.param({"compute_environments": (a_compute_environment(kind="FARGATE"),)}, id="no instances"),
    ],
)
def test_sizes_are_not_read_where_no_job_waits_for_an_instance(clients, changes):
    after, calls = look(clients, a_snapshot(**changes), ENVIRONMENT)

    assert calls == NETWORK
    assert after.capacity.instance_types.unread == NOT_ASKED


@pytest.mark.parametrize(
    ("changes", "sick"),
    [
        pytest.param({}, (), id="nothing sick"),
        pytest.param({}, ("arn:gone",), id="no longer there"),
    ],
)
def test_nothing_is_read_around_nothing(clients, changes, sick):
    after, calls = look(clients, a_snapshot(**changes), *sick)

    assert calls == set()
    assert after.network.subnets.unread == NOT_ASKED


def test_of_an_unmanaged_environment_only_its_cluster_is_asked_for(clients):
    after, calls = look(clients, a_snapshot(compute_environments=(a_compute_environment(managed=False),)), ENVIRONMENT)

    assert calls == {"DescribeClusters"}
    assert after.network.subnets.unread == NOT_ASKED


def test_an_invalid_environment_whose_network_is_sound_has_its_roles_and_cluster_read(clients):
    sick = a_compute_environment(status="INVALID", instance_role="ecsInstanceRole", image_ids=("ami-1",))
    iam = clients("iam")

    with answering(iam, GetInstanceProfile={"InstanceProfile": PROFILE}) as to_iam:
        after, calls = look(clients, a_snapshot(compute_environments=(sick,)), ENVIRONMENT, iam=iam)

    assert calls == NETWORK | {"DescribeClusters", "DescribeImages"}
    assert [operation for operation, _ in to_iam] == ["GetInstanceProfile"]
    assert after.identity.instance_profiles.get("ecsInstanceRole").roles == ()


def test_where_the_network_shows_the_fault_nothing_else_is_read(clients):
    sick = a_compute_environment(status="INVALID", security_groups=("sg-gone",), instance_role="ecsInstanceRole")

    after, calls = look(clients, a_snapshot(compute_environments=(sick,)), ENVIRONMENT)

    assert calls == NETWORK
    assert after.identity.instance_profiles.unread == NOT_ASKED


def test_a_healthy_neighbour_is_not_asked_about_and_so_nothing_of_it_is_missing(clients):
    neighbour = a_compute_environment("neighbour", security_groups=("sg-other",))
    sick = a_compute_environment(status="INVALID")

    after, _ = look(clients, a_snapshot(compute_environments=(sick, neighbour)), sick.arn)

    assert after.network.security_groups.get("sg-0a1").vpc_id == "vpc-0aaa"
    with pytest.raises(NotReadError, match=NOT_ASKED):
        after.network.security_groups.get("sg-other")

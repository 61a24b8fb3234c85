from dataclasses import replace

import pytest

from batchmedic.diagnoses.idle_capacity_not_released import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Cluster
from batchmedic.model.identity import Identity
from tests.factories import NOW, a_capacity, a_compute_environment, a_snapshot, minutes

CLUSTER = a_compute_environment().ecs_cluster


ROLE = "arn:aws:iam::111122223333:role/spot-fleet"
BY_FLEET = {"kind": "SPOT", "allocation_strategy": "BEST_FIT", "spot_fleet_role": ROLE}


def evidence(*, jobless=60, mode="apply", tasks=0, services=0, read=True, denied=None, **changes):
    one = a_compute_environment(**{"desired_vcpus": 32, **changes})
    found = {} if jobless is None else {one.arn: NOW - minutes(jobless)}
    cluster = Cluster(status="ACTIVE", tasks=tasks, services=services)
    snapshot = a_snapshot(
        compute_environments=(one,),
        jobless=Answers(call="the memory of floors", found=found, unread=None if read else "not asked in this look"),
        scaling_mode=mode,
        identity=Identity(release_denied=Answers(call="iam:SimulatePrincipalPolicy", found=denied or {})),
        capacity=replace(a_capacity(), clusters=Answers(call="ecs:DescribeClusters", found={CLUSTER: cluster})),
    )
    return list(check(one, snapshot))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        pytest.param({}, "not known", id="nothing keeps them"),
        pytest.param({"jobless": 45}, None, id="not longer than scale-in takes"),
        pytest.param({"jobless": None}, None, id="there is work"),
        pytest.param({"desired_vcpus": 0}, None, id="no instances"),
        pytest.param({"kind": "FARGATE"}, None, id="Fargate has none"),
        pytest.param({"tasks": 3}, "tasks that are no jobs", id="tasks that are no jobs"),
        pytest.param({"scale_down_delay": minutes(600)}, "scale-down delay", id="a long delay"),
        pytest.param({"scale_down_delay": minutes(30)}, None, id="a short delay, not over yet"),
        pytest.param({"scale_down_delay": minutes(30), "jobless": 76}, "not known", id="longer than its short delay"),
        pytest.param({"scale_down_delay": minutes(600), "jobless": 646}, "not known", id="longer than its long delay"),
        pytest.param(
            {**BY_FLEET, "denied": {ROLE: ("ec2:TerminateInstances",)}}, "Spot Fleet role", id="its fleet's role"
        ),
        pytest.param({**BY_FLEET, "denied": {ROLE: ()}}, "not known", id="its fleet's role may"),
        pytest.param(
            {"denied": {ROLE: ("ec2:TerminateInstances",)}, "spot_fleet_role": ROLE}, "not known", id="no fleet"
        ),
        pytest.param({"min_vcpus": 16}, None, id="a floor that is about to be lowered"),
        pytest.param({"min_vcpus": 16, "mode": "plan"}, "floor", id="a floor in the mode plan"),
        pytest.param({"min_vcpus": 16, "mode": "off"}, "floor", id="a floor in the mode off"),
        pytest.param(
            {"min_vcpus": 16, "mode": "plan", "tags": {"batchmedic:scale-to-zero": "off"}}, None, id="protected by tag"
        ),
        pytest.param(
            {"min_vcpus": 16, "mode": "plan", "tags": {"batchmedic:scale-to-zero": "on"}}, None, id="let by its tag"
        ),
        pytest.param({"min_vcpus": 96, "instance_types": ("p5.48xlarge",)}, "floor", id="a floor of accelerators"),
    ],
)
def test_what_keeps_idle_instances(changes, cause):
    assert [piece.facts["cause"] for piece in evidence(**changes)] == ([cause] if cause else [])


def test_it_says_since_when_and_how_many():
    (piece,) = evidence(tasks=2, services=1)

    assert piece.message == (
        "Compute environment align-ec2 has had no job in any of its queues since 2026-11-25 11:00 UTC and keeps "
        "instances of 32 vCPUs; 2 tasks that are no jobs run on its cluster AWSBatch-align-ec2, and 1 "
        "services start them."
    )
    assert piece.confidence is Confidence.CERTAIN


def test_what_is_not_known_is_said_to_be_possible():
    unread, read = evidence(**BY_FLEET)[0], evidence(**BY_FLEET, denied={ROLE: ()})[0]

    assert unread.confidence is read.confidence is Confidence.POSSIBLE
    assert "lacks AmazonEC2SpotFleetTaggingRole" in unread.message
    assert "AmazonEC2SpotFleetTaggingRole" not in read.message


def test_a_spot_fleet_that_may_not_let_go_is_certain():
    (piece,) = evidence(**BY_FLEET, denied={ROLE: ("ec2:TerminateInstances",)})

    assert piece.confidence is Confidence.CERTAIN
    assert f"its Spot Fleet role {ROLE} may not do ec2:TerminateInstances" in piece.message
    assert "--role-name spot-fleet" in piece.steps[0]


def test_without_the_memory_of_scale_to_zero_nobody_can_say():
    with pytest.raises(NotReadError):
        evidence(read=False)

from dataclasses import replace

import pytest

from batchmedic.diagnoses.capacity_insufficient import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.launching import Launching
from batchmedic.model.network import Subnet
from tests.factories import (
    OWN_VPC,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_launch,
    a_launching,
    a_network,
    a_snapshot,
    an_instance,
    refused,
)

SAID = (
    "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}). Our system "
    "will be working on provisioning additional capacity. Launching EC2 instance failed."
)
IN_A, IN_B = (SAID.format(type="c7g.4xlarge", zone=f"eu-west-1{zone}") for zone in "ab")
NO_SPOT = "There is no Spot capacity available that matches your request. Launching EC2 instance failed."
REASON = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type "
    "[c7g.4xlarge]"
)


IN_A_ONLY = Answers(
    call="ec2:DescribeSubnets", found={"subnet-0a1": Subnet(id="subnet-0a1", vpc_id=OWN_VPC, zone="eu-west-1a")}
)
EVERYWHERE = frozenset({"eu-west-1a", "eu-west-1b", "eu-west-1c"})


def evidence(
    *launches, job=None, others=(), launching=None, offerings=None, instances=(), subnets=IN_A_ONLY, **environment
):
    own = a_compute_environment(**environment)
    queue = a_job_queue(job or a_job(), compute_environments=(own.arn, *(one.arn for one in others)))
    read = launching or a_launching(*instances, launches=launches, offerings=offerings or {})
    return list(
        check(
            own,
            a_snapshot(
                job_queues=(queue,),
                compute_environments=(own, *others),
                network=replace(a_network(), subnets=subnets),
                launching=read,
            ),
        )
    )


def test_names_types_zones_and_where_else_they_are_offered():
    (said,) = evidence(*refused(IN_A, IN_A), offerings={"c7g.4xlarge": EVERYWHERE})

    assert said.message == (
        "EC2 has had no capacity for compute environment align-ec2 since 11:50 UTC (2 tries): it was asked for "
        "c7g.4xlarge in eu-west-1a. c7g.4xlarge is also offered in eu-west-1b and eu-west-1c, where align-ec2 has no "
        "subnet."
    )
    assert (said.confidence, said.jobs) == (Confidence.CERTAIN, (a_job().arn,))
    assert said.facts["zones"] == ["eu-west-1a"]
    assert "give it subnets in eu-west-1b or eu-west-1c" in said.recommendation


def test_all_zones_that_were_tried_are_named():
    (said,) = evidence(*refused(IN_A, IN_B, IN_A))

    assert said.message.endswith("(3 tries): it was asked for c7g.4xlarge in eu-west-1a and eu-west-1b.")


def test_without_the_subnets_nobody_knows_which_zones_are_left():
    (said,) = evidence(
        *refused(IN_A), offerings={"c7g.4xlarge": EVERYWHERE}, subnets=Answers(call="x", unread="AccessDenied")
    )

    assert "also offered" not in said.message


def test_advises_more_types_and_zones():
    (said,) = evidence(*refused(IN_A))

    assert said.recommendation == (
        "Allow align-ec2 more instance types, and give it subnets in further zones: each type and zone has capacity of "
        "its own. Capacity may also come back by itself."
    )
    assert said.steps[0].startswith("aws ec2 describe-instance-type-offerings --region eu-west-1")
    assert said.steps[1].endswith("instanceTypes=c7g.4xlarge,INSTANCE_TYPE,subnets=subnet-0a1,SUBNET_ID")


def test_spot_may_have_on_demand_behind_it():
    (said,) = evidence(*refused(NO_SPOT), kind="SPOT", instance_types=("c7g", "m7g"))

    assert said.message == (
        "EC2 has had no Spot capacity for compute environment align-ec2 since 11:55 UTC (1 try): it was asked for c7g "
        "and m7g in eu-west-1a."
    )
    assert "Or put an On-Demand environment behind it in the job queue." in said.recommendation
    assert said.steps[-1] == (
        "aws batch update-job-queue --region eu-west-1 --job-queue align --compute-environment-order "
        "order=1,computeEnvironment=align-ec2 order=2,computeEnvironment=ON_DEMAND_ENVIRONMENT"
    )


def test_best_fit_takes_no_further_types():
    (said,) = evidence(*refused(IN_A), allocation_strategy="BEST_FIT")

    assert "AWS Batch refuses this update" in said.recommendation


def test_what_aws_batch_says_of_the_head_is_enough():
    (said,) = evidence(job=a_late_job(status_reason=REASON))

    assert said.message == (
        "AWS Batch gets no instances for compute environment align-ec2. It says of the job at the head of job queue "
        "align: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance "
        "type [c7g.4xlarge]."
    )
    assert said.jobs == (a_late_job().arn,)


@pytest.mark.parametrize(
    "launches",
    [
        pytest.param(refused("The key pair align does not exist."), id="they fail for something else"),
        pytest.param((a_launch(20), *refused(IN_A, every=30)[1:]), id="one succeeded"),
    ],
)
def test_its_launches_say_more_than_the_reason(launches):
    assert evidence(*launches, job=a_late_job(status_reason=REASON)) == []


def test_instances_that_ended_for_want_of_capacity():
    gone = an_instance(state="terminated", state_reason="Server.InsufficientInstanceCapacity", runs_for=10)

    assert evidence(instances=(gone,))


@pytest.mark.parametrize(
    ("launches", "changes"),
    [
        pytest.param((a_launch(3), *refused(IN_A)), {}, id="another zone delivered after it"),
        pytest.param(refused(IN_A, zone="eu-west-1a"), {"state": "DISABLED"}, id="disabled"),
        pytest.param((a_launch(70, message=IN_A),), {}, id="long ago, and nothing was tried since"),
        pytest.param(refused("The key pair align does not exist."), {}, id="another text"),
        pytest.param(
            refused(IN_A), {"others": (a_compute_environment("other"),)}, id="another environment may take it"
        ),
        pytest.param((), {}, id="nothing was tried"),
        pytest.param((), {"job": a_late_job(status_reason=REASON), "kind": "FARGATE"}, id="Fargate"),
    ],
)
def test_keeps_quiet(launches, changes):
    assert evidence(*launches, **changes) == []


def test_another_environment_did_not_take_it():
    assert evidence(*refused(IN_A), job=a_late_job(), others=(a_compute_environment("other"),))


def test_what_was_not_read_decides_nothing():
    with pytest.raises(NotReadError, match="autoscaling:DescribeScalingActivities"):
        evidence(launching=Launching())

from dataclasses import replace

import pytest

from batchmedic.diagnoses.subnet_without_addresses import check
from batchmedic.findings import Confidence
from batchmedic.model.launch_trouble import PATIENCE
from batchmedic.model.network import Subnet
from tests.factories import (
    OWN_VPC,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_launch,
    a_launching,
    a_network,
    a_snapshot,
    refused,
)

SAID = "The specified subnet does not have enough free addresses to satisfy the request. Launching EC2 instance failed."
ARN = "arn:aws:ec2:eu-west-1:111122223333:subnet/"


def evidence(*launches, left, **environment):
    """`left`: free addresses by subnet."""
    own = a_compute_environment(**{"subnets": tuple(left), **environment})
    subnets = {
        each: Subnet(id=each, vpc_id=OWN_VPC, zone=f"eu-west-1{each[-2]}", free_addresses=count)
        for each, count in left.items()
    }
    network = a_network()
    read = replace(network, subnets=replace(network.subnets, found=subnets))
    return list(
        check(
            own,
            a_snapshot(
                job_queues=(a_job_queue(a_job()),),
                compute_environments=(own,),
                network=read,
                launching=a_launching(launches=launches),
            ),
        )
    )


def test_names_the_subnet_and_what_is_left():
    (said,) = evidence(*refused(SAID, SAID), left={"subnet-0a1": 0})

    assert said.message == (
        "Subnet subnet-0a1 (eu-west-1a) has no free IP address, so EC2 has launched nothing there for compute "
        "environment align-ec2 since 11:50 UTC (2 tries). Left in its subnets: 0 in subnet-0a1."
    )
    assert (said.subject, said.confidence, said.patience) == (f"{ARN}subnet-0a1", Confidence.CERTAIN, None)
    assert said.recommendation == (
        "Give align-ec2 a further subnet of the same VPC that has free addresses, or delete network interfaces in "
        "subnet-0a1 that nobody uses."
    )
    assert said.steps[1].startswith("aws ec2 describe-subnets --region eu-west-1 --filters Name=vpc-id,Values=vpc-0aaa")
    assert said.steps[2].endswith("--compute-resources subnets=subnet-0a1,SUBNET_ID")


def test_while_another_subnet_has_some_it_may_deliver_yet():
    (said,) = evidence(*refused(SAID), left={"subnet-0a1": 0, "subnet-0b1": 1_200})

    assert "Left in its subnets: 0 in subnet-0a1, 1,200 in subnet-0b1." in said.message
    assert said.patience == PATIENCE


def test_each_full_subnet_is_a_fault_of_its_own():
    in_b = refused(SAID, subnet="subnet-0b1", zone="eu-west-1b")

    said = evidence(*refused(SAID, SAID), *in_b, left={"subnet-0a1": 0, "subnet-0b1": 0})

    assert [one.subject for one in said] == [f"{ARN}subnet-0a1", f"{ARN}subnet-0b1"]
    assert [one.facts["tries"] for one in said] == [2, 1]


@pytest.mark.parametrize("left", [5, None], ids=["some are left", "not said"])
def test_ec2_may_count_otherwise(left):
    (said,) = evidence(*refused(SAID), left={"subnet-0a1": left})

    assert "has, in EC2's words, not enough free IP addresses" in said.message
    assert (said.confidence, said.patience) == (Confidence.PROBABLE, PATIENCE)
    assert ("Left in its subnets" in said.message) == (left is not None)


def test_a_launch_that_does_not_say_where():
    (said,) = evidence(*refused(SAID, subnet=""), left={"subnet-0a1": 12, "subnet-0b1": 0})

    assert said.subject == f"{ARN}subnet-0b1"


def test_a_subnet_that_the_environment_has_no_more():
    (said,) = evidence(*refused(SAID, subnet="subnet-old"), left={"subnet-0a1": 12})

    assert said.message.startswith("Subnet subnet-old has, in EC2's words,")


@pytest.mark.parametrize(
    "launches",
    [
        pytest.param((a_launch(2, subnet="subnet-0b1"), *refused(SAID)), id="another subnet delivers"),
        pytest.param(refused("The key pair align does not exist."), id="another text"),
        pytest.param((), id="full, but nothing was refused"),
    ],
)
def test_keeps_quiet(launches):
    assert evidence(*launches, left={"subnet-0a1": 0, "subnet-0b1": 9}) == []

import pytest

from batchmedic.diagnoses.subnets_in_different_vpcs import DIAGNOSIS, check
from batchmedic.errors import NotReadError
from batchmedic.model.network import Network
from tests.factories import OTHER_VPC, OWN_VPC, a_compute_environment, a_network, a_snapshot

BOTH = ("subnet-0a1", "subnet-0b1")


def evidence(subnets, *, groups=None, **changes):
    environment = a_compute_environment(subnets=tuple(subnets), **changes)
    network = a_network(subnets=subnets, groups=groups)
    return list(check(environment, a_snapshot(compute_environments=(environment,), network=network)))


@pytest.mark.parametrize(
    ("subnets", "fires"),
    [
        pytest.param({"subnet-0a1": OWN_VPC, "subnet-0b1": OWN_VPC}, False, id="one VPC"),
        pytest.param({"subnet-0a1": OWN_VPC, "subnet-0b1": OTHER_VPC}, True, id="two VPCs"),
        pytest.param({}, False, id="no subnets of its own"),
    ],
)
def test_the_vpc_ids_decide(subnets, fires):
    assert bool(evidence(subnets)) == fires


def test_names_the_subnets_by_vpc_and_keeps_those_beside_the_security_groups():
    (said,) = evidence({"subnet-0a1": OWN_VPC, "subnet-0b1": OTHER_VPC}, groups={"sg-0a1": OTHER_VPC})

    assert said.message == (
        "The subnets of compute environment align-ec2 are in 2 different VPCs, and its instances can be in one only: "
        "subnet-0a1 in vpc-0aaa; subnet-0b1 in vpc-0bbb."
    )
    assert said.recommendation == (
        "Keep the subnets of one VPC. Its security groups are in vpc-0bbb, so subnet-0b1 would work as they are."
    )
    assert said.steps[1] == (
        "aws batch update-compute-environment --region eu-west-1 --compute-environment align-ec2 "
        "--compute-resources subnets=subnet-0b1"
    )


def test_leaves_the_choice_open_where_the_groups_do_not_show_it():
    (said,) = evidence({"subnet-0a1": OWN_VPC, "subnet-0b1": OTHER_VPC}, groups={})

    assert "do not show which VPC is meant" in said.recommendation
    assert said.steps[1].endswith("subnets=SUBNET_ID")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"allocation_strategy": "BEST_FIT"}, "refuses this update for the allocation strategy BEST_FIT"),
        ({"service_role": "arn:aws:iam::111122223333:role/mine"}, "which has a service role of its own"),
    ],
)
def test_says_where_aws_batch_refuses_the_update(changes, words):
    (said,) = evidence({"subnet-0a1": OWN_VPC, "subnet-0b1": OTHER_VPC}, **changes)

    assert words in said.recommendation


def test_subnets_that_were_not_read_are_a_check_not_made():
    with pytest.raises(NotReadError):
        list(check(a_compute_environment(), a_snapshot(network=Network())))


def test_explains_why_the_environment_is_invalid():
    assert "compute_environment_invalid" in DIAGNOSIS.explains

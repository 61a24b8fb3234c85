from dataclasses import replace

import pytest

from batchmedic.diagnoses.security_group_in_other_vpc import DIAGNOSIS, check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.network import LaunchTemplateVersion
from tests.factories import OTHER_VPC, OWN_VPC, a_compute_environment, a_network, a_snapshot

TEMPLATE = LaunchTemplateReference(template="lt-0c1", version="3")


def evidence(environment=None, neighbours=(), **network):
    environment = environment or a_compute_environment()
    snapshot = a_snapshot(compute_environments=(environment, *neighbours), network=a_network(**network))
    return list(check(environment, snapshot))


@pytest.mark.parametrize(
    ("groups", "fires"),
    [
        pytest.param({"sg-0a1": OWN_VPC}, False, id="same VPC"),
        pytest.param({"sg-0a1": OTHER_VPC}, True, id="another VPC"),
        pytest.param({}, False, id="a group that does not exist is another fault"),
    ],
)
def test_the_vpc_ids_decide(groups, fires):
    assert bool(evidence(groups=groups)) == fires


@pytest.mark.parametrize(
    "text", ["ComputeEnvironment Healthy", "CLIENT_ERROR - security groups are not linked to the VPCs"]
)
def test_the_text_of_the_status_reason_decides_nothing(text):
    assert evidence(a_compute_environment(status="INVALID", status_reason=text)) == []
    assert evidence(a_compute_environment(status_reason=text), groups={"sg-0a1": OTHER_VPC})


def test_names_the_group_both_vpcs_the_subnets_and_who_names_the_group():
    (said,) = evidence(groups={"sg-0a1": OTHER_VPC})

    assert said.message == (
        "Security group sg-0a1 (name-of-sg-0a1), which the compute environment names, is in VPC vpc-0bbb; "
        "subnets subnet-0a1 are in VPC vpc-0aaa."
    )
    assert said.confidence is Confidence.CERTAIN
    assert "--compute-environment align-ec2" in said.steps[1]


@pytest.mark.parametrize(
    ("state", "confidence"),
    [("associated", None), ("associating", Confidence.POSSIBLE), ("association-failed", Confidence.POSSIBLE)],
)
def test_a_group_associated_with_the_subnets_vpc_is_no_fault(state, confidence):
    said = evidence(groups={"sg-0a1": OTHER_VPC}, associations={"sg-0a1": {OWN_VPC: state}})

    assert [each.confidence for each in said] == ([confidence] if confidence else [])


def test_an_association_with_a_third_vpc_does_not_help():
    (said,) = evidence(groups={"sg-0a1": OTHER_VPC}, associations={"sg-0a1": {"vpc-0ccc": "associated"}})

    assert said.confidence is Confidence.CERTAIN


@pytest.mark.parametrize(
    ("version", "origin"),
    [
        (LaunchTemplateVersion(security_groups=("sg-0t1",)), "which launch template lt-0c1, version 3, names"),
        (LaunchTemplateVersion(network_interface_groups=("sg-0t1",)), "which a network interface of launch template"),
    ],
)
def test_groups_of_the_launch_template_count_where_the_environment_names_none(version, origin):
    environment = a_compute_environment(security_groups=(), launch_templates=(TEMPLATE,))

    (said,) = evidence(environment, groups={"sg-0t1": OTHER_VPC}, templates={TEMPLATE.key: version})

    assert origin in said.message


def test_the_environments_own_groups_win_over_the_launch_template():
    environment = a_compute_environment(launch_templates=(TEMPLATE,))
    version = LaunchTemplateVersion(security_groups=("sg-0t1",))

    assert (
        evidence(environment, groups={"sg-0a1": OWN_VPC, "sg-0t1": OTHER_VPC}, templates={TEMPLATE.key: version}) == []
    )


def test_groups_given_by_name_are_said_to_be_unchecked():
    environment = a_compute_environment(security_groups=(), launch_templates=(TEMPLATE,))
    version = LaunchTemplateVersion(security_group_names=("batch",))

    with pytest.raises(NotReadError, match="by name"):
        evidence(environment, templates={TEMPLATE.key: version})


def test_subnets_of_two_vpcs_are_another_fault():
    environment = a_compute_environment(subnets=("subnet-0a1", "subnet-0b1"))

    assert evidence(environment, subnets={"subnet-0a1": OWN_VPC, "subnet-0b1": OTHER_VPC}) == []


def test_an_environment_without_network_of_its_own_is_left_alone():
    assert evidence(a_compute_environment(managed=False, subnets=(), security_groups=())) == []


def test_a_denied_read_is_a_check_not_made():
    environment = a_compute_environment()
    network = replace(
        a_network(), security_groups=Answers(call="ec2:DescribeSecurityGroups", unread="UnauthorizedOperation")
    )

    with pytest.raises(NotReadError, match="ec2:DescribeSecurityGroups: UnauthorizedOperation"):
        list(check(environment, a_snapshot(network=network)))


@pytest.mark.parametrize(
    ("network", "neighbour_subnets", "words"),
    [
        pytest.param(
            {"default_vpc": OWN_VPC}, [], "subnets look wrong: they are in the default VPC", id="subnets default"
        ),
        pytest.param(
            {"default_vpc": OTHER_VPC}, [], "security group looks wrong: it is in the default", id="group default"
        ),
        pytest.param(
            {},
            ["subnet-0a1"],
            "A sign for a wrong security group: 1 other usable environment is in vpc-0aaa, none in vpc-0bbb.",
            id="neighbour here",
        ),
        pytest.param(
            {},
            ["subnet-0b1", "subnet-0b1"],
            "A sign for wrong subnets: 2 other usable environments are in vpc-0bbb, none in vpc-0aaa.",
            id="neighbours there",
        ),
        pytest.param({}, [], "Nothing shows which side is the slip", id="no sign"),
    ],
)
def test_says_which_side_looks_wrong_and_why(network, neighbour_subnets, words):
    neighbours = [a_compute_environment(f"other-{n}", subnets=(subnet,)) for n, subnet in enumerate(neighbour_subnets)]
    subnets = {"subnet-0a1": OWN_VPC, "subnet-0b1": OTHER_VPC}

    (said,) = evidence(neighbours=tuple(neighbours), groups={"sg-0a1": OTHER_VPC}, subnets=subnets, **network)

    assert words in said.recommendation


def test_one_odd_group_among_good_ones_is_the_odd_one():
    environment = a_compute_environment(security_groups=("sg-0a1", "sg-0b1"))

    (said,) = evidence(environment, groups={"sg-0a1": OWN_VPC, "sg-0b1": OTHER_VPC})

    assert "the other groups of align-ec2 are in vpc-0aaa" in said.recommendation


def test_explains_why_the_environment_is_invalid():
    assert "compute_environment_invalid" in DIAGNOSIS.explains

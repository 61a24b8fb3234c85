from dataclasses import replace

import pytest

from batchmedic.diagnoses.egress_blocked import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.network import SecurityGroup
from batchmedic.model.routing import NetworkAcl, Routing
from tests.factories import OWN_VPC, a_network, a_routing, an_instance
from tests.joining import GIVEN_UP, GONE, LATE, a_world, asked

OPEN = NetworkAcl(id="acl-0a1")


def a_group(id: str, **changes) -> SecurityGroup:
    return SecurityGroup(id=id, name=id, vpc_id=OWN_VPC, **changes)


def shut(id: str) -> SecurityGroup:
    return a_group(id, lets_https_out=False, lets_some_https_out=False)


def evidence(*groups, acl=OPEN, instances=(), **changes):
    network = a_network()
    found = {group.id: group for group in groups} or network.security_groups.found
    network = replace(network, security_groups=replace(network.security_groups, found=found))
    return asked(check, a_world(*instances, **{"network": network, "routing": a_routing(acl=acl), **changes}))


def test_a_security_group_without_a_way_out():
    (said,) = evidence(shut("sg-0a1"))

    assert said.message == (
        f"{LATE}security group sg-0a1 lets no TCP 443 out, so their ECS agents cannot reach Amazon ECS."
    )
    assert said.subject == "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0a1"
    assert said.confidence is Confidence.CERTAIN
    assert said.steps == (
        "aws ec2 authorize-security-group-egress --region eu-west-1 --group-id sg-0a1 --protocol tcp --port 443 "
        "--cidr 0.0.0.0/0",
    )


def test_several_groups_none_of_which_has_one():
    (said,) = evidence(shut("sg-0a1"), shut("sg-0a2"), instances=(an_instance(security_groups=("sg-0a1", "sg-0a2")),))

    assert "none of the security groups sg-0a1, sg-0a2 lets TCP 443 out" in said.message


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(a_group("sg-0a2"), id="to everywhere"),
        pytest.param(a_group("sg-0a2", lets_https_out=False), id="to some addresses"),
    ],
)
def test_one_group_that_lets_it_out_is_enough(second):
    assert evidence(shut("sg-0a1"), second, instances=(an_instance(security_groups=("sg-0a1", "sg-0a2")),)) == []


def test_the_groups_that_instances_really_have_count():
    groups = shut("sg-0a1"), a_group("sg-0a2")

    assert evidence(*groups, instances=(an_instance(security_groups=("sg-0a2",)),)) == []
    assert evidence(*groups, instances=(an_instance(security_groups=()),))
    assert evidence(*groups, environment=GIVEN_UP)[0].message.startswith(GONE)


def test_where_only_some_instances_have_such_a_group_it_is_only_probable():
    instances = (an_instance(), an_instance(2, security_groups=("sg-0a2",)))
    (said,) = evidence(shut("sg-0a1"), a_group("sg-0a2"), instances=instances)

    assert said.confidence is Confidence.PROBABLE


@pytest.mark.parametrize(
    ("acl", "words", "step"),
    [
        (NetworkAcl(id="acl-0a1", lets_https_out=False), "lets no TCP 443 out, so", "--egress"),
        (NetworkAcl(id="acl-0a1", lets_answers_in=False), "lets no answers (TCP 1024-65535) in, so", "--ingress"),
    ],
)
def test_a_network_acl(acl, words, step):
    (said,) = evidence(acl=acl)

    assert f"{LATE}network ACL acl-0a1 of subnet-0a1 {words}" in said.message
    assert said.subject == "arn:aws:ec2:eu-west-1:111122223333:network-acl/acl-0a1"
    assert said.confidence is Confidence.CERTAIN
    assert [each for each in said.steps if "create-network-acl-entry" in each and step in each] == [said.steps[1]]


def test_of_two_subnets_one_has_such_an_acl():
    routing = a_routing()
    acls = {"subnet-0a1": NetworkAcl(id="acl-0a1", lets_https_out=False), "subnet-0a2": NetworkAcl(id="acl-0a2")}
    instances = (an_instance(), an_instance(2, subnet="subnet-0a2"))
    (said,) = evidence(instances=instances, routing=replace(routing, acls=replace(routing.acls, found=acls)))

    assert said.facts["subnets"] == ["subnet-0a1"]
    assert said.confidence is Confidence.PROBABLE


def test_acls_are_only_asked_about_where_the_groups_let_it_out():
    unread = {"routing": Routing()}

    assert len(evidence(shut("sg-0a1"), **unread)) == 1
    with pytest.raises(NotReadError):
        evidence(**unread)


def test_keeps_quiet_where_all_is_open_or_an_instance_is_young():
    assert evidence() == []
    assert evidence(shut("sg-0a1"), instances=(an_instance(runs_for=5),)) == []


def test_a_group_that_nobody_knows_is_a_gap():
    with pytest.raises(NotReadError):
        evidence(instances=(an_instance(security_groups=("sg-other",)),))

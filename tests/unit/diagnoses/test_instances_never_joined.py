from dataclasses import replace

import pytest

from batchmedic.diagnoses.instances_never_joined import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.identity import Identity
from batchmedic.model.network import LaunchTemplateVersion, Network, SecurityGroup
from batchmedic.model.routing import Endpoint, NetworkAcl, Route, Routing
from tests.factories import OWN_VPC, a_job_queue, a_network, a_routing, an_instance, minutes
from tests.joining import GIVEN_UP, ROLE, a_registered, a_world, an_identity, asked

SOUND = [
    "route table rtb-0a1 leads subnet-0a1 out by nat-0a1",
    "sg-0a1 lets TCP 443 out",
    "acl-0a1 lets it through",
    f"{ROLE} may join",
    "no user data is given",
]
DENIED = "AccessDeniedException"
ENDPOINTS = tuple(Endpoint(id=f"vpce-{each}", service=each) for each in ("ecs", "ecs-agent", "ecs-telemetry"))


def evidence(*instances, **changes):
    return asked(check, a_world(*instances, **changes))


def test_all_that_can_be_seen_from_outside_is_sound():
    (said,) = evidence(an_instance(), an_instance(2))

    assert said.message == (
        "2 running instances of align-ec2 have not joined its ECS cluster after more than 10 minutes, and no check "
        f"shows why. Sound: {'; '.join(SOUND)}. Possible, the likeliest first: (1) the network behind the route, a "
        "firewall in it, or a VPC endpoint does not let Amazon ECS through; (2) the VPC resolves no names (its DNS "
        "support or its DHCP options); (3) the ECS agent fails, for a reason in its own log."
    )
    assert (said.confidence, said.patience) == (Confidence.POSSIBLE, None)
    assert (said.facts["passed"], said.facts["failed"], said.facts["not_checked"]) == (SOUND, [], [])
    assert said.steps[0] == ("aws ec2 get-console-output --region eu-west-1 --instance-id i-0a1 --latest --output text")


def test_what_was_given_up_and_is_sound_now_may_be_repaired():
    (said,) = evidence(environment=GIVEN_UP)

    assert said.message.startswith(
        "AWS Batch gave align-ec2 up as INVALID, since none of its instances joined its ECS cluster, and no check "
        "shows why. Sound now: route table"
    )
    assert said.recommendation.startswith("What kept them from joining may be repaired already")
    assert said.steps[0].startswith("aws batch update-compute-environment")
    assert said.patience == minutes(0)


def test_what_could_not_be_checked_is_named_with_the_reason():
    identity = replace(an_identity(), join_denied=Answers(call="iam:SimulatePrincipalPolicy", unread=DENIED))
    (said,) = evidence(identity=identity, environment=GIVEN_UP)

    assert f"Not checked: the instance role (iam:SimulatePrincipalPolicy: {DENIED})." in said.message
    assert said.facts["not_checked"] == [
        {"branch": "the instance role", "because": f"iam:SimulatePrincipalPolicy: {DENIED}"}
    ]
    assert said.recommendation.startswith("Look at the console output")
    assert said.steps[-1].startswith("aws batch update-compute-environment")


def test_what_another_instance_joined_with_is_sound():
    (said,) = evidence(an_instance(), an_instance(2), registered=(a_registered(instance_id="i-0a2"),))

    assert said.facts["passed"][3:] == [
        "the instance role, with which 1 joined",
        "user data, with which 1 joined",
    ]


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"routing": a_routing(Route(destination="", target=""))}, "the way to Amazon ECS"),
        ({"routing": a_routing(acl=NetworkAcl(id="acl-0a1", lets_https_out=False))}, "the network ACL"),
        ({"identity": an_identity("ecs:Poll")}, "the instance role"),
    ],
)
def test_what_is_not_sound_is_named(changes, failed):
    (said,) = evidence(**changes)

    assert f"Not sound: {failed}." in said.message
    assert len(said.facts["passed"]) == 4


def test_what_the_owner_chose_is_likelier_than_what_aws_made():
    reference = LaunchTemplateReference(template="lt-1")
    version = LaunchTemplateVersion(id="lt-1", image_id="ami-0a1", user_data_is_multipart=True)
    (said,) = evidence(
        environment={"launch_templates": (reference,)}, network=a_network(templates={reference.key: version})
    )

    assert said.facts["possibilities"][:2] == [
        "the machine image ami-0a1 has no ECS agent, or one that does not start",
        "user data fails, or runs for too long before the agent starts",
    ]
    assert len(said.facts["possibilities"]) == 3


def test_endpoints_have_security_groups_of_their_own():
    (said,) = evidence(routing=a_routing(Route(destination="", target=""), endpoints=ENDPOINTS))

    assert said.facts["passed"][0].startswith("subnet-0a1 reaches Amazon ECS by the VPC endpoints vpce-ecs, ")
    assert said.facts["possibilities"][0] == "the security groups of the VPC endpoints let no TCP 443 in"


def test_groups_may_let_it_out_to_the_wrong_addresses():
    some = SecurityGroup(id="sg-0a1", name="batch", vpc_id=OWN_VPC, lets_https_out=False)
    network = a_network()
    network = replace(network, security_groups=replace(network.security_groups, found={"sg-0a1": some}))
    (said,) = evidence(network=network)

    assert said.facts["passed"][1] == "sg-0a1 lets TCP 443 out to some addresses"
    assert said.facts["possibilities"][0] == "Amazon ECS is not among the addresses that TCP 443 may go to"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"registered": [a_registered(instance_id="i-0a1")]}, id="it joined"),
        pytest.param({"queue": a_job_queue()}, id="nobody waits"),
        pytest.param({"environment": {"status": "INVALID"}}, id="INVALID for another cause"),
    ],
)
def test_keeps_quiet(changes):
    assert evidence(**changes) == []


def test_keeps_quiet_while_an_instance_is_young():
    assert evidence(an_instance(runs_for=5)) == []


def test_where_nobody_looked_nothing_was_eliminated():
    reference = LaunchTemplateReference(template="lt-1")
    nothing = {"network": Network(), "routing": Routing(), "identity": Identity()}

    with pytest.raises(NotReadError):
        evidence(environment={**GIVEN_UP, "launch_templates": (reference,)}, **nothing)

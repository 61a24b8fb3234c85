import pytest

from batchmedic.diagnoses.user_data_blocks_agent import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.network import AgentBlock, LaunchTemplateVersion, Network
from tests.factories import a_network, an_instance
from tests.joining import GIVEN_UP, LATE, a_registered, a_world, asked

BY_ID = LaunchTemplateReference(template="lt-0a1", version="3")
BY_NAME = LaunchTemplateReference(template="align")


def blocks(*kinds, **changes):
    lines = tuple(AgentBlock(line=number, kind=kind) for number, kind in enumerate(kinds, 11))
    return LaunchTemplateVersion(**{"id": "lt-0a1", "user_data_is_multipart": True, "agent_blocks": lines, **changes})


def evidence(version, *instances, reference=BY_ID, environment=None, **changes):
    network = a_network(templates={reference.key: version} if version else {})
    environment = {"launch_templates": (reference,), **(environment or {})}
    return asked(check, a_world(*instances, **{"network": network, "environment": environment, **changes}))


@pytest.mark.parametrize(
    ("kind", "does"),
    [
        ("cluster", "sets ECS_CLUSTER, which AWS Batch sets itself, so the agent joins another cluster"),
        ("deadlock", "waits for the ECS agent, which starts only after the user data has ended"),
        ("stop", "stops or removes the ECS agent"),
        ("new here", "keeps the ECS agent from joining"),
    ],
)
def test_a_line_that_stops_the_agent(kind, does):
    (said,) = evidence(blocks(kind))

    assert said.message == f"{LATE}line 11 of the user data of launch template lt-0a1, version 3, {does}."
    assert said.subject == "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0a1"
    assert said.confidence is Confidence.PROBABLE
    assert (said.facts["line"], said.facts["fault"]) == (11, kind)
    assert said.steps[0].startswith(
        "aws ec2 create-launch-template-version --region eu-west-1 --launch-template-id lt-0a1 --source-version '3'"
    )


def test_each_line_is_a_piece_of_evidence():
    assert [said.facts["line"] for said in evidence(blocks("cluster", "stop"), environment=GIVEN_UP)] == [11, 12]


def test_a_template_is_the_subject_also_where_it_is_named_by_name():
    assert evidence(blocks("stop"), reference=BY_NAME)[0].subject.endswith(":launch-template/lt-0a1")
    assert evidence(blocks("stop", id=""), reference=BY_NAME)[0].subject is None


def test_user_data_of_a_wrong_form():
    (said,) = evidence(blocks(user_data_is_multipart=False))

    assert said.message == (
        f"{LATE}the user data of launch template lt-0a1, version 3, is not in the MIME multipart format, so AWS Batch "
        "cannot add its own part."
    )


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        pytest.param(blocks(), {}, id="nothing in it stops the agent"),
        pytest.param(blocks(user_data_is_multipart=None), {}, id="no user data"),
        pytest.param(None, {}, id="no such template"),
        pytest.param(blocks("stop"), {"registered": [a_registered()]}, id="another instance joined with it"),
        pytest.param(
            blocks(user_data_is_multipart=False), {"environment": {"image_types": ("ECS_BOTTLEROCKET",)}}, id="TOML"
        ),
        pytest.param(
            blocks(user_data_is_multipart=False), {"environment": GIVEN_UP}, id="INVALID: another diagnosis says so"
        ),
    ],
)
def test_keeps_quiet(version, changes):
    assert evidence(version, **changes) == []


def test_keeps_quiet_while_an_instance_is_young():
    assert evidence(blocks("stop"), an_instance(runs_for=5)) == []


def test_templates_that_were_not_read_are_a_gap():
    with pytest.raises(NotReadError):
        evidence(None, network=Network())

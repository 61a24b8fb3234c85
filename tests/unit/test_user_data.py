"""User data is read for what keeps the agent from joining: lines and kinds, never its text."""

from base64 import b64encode

import pytest

from batchmedic.aws.parse_ec2 import launch_template_version
from batchmedic.aws.user_data import agent_blocks, decoded, is_multipart
from batchmedic.model.network import AgentBlock

HEAD = "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n#!/bin/bash\n"


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        pytest.param("echo ECS_CLUSTER=mine >> /etc/ecs/ecs.config", ["cluster"], id="names a cluster"),
        pytest.param('echo "ECS_CLUSTER = $NAME" > /etc/ecs/ecs.config', ["cluster"], id="by a variable"),
        pytest.param("# echo ECS_CLUSTER=mine", [], id="in a comment"),
        pytest.param("export ECS_CLUSTER=", [], id="empties it"),
        pytest.param("echo ECS_CLUSTER_NAME=x", [], id="another variable"),
        pytest.param("systemctl start ecs", ["deadlock"], id="waits for the agent"),
        pytest.param("systemctl restart ecs.service", ["deadlock"], id="waits for its restart"),
        pytest.param("systemctl enable --now ecs", ["deadlock"], id="waits in other words"),
        pytest.param("systemctl enable --now --no-block ecs.service", [], id="does not wait"),
        pytest.param("systemctl enable ecs", [], id="only enables"),
        pytest.param("systemctl start docker", [], id="another service"),
        pytest.param("systemctl stop ecs", ["stop"], id="stops"),
        pytest.param("sudo stop ecs", ["stop"], id="stops by upstart"),
        pytest.param("systemctl stop ecs; systemctl start --no-block ecs", [], id="stops and starts"),
        pytest.param("docker rm -f ecs-agent", ["stop"], id="removes the container"),
        pytest.param("yum remove -y ecs-init", ["stop"], id="removes the package"),
        pytest.param("yum install -y ecs-init", [], id="installs it"),
        pytest.param("aws ecs list-clusters", [], id="speaks of ecs"),
    ],
)
def test_a_line_is_told_by_its_number_and_kind(line, kinds):
    assert [(one.line, one.kind) for one in agent_blocks(HEAD + line + "\n")] == [(5, kind) for kind in kinds]


def test_an_agent_that_is_stopped_first_and_started_later_is_not_stopped():
    text = HEAD + "systemctl stop ecs\nrm -f /var/lib/ecs/data/agent.db\nsystemctl start --no-block ecs\n"

    assert agent_blocks(text) == ()


def test_one_that_is_started_first_and_stopped_later_is():
    assert agent_blocks("systemctl start --no-block ecs\nsystemctl stop ecs") == (AgentBlock(line=2, kind="stop"),)


def test_nothing_of_the_text_is_kept():
    secret = b64encode(b"#!/bin/bash\necho ECS_CLUSTER=hunter2\n").decode()

    read = launch_template_version({"LaunchTemplateData": {"UserData": secret}})

    assert read.agent_blocks == (AgentBlock(line=2, kind="cluster"),)
    assert "hunter2" not in repr(read)


@pytest.mark.parametrize("odd", [None, "", "&&&", "aGFsbG8"])
def test_what_is_no_base64_says_nothing(odd):
    assert agent_blocks(decoded(odd)) == ()


def test_multipart_is_told_whatever_the_case_of_its_words():
    assert is_multipart("\nmime-version: 1.0")
    assert not is_multipart("#!/bin/bash")

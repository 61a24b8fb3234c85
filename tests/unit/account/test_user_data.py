"""What the user data of a launch template does to the ECS agent."""

import base64

import pytest

from tests.unit.account.building import Owner

MIME = (
    'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/x-shellscript\n\n#!/bin/bash\n{}\n--b--\n'
)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("yum install -y jq", ""),
        ("echo ECS_CLUSTER= >> /etc/ecs/ecs.config", ""),
        ("# ECS_CLUSTER=mine", ""),
        ("echo ECS_IMAGE_CLEANUP_INTERVAL=60m >> /etc/ecs/ecs.config", ""),
        ("echo ECS_CLUSTER=mine >> /etc/ecs/ecs.config", "ECS_CLUSTER to mine"),
        ("cat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=mine\nEOF", "ECS_CLUSTER to mine"),
        ("systemctl stop ecs", "stops"),
        ("stop ecs", "stops"),
        ("docker stop ecs-agent && docker rm ecs-agent", "stops"),
        ("docker rm -f ecs-agent", "stops"),
        ("systemctl stop docker", ""),
        ("stop ecs\nstart ecs", ""),
        ("systemctl stop ecs; systemctl start --no-block ecs", ""),
        ("yum remove -y ecs-init", "removes"),
        ("dnf -y remove docker ecs-init", "removes"),
        ("yum update -y ecs-init", ""),
        ("yum remove -y ecs-init; yum install -y ecs-init", ""),
        ("systemctl start ecs", "waits"),
        ("systemctl restart ecs.service", "waits"),
        ("systemctl enable --now ecs", "waits"),
        ("systemctl enable ecs", ""),
        ("systemctl enable --now --no-block ecs.service", ""),
        ("systemctl start ecs &", ""),
    ],
)
def test_what_it_does_to_the_agent(owner: Owner, script: str, said: str) -> None:
    data = base64.b64encode(MIME.format(script).encode()).decode()
    found = owner.obstacle(launchTemplate={"launchTemplateId": owner.a_template(UserData=data)})

    assert said in found
    assert bool(said) is bool(found)


def test_parts_may_be_in_base64_again(owner: Owner) -> None:
    script = base64.b64encode(b"#!/bin/bash\nsystemctl stop ecs\n").decode()
    text = MIME.replace("x-shellscript\n", "x-shellscript\nContent-Transfer-Encoding: base64\n")
    data = base64.b64encode(text.replace("#!/bin/bash\n{}", script).encode()).decode()

    assert "stops" in owner.obstacle(launchTemplate={"launchTemplateId": owner.a_template(UserData=data)})


@pytest.mark.parametrize(("target", "joins"), [("c7g.4xlarge", False), ("c7g", False), ("m5", True)])
def test_an_override_holds_for_the_types_that_it_names(owner: Owner, target: str, joins: bool) -> None:
    data = base64.b64encode(MIME.format("stop ecs").encode()).decode()
    override = {"launchTemplateId": owner.a_template("special", UserData=data), "targetInstanceTypes": [target]}
    usual = {"launchTemplateId": owner.a_template(KeyName="mine"), "overrides": [override]}

    assert (owner.obstacle(launchTemplate=usual) == "") is joins

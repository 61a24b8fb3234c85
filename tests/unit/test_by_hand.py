"""Every command that a person is given is one line that a shell can read and that names its Region."""

import json
import shlex

import jmespath  # type: ignore[import-untyped]
import pytest

from batchmedic.by_hand import command, invoke
from batchmedic.changes import NEW_GROUP, ApiCall
from batchmedic.model.replacement import replacement_steps
from batchmedic.remedies.move_to_security_group_of_own_vpc import plan
from tests.factories import a_compute_environment, a_job_queue
from tests.repair_factories import a_survey

REGION = "eu-west-1"
PLANNED = plan(a_survey()).changes
QUEUES = (
    a_job_queue(),
    a_job_queue(name="second", compute_environments=("arn:x:compute-environment/other", a_compute_environment().arn)),
)
REPLACED = replacement_steps(a_compute_environment(), QUEUES, REGION, [NEW_GROUP])
ALL = [
    *(command(change.call, REGION) for change in PLANNED),
    *REPLACED,
    invoke("stack-RemediateFunction-1", REGION, {"apply": "0123456789abcdef-1", "plan": "0" * 16}),
    command(ApiCall(call="ec2:DeleteSecurityGroup", parameters={"GroupId": "sg-0a1"}), REGION),
]


@pytest.mark.parametrize("line", ALL)
def test_it_is_one_line_that_a_shell_reads(line: str) -> None:
    words = shlex.split(line.removeprefix(f"{NEW_GROUP}=$(").removesuffix(")") if line.startswith(NEW_GROUP) else line)

    assert "\n" not in line
    assert words[0] == "aws"
    assert words[words.index("--region") + 1] == REGION


def test_a_group_that_is_made_is_named_by_the_variable_of_the_command_before() -> None:
    make, update = (command(change.call, REGION) for change in PLANNED)

    assert make.startswith(f"{NEW_GROUP}=$(aws ec2 create-security-group ")
    assert f"--compute-resources securityGroupIds=${NEW_GROUP} " in update
    assert update.endswith("--update-policy terminateJobsOnUpdate=false,jobExecutionTimeoutMinutes=360")


def test_an_invocation_is_complete() -> None:
    words = shlex.split(invoke("f", REGION, {"rollback": "0123456789abcdef-1"}))

    assert words[words.index("--cli-binary-format") + 1] == "raw-in-base64-out"
    assert json.loads(words[words.index("--payload") + 1]) == {"rollback": "0123456789abcdef-1"}
    assert words[words.index("&&") - 1] == words[-1]  # the outfile is what is shown in the end


def test_any_other_call_is_its_parameters_as_json() -> None:
    call = ApiCall(call="ec2:DeleteSecurityGroup", parameters={"GroupId": "sg-0a1 it's"})
    words = shlex.split(command(call, REGION))

    assert words[:3] == ["aws", "ec2", "delete-security-group"]
    assert json.loads(words[words.index("--cli-input-json") + 1]) == call.parameters


def test_the_replacement_is_the_old_environment_but_for_strategy_groups_and_role() -> None:
    words = shlex.split(REPLACED[0].replace(f"${{{NEW_GROUP}}}", "sg-0new"))
    described = {
        "computeEnvironments": [
            {
                "computeEnvironmentName": "align-ec2",
                "type": "MANAGED",
                "serviceRole": "arn:aws:iam::1:role/mine",
                "computeResources": {
                    "type": "EC2",
                    "maxvCpus": 64,
                    "allocationStrategy": "BEST_FIT",
                    "securityGroupIds": ["sg-0a1"],
                },
            }
        ]
    }

    assert jmespath.search(words[words.index("--query") + 1], described) == {
        "computeEnvironmentName": "align-ec2-2",
        "type": "MANAGED",
        "computeResources": {
            "type": "EC2",
            "maxvCpus": 64,
            "allocationStrategy": "BEST_FIT_PROGRESSIVE",
            "securityGroupIds": ["sg-0new"],
        },
    }


def test_every_queue_gets_the_new_one_in_the_old_ones_place() -> None:
    first, second = REPLACED[2].split(" && ")
    assert first.endswith("--job-queue align --compute-environment-order order=1,computeEnvironment=align-ec2-2")
    assert second.endswith(
        "order=1,computeEnvironment=arn:x:compute-environment/other order=2,computeEnvironment=align-ec2-2"
    )

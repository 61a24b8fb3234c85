import pytest

from batchmedic.diagnoses.launch_failed import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.launching import Launching
from tests.factories import (
    ENVIRONMENT,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_launch,
    a_launching,
    a_snapshot,
    an_instance,
    refused,
)

NO_KEY_PAIR = "The key pair align does not exist. Launching EC2 instance failed."
DENIED = "You are not authorized to perform this operation. Encoded authorization failure message: "


def evidence(*launches, instances=(), launching=None, jobs=None, **environment):
    own = a_compute_environment(**environment)
    snapshot = a_snapshot(
        job_queues=(a_job_queue(*((a_job(),) if jobs is None else jobs)),),
        compute_environments=(own,),
        launching=launching or a_launching(*instances, launches=launches),
    )
    return list(check(own, snapshot))


def test_quotes_what_ec2_says():
    (said,) = evidence(*refused(*[NO_KEY_PAIR] * 12))

    assert said.message == (
        "EC2 has launched no instance for compute environment align-ec2 since 11:00 UTC (at least 10 tries). It says: "
        '"The key pair align does not exist. Launching EC2 instance failed."'
    )
    assert (said.confidence, said.facts["tries"]) == (Confidence.CERTAIN, 12)
    assert said.steps[0].startswith("aws autoscaling describe-scaling-activities --region eu-west-1")
    assert said.jobs == (a_job().arn,)


def test_one_piece_for_each_message_the_most_frequent_first():
    said = evidence(*refused(NO_KEY_PAIR, f"{DENIED}abc", f"{DENIED}def"))

    assert [one.facts["tries"] for one in said] == [2, 1]
    assert f'It says: "{DENIED}def"' in said[0].message  # the first of them: the sentence stays while others come


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("x" * 300, f'It says: "{"x" * 255}"', id="as much as Auto Scaling keeps"),
        pytest.param(" ", "It does not say why.", id="nothing"),
    ],
)
def test_a_text_of_any_length(text, words):
    (said,) = evidence(*refused(text))

    assert said.message.endswith(words)


def test_instances_that_ended_at_once():
    ended = [
        an_instance(number, state=state, state_reason="Server.InternalError", runs_for=10 * number)
        for number, state in ((1, "shutting-down"), (2, "terminated"))
    ]

    (said,) = evidence(instances=ended)

    assert said.message.endswith('since 11:40 UTC (2 tries). It says: "Server.InternalError"')


@pytest.mark.parametrize(
    ("launches", "changes"),
    [
        pytest.param((a_launch(2), *refused(NO_KEY_PAIR)), {}, id="a later launch succeeded"),
        pytest.param((a_launch(90, message=NO_KEY_PAIR),), {}, id="long ago"),
        pytest.param(refused("Client.InternalError: Client error on launch."), {}, id="another diagnosis"),
        pytest.param(refused(NO_KEY_PAIR), {"jobs": ()}, id="nothing waits"),
        pytest.param(refused(NO_KEY_PAIR), {"status": "INVALID"}, id="INVALID"),
        pytest.param(refused(NO_KEY_PAIR), {"kind": "FARGATE"}, id="Fargate"),
        *(
            pytest.param(
                (), {"instances": (an_instance(state="terminated", state_reason=reason, runs_for=5),)}, id=reason
            )
            for reason in (
                "",
                "Client.UserInitiatedShutdown",
                "Client.InstanceInitiatedShutdown",
                "Server.SpotInstanceTermination",
            )
        ),
    ],
)
def test_keeps_quiet(launches, changes):
    assert evidence(*launches, **changes) == []


@pytest.mark.parametrize(
    ("launching", "call"),
    [
        pytest.param(Launching(), "autoscaling:DescribeScalingActivities", id="launches"),
        pytest.param(
            Launching(launches=Answers(call="x", found={ENVIRONMENT: ()})), "ec2:DescribeInstances", id="instances"
        ),
    ],
)
def test_what_was_not_read_decides_nothing(launching, call):
    with pytest.raises(NotReadError, match=call):
        evidence(launching=launching)

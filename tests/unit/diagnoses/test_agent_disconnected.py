import pytest

from batchmedic.diagnoses.agent_disconnected import DIAGNOSIS, check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.capacity import Capacity
from batchmedic.model.times import SLOW_START
from tests.factories import a_job, a_job_queue, a_late_job
from tests.joining import a_registered, a_world, asked

AWAY = a_registered(agent_connected=False)
AWAY_AND_FULL = a_registered(agent_connected=False, remaining_vcpus=0)
FULL = a_registered(remaining_vcpus=0)


def evidence(*registered, job=None, queue=None, **changes):
    own = a_job_queue(job or a_late_job(), **(queue or {}))
    return asked(check, a_world(registered=registered, **{"queue": own, **changes}))


def test_no_agent_is_connected():
    (said,) = evidence(AWAY, AWAY_AND_FULL)

    assert said.message == (
        "2 of 2 registered instances of align-ec2 have an ECS agent that is not connected, so no job can start there. "
        "The job at the head of job queue align has waited for 30 minutes (normal are up to 10 minutes)."
    )
    assert said.confidence is Confidence.PROBABLE
    assert said.facts["disconnected_instances"] == ["i-0b1", "i-0b1"]
    assert said.steps[1] == "aws ssm start-session --region eu-west-1 --target i-0b1"


def test_only_the_one_that_is_away_has_room():
    (said,) = evidence(AWAY, FULL)

    assert said.message.startswith(
        "1 of 2 registered instances of align-ec2 has an ECS agent that is not connected, so no job can start there, "
        "and no other one has room for it. "
    )


def test_all_are_away_and_what_is_left_of_them_is_what_they_had_last():
    assert len(evidence(AWAY_AND_FULL)) == 1


@pytest.mark.parametrize(
    ("registered", "changes"),
    [
        pytest.param([], {}, id="no instances"),
        pytest.param([a_registered()], {}, id="connected"),
        pytest.param([AWAY, a_registered()], {}, id="a connected one has room"),
        pytest.param([AWAY_AND_FULL, FULL], {}, id="it would have no room anyway"),
        pytest.param([AWAY], {"job": a_job()}, id="the head moves"),
        pytest.param([AWAY], {"job": a_late_job(consumable_resources=("licence",))}, id="a consumable resource"),
        pytest.param([AWAY], {"queue": {"scheduling_policy": "arn:policy"}}, id="fair-share scheduling"),
        pytest.param([AWAY], {"environment": {"state": "DISABLED"}}, id="disabled"),
        pytest.param([AWAY], {"environment": {"kind": "FARGATE"}}, id="Fargate"),
        pytest.param([AWAY], {"environment": {"orchestration": "EKS"}}, id="EKS"),
    ],
)
def test_keeps_quiet(registered, changes):
    assert evidence(*registered, **changes) == []


def test_people_hear_of_it_only_when_it_lasts():
    assert DIAGNOSIS.patience == SLOW_START


def test_more_instances_than_are_listed_are_a_gap():
    with pytest.raises(NotReadError):
        evidence(*[AWAY] * 100)
    with pytest.raises(NotReadError):
        evidence(capacity=Capacity())

import pytest

from batchmedic.diagnoses.logging_driver_missing import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.capacity import Capacity
from batchmedic.model.job import Requirements
from tests.factories import a_job, a_job_queue, a_late_job
from tests.joining import a_registered, a_world, asked

WITHOUT = a_registered(takes_awslogs=False)
FULL = a_registered(remaining_vcpus=0, remaining_memory=0)
NODES = Requirements(vcpus=2, memory=2_048, nodes=2, all_vcpus=4)


def evidence(*registered, job=None, queue=None, **changes):
    own = a_job_queue(job or a_late_job(), **(queue or {}))
    return asked(check, a_world(registered=registered, **{"queue": own, **changes}))


def test_none_of_the_instances_with_room_has_it():
    (said,) = evidence(WITHOUT, WITHOUT, FULL)

    assert said.message == (
        "2 instances of align-ec2 have room for the job at the head of job queue align, which has waited for 30 "
        "minutes, but none registered the log driver awslogs, which AWS Batch uses unless the job definition names "
        "another one."
    )
    assert said.confidence is Confidence.PROBABLE
    assert said.jobs == (a_late_job().arn,)
    assert "--attribute-name com.amazonaws.ecs.capability.logging-driver.awslogs" in said.steps[0]


def test_also_of_unmanaged_environments():
    (said,) = evidence(WITHOUT, environment={"managed": False, "unmanaged": True})

    assert said.message.startswith("1 instance of align-ec2 has room for")


@pytest.mark.parametrize(
    ("registered", "changes"),
    [
        pytest.param([], {}, id="no instances"),
        pytest.param([a_registered()], {}, id="it has it"),
        pytest.param([WITHOUT, a_registered()], {}, id="another one has it"),
        pytest.param([a_registered(takes_awslogs=False, remaining_vcpus=1)], {}, id="no vCPUs left"),
        pytest.param([a_registered(takes_awslogs=False, remaining_memory=1_024)], {}, id="no memory left"),
        pytest.param([a_registered(takes_awslogs=False, agent_connected=False)], {}, id="its agent is away"),
        pytest.param([WITHOUT], {"job": a_job()}, id="the head moves"),
        pytest.param([WITHOUT], {"job": a_late_job(requirements=NODES)}, id="multi-node"),
        pytest.param([WITHOUT], {"job": a_late_job(gpus=1)}, id="no GPU there"),
        pytest.param([WITHOUT], {"job": a_late_job(consumable_resources=("licence",))}, id="a consumable resource"),
        pytest.param([WITHOUT], {"queue": {"scheduling_policy": "arn:policy"}}, id="fair-share scheduling"),
        pytest.param([WITHOUT], {"environment": {"state": "DISABLED"}}, id="disabled"),
        pytest.param([WITHOUT], {"environment": {"status": "INVALID"}}, id="INVALID"),
        pytest.param([WITHOUT], {"environment": {"kind": "FARGATE"}}, id="Fargate"),
        pytest.param([WITHOUT], {"environment": {"orchestration": "EKS"}}, id="EKS"),
    ],
)
def test_keeps_quiet(registered, changes):
    assert evidence(*registered, **changes) == []


def test_what_was_not_read_is_a_gap():
    with pytest.raises(NotReadError):
        evidence(capacity=Capacity())
    with pytest.raises(NotReadError):
        evidence(WITHOUT, job=a_late_job(requirements=None))

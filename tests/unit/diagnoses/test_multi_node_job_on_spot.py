import pytest

from batchmedic.diagnoses.multi_node_job_on_spot import check
from batchmedic.model.job import Requirements
from tests.factories import a_compute_environment, a_job, a_job_queue, a_snapshot

NODES = a_job(requirements=Requirements(vcpus=4, memory=8_192, nodes=4, all_vcpus=16))


def evidence(*jobs, kinds=("SPOT",), **environment):
    environments = tuple(a_compute_environment(f"ce-{n}", kind=kind, **environment) for n, kind in enumerate(kinds))
    queue = a_job_queue(*jobs, compute_environments=tuple(one.arn for one in environments))
    return list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments)))


@pytest.mark.parametrize(
    ("jobs", "kinds", "fires"),
    [
        pytest.param((NODES,), ("SPOT",), True, id="only Spot"),
        pytest.param((NODES,), ("SPOT", "SPOT"), True, id="twice Spot"),
        pytest.param((NODES,), ("SPOT", "EC2"), False, id="one is On-Demand"),
        pytest.param((NODES,), ("QUANTUM",), False, id="a kind not known here"),
        pytest.param((NODES,), (), False, id="no environment"),
        pytest.param((a_job(),), ("SPOT",), False, id="a single job"),
        pytest.param((a_job(), NODES), ("SPOT",), False, id="behind a job that can run"),
        pytest.param((), ("SPOT",), False, id="nothing waits"),
    ],
)
def test_fires_when_only_spot_is_there_for_a_multi_node_job(jobs, kinds, fires):
    assert bool(evidence(*jobs, kinds=kinds)) == fires


def test_a_disabled_on_demand_environment_is_no_help():
    spot, other = a_compute_environment("ce-0", kind="SPOT"), a_compute_environment("ce-1", state="DISABLED")
    queue = a_job_queue(NODES, compute_environments=(spot.arn, other.arn))

    assert list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=(spot, other))))


def test_says_what_is_not_supported_and_where_to_go():
    (said,) = evidence(NODES, kinds=("SPOT", "SPOT"))

    assert said.message == (
        "Multi-node parallel jobs of 4 nodes wait in job queue align, which has only Spot compute environments "
        "(ce-0, ce-1): AWS Batch does not run multi-node parallel jobs on Spot Instances."
    )
    assert said.recommendation == (
        "Submit the jobs to a job queue with an On-Demand compute environment (type EC2), or give align one."
    )
    assert all(step.startswith("aws batch ") and "--region eu-west-1" in step for step in said.steps)

import pytest

from batchmedic.diagnoses.job_exceeds_max_vcpus import check
from tests.factories import a_compute_environment, a_job, a_job_queue, a_snapshot


def evidence(*jobs, ceilings, **environment):
    names = [f"ce-{number}" for number in range(len(ceilings))]
    environments = tuple(
        a_compute_environment(name, max_vcpus=ceiling, **environment)
        for name, ceiling in zip(names, ceilings, strict=True)
    )
    queue = a_job_queue(*jobs, compute_environments=tuple(one.arn for one in environments))
    return list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments)))


@pytest.mark.parametrize(
    ("wanted", "ceilings", "fires"),
    [
        pytest.param(16, [16], False, id="fits exactly"),
        pytest.param(32, [16, 64], False, id="fits the larger one"),
        pytest.param(32, [16], True, id="too big for the only one"),
        pytest.param(0.25, [0], True, id="maxvCpus of zero fits nothing"),
        pytest.param(64, [16, 32], True, id="too big for every one"),
        pytest.param(1, [], False, id="a queue without compute environments is another fault"),
    ],
)
def test_fires_when_no_compute_environment_may_grow_to_the_job(wanted, ceilings, fires):
    assert bool(evidence(a_job(vcpus=wanted), ceilings=ceilings)) == fires


def test_says_both_numbers_and_the_command_that_helps():
    (said,) = evidence(a_job(vcpus=36.5), ceilings=[16])

    assert "need 36.5 vCPUs" in said.message
    assert "is 16 (ce-0)" in said.message
    assert said.steps == (
        "aws batch update-compute-environment --region eu-west-1 --compute-environment ce-0 "
        "--compute-resources maxvCpus=37",
    )


def test_a_large_job_behind_a_head_that_fits_is_not_blamed():
    assert evidence(a_job(1, vcpus=4), a_job(2, vcpus=400), ceilings=[16]) == []


def test_every_size_that_is_too_large_behind_such_a_head_is_named():
    jobs = [a_job(1, vcpus=32), a_job(2, vcpus=4), a_job(3, vcpus=64), a_job(4, vcpus=32)]

    said = evidence(*jobs, ceilings=[16])

    assert [each.facts["vcpus"] for each in said] == [32, 64]
    assert [len(each.jobs) for each in said] == [2, 1]


def test_unmanaged_environments_have_no_ceiling_to_compare_with():
    assert evidence(a_job(vcpus=32), ceilings=[0], managed=False) == []

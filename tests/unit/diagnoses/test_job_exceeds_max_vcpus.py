import pytest

from batchmedic.diagnoses.job_exceeds_max_vcpus import check
from batchmedic.model.job import Requirements
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


def test_all_nodes_of_a_multi_node_job_count():
    (said,) = evidence(a_job(requirements=Requirements(vcpus=8, memory=2_048, nodes=4, all_vcpus=32)), ceilings=[16])

    assert "need 32 vCPUs on 4 nodes together;" in said.message


def test_a_disabled_environment_is_no_help():
    small, large = a_compute_environment("small", max_vcpus=16), a_compute_environment("large", state="DISABLED")
    queue = a_job_queue(a_job(vcpus=32), compute_environments=(small.arn, large.arn))

    (said,) = check(queue, a_snapshot(job_queues=(queue,), compute_environments=(small, large)))

    assert "the largest maxvCpus of its enabled compute environments is 16 (small)" in said.message


def test_what_max_vcpus_means_of_a_kind_not_known_here_is_not_judged():
    assert evidence(a_job(vcpus=32), ceilings=[16], kind="ECS_MANAGED_INSTANCES") == []


def test_nobody_is_told_to_submit_jobs_with_no_vcpus():
    (said,) = evidence(a_job(vcpus=2), ceilings=[0])

    assert said.recommendation == "Raise maxvCpus of ce-0 to at least 2."


def test_one_environment_without_a_ceiling_is_enough_to_keep_quiet():
    environments = (a_compute_environment(max_vcpus=16), a_compute_environment("own", managed=False, kind=""))
    queue = a_job_queue(a_job(vcpus=32), compute_environments=tuple(one.arn for one in environments))

    assert list(check(queue, a_snapshot(job_queues=(queue,), compute_environments=environments))) == []

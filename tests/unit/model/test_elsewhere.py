"""Where else a job could run: an offer, made only where this snapshot knows the sizes."""

from dataclasses import replace

import pytest

from batchmedic.model.capacity import Capacity, InstanceType
from batchmedic.model.elsewhere import could_run_now
from batchmedic.model.job import Requirements
from tests.factories import QUEUE, a_capacity, a_compute_environment, a_job, a_job_queue, a_snapshot

SMALL = InstanceType(name="c7g.4xlarge", vcpus=16, memory=32_768, architectures=("arm64",))
LARGE = InstanceType(name="c7g.16xlarge", vcpus=64, memory=131_072, architectures=("arm64",))
WANTED = Requirements(vcpus=48, memory=65_536)
SIZES = a_capacity(SMALL, LARGE)


def offer(wanted=WANTED, *, queue=None, capacity=SIZES, **environment):
    home = a_compute_environment()
    spare = a_compute_environment("spare", **{"instance_types": ("c7g.16xlarge",), "max_vcpus": 256, **environment})
    own = a_job_queue(a_job(requirements=wanted))
    other = replace(
        a_job_queue(arn=QUEUE.replace("align", "other"), name="other", compute_environments=(spare.arn,)),
        **(queue or {}),
    )
    snapshot = a_snapshot(job_queues=(own, other), compute_environments=(home, spare), capacity=capacity)
    return could_run_now(wanted, own, snapshot)


def test_names_the_queue_the_environment_and_the_type():
    assert offer(desired_vcpus=64) == (
        " Job queue other could run the jobs now: its compute environment spare allows c7g.16xlarge (64 vCPUs, "
        "131,072 MiB), and 192 of its 256 vCPUs are free."
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"wanted": Requirements(vcpus=96, memory=1)}, id="too large there, too"),
        pytest.param({"wanted": Requirements(vcpus=48, memory=130_000)}, id="whether it fits is not sure"),
        pytest.param({"wanted": replace(WANTED, nodes=4, all_vcpus=192), "kind": "SPOT"}, id="multi-node on Spot"),
        pytest.param({"wanted": replace(WANTED, nodes=8, all_vcpus=384)}, id="not for all nodes"),
        pytest.param({"desired_vcpus": 224}, id="no room left"),
        pytest.param({"state": "DISABLED"}, id="disabled"),
        pytest.param({"status": "INVALID"}, id="INVALID"),
        pytest.param({"orchestration": "EKS"}, id="EKS"),
        pytest.param({"kind": "FARGATE"}, id="Fargate"),
        pytest.param({"queue": {"state": "DISABLED"}}, id="the queue takes no jobs"),
        pytest.param({"queue": {"front": (a_job(9),)}}, id="jobs wait there"),
        pytest.param({"queue": {"front": None}}, id="nobody looked there"),
        pytest.param({"capacity": Capacity()}, id="no sizes known"),
        pytest.param({"capacity": a_capacity(SMALL)}, id="its sizes not known"),
        pytest.param({"capacity": a_capacity(LARGE)}, id="the queue's own processor not known"),
        pytest.param(
            {"capacity": a_capacity(SMALL, replace(LARGE, architectures=("x86_64",)))}, id="another processor"
        ),
    ],
)
def test_offers_nothing(changes):
    assert offer(**changes) == ""


@pytest.mark.parametrize(
    ("disabled", "said"),
    [
        ({}, " Compute environment large of the same queue could run the jobs, but is DISABLED."),
        ({"status": "INVALID"}, ""),
        ({"max_vcpus": 32}, ""),
    ],
    ids=["sound", "INVALID", "too small"],
)
def test_a_disabled_environment_of_the_same_queue_comes_first(disabled, said):
    home = a_compute_environment()
    large = a_compute_environment(
        "large", **{"state": "DISABLED", "instance_types": ("c7g.16xlarge",), "max_vcpus": 64, **disabled}
    )
    queue = a_job_queue(a_job(requirements=WANTED), compute_environments=(home.arn, large.arn))
    snapshot = a_snapshot(job_queues=(queue,), compute_environments=(home, large), capacity=SIZES)

    assert could_run_now(WANTED, queue, snapshot) == said


def test_the_smallest_type_that_takes_the_job_is_named():
    larger = replace(LARGE, name="c7g.metal", vcpus=96)

    said = offer(capacity=a_capacity(SMALL, LARGE, larger), instance_types=("c7g.metal", "c7g.16xlarge"))

    assert "allows c7g.16xlarge (64 vCPUs" in said


@pytest.mark.parametrize("changes", [{"kind": "SPOT"}, {"wanted": replace(WANTED, nodes=2, all_vcpus=96)}])
def test_spot_is_for_single_jobs_and_on_demand_for_all(changes):
    assert offer(**changes)

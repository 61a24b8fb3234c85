from dataclasses import replace
from datetime import timedelta

import pytest

from batchmedic.diagnoses.vcpu_quota_reached import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.capacity import Capacity, ContainerInstance, InstanceType
from tests.factories import (
    C7G_4XLARGE,
    C7G_LARGE,
    a_capacity,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_launch,
    a_launching,
    a_snapshot,
    refused,
)

SAID = (
    "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket that "
    "the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an "
    "adjustment to this limit. Launching EC2 instance failed."
)
SPOT_SAID = "Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded."
QUOTAS = "arn:aws:servicequotas:eu-west-1:111122223333"
G5_XLARGE = InstanceType(name="g5.xlarge", vcpus=4, memory=16_384, gpus=1)
BUSY = ContainerInstance(instance_type="c7g.4xlarge", registered_memory=31_000, running_tasks=1)


def evidence(
    *launches, limit=64, job=None, types=(C7G_4XLARGE,), registered=(), others=(), capacity=None, quotas=None, **changes
):
    listed = {"instance_types": tuple(one.name for one in types), "desired_vcpus": 80, "max_vcpus": 256}
    own = a_compute_environment(**{**listed, **changes})
    queue = a_job_queue(job or a_late_job())
    read = a_capacity(*types)
    there = replace(read.container_instances, found={own.ecs_cluster: tuple(registered)})
    snapshot = a_snapshot(
        job_queues=(queue,),
        compute_environments=(own, *others),
        capacity=replace(read, container_instances=there) if capacity is None else capacity,
        launching=a_launching(launches=launches or refused(*[SAID.format(limit=limit)] * 6), quotas=quotas or {}),
    )
    return list(check(own, snapshot))


def test_names_the_quota_its_limit_and_who_asks_for_it():
    other = a_compute_environment("other", instance_types=("m6i",), desired_vcpus=16)
    elsewhere = [
        a_compute_environment("spot", kind="SPOT", desired_vcpus=160),
        a_compute_environment("gpu", instance_types=("g5",), desired_vcpus=160),
        a_compute_environment("fargate", kind="FARGATE", desired_vcpus=160),
    ]

    (said,) = evidence(others=(other, *elsewhere))

    assert said.message == (
        "EC2 has refused instances for compute environment align-ec2 since 11:30 UTC (at least 5 tries): the vCPU "
        'quota "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" (L-1216C47A) of 64 is used up. The '
        "compute environments here ask for 96 of it. The smallest instance type that fits, c7g.4xlarge, needs 16."
    )
    assert said.recommendation == (
        'Request a quota of at least 96 vCPUs for "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" '
        "(L-1216C47A), or stop other instances that count in it."
    )
    assert said.steps == (
        "aws service-quotas request-service-quota-increase --region eu-west-1 --service-code ec2 "
        "--quota-code L-1216C47A --desired-value 96",
    )
    assert (said.subject, said.confidence) == (f"{QUOTAS}:ec2/L-1216C47A", Confidence.CERTAIN)
    assert (said.facts["limit"], said.facts["tries"], said.facts["asked_for"]) == (64, 6, 96)
    assert said.jobs == (a_late_job().arn,)
    assert said.patience is None


def test_others_in_the_account_may_use_it_up():
    (said,) = evidence(desired_vcpus=16)

    assert "ask for 16 of it; other instances of the account use the rest." in said.message
    assert said.steps[0].endswith("--desired-value 80")


def test_a_quota_below_one_instance_can_never_do():
    (said,) = evidence(limit=0, types=(G5_XLARGE,), desired_vcpus=4)

    assert said.message == (
        'No instance of compute environment align-ec2 can ever launch: the vCPU quota "Running On-Demand G and VT '
        'instances" (L-DB2E81BA) is 0, and the smallest instance type that fits, g5.xlarge, has 4 vCPUs. EC2 has '
        "refused them since 11:30 UTC (at least 5 tries)."
    )
    assert said.patience == timedelta(0)
    assert said.steps[0].endswith("--quota-code L-DB2E81BA --desired-value 4")


@pytest.mark.parametrize(
    ("job", "never"),
    [
        pytest.param(a_late_job(vcpus=2), False, id="the small type takes the job"),
        pytest.param(a_late_job(vcpus=8), True, id="only the large one does"),
        pytest.param(a_late_job(vcpus=2, memory=16_384), True, id="only the large one has the memory"),
        pytest.param(a_late_job(requirements=None), False, id="what the job needs is not known"),
    ],
)
def test_the_smallest_type_is_one_that_takes_the_job(job, never):
    (said,) = evidence(limit=8, types=(C7G_LARGE, C7G_4XLARGE), job=job)

    assert ("can ever launch" in said.message) == never


def test_it_is_enough_for_one_instance_then():
    (said,) = evidence(limit=8, desired_vcpus=0)

    assert said.steps[0].endswith("--desired-value 16")


def test_a_keyword_may_mean_smaller_types():
    capacity = a_capacity(C7G_4XLARGE)
    families = {f"{family}.*": (C7G_4XLARGE,) for family in ("m6g", "c6g", "r6g", "c7g")}
    read = replace(capacity, instance_types=replace(capacity.instance_types, found=families))

    (said,) = evidence(limit=8, capacity=read, instance_types=("default_arm64",))

    assert "can ever launch" in said.message
    assert said.patience is None


@pytest.mark.parametrize(
    ("quotas", "of", "never"),
    [
        pytest.param({}, " is used up.", False, id="not read"),
        pytest.param({"L-34B43A08": 64.0}, " of 64 is used up.", False, id="read"),
        pytest.param({"L-34B43A08": 8.0}, "", True, id="read, and below one instance"),
        pytest.param({"L-1216C47A": 8.0}, " is used up.", False, id="only that for On-Demand was read"),
    ],
)
def test_the_text_for_spot_names_no_limit(quotas, of, never):
    (said,) = evidence(*refused(SPOT_SAID), kind="SPOT", quotas=quotas)

    assert '"All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests" (L-34B43A08)' in said.message
    assert of in said.message
    assert ("can ever launch" in said.message) == never


@pytest.mark.parametrize(
    ("types", "quotas", "subject"),
    [
        pytest.param((C7G_4XLARGE, G5_XLARGE), {}, None, id="two quotas"),
        pytest.param(
            (C7G_4XLARGE, G5_XLARGE), {"L-DB2E81BA": 64.0, "L-1216C47A": 500.0}, "L-DB2E81BA", id="one has that limit"
        ),
        pytest.param((C7G_4XLARGE, G5_XLARGE), {"L-DB2E81BA": 64.0, "L-1216C47A": 64.0}, None, id="both have it"),
        pytest.param((InstanceType(name="x2gd.xlarge", vcpus=4, memory=65_536),), {}, None, id="a kind not known here"),
    ],
)
def test_which_quota_it_is_may_not_be_known(types, quotas, subject):
    (said,) = evidence(types=types, quotas=quotas)

    assert said.subject == (subject and f"{QUOTAS}:ec2/{subject}")


def test_a_quota_that_is_not_known_is_not_made_up():
    (said,) = evidence(types=(C7G_4XLARGE, G5_XLARGE))

    assert (
        "the vCPU quota for its instance types (EC2 does not say which; it may be "
        '"Running On-Demand G and VT instances" (L-DB2E81BA) and "Running On-Demand Standard (A, C, D, H, I, M, R, T, '
        'Z) instances" (L-1216C47A)) of 64 is used up.'
    ) in said.message
    assert said.recommendation == "Request a quota of more vCPUs, or stop other instances that count in it."
    assert "list-service-quotas" in said.steps[0]


def test_sizes_that_were_not_read_are_left_out():
    capacity = replace(a_capacity(), instance_types=Capacity().instance_types)

    (said,) = evidence(capacity=capacity, limit=8)

    assert said.message.endswith("ask for 80 of it.")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"registered": (BUSY,)}, id="jobs run: they make room"),
        pytest.param({"state": "DISABLED"}, id="disabled"),
        pytest.param({"orchestration": "EKS", "ecs_cluster": None, "job": a_job()}, id="EKS, within the normal time"),
    ],
)
def test_keeps_quiet(changes):
    assert evidence(**changes) == []


def test_an_eks_environment_whose_head_waits_too_long():
    assert evidence(orchestration="EKS", ecs_cluster=None)


def test_a_later_success_ends_it():
    assert evidence(a_launch(2), *refused(SAID.format(limit=64))) == []


def test_another_text_is_another_diagnosis():
    assert evidence(*refused("The key pair align does not exist. Launching EC2 instance failed.")) == []


def test_whether_jobs_run_has_to_be_known():
    with pytest.raises(NotReadError, match="ecs:DescribeContainerInstances"):
        evidence(capacity=replace(a_capacity(), container_instances=Capacity().container_instances))


@pytest.mark.parametrize(
    ("kind", "code"), [("FARGATE", "L-3032A538"), ("FARGATE_SPOT", "L-36FBB829")], ids=["Fargate", "Fargate Spot"]
)
def test_a_job_larger_than_the_quota_of_fargate(kind, code):
    (said,) = evidence(kind=kind, job=a_job(vcpus=8), quotas={code: 6.0})

    assert said.message == (
        "The job at the head of job queue align can never start in compute environment align-ec2: it asks for 8 vCPUs, "
        f'and the quota "Fargate {"Spot" if "SPOT" in kind else "On-Demand"} vCPU resource count" ({code}) is 6.'
    )
    assert (said.subject, said.patience) == (f"{QUOTAS}:fargate/{code}", timedelta(0))
    assert said.steps[0].endswith(f"--service-code fargate --quota-code {code} --desired-value 8")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"quotas": {}}, id="the quota was not read: no gap"),
        pytest.param({"quotas": {"L-3032A538": 8.0}}, id="just large enough"),
        pytest.param({"quotas": {"L-36FBB829": 4.0}}, id="that of Fargate Spot"),
        pytest.param({"quotas": {"L-3032A538": 4.0}, "job": a_job(requirements=None)}, id="a job that is not read"),
        pytest.param({"quotas": {"L-3032A538": 4.0}, "state": "DISABLED"}, id="disabled"),
    ],
)
def test_fargate_keeps_quiet(changes):
    assert evidence(**{"kind": "FARGATE", "job": a_job(vcpus=8), **changes}) == []

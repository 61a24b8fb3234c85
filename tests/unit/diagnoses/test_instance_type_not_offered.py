from dataclasses import replace

import pytest

from batchmedic.diagnoses.instance_type_not_offered import check
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.launch_trouble import PATIENCE
from batchmedic.model.launching import Launching
from batchmedic.model.network import Subnet
from tests.factories import (
    C7G_4XLARGE,
    OWN_VPC,
    a_capacity,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_launch,
    a_launching,
    a_network,
    a_snapshot,
    refused,
)

SAID = (
    "Your requested instance type (c7g.4xlarge) is not supported in your requested Availability Zone (eu-west-1a). "
    "Please retry your request by not specifying an Availability Zone or choosing eu-west-1b, eu-west-1c. Launching "
    "EC2 instance failed."
)
CUT = SAID[:120]
UNSUPPORTED = "The requested configuration is currently not supported. Please check the documentation."
REASON = (
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment associated with this job queue "
    "has an unsupported instance type configuration."
)
IN_A, IN_B = frozenset({"eu-west-1a"}), frozenset({"eu-west-1b"})


def evidence(*launches, job=None, offerings=None, subnets=("subnet-0a1",), asked=True, **environment):
    """`offerings` None: everything asked for is offered nowhere."""
    own = a_compute_environment(**{"subnets": subnets, **environment})
    found = {each: Subnet(id=each, vpc_id=OWN_VPC, zone=f"eu-west-1{each[-2]}") for each in subnets}
    network = replace(a_network(), subnets=Answers(call="ec2:DescribeSubnets", found=found))
    launching = a_launching(launches=launches, offerings=offerings or {})
    if not asked:
        launching = replace(launching, offerings=Launching().offerings)
    snapshot = a_snapshot(
        job_queues=(a_job_queue(job or a_job()),), compute_environments=(own,), network=network, launching=launching
    )
    return list(check(own, snapshot))


def test_names_the_zones_that_do_offer_it():
    (said,) = evidence(*refused(SAID, SAID), offerings={"c7g.4xlarge": IN_B})

    assert said.message == (
        "EC2 does not offer c7g.4xlarge in eu-west-1a, so it has refused instances for compute environment align-ec2 "
        "since 11:50 UTC (2 tries). It is offered in eu-west-1b and eu-west-1c, where align-ec2 has no subnet."
    )
    assert said.recommendation == (
        "Give align-ec2 a subnet in eu-west-1b or eu-west-1c, or allow it types that are offered in eu-west-1a."
    )
    assert (said.confidence, said.patience) == (Confidence.CERTAIN, None)
    assert said.facts["offered_in"] == ["eu-west-1b", "eu-west-1c"]
    assert said.steps[2].endswith("--compute-resources subnets=subnet-0a1,SUBNET_ID")
    assert said.jobs == (a_job().arn,)


def test_a_text_that_was_cut_still_names_type_and_zone():
    (said,) = evidence(*refused(CUT), offerings={"c7g.4xlarge": IN_B})

    assert "EC2 does not offer c7g.4xlarge in eu-west-1a" in said.message
    assert "It is offered in eu-west-1b, where" in said.message


@pytest.mark.parametrize(
    ("changes", "confidence", "patience"),
    [
        pytest.param({"offerings": {"c7g.4xlarge": IN_A}}, Confidence.PROBABLE, PATIENCE, id="its list says otherwise"),
        pytest.param(
            {"offerings": {"c7g.4xlarge": IN_B}, "subnets": ("subnet-0a1", "subnet-0b1")},
            Confidence.PROBABLE,
            PATIENCE,
            id="another zone may deliver yet",
        ),
        pytest.param({"asked": False}, Confidence.CERTAIN, None, id="not read, but one type and one zone"),
        pytest.param(
            {"asked": False, "subnets": ("subnet-0a1", "subnet-0b1")}, Confidence.CERTAIN, PATIENCE, id="not read, two"
        ),
        pytest.param({"subnets": ("subnet-0a1", "subnet-0c1")}, Confidence.CERTAIN, None, id="in none of its zones"),
    ],
)
def test_how_sure_it_is(changes, confidence, patience):
    (said,) = evidence(*refused(SAID), **changes)

    assert (said.confidence, said.patience) == (confidence, patience)


@pytest.mark.parametrize(
    ("launches", "job"),
    [
        pytest.param((), a_late_job(status_reason=REASON), id="AWS Batch says so"),
        pytest.param(refused(UNSUPPORTED), a_job(), id="EC2 says so"),
    ],
)
def test_a_vague_word_and_a_list_without_it(launches, job):
    (said,) = evidence(*launches, job=job, offerings={"c7g.4xlarge": IN_B})

    assert said.message == (
        "EC2 does not offer c7g.4xlarge in eu-west-1a, where the subnets of compute environment align-ec2 are, so none "
        "of its instances can launch. It is offered in eu-west-1b, where align-ec2 has no subnet."
    )
    assert said.confidence is Confidence.CERTAIN


@pytest.mark.parametrize(
    ("launches", "changes"),
    [
        pytest.param((a_launch(2), *refused(SAID)), {}, id="another zone delivers"),
        pytest.param((), {}, id="nothing was refused"),
        pytest.param(refused(UNSUPPORTED), {"offerings": {"c7g.4xlarge": IN_A}}, id="unsupported, but offered here"),
        pytest.param(refused(UNSUPPORTED), {"asked": False}, id="unsupported, and offers were not read"),
        pytest.param(refused("The key pair align does not exist."), {}, id="another text"),
        pytest.param((), {"job": a_late_job(status_reason=REASON), "asked": False}, id="only the reason"),
        pytest.param(refused(UNSUPPORTED), {"instance_types": ("c7g",)}, id="a family that was not read"),
        pytest.param((), {"job": a_late_job(status_reason=REASON), "state": "DISABLED"}, id="disabled"),
    ],
)
def test_keeps_quiet(launches, changes):
    assert evidence(*launches, **changes) == []


def test_a_family_is_what_was_read_of_it():
    types = replace(C7G_4XLARGE, name="c7g.2xlarge"), C7G_4XLARGE
    capacity = a_capacity()
    read = replace(capacity, instance_types=replace(capacity.instance_types, found={"c7g.*": types}))
    own = a_compute_environment(instance_types=("c7g",))
    subnets = {"subnet-0a1": Subnet(id="subnet-0a1", vpc_id=OWN_VPC, zone="eu-west-1a")}
    snapshot = a_snapshot(
        job_queues=(a_job_queue(a_late_job(status_reason=REASON)),),
        compute_environments=(own,),
        capacity=read,
        network=replace(a_network(), subnets=Answers(call="ec2:DescribeSubnets", found=subnets)),
        launching=a_launching(offerings={"c7g.4xlarge": IN_B}),
    )

    (said,) = check(own, snapshot)

    assert said.message.startswith("EC2 does not offer any of c7g.2xlarge or c7g.4xlarge in eu-west-1a")

import pytest

from batchmedic.diagnoses.volume_key_unusable import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.launch_trouble import PATIENCE
from batchmedic.model.launching import Launching
from batchmedic.model.network import LaunchTemplateVersion
from tests.factories import (
    ENVIRONMENT,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_launch,
    a_launching,
    a_network,
    a_snapshot,
    an_instance,
    refused,
)

SAID = (
    "Instance became unhealthy while waiting for instance to be in InService state. Client.InternalError: Client error"
)
KEY = "arn:aws:kms:eu-west-1:444455556666:key/12ee9c11-3476-492c-b5cc-ed4a4d636337"
TEMPLATE = LaunchTemplateReference(template="lt-1")
DEAD = an_instance(state="terminated", state_reason="Client.InternalError", runs_for=8)


def evidence(*launches, keys=(), instances=(), launching=None, jobs=None, **environment):
    own = a_compute_environment(**{"launch_templates": (TEMPLATE,), **environment})
    version = LaunchTemplateVersion(id="lt-1", volume_keys=tuple(keys))
    snapshot = a_snapshot(
        job_queues=(a_job_queue(*((a_job(),) if jobs is None else jobs)),),
        compute_environments=(own,),
        network=a_network(templates={TEMPLATE.key: version}),
        launching=launching or a_launching(*instances, launches=launches),
    )
    return list(check(own, snapshot))


def test_names_the_key_of_the_launch_template():
    (said,) = evidence(*refused(SAID, SAID), keys=(KEY,))

    assert said.message == (
        "Every instance of compute environment align-ec2 has ended at its start since 11:50 UTC (2 tries), with "
        "Client.InternalError: EC2's word for a volume whose KMS key it cannot use. Its launch template names "
        f"{KEY}: AWSServiceRoleForAutoScaling may not use it, or it is disabled or gone."
    )
    assert (said.subject, said.confidence) == (KEY, Confidence.PROBABLE)
    assert said.steps == (
        f"aws kms describe-key --region eu-west-1 --key-id {KEY} --query 'KeyMetadata.[Arn,KeyState,KeyManager]' "
        "--output text",
        f"aws kms create-grant --region eu-west-1 --key-id {KEY} --grantee-principal arn:aws:iam::111122223333:role/"
        "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling --operations Encrypt Decrypt "
        "ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant",
    )


def test_without_a_key_it_is_only_possible():
    (said,) = evidence(*refused(SAID))

    assert "Which key is not known here" in said.message
    assert (said.subject, said.confidence) == (None, Confidence.POSSIBLE)
    assert said.steps[0] == "aws ec2 get-ebs-default-kms-key-id --region eu-west-1"


@pytest.mark.parametrize("keys", [("alias/volumes",), (KEY, "alias/volumes")], ids=["an alias", "two keys"])
def test_only_one_key_by_its_arn_is_the_subject(keys):
    (said,) = evidence(*refused(SAID), keys=keys)

    assert said.subject is None
    assert " and ".join(keys) in said.message
    assert said.confidence is Confidence.PROBABLE


@pytest.mark.parametrize(
    ("keys", "tries", "patience"),
    [
        pytest.param((KEY,), 2, None, id="a key, and it fails again"),
        pytest.param((KEY,), 1, PATIENCE, id="once may be chance"),
        pytest.param((), 9, PATIENCE, id="no key is named"),
    ],
)
def test_how_long_it_must_last(keys, tries, patience):
    (said,) = evidence(*refused(*[SAID] * tries), keys=keys)

    assert said.patience == patience


def test_a_spot_fleet_launches_by_another_role():
    (said,) = evidence(*refused(SAID), kind="SPOT", allocation_strategy="BEST_FIT")

    assert "AWSServiceRoleForEC2SpotFleet may not use" in said.message


@pytest.mark.parametrize(
    "launches",
    [pytest.param((), id="no launch is seen"), pytest.param((a_launch(8.2),), id="its launch counts as a success")],
)
def test_an_instance_that_ended_at_once(launches):
    (said,) = evidence(*launches, instances=(DEAD,))

    assert "since 11:52 UTC (1 try)" in said.message


@pytest.mark.parametrize(
    ("launches", "changes"),
    [
        pytest.param((a_launch(2), *refused(SAID)), {}, id="a later launch succeeded"),
        pytest.param((), {"instances": (DEAD, an_instance(2, runs_for=3))}, id="a later instance runs"),
        pytest.param((a_launch(3),), {"instances": (DEAD,)}, id="a later launch succeeded, its instance is not seen"),
        pytest.param(
            (),
            {"instances": (an_instance(state="terminated", state_reason="Client.UserInitiatedShutdown"),)},
            id="ended",
        ),
        pytest.param(
            (),
            {"instances": (an_instance(state="terminated", state_reason="Client.InternalError", runs_for=90),)},
            id="long ago",
        ),
        pytest.param((), {"instances": (an_instance(),)}, id="it runs"),
        pytest.param(refused(SAID), {"jobs": ()}, id="nothing waits"),
    ],
)
def test_keeps_quiet(launches, changes):
    assert evidence(*launches, **changes) == []


def test_instances_that_were_not_read_decide_nothing():
    launches = Answers(call="autoscaling:DescribeScalingActivities", found={ENVIRONMENT: ()})

    with pytest.raises(NotReadError, match="ec2:DescribeInstances"):
        evidence(launching=Launching(launches=launches))


def test_a_refused_launch_is_enough():
    launches = Answers(call="autoscaling:DescribeScalingActivities", found={ENVIRONMENT: refused(SAID)})

    assert evidence(launching=Launching(launches=launches))

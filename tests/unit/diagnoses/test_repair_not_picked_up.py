import pytest

from batchmedic.diagnoses.repair_not_picked_up import DIAGNOSIS, check
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, Cluster, Image
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.identity import Identity, InstanceProfile, Role
from batchmedic.model.network import LaunchTemplateVersion
from tests.factories import a_compute_environment, a_network, a_snapshot

IAM = "arn:aws:iam::111122223333"
TEMPLATE = LaunchTemplateReference(template="lt-0c1", version="$Latest")
TEXTS = {
    "security groups": "CLIENT_ERROR - One or more security groups in the launch {} are not linked to the VPCs "
    "configured in the Auto Scaling group",
    "subnet": "CLIENT_ERROR \u2013 The subnet ID 'subnet-0dead' does not exist",
    "role": "CLIENT_ERROR - Not authorized to perform sts:AssumeRole (Status Code: 403)",
    "fleet role": "CLIENT_ERROR - Parameter: SpotFleetRequestConfig.IamFleetRole is invalid.",
    "profile": f"CLIENT_ERROR - Instance profile {IAM}:instance-profile/batch does not exist",
    "template": "CLIENT_ERROR - The specified launch template, with template ID lt-0c1, does not exist.",
    "user data": "CLIENT_ERROR - Launch Template UserData is not MIME multipart format",
    "image": "CLIENT_ERROR - The image id '[ami-1]' does not exist",
    "cluster": "CLIENT_ERROR - Clusters can not be blank.",
}


def evidence(reason, *, broken=False, **changes):
    environment = a_compute_environment(
        **{
            "status": "INVALID",
            "status_reason": reason,
            "service_role": f"{IAM}:role/mine",
            "spot_fleet_role": f"{IAM}:role/fleet",
            "instance_role": "batch",
            "image_ids": ("ami-1",),
            "launch_templates": (TEMPLATE,),
            **changes,
        }
    )
    roles = {
        "mine": Role(arn=f"{IAM}:role/mine", trusts=frozenset({"batch.amazonaws.com"})),
        "fleet": Role(arn=f"{IAM}:role/fleet", trusts=frozenset({"spotfleet.amazonaws.com"})),
    }
    profiles = {"batch": InstanceProfile(arn=f"{IAM}:instance-profile/batch", roles=(f"{IAM}:role/batch",))}
    clusters = {environment.ecs_cluster: Cluster(status="ACTIVE")}
    images = {"ami-1": Image(id="ami-1", architecture="arm64")}
    templates = {TEMPLATE.key: LaunchTemplateVersion(user_data_is_multipart=True)}
    snapshot = a_snapshot(
        compute_environments=(environment,),
        network=a_network(templates={TEMPLATE.key: LaunchTemplateVersion(user_data_is_multipart=not broken)})
        if broken
        else a_network(templates=templates),
        identity=Identity(
            roles=Answers(call="iam:GetRole", found={} if broken else roles),
            instance_profiles=Answers(call="iam:GetInstanceProfile", found={} if broken else profiles),
        ),
        capacity=Capacity(
            clusters=Answers(call="ecs:DescribeClusters", found={} if broken else clusters),
            images=Answers(call="ec2:DescribeImages", found={} if broken else images),
        ),
    )
    return list(check(environment, snapshot))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_fires_where_what_the_text_names_is_sound_now(text):
    (said,) = evidence(text.format("template"))

    assert said.confidence in (Confidence.PROBABLE, Confidence.POSSIBLE)
    assert "still INVALID for a cause that no longer shows" in said.message


@pytest.mark.parametrize("name", ["role", "fleet role", "profile", "user data", "image", "cluster"])
def test_keeps_quiet_while_it_is_broken(name):
    assert evidence(TEXTS[name], broken=True) == []


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        pytest.param(TEXTS["role"], {"status": "VALID"}, id="not INVALID"),
        pytest.param("CLIENT_ERROR - something new", {}, id="another text"),
        pytest.param("", {}, id="no text"),
        pytest.param(TEXTS["role"], {"managed": False}, id="unmanaged"),
    ],
)
def test_keeps_quiet_elsewhere(reason, changes):
    assert evidence(reason, **changes) == []


@pytest.mark.parametrize("wording", ["template", "configuration"])
def test_both_wordings_of_the_vpc_mismatch_are_known(wording):
    (said,) = evidence(TEXTS["security groups"].format(wording), launch_templates=())

    assert "subnets subnet-0a1 and security groups sg-0a1 exist and are all in VPC vpc-0aaa" in said.message


def test_says_that_aliases_are_resolved_only_at_an_update():
    (said,) = evidence(TEXTS["image"])

    assert "lt-0c1@$Latest is resolved to a number only at an update that replaces instances" in said.recommendation
    assert said.steps[0].endswith("--compute-resources subnets=subnet-0a1")


def test_explains_why_the_environment_is_still_invalid():
    assert DIAGNOSIS.explains == ("compute_environment_invalid",)

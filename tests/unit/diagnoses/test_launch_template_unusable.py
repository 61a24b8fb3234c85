import pytest

from batchmedic.diagnoses.launch_template_unusable import check
from batchmedic.findings import Confidence
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.network import LaunchTemplateVersion
from tests.factories import a_compute_environment, a_network, a_snapshot

TEMPLATE = LaunchTemplateReference(template="lt-0c1", version="3")
SCRIPT = LaunchTemplateVersion(user_data_is_multipart=False)
NOT_MIME = "CLIENT_ERROR - Launch Template UserData is not MIME multipart format"


def evidence(version, **changes):
    environment = a_compute_environment(**{"status": "INVALID", "launch_templates": (TEMPLATE,), **changes})
    network = a_network(templates={TEMPLATE.key: version} if version else {})
    return list(check(environment, a_snapshot(network=network)))


@pytest.mark.parametrize(
    ("version", "changes", "fault"),
    [
        pytest.param(LaunchTemplateVersion(), {}, None, id="without user data"),
        pytest.param(LaunchTemplateVersion(user_data_is_multipart=True), {}, None, id="multipart"),
        pytest.param(None, {}, "missing", id="gone"),
        pytest.param(SCRIPT, {}, "user data", id="a script"),
        pytest.param(SCRIPT, {"image_types": ("ECS_BOTTLEROCKET",)}, None, id="Bottlerocket"),
        pytest.param(None, {"status": "VALID"}, None, id="gone, but resolved before"),
        pytest.param(SCRIPT, {"status": "VALID"}, None, id="a script, but AWS Batch took it"),
    ],
)
def test_fires_where_the_template_cannot_be_used(version, changes, fault):
    assert [said.facts["fault"] for said in evidence(version, **changes)] == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("reason", "confidence"), [(NOT_MIME, Confidence.CERTAIN), ("CLIENT_ERROR - else", Confidence.PROBABLE)]
)
def test_the_form_of_user_data_is_certain_where_aws_batch_names_it(reason, confidence):
    (said,) = evidence(SCRIPT, status_reason=reason)

    assert said.confidence is confidence


def test_names_template_and_version():
    (said,) = evidence(None)

    assert said.message == (
        "Version 3 of launch template lt-0c1, which compute environment align-ec2 names, does not exist."
    )
    assert said.steps[1].endswith("'launchTemplate={launchTemplateId=LAUNCH_TEMPLATE_ID,version=VERSION}'")

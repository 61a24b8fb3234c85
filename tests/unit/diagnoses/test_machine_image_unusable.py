import pytest

from batchmedic.diagnoses.machine_image_unusable import check
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, Image
from tests.factories import a_compute_environment, a_snapshot

ARM, X86 = Image(id="ami-1", architecture="arm64"), Image(id="ami-1", architecture="x86_64")
GONE = "CLIENT_ERROR - The image id '[ami-1]' does not exist"


def evidence(image, *, unread=None, **changes):
    environment = a_compute_environment(**{"status": "INVALID", "image_ids": ("ami-1",), **changes})
    images = Answers(call="ec2:DescribeImages", found={"ami-1": image} if image else {}, unread=unread)
    return list(check(environment, a_snapshot(capacity=Capacity(images=images))))


@pytest.mark.parametrize(
    ("image", "changes", "fault"),
    [
        pytest.param(ARM, {}, None, id="sound"),
        pytest.param(None, {}, "missing", id="gone or not shared"),
        pytest.param(Image(id="ami-1", architecture="arm64", state="disabled"), {}, "state", id="disabled"),
        pytest.param(Image(id="ami-1", architecture="arm64", state="new"), {}, None, id="a state not known here"),
        pytest.param(X86, {}, "architecture", id="x86_64 on Graviton"),
        pytest.param(ARM, {"instance_types": ("optimal",)}, "architecture", id="arm64 on optimal"),
        pytest.param(ARM, {"instance_types": ("g4dn.xlarge",)}, "architecture", id="the series g is no Graviton"),
        pytest.param(ARM, {"instance_types": ("g5g.xlarge",)}, None, id="but g5g is"),
        pytest.param(X86, {"instance_types": ("u-6tb1.metal",)}, None, id="a name not understood"),
        pytest.param(None, {"image_ids": ("resolve:ssm:/x",)}, None, id="a parameter"),
        pytest.param(None, {"status": "VALID"}, None, id="not INVALID"),
    ],
)
def test_fires_where_no_instance_can_start_from_the_image(image, changes, fault):
    assert [said.facts["fault"] for said in evidence(image, **changes)] == ([fault] if fault else [])


def test_where_images_may_not_be_read_aws_batchs_text_makes_it_possible():
    (said,) = evidence(None, unread="UnauthorizedOperation", status_reason=GONE)

    assert said.confidence is Confidence.POSSIBLE
    with pytest.raises(NotReadError):
        evidence(None, unread="UnauthorizedOperation")


@pytest.mark.parametrize(
    ("reason", "confidence"),
    [
        (
            "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64'",
            Confidence.CERTAIN,
        ),
        ("CLIENT_ERROR - else", Confidence.PROBABLE),
    ],
)
def test_a_processor_known_by_name_only_is_certain_where_aws_batch_says_so(reason, confidence):
    (said,) = evidence(X86, status_reason=reason)

    assert said.confidence is confidence
    assert said.message == (
        "Machine image ami-1 is made for x86_64 processors, and the instance types of compute environment align-ec2 "
        "(c7g.4xlarge) have arm64 ones."
    )

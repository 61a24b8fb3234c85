import pytest

from batchmedic.model.quotas import quota_of, quotas_of, stated_limit
from tests.factories import a_compute_environment

STANDARD, G, P = ("L-1216C47A", "L-34B43A08"), ("L-DB2E81BA", "L-3819A6DF"), ("L-417A185B", "L-7212CCBC")


@pytest.mark.parametrize(
    ("instance_type", "codes"),
    [
        ("c7g.4xlarge", STANDARD),
        ("m6i.*", STANDARD),
        ("r7iz", STANDARD),
        ("is4gen.large", STANDARD),
        ("im4gn", STANDARD),
        ("t3.micro", STANDARD),
        ("g5.xlarge", G),
        ("g4dn.xlarge", G),
        ("gr6.4xlarge", G),
        ("vt1.3xlarge", G),
        ("p4d.24xlarge", P),
        ("p3", P),
        ("x2gd.xlarge", None),
        ("inf2.xlarge", None),
        ("trn1.2xlarge", None),
        ("hpc7g.4xlarge", None),
        ("mac2.metal", None),
        ("u-6tb1.metal", None),
        ("dl1.24xlarge", None),
        ("", None),
    ],
)
def test_which_quota_a_type_counts_in(instance_type, codes):
    found = [quota_of(instance_type, spot=spot) for spot in (False, True)]

    assert [one.code if one else None for one in found] == list(codes or (None, None))


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        pytest.param({"instance_types": ("optimal",)}, {STANDARD[0]}, id="a keyword"),
        pytest.param({"instance_types": ()}, {STANDARD[0]}, id="none named"),
        pytest.param({"instance_types": ("c7g", "g5")}, {STANDARD[0], G[0]}, id="two"),
        pytest.param({"instance_types": ("c7g", "g5"), "kind": "SPOT"}, {STANDARD[1], G[1]}, id="two of Spot"),
        pytest.param({"instance_types": ("c7g", "x2gd")}, {STANDARD[0], None}, id="one that is not known"),
        pytest.param({"kind": "FARGATE"}, {"L-3032A538"}, id="Fargate"),
        pytest.param({"kind": "FARGATE_SPOT"}, {"L-36FBB829"}, id="Fargate Spot"),
    ],
)
def test_the_quotas_of_an_environment(changes, codes):
    assert {one.code if one else None for one in quotas_of(a_compute_environment(**changes))} == codes


def test_the_arn_is_that_of_the_partition():
    environment = a_compute_environment(
        arn="arn:aws-cn:batch:cn-north-1:111122223333:compute-environment/align", instance_types=("c7g",)
    )
    (quota,) = quotas_of(environment)

    assert quota is not None
    assert quota.arn(environment) == "arn:aws-cn:servicequotas:cn-north-1:111122223333:ec2/L-1216C47A"


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("You have requested more vCPU capacity than your current vCPU limit of 32 allows for the", 32),
        ("than your current vCPU limit of 0 allows", 0),
        ("Max spot instance count exceeded", None),
        ("", None),
    ],
)
def test_the_limit_that_ec2_states(message, limit):
    assert stated_limit(message) == limit

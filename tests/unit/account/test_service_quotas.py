"""Service Quotas, over the wire."""

import pytest

from local.account.service_quotas import GENEROUS, QUOTAS, bucket
from tests.unit.account.building import ACCOUNT, REGION, Owner, code_of


def test_a_quota_shows_what_the_account_may_run(owner: Owner) -> None:
    owner.account.quotas["L-DB2E81BA"] = 8
    quota = owner.quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-DB2E81BA")["Quota"]

    assert (quota["QuotaName"], quota["Value"]) == ("Running On-Demand G and VT instances", 8.0)
    assert quota["QuotaArn"] == f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:ec2/L-DB2E81BA"
    assert quota["UsageMetric"]["MetricDimensions"]["Class"] == "G/OnDemand"


@pytest.mark.parametrize(("service", "count"), [("ec2", 6), ("fargate", 1)])
def test_the_quotas_of_a_service(owner: Owner, service: str, count: int) -> None:
    found = owner.quotas.list_service_quotas(ServiceCode=service)["Quotas"]

    assert ({each["ServiceCode"] for each in found}, len(found)) == ({service}, count)
    assert {each["Value"] for each in found} == {GENEROUS}


def test_quotas_come_in_pages(owner: Owner) -> None:
    found, token = [], None
    for _ in range(3):
        asked = {"ServiceCode": "ec2", "MaxResults": 2, **({"NextToken": token} if token else {})}
        answer = owner.quotas.list_service_quotas(**asked)
        found += [each["QuotaCode"] for each in answer["Quotas"]]
        token = answer.get("NextToken")

    assert (token, found) == (None, [each.code for each in QUOTAS.values() if each.service == "ec2"])


def test_a_value_that_is_not_there_is_not_found(owner: Owner) -> None:
    del owner.account.quotas["L-1216C47A"]
    with pytest.raises(owner.quotas.exceptions.NoSuchResourceException):
        owner.quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-1216C47A")

    assert len(owner.quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]) == 5
    assert owner.quotas.list_service_quotas(ServiceCode="ec2", QuotaCode="L-1216C47A")["Quotas"] == []


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("GetServiceQuota", {"ServiceCode": "fargate", "QuotaCode": "L-1216C47A"}, "NoSuchResourceException"),
        ("GetServiceQuota", {"ServiceCode": "ec2", "QuotaCode": "L-0"}, "NoSuchResourceException"),
        ("GetServiceQuota", {"ServiceCode": "ec2"}, "IllegalArgumentException"),
        ("ListServiceQuotas", {"ServiceCode": "s3"}, "NoSuchResourceException"),
        ("ListServiceQuotas", {"ServiceCode": "ec2", "NextToken": "x"}, "InvalidPaginationTokenException"),
    ],
)
def test_what_it_does_not_know(owner: Owner, operation: str, asked: dict[str, str], code: str) -> None:
    assert code_of(owner.account, "service-quotas", operation, **asked) == code


@pytest.mark.parametrize(
    ("instance_type", "on_demand", "spot"),
    [
        ("c7g.4xlarge", "L-1216C47A", "L-34B43A08"),
        ("im4gn.large", "L-1216C47A", "L-34B43A08"),
        ("g5.xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("vt1.3xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("p4d.24xlarge", "L-417A185B", "L-7212CCBC"),
        ("inf1.xlarge", None, None),
        ("x1.16xlarge", None, None),
        ("u-6tb1.metal", None, None),
    ],
)
def test_the_quota_of_a_type(instance_type: str, on_demand: str | None, spot: str | None) -> None:
    assert (bucket(instance_type, spot=False), bucket(instance_type, spot=True)) == (on_demand, spot)

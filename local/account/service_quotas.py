"""Service Quotas: how many vCPUs of which kind the account may run at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from local.account.errors import AwsError
from local.account.pages import BadTokenError, page

Request = dict[str, Any]

GENEROUS = 5000.0  # AWS starts accounts with far less: EC2 User Guide, ec2-on-demand-instances and spot quotas
MOST = 100  # per page: Service Quotas API reference, ListServiceQuotas
SERVICE_NAMES = {"ec2": "Amazon Elastic Compute Cloud (Amazon EC2)", "fargate": "AWS Fargate"}
STANDARD = "Standard (A, C, D, H, I, M, R, T, Z)"


@dataclass(frozen=True, kw_only=True)
class Quota:
    code: str
    service: str
    name: str
    usage_class: str  # dimension of the usage metric


FARGATE = "L-3032A538"
QUOTAS = {
    each.code: each
    for each in (
        Quota(
            code="L-1216C47A",
            service="ec2",
            name=f"Running On-Demand {STANDARD} instances",
            usage_class="Standard/OnDemand",
        ),
        Quota(code="L-DB2E81BA", service="ec2", name="Running On-Demand G and VT instances", usage_class="G/OnDemand"),
        Quota(code="L-417A185B", service="ec2", name="Running On-Demand P instances", usage_class="P/OnDemand"),
        Quota(
            code="L-34B43A08", service="ec2", name=f"All {STANDARD} Spot Instance Requests", usage_class="Standard/Spot"
        ),
        Quota(code="L-3819A6DF", service="ec2", name="All G and VT Spot Instance Requests", usage_class="G/Spot"),
        Quota(code="L-7212CCBC", service="ec2", name="All P Spot Instance Requests", usage_class="P/Spot"),
        Quota(
            code=FARGATE,
            service="fargate",
            name="Fargate On-Demand vCPU resource count",
            usage_class="Standard/OnDemand",
        ),
    )
}
BUCKETS = {  # of the letters that a type begins with: (On-Demand, Spot)
    **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), ("L-1216C47A", "L-34B43A08")),
    **dict.fromkeys(("g", "gr", "vt"), ("L-DB2E81BA", "L-3819A6DF")),
    "p": ("L-417A185B", "L-7212CCBC"),
}


def defaults() -> dict[str, float]:
    return dict.fromkeys(QUOTAS, GENEROUS)


@cache
def bucket(instance_type: str, *, spot: bool) -> str | None:
    """The code of the quota that the type counts in; None for the kinds that this account has no quotas of."""
    letters = re.match("[a-z]*", instance_type)
    codes = BUCKETS.get(letters[0] if letters else "")
    return codes[spot] if codes else None


class ServiceQuotas:
    def __init__(self, values: Mapping[str, float], region: str, account_id: str) -> None:
        self._values = values
        self._arn = f"arn:aws:servicequotas:{region}:{account_id}"

    def get_service_quota(self, request: Request) -> Request:
        quota = QUOTAS.get(request["QuotaCode"])
        if quota is None or quota.service != request["ServiceCode"] or quota.code not in self._values:
            raise _unknown()
        return {"Quota": self._describe(quota)}

    def list_service_quotas(self, request: Request) -> Request:
        service = request["ServiceCode"]
        if service not in SERVICE_NAMES:
            raise _unknown()
        wanted = request.get("QuotaCode")
        listed = [
            self._describe(each)
            for each in QUOTAS.values()
            if each.service == service and each.code in self._values and wanted in (None, each.code)
        ]
        try:
            found, token = page(listed, request.get("NextToken"), request.get("MaxResults", MOST))
        except BadTokenError as error:
            raise AwsError("InvalidPaginationTokenException", "Invalid input was provided.") from error
        return {"Quotas": found, **({"NextToken": token} if token else {})}

    def _describe(self, quota: Quota) -> Request:
        return {
            "ServiceCode": quota.service,
            "ServiceName": SERVICE_NAMES[quota.service],
            "QuotaArn": f"{self._arn}:{quota.service}/{quota.code}",
            "QuotaCode": quota.code,
            "QuotaName": quota.name,
            "Value": float(self._values[quota.code]),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "UsageMetric": {
                "MetricNamespace": "AWS/Usage",
                "MetricName": "ResourceCount",
                "MetricDimensions": {
                    "Class": quota.usage_class,
                    "Resource": "vCPU",
                    "Service": "EC2" if quota.service == "ec2" else "Fargate",
                    "Type": "Resource",
                },
                "MetricStatisticRecommendation": "Maximum",
            },
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


def _unknown() -> AwsError:
    return AwsError("NoSuchResourceException", "The specified resource does not exist.")

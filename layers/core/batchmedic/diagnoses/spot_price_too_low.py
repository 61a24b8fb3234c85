"""The compute environment pays less for Spot Instances than they cost now."""

import re
from collections.abc import Iterator
from math import ceil

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import update_environment
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.invalid import update_refused
from batchmedic.model.launch_trouble import PATIENCE, Cause, Trouble, launch_trouble
from batchmedic.model.snapshot import Snapshot

PRICES = re.compile(
    r"request price of \$?(?P<bid>\d+(?:\.\d+)?) is lower than the minimum required Spot request fulfillment price of "
    r"\$?(?P<market>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
WHOLE = 100  # per cent of the On-Demand price: AWS Batch's default, and the most that it takes


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """EC2 states both prices; of several instance types, the one that is nearest to its price is told."""
    trouble = launch_trouble(environment, snapshot, Cause.SPOT_PRICE)
    if trouble is None:
        return
    bid, market = _prices(trouble)
    share = environment.bid_percentage or WHOLE
    enough = ceil(share * market / bid) if bid else 0
    costs = f": it pays at most {bid:.4g} per hour, and {market:.4g} is asked" if bid else ""
    yield Evidence(
        message=f"EC2 has refused Spot Instances for compute environment {environment.name} {trouble.in_words}{costs}. "
        f"{_counterfactual(environment, enough)}",
        facts={
            **trouble.facts,
            "bid": bid,
            "market": market,
            "bid_percentage": environment.bid_percentage,
            "bid_percentage_that_would_do": enough if 0 < enough <= WHOLE else None,
        },
        jobs=trouble.jobs,
        recommendation=_advice(environment, enough),
        steps=_steps(environment, trouble, enough, snapshot.region),
    )


def _prices(trouble: Trouble) -> tuple[float, float]:
    """Of one launch; zeros where no text has them."""
    said = [found for one in trouble.failures if (found := PRICES.search(one.message))]
    prices = [(float(found["bid"]), float(found["market"])) for found in said if float(found["bid"]) > 0]
    return min(prices, key=lambda each: each[1] / each[0], default=(0.0, 0.0))


def _counterfactual(environment: ComputeEnvironment, enough: int) -> str:
    share = environment.bid_percentage
    set_to = f"Its bidPercentage is {share} % of the On-Demand price" if share else "Its bidPercentage is not set"
    if not enough:
        return f"{set_to}."
    if enough > WHOLE:
        return f"{set_to}; even {WHOLE} % would not do now."
    return f"{set_to}; at least {enough} % would do now."


def _advice(environment: ComputeEnvironment, enough: int) -> str:
    if enough > WHOLE or not environment.bid_percentage:
        return (
            f"Allow {environment.name} instance types that cost less now, or put an On-Demand environment behind it in "
            f"the job queue.{update_refused(environment)}"
        )
    return (
        f"Raise bidPercentage of {environment.name} to {WHOLE}, its default: Spot Instances cost their market price "
        f"all the same, at most the On-Demand price.{update_refused(environment)}"
    )


def _steps(environment: ComputeEnvironment, trouble: Trouble, enough: int, region: str) -> tuple[str, ...]:
    names = " ".join(each for each in environment.instance_types if "." in each) or "INSTANCE_TYPE"
    prices = (
        f"aws ec2 describe-spot-price-history --region {region} --product-descriptions Linux/UNIX --start-time "
        f"{trouble.at:%Y-%m-%dT%H:%M:%SZ} --instance-types {names} "
        "--query 'SpotPriceHistory[].[InstanceType,AvailabilityZone,SpotPrice]' --output text"
    )
    if enough > WHOLE or not environment.bid_percentage:
        wider = ",".join((*environment.instance_types, "INSTANCE_TYPE"))
        return (prices, update_environment(environment, region, f"instanceTypes={wider}"))
    return (prices, update_environment(environment, region, f"bidPercentage={WHOLE}"))


DIAGNOSIS = Diagnosis(
    id="spot_price_too_low",
    title="Spot Instances cost more than the compute environment pays",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/spot-instance-compute-environments.html",
    check_environment=check,
    patience=PATIENCE,
    reads=("batch:GetJobQueueSnapshot", "batch:DescribeJobs", "autoscaling:DescribeScalingActivities"),
)

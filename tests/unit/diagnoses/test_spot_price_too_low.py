import pytest

from batchmedic.diagnoses.spot_price_too_low import check
from batchmedic.findings import Confidence
from tests.factories import a_compute_environment, a_job, a_job_queue, a_launch, a_launching, a_snapshot, refused

SAID = (
    "Could not launch Spot Instances. SpotMaxPriceTooLow - Your Spot request price of {bid} is lower than the minimum "
    "required Spot request fulfillment price of {market}. Launching EC2 instance failed."
)
FOR_24_CENTS = SAID.format(bid="0.24156000000000002", market="0.6034")


def evidence(*launches, **environment):
    own = a_compute_environment(**{"kind": "SPOT", "bid_percentage": 30, **environment})
    return list(
        check(
            own,
            a_snapshot(
                job_queues=(a_job_queue(a_job()),),
                compute_environments=(own,),
                launching=a_launching(launches=launches),
            ),
        )
    )


def test_says_both_prices_and_what_would_do():
    (said,) = evidence(*refused(FOR_24_CENTS, FOR_24_CENTS))

    assert said.message == (
        "EC2 has refused Spot Instances for compute environment align-ec2 since 11:50 UTC (2 tries): it pays at most "
        "0.2416 per hour, and 0.6034 is asked. Its bidPercentage is 30 % of the On-Demand price; at least 75 % would "
        "do now."
    )
    assert said.recommendation == (
        "Raise bidPercentage of align-ec2 to 100, its default: Spot Instances cost their market price all the same, at "
        "most the On-Demand price."
    )
    assert said.steps[1].endswith("--compute-resources bidPercentage=100")
    assert (said.confidence, said.jobs) == (Confidence.CERTAIN, (a_job().arn,))
    assert (said.facts["bid"], said.facts["market"]) == (0.24156000000000002, 0.6034)


def test_the_type_that_is_nearest_to_its_price_is_told():
    (said,) = evidence(*refused(SAID.format(bid="0.1", market="0.9"), SAID.format(bid="0.2", market="0.4")))

    assert "at most 0.2 per hour, and 0.4 is asked" in said.message
    assert said.facts["bid_percentage_that_would_do"] == 60


def test_no_percentage_may_do():
    (said,) = evidence(*refused(SAID.format(bid="0.1", market="0.5")))

    assert "even 100 % would not do now." in said.message
    assert said.recommendation.startswith("Allow align-ec2 instance types that cost less now, or put an On-Demand")
    assert said.steps[1].endswith("instanceTypes=c7g.4xlarge,INSTANCE_TYPE")


def test_a_percentage_that_is_not_set():
    (said,) = evidence(*refused(SAID.format(bid="0.50", market="0.51")), bid_percentage=None)

    assert "Its bidPercentage is not set; even 100 % would not do now." in said.message
    assert "Raise bidPercentage" not in said.recommendation


@pytest.mark.parametrize("said", ["SpotMaxPriceTooLow", SAID.format(bid="0", market="0.3")], ids=["cut", "a zero"])
def test_prices_that_no_text_has_are_not_made_up(said):
    (found,) = evidence(*refused(said))

    assert "(1 try). Its bidPercentage is 30 % of the On-Demand price." in found.message


@pytest.mark.parametrize(
    "launches",
    [
        pytest.param((a_launch(2), *refused(FOR_24_CENTS)), id="a later launch succeeded"),
        pytest.param(refused("There is no Spot capacity available that matches your request."), id="another text"),
        pytest.param((), id="nothing was tried"),
    ],
)
def test_keeps_quiet(launches):
    assert evidence(*launches) == []

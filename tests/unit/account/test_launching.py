"""Launches that EC2 refuses: what the Auto Scaling group notes down, what EventBridge hears, and how the jobs fare."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account.service_quotas import GENEROUS
from tests.unit.account.building import ACCOUNT, REGION, Owner

UNDETERMINED = "UNDETERMINED - Batch job is blocked, root cause is undetermined."
CAPACITY = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type "
    "[c7g.4xlarge]"
)
STANDARD, STANDARD_SPOT, GPU, PARALLEL = "L-1216C47A", "L-34B43A08", "L-DB2E81BA", "L-417A185B"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0d990263-3e67-4c35-8b7a-bd3a7d8a1b2c"


def with_a_queue(owner: Owner, **changes: Any) -> str:
    owner.an_environment(resources=owner.resources(**changes))
    owner.a_queue()
    return owner.submit()


def on_spot(owner: Owner, **changes: Any) -> str:
    return with_a_queue(owner, type="SPOT", allocationStrategy="SPOT_CAPACITY_OPTIMIZED", **changes)


def encrypted(owner: Owner, key: str = KEY) -> str:
    template = owner.a_template(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"KmsKeyId": key}}])
    return with_a_queue(owner, launchTemplate={"launchTemplateId": template})


def sold_out(owner: Owner) -> str:
    owner.account.sold_out.add("c7g.4xlarge")
    return with_a_queue(owner)


def sold_out_on_spot(owner: Owner) -> str:
    owner.account.sold_out.add("c7g.4xlarge")
    return on_spot(owner)


def quota(owner: Owner) -> str:
    owner.account.quotas[STANDARD] = 15
    return with_a_queue(owner)


def quota_on_spot(owner: Owner) -> str:
    owner.account.quotas[STANDARD_SPOT] = 0
    return on_spot(owner)


def full_subnet(owner: Owner) -> str:
    owner.account.occupy(owner.subnet, 4091)
    return with_a_queue(owner)


def not_in_the_zone(owner: Owner) -> str:
    owner.subnet = owner.a_subnet(owner.vpc, zone="d")  # a zone that this Region does not have
    return with_a_queue(owner)


def unusable_key(owner: Owner) -> str:
    owner.account.unusable_keys.add(KEY)
    return encrypted(owner)


def low_bid(owner: Owner) -> str:
    owner.account.spot_market_percent["c7g.4xlarge"] = 60
    return on_spot(owner, bidPercentage=50)


def no_key_pair(owner: Owner) -> str:
    owner.account.launch_error = "The key pair gone does not exist. Launching EC2 instance failed."
    return with_a_queue(owner)


def no_key_pair_for_one(owner: Owner) -> str:
    owner.account.launch_errors["ce"] = "The key pair gone does not exist."
    return with_a_queue(owner)


NO_KEY_PAIR = "The key pair gone does not exist."


@pytest.mark.parametrize(
    ("cause", "sentence", "reason"),
    [
        (
            sold_out,
            "We currently do not have sufficient c7g.4xlarge capacity in the Availability Zone you requested "
            "(eu-west-1a). Our system will be working on provisioning additional capacity.",
            CAPACITY,
        ),
        (sold_out_on_spot, "There is no Spot capacity available that matches your request.", CAPACITY),
        (
            quota,
            "You have requested more vCPU capacity than your current vCPU limit of 15 allows for the instance bucket "
            "that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request "
            "to request an adjustment to this limit.",
            UNDETERMINED,
        ),
        (quota_on_spot, "Max spot instance count exceeded.", UNDETERMINED),
        (
            full_subnet,
            "The specified subnet does not have enough free addresses to satisfy the request.",
            UNDETERMINED,
        ),
        (
            not_in_the_zone,
            "Your requested instance type (c7g.4xlarge) is not supported in your requested Availability Zone "
            "(eu-west-1d). Please retry your request by not specifying an Availability Zone or choosing eu-west-1a, "
            "eu-west-1b, eu-west-1c.",
            "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment associated with this "
            "job queue has an unsupported instance type configuration.",
        ),
        (unusable_key, "Client.InternalError: Client error on launch.", UNDETERMINED),
        (
            low_bid,
            "Your Spot request price of 0.4 is lower than the minimum required Spot request fulfillment price of 0.48.",
            UNDETERMINED,
        ),
        (no_key_pair, NO_KEY_PAIR, UNDETERMINED),
        (no_key_pair_for_one, NO_KEY_PAIR, UNDETERMINED),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_sentence_of_each_cause(owner: Owner, cause: Callable[[Owner], str], sentence: str, reason: str) -> None:
    job = cause(owner)
    owner.pass_minutes(20)
    said = f"{sentence} Launching EC2 instance failed."
    activities = owner.activities()

    assert {each["StatusMessage"] for each in activities} == {said[:255]}
    assert {each["Description"] for each in activities} == {f"Launching a new EC2 instance.  Status Reason: {said}"}
    assert len(activities) == 10  # once every two minutes
    assert (owner.status(job), owner.job(job)["statusReason"]) == ("RUNNABLE", reason)
    assert owner.environment()["computeResources"]["desiredvCpus"] == 16  # asked for
    assert owner.activities("Successful") == []


def another_type_is_sold_out(owner: Owner) -> str:
    owner.account.sold_out.update({"c7g.8xlarge", ("c7g.4xlarge", f"{REGION}b")})
    return with_a_queue(owner)


def the_quota_is_just_enough(owner: Owner) -> str:
    owner.account.quotas.update({STANDARD: 16, GPU: 0, PARALLEL: 0, STANDARD_SPOT: 0})
    return with_a_queue(owner)


def no_quota_is_known(owner: Owner) -> str:
    owner.account.quotas.clear()
    return with_a_queue(owner)


def one_address_is_free(owner: Owner) -> str:
    owner.account.occupy(owner.subnet, 4090)
    return with_a_queue(owner)


def another_key_is_unusable(owner: Owner) -> str:
    owner.account.unusable_keys.add(KEY[:-1])
    return encrypted(owner)


def the_bid_is_the_market_price(owner: Owner) -> str:
    owner.account.spot_market_percent["c7g.4xlarge"] = 60
    return on_spot(owner, bidPercentage=60)


def on_demand_bids_nothing(owner: Owner) -> str:
    owner.account.spot_market_percent["c7g.4xlarge"] = 600
    return with_a_queue(owner)


def another_environment_is_refused(owner: Owner) -> str:
    owner.account.launch_errors["other"] = NO_KEY_PAIR
    return with_a_queue(owner)


@pytest.mark.parametrize(
    "near",
    [
        another_type_is_sold_out,
        the_quota_is_just_enough,
        no_quota_is_known,
        one_address_is_free,
        another_key_is_unusable,
        the_bid_is_the_market_price,
        on_demand_bids_nothing,
        another_environment_is_refused,
    ],
)
def test_near_misses_launch(owner: Owner, near: Callable[[Owner], str]) -> None:
    job = near(owner)
    owner.pass_minutes(5)

    assert (owner.status(job), owner.activities(), owner.told_unsuccessful()) == ("RUNNING", [], [])


def end_of_the_quota(owner: Owner) -> None:
    owner.account.quotas[STANDARD] = GENEROUS


def end_of_the_error(owner: Owner) -> None:
    owner.account.launch_error = None


def end_of_the_crowd(owner: Owner) -> None:
    owner.account.occupy(owner.subnet, -1)


def use_of_the_key(owner: Owner) -> None:
    owner.account.unusable_keys.clear()


@pytest.mark.parametrize(
    ("cause", "cure"),
    [
        (quota, end_of_the_quota),
        (no_key_pair, end_of_the_error),
        (full_subnet, end_of_the_crowd),
        (unusable_key, use_of_the_key),
    ],
)
def test_when_the_cause_is_gone_the_next_try_delivers(
    owner: Owner, cause: Callable[[Owner], str], cure: Callable[[Owner], None]
) -> None:
    job = cause(owner)
    owner.pass_minutes(20)
    cure(owner)
    owner.pass_minutes(6)

    assert (owner.status(job), "statusReason" in owner.job(job)) == ("RUNNING", False)
    assert owner.environment()["computeResources"]["desiredvCpus"] == 16


def in_two_zones(owner: Owner) -> list[str]:
    return [owner.a_public_subnet(owner.vpc, zone="b"), owner.subnet]


def test_one_zone_fails_and_another_delivers(owner: Owner) -> None:
    subnets = in_two_zones(owner)
    owner.account.sold_out.add(("c7g.4xlarge", f"{REGION}b"))
    job = with_a_queue(owner, subnets=subnets)
    owner.pass_minutes(5)
    (failed,), (delivered,) = owner.activities(), owner.activities("Successful")

    assert owner.status(job) == "RUNNING"
    assert json.loads(failed["Details"]) == {"Subnet ID": subnets[0], "Availability Zone": f"{REGION}b"}
    assert json.loads(delivered["Details"]) == {"Subnet ID": subnets[1], "Availability Zone": f"{REGION}a"}
    assert owner.told_blocked() == []


def test_every_zone_is_tried_before_the_group_waits(owner: Owner) -> None:
    subnets = in_two_zones(owner)
    owner.account.sold_out.add(("c7g.4xlarge", f"{REGION}b"))
    owner.account.occupy(subnets[1], 4091)
    job = with_a_queue(owner, subnets=subnets)
    owner.pass_minutes(1)
    assert [json.loads(each["Details"])["Subnet ID"] for each in owner.activities()] == [subnets[1], subnets[0]]

    owner.pass_minutes(15)
    assert owner.job(job)["statusReason"] == UNDETERMINED  # two causes


def test_a_zone_that_does_not_offer_the_type_is_tried_and_fails(owner: Owner) -> None:
    subnets = [owner.a_subnet(owner.vpc, zone="d"), owner.subnet]
    job = with_a_queue(owner, subnets=subnets)
    owner.pass_minutes(5)

    assert owner.status(job) == "RUNNING"
    assert [each["StatusMessage"].partition(" (")[0] for each in owner.activities()] == ["Your requested instance type"]


def test_in_a_zone_that_offers_another_type_it_is_that_one_that_is_refused(owner: Owner) -> None:
    owner.account.sold_out.update({"a1.4xlarge", "c7g.4xlarge"})  # zone a offers the second only
    with_a_queue(owner, instanceTypes=["a1.4xlarge", "c7g.4xlarge"], subnets=in_two_zones(owner))
    owner.pass_minutes(1)

    spoken_of = [each["StatusMessage"].partition(" capacity")[0].rpartition(" ")[2] for each in owner.activities()]
    assert spoken_of == ["c7g.4xlarge", "a1.4xlarge"]


def test_a_type_that_the_region_does_not_know_is_not_supported_at_all(owner: Owner) -> None:
    with_a_queue(owner, instanceTypes=["c8gb.4xlarge"])
    owner.pass_minutes(1)

    assert [each["StatusMessage"].partition(".")[0] for each in owner.activities()] == [
        "The requested configuration is currently not supported"
    ]


def test_sold_out_where_it_is_offered_is_sold_out(owner: Owner) -> None:
    subnets = [owner.a_subnet(owner.vpc, zone="d"), owner.subnet]
    owner.account.sold_out.add(("c7g.4xlarge", f"{REGION}a"))
    job = with_a_queue(owner, subnets=subnets)
    owner.pass_minutes(15)

    assert owner.job(job)["statusReason"] == CAPACITY


def test_another_environment_takes_the_job_and_no_reason_is_given(owner: Owner) -> None:
    owner.an_environment()
    owner.an_environment("other")
    owner.a_queue("queue", "ce", "other")
    owner.account.launch_errors["ce"] = NO_KEY_PAIR
    job = owner.submit()
    owner.pass_minutes(5)

    assert (owner.status(job), owner.told_blocked()) == ("RUNNING", [])
    assert len(owner.activities()) == 2  # as long as the job waited for its instance


def test_where_there_is_no_subnet_nothing_is_tried(owner: Owner) -> None:
    cluster = owner.account.add_eks_cluster("c")  # of such an environment Batch does not look at the subnets
    owner.an_eks_environment(cluster, subnets=["subnet-0"], minvCpus=16)
    owner.pass_minutes(5)

    assert (owner.environment()["status"], owner.activities(), owner.told_unsuccessful()) == ("VALID", [], [])


# --- quotas and addresses are shared


def test_a_quota_counts_what_runs_in_all_environments(owner: Owner) -> None:
    owner.account.quotas[STANDARD] = 31
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.an_environment("other")
    owner.a_queue("queue", "other")
    job = owner.submit(vcpus=16)
    owner.pass_minutes(5)
    assert owner.status(job) == "RUNNABLE"

    owner.update("ce", computeResources={"minvCpus": 0}, minutes=14)
    assert owner.status(job) == "RUNNING"


def test_kinds_of_types_and_spot_have_quotas_of_their_own(owner: Owner) -> None:
    owner.account.quotas.update({STANDARD: 16, STANDARD_SPOT: 16, GPU: 4})
    owner.an_environment(resources=owner.resources(minvCpus=16))
    owner.an_environment("gpu", resources=owner.resources(instanceTypes=["g4dn.xlarge"], minvCpus=4))
    spot = owner.resources(type="SPOT", allocationStrategy="SPOT_CAPACITY_OPTIMIZED", minvCpus=16)
    owner.an_environment("spot", resources=spot)
    owner.pass_minutes(5)

    assert (len(owner.activities("Successful")), owner.activities()) == (3, [])


def test_instances_take_addresses_and_give_them_back(owner: Owner) -> None:
    def free() -> int:
        (subnet,) = owner.ec2.describe_subnets(SubnetIds=[owner.subnet])["Subnets"]
        return int(subnet["AvailableIpAddressCount"])

    assert free() == 4091
    owner.an_environment(resources=owner.resources(minvCpus=32))
    owner.pass_minutes(5)
    assert free() == 4089
    owner.account.occupy(owner.subnet, 4080)
    assert free() == 9
    owner.account.occupy(owner.subnet, 100)
    assert free() == 0
    owner.account.occupy(owner.subnet, -4180)
    owner.update(computeResources={"minvCpus": 0}, minutes=20)
    assert free() == 4091


# --- what is told


def test_a_failed_launch_is_told_to_eventbridge(owner: Owner) -> None:
    no_key_pair(owner)
    owner.pass_minutes(3)
    (group,) = owner.auto_scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    events, activities = owner.told_unsuccessful(), owner.activities()
    assert [event["detail"]["ActivityId"] for event in events] == [each["ActivityId"] for each in reversed(activities)]
    event, activity = events[-1], activities[0]

    assert (event["source"], event["resources"]) == ("aws.autoscaling", [group["AutoScalingGroupARN"]])
    detail = event["detail"]
    assert detail["AutoScalingGroupName"] == group["AutoScalingGroupName"]
    assert (detail["StatusCode"], detail["StatusMessage"]) == ("Failed", activity["StatusMessage"])
    assert detail["Details"] == json.loads(activity["Details"])
    assert detail["EndTime"] == event["time"]
    assert set(detail) == {
        *("StatusCode", "AutoScalingGroupName", "ActivityId", "Details", "RequestId", "StatusMessage", "EndTime"),
        *("EC2InstanceId", "StartTime", "Cause"),
    }
    assert json.loads(json.dumps(event)) == event


def test_with_an_unusable_key_instances_appear_and_are_gone_at_once(owner: Owner) -> None:
    owner.account.unusable_keys.add(KEY)
    encrypted(owner, key=KEY.rpartition("/")[2])
    owner.pass_minutes(1)
    (instance,) = owner.ec2.describe_instances()["Reservations"][0]["Instances"]

    assert instance["State"]["Name"] == "terminated"
    assert instance["StateReason"] == {
        "Code": "Client.InternalError",
        "Message": "Client.InternalError: Client error on launch",
    }
    assert [each["detail"]["EC2InstanceId"] for each in owner.told_unsuccessful()] == [instance["InstanceId"]]

    owner.account.unusable_keys.clear()
    owner.pass_minutes(90)
    left = [each["Instances"][0] for each in owner.ec2.describe_instances()["Reservations"]]
    assert [each for each in left if "StateReason" in each] == []


def by_a_fleet(owner: Owner, **changes: Any) -> str:
    role = owner.account.add_role("fleet", trusts=["spotfleet.amazonaws.com"])
    return with_a_queue(owner, type="SPOT", allocationStrategy="BEST_FIT", spotIamFleetRole=role, **changes)


def history(owner: Owner) -> list[tuple[str, str, str]]:
    """(type, subtype, description) of the events of the only Spot Fleet, the first one first."""
    (fleet,) = owner.ec2.describe_spot_fleet_requests()["SpotFleetRequestConfigs"]
    found = owner.ec2.describe_spot_fleet_request_history(
        SpotFleetRequestId=fleet["SpotFleetRequestId"], StartTime=fleet["CreateTime"]
    )
    events = ((each["EventType"], each["EventInformation"]) for each in found["HistoryRecords"])
    return [(kind, event["EventSubType"], event["EventDescription"]) for kind, event in events]


def test_a_spot_fleet_keeps_its_history_and_tells_nobody(owner: Owner) -> None:
    """Event types: EC2 API reference, EventInformation."""
    owner.account.quotas[STANDARD_SPOT] = 0
    job = by_a_fleet(owner)
    owner.pass_minutes(15)

    assert (owner.status(job), owner.activities(), owner.told_unsuccessful()) == ("RUNNABLE", [], [])
    assert owner.job(job)["statusReason"] == UNDETERMINED
    assert {event[:2] for event in history(owner)} == {("error", "spotInstanceCountLimitExceeded")}


def test_a_spot_fleet_quotes_what_ec2_says_of_a_pool(owner: Owner) -> None:
    owner.account.sold_out.add("c7g.4xlarge")
    by_a_fleet(owner, instanceTypes=["c7g.4xlarge"])
    owner.pass_minutes(5)
    kind, sub_type, text = history(owner)[0]

    assert (kind, sub_type) == ("error", "spotFleetRequestConfigurationInvalid")
    assert text.startswith("c7g.4xlarge, ami-")
    assert "Linux/UNIX" in text
    assert text.endswith("There is no Spot capacity available that matches your request.")


def test_a_spot_fleet_whose_price_is_too_low_is_only_informed(owner: Owner) -> None:
    owner.account.spot_market_percent["c7g.4xlarge"] = 80
    by_a_fleet(owner, instanceTypes=["c7g.4xlarge"], bidPercentage=40)
    owner.pass_minutes(5)

    assert {event[:2] for event in history(owner)} == {("Information", "launchSpecUnusable")}


def test_what_a_spot_fleet_launched_carries_its_id_and_is_told_its_cluster(owner: Owner) -> None:
    by_a_fleet(owner)
    owner.pass_minutes(5)
    (fleet,) = owner.ec2.describe_spot_fleet_requests()["SpotFleetRequestConfigs"]
    (specification,) = fleet["SpotFleetRequestConfig"]["LaunchSpecifications"]
    (instance,) = owner.ec2.describe_instances()["Reservations"][0]["Instances"]

    assert {"Key": "aws:ec2spot:fleet-request-id", "Value": fleet["SpotFleetRequestId"]} in instance["Tags"]
    assert owner.environment()["ecsClusterArn"].rpartition("/")[2] in b64decode(specification["UserData"]).decode()
    assert [event[:2] for event in history(owner)] == [("instanceChange", "launched")]


def test_an_unknown_spot_fleet_has_no_history(owner: Owner) -> None:
    with pytest.raises(ClientError, match=r"InvalidSpotFleetRequestId\.NotFound"):
        owner.ec2.describe_spot_fleet_request_history(SpotFleetRequestId="sfr-gone", StartTime=datetime.now(UTC))


# --- Fargate


def test_a_fargate_job_beyond_the_quota_waits(owner: Owner) -> None:
    owner.account.quotas["L-3032A538"] = 6
    owner.an_environment(resources=owner.on_fargate())
    owner.a_queue()
    jobs = [owner.submit(vcpus=4, memory=8192) for _ in range(2)]
    owner.pass_minutes(5)
    assert ([owner.status(job) for job in jobs], owner.told_blocked()) == (["RUNNING", "RUNNABLE"], [])

    owner.pass_minutes(10)
    assert owner.status(jobs[1]) == "RUNNING"


def test_fargate_spot_does_not_count_in_the_quota_of_fargate(owner: Owner) -> None:
    owner.account.quotas["L-3032A538"] = 4
    owner.an_environment("spot", resources={**owner.on_fargate(maxvCpus=8), "type": "FARGATE_SPOT"})
    owner.an_environment("plain", resources=owner.on_fargate())
    owner.a_queue("queue", "spot", "plain")
    jobs = [owner.submit(vcpus=4, memory=8192) for _ in range(4)]
    owner.pass_minutes(5)

    assert [owner.status(job) for job in jobs] == ["RUNNING", "RUNNING", "RUNNING", "RUNNABLE"]

"""What was launched for environments, and why not, read from EC2 and Auto Scaling; odd answers are no crash."""

import json
from datetime import timedelta

import pytest

from batchmedic.aws.launch_evidence import LaunchEvidence
from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers
from batchmedic.model.launching import Launch
from tests.contract.answering import answering, refusal
from tests.factories import ENVIRONMENT, NOW, a_compute_environment, an_instance

UUID = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"
GROUP = f"AWSBatch-align-ec2-asg-{UUID}"
NO_CAPACITY = "We currently do not have sufficient c7g.4xlarge capacity in the Availability Zone you requested."
ALIGN = a_compute_environment()
NONE = Answers(call="ec2:DescribeInstances", found={ENVIRONMENT: ()})


@pytest.fixture
def evidence(clients):
    return LaunchEvidence(clients)


def an_answer(instance_id, group=GROUP, **changes):
    return {
        "InstanceId": instance_id,
        "InstanceType": "c7g.4xlarge",
        "State": {"Name": "running", "Code": 16},
        "LaunchTime": NOW,
        "SubnetId": "subnet-0a1",
        "VpcId": "vpc-0aaa",
        "Placement": {"AvailabilityZone": "eu-west-1a"},
        "SecurityGroups": [{"GroupId": "sg-0a1", "GroupName": "x"}],
        "Tags": [{"Key": "aws:autoscaling:groupName", "Value": group}],
        **changes,
    }


def an_activity(minutes_ago=5, **changes):
    return {
        "ActivityId": "a",
        "AutoScalingGroupName": GROUP,
        "Description": "Launching a new EC2 instance: i-1",
        "Cause": "At …",
        "StartTime": NOW - timedelta(minutes=minutes_ago),
        "StatusCode": "Successful",
        "Details": json.dumps({"Subnet ID": "subnet-0a1", "Availability Zone": "eu-west-1a"}),
        **changes,
    }


def reserved(*instances):
    return {"Reservations": [{"ReservationId": "r-1", "Instances": list(instances)}]}


class TestInstances:
    def test_they_are_found_by_the_name_of_their_group(self, clients, evidence):
        two = [ALIGN, a_compute_environment("align")]
        answer = reserved(an_answer("i-1"), an_answer("i-2", f"align-asg-{UUID}"), an_answer("i-3", "align-asg-mine"))
        with answering(clients("ec2"), DescribeInstances=answer) as calls:
            found = evidence.instances(two)

        assert [[one.id for one in found.get(each.arn)] for each in two] == [["i-1"], ["i-2"]]
        ((_, asked),) = calls
        assert asked["Filters"] == [
            {
                "Name": "tag:aws:autoscaling:groupName",
                "Values": ["AWSBatch-align-ec2-asg-*", "align-ec2-asg-*", "AWSBatch-align-asg-*", "align-asg-*"],
            }
        ]

    def test_what_decides_is_read(self, clients, evidence):
        gone = an_answer(
            "i-1",
            State={"Name": "terminated", "Code": 48},
            StateReason={"Code": "Client.InternalError", "Message": "Client.InternalError: Client error on launch"},
            PublicIpAddress="203.0.113.7",
        )
        with answering(clients("ec2"), DescribeInstances=reserved(gone)):
            (one,) = evidence.instances([ALIGN]).get(ENVIRONMENT)

        assert (one.state, one.state_reason, one.public_address) == ("terminated", "Client.InternalError", True)
        assert (one.subnet, one.vpc_id, one.security_groups) == ("subnet-0a1", "vpc-0aaa", ("sg-0a1",))
        assert (one.launched_at, one.scaling_group, one.runs) == (NOW, GROUP, False)

    def test_nobody_is_asked_about_nothing(self, clients, evidence):
        with answering(clients("ec2")) as calls:
            found = evidence.instances([])

        assert calls == []
        with pytest.raises(NotReadError, match="not asked"):
            found.get(ENVIRONMENT)

    def test_a_denial_is_a_gap(self, clients, evidence):
        with answering(clients("ec2"), DescribeInstances=refusal("UnauthorizedOperation")):
            found = evidence.instances([ALIGN])

        with pytest.raises(NotReadError, match="UnauthorizedOperation"):
            found.get(ENVIRONMENT)


class TestLaunches:
    def look(self, clients, evidence, *activities, instances=NONE, groups=(GROUP,), unnamed=(ALIGN,)):
        listed = [{"AutoScalingGroupName": name} for name in groups]
        groups_answer = {
            "AutoScalingGroups": [
                {
                    **one,
                    "MinSize": 0,
                    "MaxSize": 1,
                    "DesiredCapacity": 1,
                    "DefaultCooldown": 300,
                    "AvailabilityZones": [],
                    "HealthCheckType": "EC2",
                    "CreatedTime": NOW,
                }
                for one in listed
            ]
        }
        with answering(
            clients("autoscaling"),
            DescribeAutoScalingGroups=groups_answer,
            DescribeScalingActivities={"Activities": list(activities)},
        ) as calls:
            found = evidence.launches([ALIGN], instances, unnamed=list(unnamed))
        return found, [operation for operation, _ in calls]

    def test_only_launches_that_are_over_count_and_the_latest_comes_first(self, clients, evidence):
        found, _ = self.look(
            clients,
            evidence,
            an_activity(9),
            an_activity(3, StatusCode="Failed", StatusMessage=NO_CAPACITY),
            an_activity(1, StatusCode="InProgress"),
            an_activity(1, Description="Terminating EC2 instance: i-1"),
            an_activity(5, StatusCode="Cancelled", StatusMessage="no"),
        )

        where = {"subnet": "subnet-0a1", "zone": "eu-west-1a"}
        assert found.get(ENVIRONMENT) == (
            Launch(at=NOW - timedelta(minutes=3), succeeded=False, message=NO_CAPACITY, **where),
            Launch(at=NOW - timedelta(minutes=5), succeeded=False, message="no", **where),
            Launch(at=NOW - timedelta(minutes=9), succeeded=True, **where),
        )

    @pytest.mark.parametrize("details", ["", "{", "[1]", "null", None])
    def test_details_may_be_anything(self, clients, evidence, details):
        activity = an_activity(**({"Details": details} if details is not None else {}))
        found, _ = self.look(clients, evidence, activity)

        (one,) = found.get(ENVIRONMENT)
        assert one.succeeded

    def test_the_group_is_known_from_an_instance_and_else_asked_for_once(self, clients, evidence):
        named = Answers(
            call="ec2:DescribeInstances", found={ENVIRONMENT: (an_instance(scaling_group=GROUP, state="terminated"),)}
        )
        assert self.look(clients, evidence, instances=named)[1] == ["DescribeScalingActivities"]
        assert self.look(clients, evidence)[1] == ["DescribeAutoScalingGroups", "DescribeScalingActivities"]
        assert self.look(clients, evidence, unnamed=())[1] == []

    def test_one_without_a_group_has_none(self, clients, evidence):
        others = ("AWSBatch-align-asg-" + UUID, "web")
        found, calls = self.look(clients, evidence, an_activity(), groups=others)

        assert calls == ["DescribeAutoScalingGroups"]
        assert found.get(ENVIRONMENT) is None

    @pytest.mark.parametrize("operation", ["DescribeAutoScalingGroups", "DescribeScalingActivities"])
    def test_a_denial_is_a_gap_that_names_the_call(self, clients, evidence, operation):
        with answering(
            clients("autoscaling"),
            **{"DescribeAutoScalingGroups": {"AutoScalingGroups": []}, operation: refusal("AccessDenied", status=403)},
        ):
            named = Answers(call="x", found={ENVIRONMENT: (an_instance(scaling_group=GROUP),)})
            found = evidence.launches(
                [ALIGN], named if operation == "DescribeScalingActivities" else NONE, unnamed=[ALIGN]
            )

        with pytest.raises(NotReadError, match=f"autoscaling:{operation}.*AccessDenied"):
            found.get(ENVIRONMENT)


class TestOfferingsAndQuotas:
    def test_zones_are_told_by_type(self, clients, evidence):
        offered = [
            {"InstanceType": "c7g.large", "LocationType": "availability-zone", "Location": zone} for zone in "ab"
        ]
        with answering(clients("ec2"), DescribeInstanceTypeOfferings={"InstanceTypeOfferings": offered}) as calls:
            found = evidence.offerings([a_compute_environment(instance_types=("c7g.large",))])

        assert found.get("c7g.large") == {"a", "b"}
        ((_, asked),) = calls
        assert asked["Filters"] == [{"Name": "instance-type", "Values": ["c7g.large"]}]

    def test_a_quota_is_its_value(self, clients, evidence):
        with answering(clients("service-quotas"), GetServiceQuota={"Quota": {"QuotaCode": "L-1", "Value": 6.0}}):
            assert evidence.quotas([("fargate", "L-1")]).get("L-1") == 6

    @pytest.mark.parametrize("code", ["NoSuchResourceException", "AccessDeniedException"])
    def test_one_that_is_not_known_is_absent_and_one_denied_a_gap(self, clients, evidence, code):
        with answering(clients("service-quotas"), GetServiceQuota=refusal(code)):
            found = evidence.quotas([("fargate", "L-1")])

        assert (found.found, found.unread) == ({}, None if code == "NoSuchResourceException" else code)

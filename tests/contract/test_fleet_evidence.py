"""What Spot Fleets launched, and why not, read from EC2: whose a fleet is, and what its history means."""

from base64 import b64encode
from datetime import timedelta

import pytest

from batchmedic.aws.fleet_evidence import FleetEvidence
from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers
from batchmedic.model.launch_trouble import Cause, cause_of
from tests.contract.answering import answering, refusal
from tests.factories import ACCOUNT, ENVIRONMENT, NOW, a_compute_environment, a_snapshot

ROLE = f"arn:aws:iam::{ACCOUNT}:role/fleet"
POOL = "c7g.4xlarge, ami-0e02647cb673cb89a, Linux/UNIX, eu-west-1c"


def on_spot(name="align-ec2", role=ROLE, **changes):
    return a_compute_environment(name, kind="SPOT", allocation_strategy="BEST_FIT", spot_fleet_role=role, **changes)


def a_fleet(id, *, role=ROLE, cluster=None, hours_ago=2):
    text = f"#!/bin/bash\nexport TOKEN=secret\necho ECS_CLUSTER={cluster} >> /etc/ecs/ecs.config\n"
    data = {"UserData": b64encode(text.encode()).decode()} if cluster else {}
    return {
        "SpotFleetRequestId": id,
        "SpotFleetRequestState": "active",
        "CreateTime": NOW - timedelta(hours=hours_ago),
        "SpotFleetRequestConfig": {
            "IamFleetRole": role,
            "TargetCapacity": 16,
            "LaunchSpecifications": [{"SubnetId": "subnet-0a1", **data}, {"SubnetId": "subnet-0a2", **data}],
        },
    }


def an_event(kind, sub_type, text="", minutes_ago=5):
    information = {"EventSubType": sub_type, "EventDescription": text}
    return {"EventType": kind, "Timestamp": NOW - timedelta(minutes=minutes_ago), "EventInformation": information}


@pytest.fixture
def evidence(clients):
    return FleetEvidence(lambda: clients("ec2"))


class TestWhoseAFleetIs:
    def look(self, clients, evidence, *fleets, environments):
        snapshot = a_snapshot(compute_environments=environments)
        with answering(clients("ec2"), DescribeSpotFleetRequests={"SpotFleetRequestConfigs": list(fleets)}) as calls:
            found = evidence.fleets(list(environments), snapshot)
        assert len(calls) == 1
        return found

    def test_the_cluster_that_its_instances_join_tells(self, clients, evidence):
        environments = (on_spot(), on_spot("other"))
        clusters = [one.ecs_cluster.rpartition("/")[2] for one in environments]
        found = self.look(
            clients,
            evidence,
            a_fleet("sfr-old", cluster=clusters[0], hours_ago=9),
            a_fleet("sfr-other", cluster=clusters[1]),
            a_fleet("sfr-align", cluster=clusters[0]),
            a_fleet("sfr-else", role=f"{ROLE}-of-others", cluster=clusters[0]),
            environments=environments,
        )

        assert [found.get(one.arn) for one in environments] == ["sfr-align", "sfr-other"]

    def test_without_it_a_role_that_no_other_environment_has(self, clients, evidence):
        found = self.look(
            clients, evidence, a_fleet("sfr-1"), environments=(on_spot(), on_spot("other", role=f"{ROLE}-2"))
        )

        assert found.get(ENVIRONMENT) == "sfr-1"

    def test_where_two_could_have_it_nobody_can_tell(self, clients, evidence):
        found = self.look(clients, evidence, a_fleet("sfr-1"), environments=(on_spot(), on_spot("other")))

        with pytest.raises(NotReadError, match="not asked"):
            found.get(ENVIRONMENT)

    def test_none_is_none(self, clients, evidence):
        assert self.look(clients, evidence, environments=(on_spot(),)).get(ENVIRONMENT) is None

    def test_nobody_is_asked_about_nothing_and_a_denial_is_a_gap(self, clients, evidence):
        with answering(clients("ec2")) as calls:
            evidence.fleets([], a_snapshot())
        assert calls == []

        with answering(clients("ec2"), DescribeSpotFleetRequests=refusal("UnauthorizedOperation")):
            fleets = evidence.fleets([on_spot()], a_snapshot(compute_environments=(on_spot(),)))
        for answers in (fleets, evidence.instances(fleets), evidence.launches(fleets, NOW)):
            with pytest.raises(NotReadError, match="ec2:DescribeSpotFleetRequests: UnauthorizedOperation"):
                answers.get(ENVIRONMENT)


FLEET = Answers(call="ec2:DescribeSpotFleetRequests", found={ENVIRONMENT: "sfr-1"}, asked=frozenset({ENVIRONMENT}))


def test_instances_are_found_by_the_tag_of_their_fleet(clients, evidence):
    tags = [{"Key": "aws:ec2spot:fleet-request-id", "Value": "sfr-1"}]
    described = {"InstanceId": "i-1", "State": {"Name": "running"}, "LaunchTime": NOW, "Tags": tags}
    with answering(clients("ec2"), DescribeInstances={"Reservations": [{"Instances": [described]}]}) as calls:
        (one,) = evidence.instances(FLEET).get(ENVIRONMENT)

    assert (one.id, one.spot_fleet, one.runs) == ("i-1", "sfr-1", True)
    assert calls[0][1]["Filters"] == [{"Name": "tag:aws:ec2spot:fleet-request-id", "Values": ["sfr-1"]}]


class TestHistory:
    def look(self, clients, evidence, *events):
        answer = {"HistoryRecords": list(events), "SpotFleetRequestId": "sfr-1"}
        with answering(clients("ec2"), DescribeSpotFleetRequestHistory=answer) as calls:
            found = evidence.launches(FLEET, NOW).get(ENVIRONMENT)
        assert calls[0][1]["StartTime"] == NOW - timedelta(hours=3)
        return found

    def test_launches_and_refusals_are_told_apart_the_latest_first(self, clients, evidence):
        found = self.look(
            clients,
            evidence,
            an_event("fleetRequestChange", "active", minutes_ago=60),
            an_event("instanceChange", "launched", "c7g.4xlarge", minutes_ago=50),
            an_event("instanceChange", "terminated", "c7g.4xlarge", minutes_ago=30),
            an_event("error", "iamFleetRoleInvalid", "No.", minutes_ago=4),
            an_event("Information", "registerWithLoadBalancersFailed", "x", minutes_ago=3),
        )

        assert [(one.succeeded, one.message) for one in found] == [(False, "iamFleetRoleInvalid: No."), (True, "")]

    @pytest.mark.parametrize(
        ("event", "cause", "zone"),
        [
            # these two were reported in the wild
            pytest.param(
                an_event(
                    "error",
                    "spotFleetRequestConfigurationInvalid",
                    "c7g.4xlarge, ami-0e02647cb673cb89a, Linux/UNIX: We currently do not have sufficient c7g.4xlarge "
                    "capacity in the Availability Zone you requested",
                ),
                Cause.CAPACITY,
                "",
                id="capacity",
            ),
            pytest.param(
                an_event(
                    "Information",
                    "launchSpecUnusable",
                    f"{POOL}, requested instance type is not supported in the requested Availability Zone",
                ),
                Cause.NOT_OFFERED,
                "eu-west-1c",
                id="not offered",
            ),
            pytest.param(an_event("error", "spotInstanceCountLimitExceeded"), Cause.QUOTA, "", id="quota"),
            pytest.param(an_event("Information", "launchSpecUnusable", POOL), Cause.SPOT_PRICE, "", id="price"),
            pytest.param(an_event("Information", "fleetProgressHalted"), Cause.SPOT_PRICE, "", id="halted"),
            pytest.param(
                an_event("Information", "launchSpecTemporarilyBlacklisted", f"{POOL}, No key pair."),
                Cause.OTHER,
                "eu-west-1c",
                id="anything else",
            ),
        ],
    )
    def test_ec2s_words_say_why(self, clients, evidence, event, cause, zone):
        (one,) = self.look(clients, evidence, event)

        assert (one.succeeded, cause_of(one.message), one.zone) == (False, cause, zone)

    def test_a_denial_is_a_gap(self, clients, evidence):
        with answering(clients("ec2"), DescribeSpotFleetRequestHistory=refusal("UnauthorizedOperation")):
            found = evidence.launches(FLEET, NOW)

        with pytest.raises(NotReadError, match="ec2:DescribeSpotFleetRequestHistory"):
            found.get(ENVIRONMENT)

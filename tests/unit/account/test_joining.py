"""Which instances join their cluster, which do not and why, and what comes of it."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.account.building import REGION, Owner

EVERYWHERE = "0.0.0.0/0"
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
ALL = {"IpProtocol": "-1"}
ENDPOINTS = ("ecs", "ecs-agent", "ecs-telemetry")
MIME = (
    'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/x-shellscript\n\n#!/bin/bash\n{}\n--b--\n'
)


def registered(owner: Owner) -> int:
    (cluster,) = owner.ecs.describe_clusters(clusters=[owner.environment()["ecsClusterArn"]])["clusters"]
    return int(cluster["registeredContainerInstancesCount"])


def running(owner: Owner) -> list[str]:
    state = [{"Name": "instance-state-name", "Values": ["running", "pending"]}]
    found = owner.ec2.describe_instances(Filters=state)["Reservations"]
    return [each["Instances"][0]["InstanceId"] for each in found]


def obstacle(owner: Owner, **resources: Any) -> str:
    """Why the first instance of a new environment does not join; empty if it does."""
    owner.an_environment(resources=owner.resources(minvCpus=16, **resources))
    owner.pass_minutes(4)
    (found,) = owner.account.obstacles.values() or [""]
    assert registered(owner) == (0 if found else 1)
    return str(found)


def make_private(owner: Owner, **target: str) -> str:
    """The subnet gives no public addresses and has a route table of its own."""
    owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": False})
    return owner.a_route_table(owner.subnet, **target)


def add_endpoints(owner: Owner, *services: str, group: str | None = None, **members: Any) -> list[str]:
    usual = {"VpcEndpointType": "Interface", "SubnetIds": [owner.subnet], "SecurityGroupIds": [group or owner.group]}
    return [
        owner.ec2.create_vpc_endpoint(
            VpcId=owner.vpc, ServiceName=f"com.amazonaws.{REGION}.{each}", **{**usual, **members}
        )["VpcEndpoint"]["VpcEndpointId"]
        for each in services or ENDPOINTS
    ]


def let_in(owner: Owner, *, group: str | None = None, **source: Any) -> None:
    rule = {**HTTPS, **(source or {"IpRanges": [{"CidrIp": "10.0.0.0/16"}]})}
    owner.ec2.authorize_security_group_ingress(GroupId=group or owner.group, IpPermissions=[rule])


class TestRoutes:
    def test_an_internet_gateway_is_a_path_with_a_public_address_only(self, owner: Owner) -> None:
        owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": False})

        assert "no public address" in obstacle(owner)

    @pytest.mark.parametrize(("of_subnet", "of_template"), [(False, True), (True, False)])
    def test_the_template_wins_over_the_subnet(self, owner: Owner, of_subnet: bool, of_template: bool) -> None:
        owner.ec2.modify_subnet_attribute(SubnetId=owner.subnet, MapPublicIpOnLaunch={"Value": of_subnet})
        interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": of_template}
        template = {"launchTemplateId": owner.a_template(NetworkInterfaces=[interface])}
        found = obstacle(owner, launchTemplate=template)
        (instance,) = owner.ec2.describe_instances()["Reservations"][0]["Instances"]

        assert (found == "", "PublicIpAddress" in instance) == (of_template, of_template)

    def test_without_a_default_route_there_is_no_path(self, owner: Owner) -> None:
        make_private(owner)

        assert "no route out" in obstacle(owner)

    def test_a_nat_gateway_is_a_path(self, owner: Owner) -> None:
        make_private(owner, NatGatewayId=owner.a_nat_gateway(owner.a_public_subnet(owner.vpc)))

        assert obstacle(owner) == ""

    def test_a_deleted_nat_gateway_is_none(self, owner: Owner) -> None:
        nat = owner.a_nat_gateway(owner.a_public_subnet(owner.vpc))
        make_private(owner, NatGatewayId=nat)
        owner.ec2.delete_nat_gateway(NatGatewayId=nat)

        assert "blackhole" in obstacle(owner)

    def test_a_nat_gateway_in_a_private_subnet_is_none(self, owner: Owner) -> None:
        nat = owner.a_nat_gateway(owner.subnet)
        make_private(owner, NatGatewayId=nat)

        assert "without a route out" in obstacle(owner)

    def test_a_private_nat_gateway_is_none(self, owner: Owner) -> None:
        public = owner.a_public_subnet(owner.vpc)
        nat = owner.ec2.create_nat_gateway(SubnetId=public, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
        make_private(owner, NatGatewayId=nat)

        assert "no public address" in obstacle(owner)

    @pytest.mark.parametrize(
        "target",
        [
            {"TransitGatewayId": "tgw-0123456789abcdef0"},
            {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"},
            {"NetworkInterfaceId": "eni-0123456789abcdef0"},
        ],
    )
    def test_other_targets_are_taken_for_a_path(self, owner: Owner, target: dict[str, str]) -> None:
        make_private(owner, **target)

        assert obstacle(owner) == ""

    def test_the_most_specific_route_decides(self, owner: Owner) -> None:
        table = make_private(owner, TransitGatewayId="tgw-0123456789abcdef0")
        owner.ec2.create_route(RouteTableId=table, DestinationCidrBlock="128.0.0.0/1", GatewayId=owner.internet_gateway)

        assert "no public address" in obstacle(owner)


class TestEndpoints:
    def test_all_three_are_a_path(self, owner: Owner) -> None:
        make_private(owner)
        let_in(owner)
        add_endpoints(owner)

        assert obstacle(owner) == ""

    @pytest.mark.parametrize("missing", ENDPOINTS)
    def test_two_are_none(self, owner: Owner, missing: str) -> None:
        make_private(owner)
        let_in(owner)
        add_endpoints(owner, *(each for each in ENDPOINTS if each != missing))

        assert obstacle(owner).startswith(f"{missing}: ")

    def test_a_deleted_one_is_none(self, owner: Owner) -> None:
        make_private(owner)
        let_in(owner)
        gone, *_ = add_endpoints(owner)
        owner.ec2.delete_vpc_endpoints(VpcEndpointIds=[gone])

        assert obstacle(owner).startswith("ecs: ")

    @pytest.mark.parametrize(
        "members",
        [
            pytest.param({"PrivateDnsEnabled": False}, id="without private DNS"),
            pytest.param({"SubnetIds": []}, id="without interfaces"),
            pytest.param({"VpcEndpointType": "Gateway", "SubnetIds": [], "SecurityGroupIds": []}, id="of another kind"),
        ],
    )
    def test_such_ones_are_none(self, owner: Owner, members: dict[str, Any]) -> None:
        make_private(owner)
        let_in(owner)
        add_endpoints(owner, **members)

        assert "no route out" in obstacle(owner)

    @pytest.mark.parametrize(
        ("source", "joins"),
        [
            ({"IpRanges": [{"CidrIp": EVERYWHERE}]}, True),
            ({"IpRanges": [{"CidrIp": "10.9.0.0/16"}]}, False),
            ({"IpRanges": [{"CidrIp": EVERYWHERE}], "FromPort": 80, "ToPort": 80}, False),
            ({}, False),
        ],
    )
    def test_their_groups_must_let_https_in(self, owner: Owner, source: dict[str, Any], joins: bool) -> None:
        make_private(owner)
        theirs = owner.a_group(owner.vpc, "endpoints")
        if source:
            let_in(owner, group=theirs, **source)
        add_endpoints(owner, group=theirs)

        assert (obstacle(owner) == "") is joins

    def test_the_group_of_the_instances_may_be_named(self, owner: Owner) -> None:
        make_private(owner)
        theirs = owner.a_group(owner.vpc, "endpoints")
        let_in(owner, group=theirs, UserIdGroupPairs=[{"GroupId": owner.group}])
        add_endpoints(owner, group=theirs)

        assert obstacle(owner) == ""

    def test_one_that_lets_nothing_in_blocks_where_the_internet_is_open(self, owner: Owner) -> None:
        add_endpoints(owner, "ecs")

        assert "lets HTTPS in" in obstacle(owner)

    def test_what_is_mended_is_used(self, owner: Owner) -> None:
        (endpoint,) = add_endpoints(owner, "ecs-agent")
        assert obstacle(owner).startswith("ecs-agent: ")

        owner.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=False)
        owner.pass_minutes(2)
        assert (registered(owner), owner.account.obstacles) == (1, {})


class TestSecurityGroups:
    def close(self, owner: Owner, *rules: dict[str, Any]) -> None:
        everything = [{**ALL, "IpRanges": [{"CidrIp": EVERYWHERE}]}]
        owner.ec2.revoke_security_group_egress(GroupId=owner.group, IpPermissions=everything)
        if rules:
            owner.ec2.authorize_security_group_egress(GroupId=owner.group, IpPermissions=list(rules))

    @pytest.mark.parametrize(
        ("rules", "joins"),
        [
            ([], False),
            ([{**HTTPS, "IpRanges": [{"CidrIp": EVERYWHERE}]}], True),
            ([{**HTTPS, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}], False),
            ([{**HTTPS, "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": EVERYWHERE}]}], False),
            ([{**HTTPS, "IpProtocol": "udp", "IpRanges": [{"CidrIp": EVERYWHERE}]}], False),
            ([{**HTTPS, "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": EVERYWHERE}]}], True),
        ],
    )
    def test_https_must_get_out(self, owner: Owner, rules: list[dict[str, Any]], joins: bool) -> None:
        self.close(owner, *rules)

        assert (obstacle(owner) == "") is joins

    def test_another_group_may_let_it_out(self, owner: Owner) -> None:
        self.close(owner)

        assert obstacle(owner, securityGroupIds=[owner.group, owner.a_group(owner.vpc, "open")]) == ""

    def test_within_the_vpc_is_enough_for_endpoints(self, owner: Owner) -> None:
        make_private(owner)
        self.close(owner, {**HTTPS, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]})
        let_in(owner)
        add_endpoints(owner)

        assert obstacle(owner) == ""


class TestRole:
    @pytest.mark.parametrize(
        ("role", "said"),
        [
            ({"actions": ["ecs:*"]}, ""),
            ({"actions": ["ecs:RegisterContainerInstance", "ecs:DiscoverPollEndpoint", "ecs:Poll"]}, ""),
            ({"actions": ["ecs:RegisterContainerInstance", "ecs:Poll"]}, "ecs:DiscoverPollEndpoint"),
            ({"actions": ["ecs:DiscoverPollEndpoint", "ecs:Poll"]}, "ecs:RegisterContainerInstance"),
            ({"actions": ["ecs:Register*", "ecs:Discover*"]}, "ecs:Poll"),
            ({"actions": []}, "ecs:DiscoverPollEndpoint"),
            ({"trusts": ["batch.amazonaws.com"]}, "does not trust ec2.amazonaws.com"),
            ({"holds_role": False}, "holds no role"),
        ],
    )
    def test_what_it_must_be(self, owner: Owner, role: dict[str, Any], said: str) -> None:
        owner.account.add_instance_profile("mine", **role)
        found = obstacle(owner, instanceRole="mine")

        assert said in found
        assert bool(said) is bool(found)


class TestUserData:
    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("yum install -y jq", ""),
            ("echo ECS_CLUSTER= >> /etc/ecs/ecs.config", ""),
            ("# ECS_CLUSTER=mine", ""),
            ("echo ECS_IMAGE_CLEANUP_INTERVAL=60m >> /etc/ecs/ecs.config", ""),
            ("echo ECS_CLUSTER=mine >> /etc/ecs/ecs.config", "ECS_CLUSTER to mine"),
            ("cat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=mine\nEOF", "ECS_CLUSTER to mine"),
            ("systemctl stop ecs", "stops"),
            ("stop ecs", "stops"),
            ("docker stop ecs-agent && docker rm ecs-agent", "stops"),
            ("docker rm -f ecs-agent", "stops"),
            ("systemctl stop docker", ""),
            ("stop ecs\nstart ecs", ""),
            ("systemctl stop ecs; systemctl start --no-block ecs", ""),
            ("yum remove -y ecs-init", "removes"),
            ("dnf -y remove docker ecs-init", "removes"),
            ("yum update -y ecs-init", ""),
            ("yum remove -y ecs-init; yum install -y ecs-init", ""),
            ("systemctl start ecs", "waits"),
            ("systemctl restart ecs.service", "waits"),
            ("systemctl enable --now ecs", "waits"),
            ("systemctl enable ecs", ""),
            ("systemctl enable --now --no-block ecs.service", ""),
            ("systemctl start ecs &", ""),
        ],
    )
    def test_what_it_does_to_the_agent(self, owner: Owner, script: str, said: str) -> None:
        data = base64.b64encode(MIME.format(script).encode()).decode()
        found = obstacle(owner, launchTemplate={"launchTemplateId": owner.a_template(UserData=data)})

        assert said in found
        assert bool(said) is bool(found)

    @pytest.mark.parametrize(("target", "joins"), [("c7g.4xlarge", False), ("c7g", False), ("m5", True)])
    def test_an_override_holds_for_the_types_that_it_names(self, owner: Owner, target: str, joins: bool) -> None:
        data = base64.b64encode(MIME.format("stop ecs").encode()).decode()
        override = {"launchTemplateId": owner.a_template("special", UserData=data), "targetInstanceTypes": [target]}
        usual = {"launchTemplateId": owner.a_template(KeyName="mine"), "overrides": [override]}

        assert (obstacle(owner, launchTemplate=usual) == "") is joins


def no_route(owner: Owner) -> None:
    owner.ec2.delete_route(RouteTableId=owner.main_table(owner.vpc), DestinationCidrBlock=EVERYWHERE)


def no_permission(owner: Owner) -> None:
    owner.account.add_instance_profile("ecsInstanceRole", actions=["s3:*"])


class TestWhatComesOfIt:
    @pytest.mark.parametrize("cause", [no_route, no_permission])
    @pytest.mark.parametrize("stride", [1, 7, 15])
    def test_replaced_at_first_then_given_up(self, owner: Owner, cause: Callable[[Owner], None], stride: int) -> None:
        owner.an_environment()
        owner.a_queue()
        cause(owner)
        job = owner.submit()

        def go(minutes: float) -> None:
            while minutes > 0:
                owner.pass_minutes(min(stride, minutes))
                minutes -= stride

        go(15)
        first = running(owner)
        go(3)
        second = running(owner)
        assert (len(first), len(second), first != second) == (1, 1, True)
        assert owner.environment()["status"] == "VALID"

        go(11.9)
        assert owner.environment()["status"] == "VALID"
        go(0.2)
        found = owner.environment()
        assert (found["status"], owner.status(job), running(owner)) == ("INVALID", "RUNNABLE", [])
        assert "none of the instances joined the underlying ECS Cluster" in found["statusReason"]

    def test_an_environment_where_instances_had_joined_is_no_exception(self, owner: Owner) -> None:
        owner.an_environment()
        owner.a_queue()
        owner.submit()
        owner.pass_minutes(40)  # done, and the instance has left
        no_permission(owner)
        owner.submit()
        owner.pass_minutes(29)
        assert owner.environment()["status"] == "VALID"

        owner.pass_minutes(2)
        assert owner.environment()["status"] == "INVALID"

    def test_an_instance_that_is_still_registered_keeps_it_valid(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.resources(minvCpus=16))
        owner.a_queue()
        owner.pass_minutes(5)
        no_permission(owner)
        owner.submit(vcpus=16, containerOverrides={"environment": [{"name": "SIMULATED_SECONDS", "value": "7200"}]})
        owner.pass_minutes(1)
        owner.submit(vcpus=16)
        owner.pass_minutes(110)
        assert (owner.environment()["status"], registered(owner)) == ("VALID", 1)

        owner.pass_minutes(60)  # the job ends, its instance stays with the floor and takes the next one
        assert owner.environment()["status"] == "VALID"

    def test_it_counts_from_when_the_last_one_left(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.resources(instanceTypes=["c7g.4xlarge", "c7g.8xlarge"]))
        owner.a_queue()
        owner.submit(vcpus=16)
        owner.pass_minutes(5)
        no_permission(owner)
        owner.submit(vcpus=32)
        owner.pass_minutes(43)  # the first job was over after 13 minutes, its instance has left after 23
        assert (owner.environment()["status"], registered(owner)) == ("VALID", 0)

        owner.pass_minutes(7)
        assert owner.environment()["status"] == "INVALID"

    def test_with_the_cause_gone_an_instance_joins_by_itself(self, owner: Owner) -> None:
        no_permission(owner)
        owner.an_environment()
        owner.a_queue()
        job = owner.submit()
        owner.pass_minutes(8)
        assert owner.status(job) == "RUNNABLE"

        owner.account.add_instance_profile("ecsInstanceRole")
        owner.pass_minutes(2)
        assert owner.status(job) == "RUNNING"

    def test_what_nobody_needs_any_more_is_ended_and_not_replaced(self, owner: Owner) -> None:
        no_permission(owner)
        owner.an_environment()
        owner.a_queue()
        job = owner.submit()
        owner.pass_minutes(5)
        owner.batch.terminate_job(jobId=job, reason="enough")
        owner.pass_minutes(60)

        assert (running(owner), owner.environment()["status"]) == ([], "VALID")
        assert owner.environment()["computeResources"]["desiredvCpus"] == 0

    def test_a_floor_is_replaced_and_given_up_too(self, owner: Owner) -> None:
        no_permission(owner)
        owner.an_environment(resources=owner.resources(minvCpus=16))
        owner.pass_minutes(20)
        assert (len(running(owner)), owner.environment()["status"]) == (1, "VALID")
        owner.pass_minutes(12)
        assert owner.environment()["status"] == "INVALID"

    def test_an_update_that_mends_it_begins_anew(self, owner: Owner) -> None:
        owner.account.add_instance_profile("bare", holds_role=False)
        owner.an_environment(resources=owner.resources(instanceRole="bare"))
        owner.a_queue()
        job = owner.submit()
        owner.pass_minutes(40)
        assert owner.environment()["status"] == "INVALID"

        owner.update(computeResources={"instanceRole": "ecsInstanceRole"}, minutes=20)
        assert (owner.environment()["status"], owner.status(job)) == ("VALID", "RUNNING")

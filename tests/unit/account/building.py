"""One account and its owner, who uses AWS's own API through real clients."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session

from local.account import AwsError, ManualClock, SimulatedAccount, shapes
from local.account.in_process import attach

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
REGION = "eu-west-1"
ACCOUNT = "111122223333"
SMALL_JOB = [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "8000"}]


@cache
def client(service: str) -> Any:
    """Made once: clients are dear, accounts are not."""
    session = Session()
    session.set_config_variable("config_file", os.devnull)
    session.set_credentials("testing", "testing")
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return session.create_client(service, region_name=REGION, config=config)


def misfits(service: str, operation: str, answer: Mapping[str, Any]) -> str:
    """What is wrong with an answer by botocore's output model.

    The model requires `startedAt` of every job, though a job that waits has none (documented event of a RUNNABLE job).
    """
    shape = shapes.operation_model(service, operation).output_shape
    found = shapes.complaints(answer, shape)
    return "\n".join(line for line in found.splitlines() if "startedAt" not in line)


class CheckedAccount(SimulatedAccount):
    """Every answer of every test is held against the output model."""

    def handle(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        answer = super().handle(service, operation, parameters)
        assert misfits(service, operation, answer) == ""
        return answer


class Owner:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.clock = ManualClock(START)
        self.account = CheckedAccount(clock=self.clock, account_id=ACCOUNT, region=REGION, emit=self.events.append)
        self.batch, self.ec2, self.ecs, self.auto_scaling = map(self._client, ("batch", "ec2", "ecs", "autoscaling"))
        self.iam, self.cloudtrail = self._client("iam"), self._client("cloudtrail")
        self.quotas = self._client("service-quotas")
        self.vpc = self.a_vpc("10.0.0.0/16")
        self.internet_gateway = self.a_way_out(self.vpc)
        self.subnet = self.a_public_subnet(self.vpc)
        self.group = self.a_group(self.vpc)

    def _client(self, service: str) -> Any:
        attach(client(service), self.account)
        return client(service)

    # --- network

    def a_vpc(self, cidr: str) -> str:
        return str(self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])

    def a_subnet(self, vpc: str, zone: str = "a") -> str:
        answer = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20", AvailabilityZone=REGION + zone)
        return str(answer["Subnet"]["SubnetId"])

    def a_public_subnet(self, vpc: str, zone: str = "a") -> str:
        subnet = self.a_subnet(vpc, zone)
        self.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        return subnet

    def a_way_out(self, vpc: str) -> str:
        """An internet gateway, and a route to it in the main table; gives its id."""
        gateway = str(self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.ec2.create_route(RouteTableId=self.main_table(vpc), DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        return gateway

    def main_table(self, vpc: str) -> str:
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        (table,) = self.ec2.describe_route_tables(Filters=filters)["RouteTables"]
        return str(table["RouteTableId"])

    def a_group(self, vpc: str, name: str = "workers") -> str:
        return str(self.ec2.create_security_group(GroupName=name, Description="workers", VpcId=vpc)["GroupId"])

    def a_nat_gateway(self, subnet: str) -> str:
        """In this subnet, with an address of its own; gives its id."""
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        answer = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
        return str(answer["NatGateway"]["NatGatewayId"])

    def a_route_table(self, subnet: str, **target: str) -> str:
        """Of this subnet alone, with a default route if there is a target; gives its id."""
        table = str(self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"])
        if target:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return table

    def a_group_elsewhere(self) -> str:
        return self.a_group(self.a_vpc("10.9.0.0/16"))

    def a_template(self, name: str = "workers", **data: Any) -> str:
        answer = self.ec2.create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData=data or {"ImageId": "ami-0"}
        )
        return str(answer["LaunchTemplate"]["LaunchTemplateId"])

    # --- Batch

    def resources(self, **changes: Any) -> dict[str, Any]:
        usual = {
            "type": "EC2",
            "allocationStrategy": "BEST_FIT_PROGRESSIVE",
            "maxvCpus": 64,
            "instanceTypes": ["c7g.4xlarge"],
            "subnets": [self.subnet],
            "securityGroupIds": [self.group],
            "instanceRole": "ecsInstanceRole",
        }
        return _given({**usual, **changes})

    def on_fargate(self, **changes: Any) -> dict[str, Any]:
        return self.resources(type="FARGATE", allocationStrategy=None, instanceTypes=None, instanceRole=None, **changes)

    def an_environment(self, name: str = "ce", *, resources: dict[str, Any] | None = None, **members: Any) -> str:
        answer = self.batch.create_compute_environment(
            computeEnvironmentName=name,
            type="MANAGED",
            computeResources=resources or self.resources(),
            **members,
        )
        self.pass_minutes(2)
        return str(answer["computeEnvironmentArn"])

    def an_unmanaged_environment(self, name: str = "ce") -> str:
        answer = self.batch.create_compute_environment(computeEnvironmentName=name, type="UNMANAGED")
        self.pass_minutes(2)
        return str(answer["computeEnvironmentArn"])

    def an_eks_environment(self, cluster: str, **changes: Any) -> str:
        behind = {"eksClusterArn": cluster, "kubernetesNamespace": "batch"}
        return self.an_environment(resources=self.resources(**changes), eksConfiguration=behind)

    def environment(self, name: str = "ce") -> dict[str, Any]:
        (found,) = self.batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
        return dict(found)

    def registered(self, name: str = "ce") -> int:
        """How many instances the cluster of this environment has."""
        (cluster,) = self.ecs.describe_clusters(clusters=[self.environment(name)["ecsClusterArn"]])["clusters"]
        return int(cluster["registeredContainerInstancesCount"])

    def obstacle(self, **resources: Any) -> str:
        """Why the first instance of a new environment does not join; empty if it does."""
        self.an_environment(resources=self.resources(minvCpus=16, **resources))
        self.pass_minutes(4)
        (found,) = self.account.obstacles.values() or [""]
        assert self.registered() == (0 if found else 1)
        return str(found)

    def running(self) -> list[str]:
        """Ids of the instances that run, or will soon."""
        state = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        found = self.ec2.describe_instances(Filters=state)["Reservations"]
        return [each["Instances"][0]["InstanceId"] for each in found]

    def update(self, name: str = "ce", *, minutes: float = 0, **members: Any) -> None:
        self.batch.update_compute_environment(computeEnvironment=name, **members)
        self.pass_minutes(minutes)

    def a_queue(self, name: str = "queue", *environments: str, priority: int = 1) -> str:
        order = [{"order": n, "computeEnvironment": each} for n, each in enumerate(environments or ["ce"], 1)]
        answer = self.batch.create_job_queue(jobQueueName=name, priority=priority, computeEnvironmentOrder=order)
        self.pass_minutes(1)
        return str(answer["jobQueueArn"])

    def a_definition(self, name: str = "align", requirements: Any = None, **members: Any) -> str:
        properties = {"image": "busybox", "command": ["true"], "resourceRequirements": requirements or SMALL_JOB}
        answer = self.batch.register_job_definition(
            jobDefinitionName=name,
            **_given({"type": "container", "containerProperties": properties, **members}),
        )
        return str(answer["jobDefinitionArn"])

    def submit(
        self, queue: str = "queue", *, vcpus: int | None = None, memory: int | None = None, **members: Any
    ) -> str:
        if not self.batch.describe_job_definitions(jobDefinitionName="align")["jobDefinitions"]:
            self.a_definition()
        wanted = {"VCPU": vcpus, "MEMORY": memory}
        overrides = [{"type": key, "value": str(value)} for key, value in wanted.items() if value is not None]
        if overrides:
            members["containerOverrides"] = {"resourceRequirements": overrides}
        answer = self.batch.submit_job(**{"jobName": "sample", "jobQueue": queue, "jobDefinition": "align", **members})
        return str(answer["jobId"])

    def job(self, job_id: str) -> dict[str, Any]:
        (found,) = self.batch.describe_jobs(jobs=[job_id])["jobs"]
        return dict(found)

    def status(self, job_id: str) -> str:
        return str(self.job(job_id)["status"])

    def statuses_told(self, job_id: str) -> list[str]:
        return [
            event["detail"]["status"]
            for event in self.events
            if event["detail-type"] == "Batch Job State Change" and event["detail"]["jobId"] == job_id
        ]

    def told_blocked(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["detail-type"] == "Batch Job Queue Blocked"]

    # --- Auto Scaling

    def activities(self, status: str = "Failed") -> list[dict[str, Any]]:
        """The latest first."""
        wanted = [{"Name": "Status", "Values": [status]}]
        return list(self.auto_scaling.describe_scaling_activities(Filters=wanted)["Activities"])

    def told_unsuccessful(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["detail-type"] == "EC2 Instance Launch Unsuccessful"]

    # --- time

    def pass_minutes(self, minutes: float) -> None:
        self.account.pass_time(timedelta(minutes=minutes))


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}


def code_of(account: SimulatedAccount, service: str, operation: str, **parameters: Any) -> str:
    """The error code of a request that must fail."""
    try:
        account.handle(service, operation, parameters)
    except AwsError as error:
        return error.code
    raise AssertionError(f"{service}:{operation} was answered")

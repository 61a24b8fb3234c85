"""The hands of an account's owner: makes what a person makes, through AWS's own API."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

INSTANCE_PROFILE = "ecsInstanceRole"
EVERYWHERE = "0.0.0.0/0"
SCRIPT = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==BOUNDARY=="

--==BOUNDARY==
Content-Type: text/x-shellscript; charset="us-ascii"

#!/bin/bash
{}
--==BOUNDARY==--
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where instances run: a private subnet of a VPC, which a NAT gateway in a public subnet leads out of."""

    vpc: str
    subnet: str
    security_group: str
    route_table: str  # of the private subnet
    nat_gateway: str
    public_subnet: str
    public_route_table: str
    internet_gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Clients with the owner's rights, of any session: in process or on the emulator."""

    batch: Any
    ec2: Any

    def place(self, name: str, *, cidr: str = "10.0.0.0/16") -> Place:
        vpc = self.ec2.create_vpc(CidrBlock=cidr, TagSpecifications=_named("vpc", name))["Vpc"]["VpcId"]
        private, *_, public = map(str, ip_network(cidr).subnets(new_prefix=24))
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock=private)["Subnet"]["SubnetId"]
        group = self.group(f"{name}-batch", vpc)
        internet = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
        public_subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock=public)["Subnet"]["SubnetId"]
        public_table = self.route_table(vpc, public_subnet, GatewayId=internet)
        nat = self.nat_gateway(public_subnet)
        return Place(
            vpc=vpc,
            subnet=subnet,
            security_group=group,
            route_table=self.route_table(vpc, subnet, NatGatewayId=nat),
            nat_gateway=nat,
            public_subnet=public_subnet,
            public_route_table=public_table,
            internet_gateway=internet,
        )

    def route_table(self, vpc: str, subnet: str, **target: str) -> str:
        """One for this subnet, with a default route to the target."""
        table: str = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, **target)
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return table

    def close_way_out(self, place: Place) -> None:
        """Take the default route of the private subnet away."""
        self.ec2.delete_route(RouteTableId=place.route_table, DestinationCidrBlock=EVERYWHERE)

    def open_way_out(self, place: Place) -> None:
        self.ec2.create_route(
            RouteTableId=place.route_table, DestinationCidrBlock=EVERYWHERE, NatGatewayId=place.nat_gateway
        )

    def nat_gateway(self, public_subnet: str) -> str:
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        answer = self.ec2.create_nat_gateway(SubnetId=public_subnet, AllocationId=address)
        gateway: str = answer["NatGateway"]["NatGatewayId"]
        return gateway

    def group(self, name: str, vpc: str) -> str:
        answer = self.ec2.create_security_group(GroupName=name, Description="Batch instances", VpcId=vpc)
        made: str = answer["GroupId"]
        return made

    def compute_environment(
        self,
        name: str,
        *,
        subnet: str,
        security_group: str,
        instance_types: Sequence[str] = ("c7g.4xlarge",),
        max_vcpus: int = 256,
        state: str = "ENABLED",
        resources: Mapping[str, Any] | None = None,
        **members: Any,
    ) -> str:
        """The ARN of a managed EC2 environment; whether it becomes VALID is for AWS Batch to say, a while later.

        `resources` are laid over the usual computeResources, None takes a member away; `members` are the request's own.
        """
        usual = {
            "type": "EC2",
            "allocationStrategy": "BEST_FIT_PROGRESSIVE",
            "minvCpus": 0,
            "maxvCpus": max_vcpus,
            "instanceTypes": list(instance_types),
            "subnets": [subnet],
            "securityGroupIds": [security_group],
            "instanceRole": INSTANCE_PROFILE,
        }
        answer = self.batch.create_compute_environment(
            computeEnvironmentName=name,
            type="MANAGED",
            state=state,
            computeResources={key: value for key, value in {**usual, **(resources or {})}.items() if value is not None},
            **members,
        )
        arn: str = answer["computeEnvironmentArn"]
        return arn

    def fargate_environment(
        self, name: str, *, subnet: str, security_group: str, max_vcpus: int = 256, spot: bool = False
    ) -> str:
        answer = self.batch.create_compute_environment(
            computeEnvironmentName=name,
            type="MANAGED",
            computeResources={
                "type": "FARGATE_SPOT" if spot else "FARGATE",
                "maxvCpus": max_vcpus,
                "subnets": [subnet],
                "securityGroupIds": [security_group],
            },
        )
        arn: str = answer["computeEnvironmentArn"]
        return arn

    def unmanaged_environment(self, name: str) -> str:
        arn: str = self.batch.create_compute_environment(computeEnvironmentName=name, type="UNMANAGED")[
            "computeEnvironmentArn"
        ]
        return arn

    def launch_template(self, name: str, **data: Any) -> str:
        """The id of a new template; `data` as EC2 calls it: ImageId, UserData, SecurityGroupIds …"""
        answer = self.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        template: str = answer["LaunchTemplate"]["LaunchTemplateId"]
        return template

    def job_queue(self, name: str, *compute_environments: str) -> str:
        order = [{"order": n, "computeEnvironment": arn} for n, arn in enumerate(compute_environments, 1)]
        answer = self.batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=order)
        arn: str = answer["jobQueueArn"]
        return arn

    def submit(self, queue: str, *, vcpus: int, memory: int, jobs: int = 1, seconds: int = 600) -> list[str]:
        """Ids of so many single jobs; memory in MiB, `seconds` is how long each would run."""
        definition = self.batch.register_job_definition(
            jobDefinitionName=f"sample-{vcpus}-{memory}",
            type="container",
            containerProperties={
                "image": "public.ecr.aws/docker/library/busybox:latest",
                "command": ["sleep", str(seconds)],
                "environment": [{"name": "SIMULATED_SECONDS", "value": str(seconds)}],
                "resourceRequirements": [
                    {"type": "VCPU", "value": str(vcpus)},
                    {"type": "MEMORY", "value": str(memory)},
                ],
            },
        )["jobDefinitionArn"]
        return [
            self.batch.submit_job(jobName=f"sample-{n:03d}", jobQueue=queue, jobDefinition=definition)["jobId"]
            for n in range(jobs)
        ]

    def submit_as(self, queue: str, name: str, **definition: Any) -> str:
        """The id of one job of a definition in AWS Batch's own words: multi-node, several containers, pods …"""
        registered = self.batch.register_job_definition(jobDefinitionName=name, **{"type": "container", **definition})[
            "jobDefinitionArn"
        ]
        job: str = self.batch.submit_job(jobName=name, jobQueue=queue, jobDefinition=registered)["jobId"]
        return job

    def update(self, environment: str, *, policy: Mapping[str, Any] | None = None, **resources: Any) -> None:
        """UpdateComputeEnvironment with these computeResources."""
        members = {"updatePolicy": dict(policy)} if policy else {}
        self.batch.update_compute_environment(computeEnvironment=environment, computeResources=resources, **members)

    def share(self, security_group: str, vpc: str) -> None:
        """Let the group be used in this further VPC, too."""
        self.ec2.associate_security_group_vpc(GroupId=security_group, VpcId=vpc)

    def unshare(self, security_group: str, vpc: str) -> None:
        self.ec2.disassociate_security_group_vpc(GroupId=security_group, VpcId=vpc)

    def use_security_group(self, environment: str, security_group: str) -> None:
        self.batch.update_compute_environment(
            computeEnvironment=environment, computeResources={"securityGroupIds": [security_group]}
        )


def one_container(vcpus: float, memory: int, *, gpus: int = 0, seconds: int = 600, **properties: Any) -> dict[str, Any]:
    """containerProperties, or the container of a node; `seconds` is how long the job would run."""
    wanted = {"VCPU": f"{vcpus:g}", "MEMORY": str(memory), **({"GPU": str(gpus)} if gpus else {})}
    return {
        "image": "public.ecr.aws/docker/library/busybox:latest",
        "command": ["sleep", str(seconds)],
        "environment": [{"name": "SIMULATED_SECONDS", "value": str(seconds)}],
        "resourceRequirements": [{"type": kind, "value": value} for kind, value in wanted.items()],
        **properties,
    }


def user_data(*lines: str) -> str:
    """A shell script in the form that AWS Batch accepts (Batch user guide, "Use Amazon EC2 launch templates")."""
    return b64encode(SCRIPT.format("\n".join(lines)).encode()).decode()


def several_nodes(count: int, container: Mapping[str, Any]) -> dict[str, Any]:
    """nodeProperties of a multi-node parallel job whose nodes are all alike."""
    alike = {"targetNodes": f"0:{count - 1}", "container": dict(container)}
    return {"numNodes": count, "mainNode": 0, "nodeRangeProperties": [alike]}


def _named(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]

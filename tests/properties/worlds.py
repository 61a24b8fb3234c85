"""Random accounts in which nothing is wrong, however odd they look: each draw varies what is harmless."""

import random
from dataclasses import dataclass, replace
from datetime import timedelta

from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, Cluster, ContainerInstance, Image, InstanceType, patterns_of
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import Identity, InstanceProfile
from batchmedic.model.job import Job, Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.launching import Instance, Launch, Launching
from batchmedic.model.network import Network, SecurityGroup, Subnet, Vpc
from batchmedic.model.routing import NetworkAcl, Route, RouteTable, Routing
from batchmedic.model.snapshot import Snapshot
from tests.factories import ACCOUNT, NOW, REGION

TYPES = {
    name: InstanceType(name=name, vcpus=vcpus, memory=memory, gpus=gpus, architectures=(architecture,))
    for name, vcpus, memory, gpus, architecture in (
        ("c7g.4xlarge", 16, 32_768, 0, "arm64"),
        ("m6g.8xlarge", 32, 131_072, 0, "arm64"),
        ("c6i.2xlarge", 8, 16_384, 0, "x86_64"),
        ("r6i.16xlarge", 64, 524_288, 0, "x86_64"),
        ("g5.12xlarge", 48, 196_608, 4, "x86_64"),
    )
}
SHORT, LONG = timedelta(minutes=4), timedelta(hours=7)


def arn(kind: str, name: str) -> str:
    return f"arn:aws:batch:{REGION}:{ACCOUNT}:{kind}/{name}"


@dataclass(slots=True)
class Draw:
    """One world's worth of chance."""

    chance: random.Random

    def sometimes(self, probability: float = 0.3) -> bool:
        return self.chance.random() < probability

    def world(self) -> Snapshot:
        vpcs = [f"vpc-{n}" for n in range(self.chance.randint(1, 3))]
        environments = [self._environment(n, self.chance.choice(vpcs)) for n in range(self.chance.randint(1, 4))]
        queues = [self._queue(n, environments) for n in range(self.chance.randint(1, 4))]
        snapshot = Snapshot(
            at=NOW,
            account=ACCOUNT,
            region=REGION,
            job_queues=tuple(queues),
            compute_environments=tuple(one for one, _ in environments),
            network=self._network([pair for _, pair in environments], vpcs),
        )
        return replace(
            snapshot,
            capacity=self._capacity(snapshot),
            identity=self._identity(snapshot),
            launching=self._launching(snapshot),
            routing=self._routing(snapshot),
        )

    def _environment(self, number: int, vpc: str) -> tuple[ComputeEnvironment, tuple[str, str]]:
        """An environment that works, and (its number, its VPC)."""
        name = f"ce-{number}"
        kind = self.chance.choice(["EC2", "EC2", "SPOT", "FARGATE"])
        environment = ComputeEnvironment(
            arn=arn("compute-environment", name),
            name=name,
            status_reason="ComputeEnvironment Healthy",
            kind=kind,
            max_vcpus=self.chance.choice([256, 512, 4_096]),
            instance_types=() if kind == "FARGATE" else (self.chance.choice(list(TYPES)),),
            subnets=(f"subnet-{number}", f"subnet-{number}b")[: self.chance.randint(1, 2)],
            security_groups=(f"sg-{number}",),
            allocation_strategy=None if kind == "FARGATE" else self.chance.choice(["BEST_FIT_PROGRESSIVE", None]),
            instance_role=None if kind == "FARGATE" else "ecsInstanceRole",
            ecs_cluster=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/AWSBatch-{name}",
            tags={"team": "science"} if self.sometimes() else {},
        )
        if kind == "SPOT":
            environment = replace(environment, allocation_strategy="SPOT_CAPACITY_OPTIMIZED")
        if self.sometimes(0.2):
            environment = replace(environment, status="UPDATING", unchanged_since=NOW - timedelta(minutes=20))
        return environment, (str(number), vpc)

    def _queue(self, number: int, environments: list[tuple[ComputeEnvironment, tuple[str, str]]]) -> JobQueue:
        fargate = [one for one, _ in environments if one.fargate]
        instances = [one for one, _ in environments if not one.fargate]
        alike = self.chance.choice([each for each in (fargate, instances) if each])
        served = self.chance.sample(alike, self.chance.randint(1, min(3, len(alike))))
        jobs = self._jobs(number, served)
        return JobQueue(
            arn=arn("job-queue", f"queue-{number}"),
            name=f"queue-{number}",
            compute_environments=tuple(one.arn for one in served),
            time_limited_reasons=("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",) if self.sometimes() else (),
            front=jobs,
            front_count=100 if jobs and self.sometimes() else len(jobs),
        )

    def _jobs(self, number: int, served: list[ComputeEnvironment]) -> tuple[Job, ...]:
        """Jobs that every environment of the queue can take, and that came a short while ago."""
        if self.sometimes(0.4):
            return ()
        smallest = min((TYPES[one.instance_types[0]] for one in served if one.instance_types), key=_size, default=None)
        wanted = Requirements(vcpus=1, memory=2_048)
        if smallest is not None:
            memory = self.chance.randint(1, int(smallest.memory * 0.9))
            wanted = Requirements(vcpus=self.chance.randint(1, smallest.vcpus), memory=memory)
        return tuple(
            Job(
                arn=arn("job", f"{number}-{each}"),
                name=f"job-{each}",
                requirements=wanted,
                at_position_since=NOW - self.chance.random() * SHORT,
            )
            for each in range(self.chance.randint(1, 5))
        )

    def _network(self, placed: list[tuple[str, str]], vpcs: list[str]) -> Network:
        groups: dict[str, SecurityGroup] = {}
        associations: dict[str, dict[str, str]] = {}
        for number, vpc in placed:
            home = vpc
            if self.sometimes(0.2):  # a foreign group that is associated with the VPC is legal
                home, associations[f"sg-{number}"] = "vpc-shared", {vpc: "associated"}
            groups[f"sg-{number}"] = SecurityGroup(id=f"sg-{number}", name="batch", vpc_id=home)
        subnets = {
            f"subnet-{number}{letter}": Subnet(
                id=f"subnet-{number}{letter}",
                vpc_id=vpc,
                zone=letter or "a",
                free_addresses=self.chance.choice((None, 0, 3, 250)) if letter else 250,
                public_addresses=self.sometimes(),
            )
            for number, vpc in placed
            for letter in ("", "b")
        }
        known = {vpc: Vpc(id=vpc, is_default=vpc == "vpc-0" and self.sometimes()) for vpc in (*vpcs, "vpc-shared")}
        return Network(
            subnets=Answers(call="ec2:DescribeSubnets", found=subnets),
            vpcs=Answers(call="ec2:DescribeVpcs", found=known),
            security_groups=Answers(call="ec2:DescribeSecurityGroups", found=groups),
            associations=Answers(call="ec2:DescribeSecurityGroupVpcAssociations", found=associations),
            launch_templates=Answers(call="ec2:DescribeLaunchTemplateVersions"),
        )

    def _capacity(self, snapshot: Snapshot) -> Capacity:
        patterns = {each for one in snapshot.compute_environments for each in patterns_of(one.instance_types)}
        clusters = {one.ecs_cluster or "": one for one in snapshot.compute_environments}
        return Capacity(
            instance_types=Answers(
                call="ec2:DescribeInstanceTypes",
                found={each: (TYPES[each],) if each in TYPES else () for each in patterns},
            ),
            container_instances=Answers(
                call="ecs:DescribeContainerInstances",
                found={cluster: self._registered(one) for cluster, one in clusters.items()},
            ),
            clusters=Answers(
                call="ecs:DescribeClusters",
                found={cluster: Cluster(status="ACTIVE", registered_instances=1) for cluster in clusters},
            ),
            images=Answers(call="ec2:DescribeImages", found={"ami-1": Image(id="ami-1")}),
        )

    def _registered(self, environment: ComputeEnvironment) -> tuple[ContainerInstance, ...]:
        """Sometimes an instance that is busy: what it registered fits the jobs, what is left does not."""
        if not environment.instance_types or not self.sometimes():
            return ()
        kind = TYPES[environment.instance_types[0]]
        return (
            ContainerInstance(
                instance_type=kind.name, registered_memory=int(kind.memory * 0.97), remaining_memory=0, running_tasks=2
            ),
        )

    def _launching(self, snapshot: Snapshot) -> Launching:
        """Launches succeed, one zone may have failed before another delivered; who runs is young enough to join."""
        able = [one for one in snapshot.compute_environments if one.launches_instances]
        return Launching(
            instances=Answers(
                call="ec2:DescribeInstances",
                found={one.arn: self._instances(one) for one in able},
            ),
            launches=Answers(
                call="autoscaling:DescribeScalingActivities", found={one.arn: self._launches(one) for one in able}
            ),
            offerings=Answers(
                call="ec2:DescribeInstanceTypeOfferings", found={name: frozenset({"a", "b"}) for name in TYPES}
            ),
            quotas=Answers(call="servicequotas:GetServiceQuota"),
        )

    def _instances(self, environment: ComputeEnvironment) -> tuple[Instance, ...]:
        young = NOW - self.chance.random() * SHORT
        started = Instance(
            id=f"i-{environment.name}",
            instance_type=environment.instance_types[0],
            launched_at=young,
            subnet=environment.subnets[0],
        )
        return (started,) if self.sometimes() else ()

    def _launches(self, environment: ComputeEnvironment) -> tuple[Launch, ...]:
        at = NOW - self.chance.random() * SHORT
        refused = Launch(
            at=at - SHORT,
            succeeded=False,
            message="We currently do not have sufficient c7g.4xlarge capacity in the Availability Zone you requested.",
            subnet=environment.subnets[0],
        )
        delivered = Launch(at=at, succeeded=True, subnet=environment.subnets[-1])
        return self.chance.choice(((), (delivered,), (delivered, refused)))

    def _routing(self, snapshot: Snapshot) -> Routing:
        """Each subnet has a way out: a NAT gateway, a transit gateway, or an internet gateway and public addresses."""
        tables, acls = {}, {}
        for subnet in snapshot.network.subnets.found.values():
            target = "igw-1" if subnet.public_addresses else self.chance.choice(("nat-1", "tgw-1"))
            route = Route(destination="0.0.0.0/0", target=target)
            tables[subnet.id] = RouteTable(id=f"rtb-{subnet.id}", main=self.sometimes(), routes=(route,))
            acls[subnet.id] = NetworkAcl(id=f"acl-{subnet.vpc_id}")
        return Routing(
            tables=Answers(call="ec2:DescribeRouteTables", found=tables),
            endpoints=Answers(
                call="ec2:DescribeVpcEndpoints",
                found={subnet.vpc_id: () for subnet in snapshot.network.subnets.found.values()},
            ),
            acls=Answers(call="ec2:DescribeNetworkAcls", found=acls),
        )

    def _identity(self, snapshot: Snapshot) -> Identity:
        profile = InstanceProfile(
            arn=f"arn:aws:iam::{ACCOUNT}:instance-profile/ecsInstanceRole",
            roles=(f"arn:aws:iam::{ACCOUNT}:role/ecsInstanceRole",),
        )
        return Identity(
            roles=Answers(call="iam:GetRole"),
            instance_profiles=Answers(call="iam:GetInstanceProfile", found={"ecsInstanceRole": profile}),
            join_denied=Answers(call="iam:SimulatePrincipalPolicy", found=dict.fromkeys(profile.roles, ())),
        )


def _size(kind: InstanceType) -> tuple[int, int]:
    return kind.memory, kind.vcpus


def healthy_world(seed: int) -> Snapshot:
    """A healthy account; in some of them jobs have waited for hours, because every environment is full of others."""
    draw = Draw(random.Random(seed))
    world = draw.world()
    return _full(world) if draw.sometimes(0.2) else world


def _full(world: Snapshot) -> Snapshot:
    queues = tuple(
        replace(queue, front=tuple(replace(job, at_position_since=NOW - LONG) for job in queue.front or ()))
        for queue in world.job_queues
    )
    environments = tuple(replace(one, desired_vcpus=one.max_vcpus) for one in world.compute_environments)
    return replace(world, job_queues=queues, compute_environments=environments)

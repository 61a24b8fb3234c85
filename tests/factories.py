"""One healthy world; a test changes only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from batchmedic.findings import Confidence, Evidence, Finding, Severity
from batchmedic.incidents import Incident
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Capacity, ContainerInstance, InstanceType
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job import Job, Requirements
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.launching import Instance, Launch, Launching
from batchmedic.model.network import LaunchTemplateVersion, Network, SecurityGroup, Subnet, Vpc
from batchmedic.model.routing import Endpoint, NetworkAcl, Route, RouteTable, Routing
from batchmedic.model.snapshot import Snapshot

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ACCOUNT = "111122223333"
REGION = "eu-west-1"
QUEUE = f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/align"
ENVIRONMENT = f"arn:aws:batch:{REGION}:{ACCOUNT}:compute-environment/align-ec2"
OWN_VPC, OTHER_VPC = "vpc-0aaa", "vpc-0bbb"
C7G_4XLARGE = InstanceType(name="c7g.4xlarge", vcpus=16, memory=32_768)
C7G_LARGE = InstanceType(name="c7g.large", vcpus=2, memory=4_096)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def a_job(number: int = 1, *, vcpus: float = 2, memory: int = 2_048, gpus: int = 0, **changes: Any) -> Job:
    job = Job(
        arn=f"arn:aws:batch:{REGION}:{ACCOUNT}:job/{number:08d}-0000-4000-8000-000000000000",
        name=f"sample-{number}",
        requirements=Requirements(vcpus=vcpus, memory=memory, gpus=gpus),
        at_position_since=NOW - minutes(2),
    )
    return replace(job, **changes)


def a_late_job(number: int = 1, *, waited: float = 30, **changes: Any) -> Job:
    """One that has been at its position for longer than any start normally takes."""
    return a_job(number, at_position_since=NOW - minutes(waited), **changes)


def a_job_queue(*jobs: Job, **changes: Any) -> JobQueue:
    queue = JobQueue(
        arn=QUEUE,
        name="align",
        compute_environments=(ENVIRONMENT,),
        time_limited_reasons=("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",),
        front=tuple(jobs),
        front_count=len(jobs),
    )
    return replace(queue, **changes)


def a_compute_environment(name: str = "align-ec2", **changes: Any) -> ComputeEnvironment:
    environment = ComputeEnvironment(
        arn=f"arn:aws:batch:{REGION}:{ACCOUNT}:compute-environment/{name}",
        name=name,
        status_reason="ComputeEnvironment Healthy",
        max_vcpus=64,
        instance_types=("c7g.4xlarge",),
        subnets=("subnet-0a1",),
        security_groups=("sg-0a1",),
        allocation_strategy="BEST_FIT_PROGRESSIVE",
        ecs_cluster=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/AWSBatch-{name}",
    )
    return replace(environment, **changes)


def a_network(
    *,
    subnets: dict[str, str] | None = None,
    groups: dict[str, str] | None = None,
    associations: dict[str, dict[str, str]] | None = None,
    templates: dict[str, LaunchTemplateVersion] | None = None,
    default_vpc: str | None = None,
) -> Network:
    """Subnets and security groups are given as id → VPC."""
    at_home = {"subnet-0a1": OWN_VPC} if subnets is None else subnets
    named = {"sg-0a1": OWN_VPC} if groups is None else groups
    vpcs = {*at_home.values(), *named.values()}
    return Network(
        subnets=Answers(
            call="ec2:DescribeSubnets", found={each: Subnet(id=each, vpc_id=vpc) for each, vpc in at_home.items()}
        ),
        security_groups=Answers(
            call="ec2:DescribeSecurityGroups",
            found={each: SecurityGroup(id=each, name=f"name-of-{each}", vpc_id=vpc) for each, vpc in named.items()},
        ),
        associations=Answers(call="ec2:DescribeSecurityGroupVpcAssociations", found=associations or {}),
        vpcs=Answers(
            call="ec2:DescribeVpcs", found={each: Vpc(id=each, is_default=each == default_vpc) for each in vpcs}
        ),
        launch_templates=Answers(call="ec2:DescribeLaunchTemplateVersions", found=templates or {}),
    )


def a_capacity(*types: InstanceType, registered: dict[str, int] | None = None) -> Capacity:
    """Each type is listed under its own name; `registered` gives MiB by type, all in the one environment's cluster."""
    cluster = a_compute_environment().ecs_cluster or ""
    instances = tuple(
        ContainerInstance(instance_type=name, registered_memory=memory) for name, memory in (registered or {}).items()
    )
    return Capacity(
        instance_types=Answers(
            call="ec2:DescribeInstanceTypes", found={one.name: (one,) for one in types or (C7G_4XLARGE,)}
        ),
        container_instances=Answers(call="ecs:DescribeContainerInstances", found={cluster: instances}),
    )


def a_launch(ago: float = 5, **changes: Any) -> Launch:
    """A try of so many minutes ago; it succeeded unless it has a message."""
    launch = Launch(at=NOW - minutes(ago), succeeded="message" not in changes, subnet="subnet-0a1", zone=f"{REGION}a")
    return replace(launch, **changes)


def refused(*messages: str, every: float = 5, **changes: Any) -> tuple[Launch, ...]:
    """Failed tries with these messages of EC2, the latest first: the last one was five minutes ago."""
    return tuple(a_launch(5 + number * every, message=message, **changes) for number, message in enumerate(messages))


def an_instance(number: int = 1, *, runs_for: float = 30, **changes: Any) -> Instance:
    """One that has been running for so many minutes."""
    instance = Instance(
        id=f"i-0a{number}",
        instance_type="c7g.4xlarge",
        launched_at=NOW - minutes(runs_for),
        subnet="subnet-0a1",
        zone=f"{REGION}a",
        vpc_id=OWN_VPC,
        security_groups=("sg-0a1",),
        scaling_group="AWSBatch-align-ec2-asg-0aaa",
    )
    return replace(instance, **changes)


def a_launching(*instances: Instance, launches: tuple[Launch, ...] = (), **answers: Any) -> Launching:
    """Of the one environment; `offerings` and `quotas` are given as they are found."""
    offerings, quotas = answers.get("offerings", {}), answers.get("quotas", {})
    return Launching(
        instances=Answers(call="ec2:DescribeInstances", found={ENVIRONMENT: instances}),
        launches=Answers(call="autoscaling:DescribeScalingActivities", found={ENVIRONMENT: launches}),
        offerings=Answers(call="ec2:DescribeInstanceTypeOfferings", found=offerings),
        quotas=Answers(call="servicequotas:GetServiceQuota", found=quotas),
    )


def a_routing(*routes: Route, endpoints: tuple[Endpoint, ...] = (), acl: NetworkAcl | None = None) -> Routing:
    """Of the one subnet, by a NAT gateway unless other routes are given; `endpoints` are in its VPC."""
    local = Route(destination="10.0.0.0/16", target="local")
    out = routes or (Route(destination="0.0.0.0/0", target="nat-0a1"),)
    table = RouteTable(id="rtb-0a1", routes=(local, *(route for route in out if route.target)))
    return Routing(
        tables=Answers(call="ec2:DescribeRouteTables", found={"subnet-0a1": table}),
        endpoints=Answers(call="ec2:DescribeVpcEndpoints", found={OWN_VPC: endpoints}),
        acls=Answers(call="ec2:DescribeNetworkAcls", found={"subnet-0a1": acl or NetworkAcl(id="acl-0a1")}),
    )


def a_snapshot(**changes: Any) -> Snapshot:
    """One queue with one job that came two minutes ago, one healthy environment, everything read."""
    snapshot = Snapshot(
        at=NOW,
        account=ACCOUNT,
        region=REGION,
        job_queues=(a_job_queue(a_job()),),
        compute_environments=(a_compute_environment(),),
        network=a_network(),
        capacity=a_capacity(),
        launching=a_launching(),
        routing=a_routing(),
    )
    return replace(snapshot, **changes)


def a_finding(**changes: Any) -> Finding:
    finding = Finding(
        diagnosis="job_exceeds_max_vcpus",
        title="Job needs more vCPUs than its compute environments may grow to",
        docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
        subject=QUEUE,
        severity=Severity.CRITICAL,
        evidence=(Evidence(message="Jobs need 32 vCPUs; the largest maxvCpus is 16."),),
        job_queues=(QUEUE,),
        compute_environments=(ENVIRONMENT,),
        job_count=3,
    )
    return replace(finding, **changes)


def an_incident(**changes: Any) -> Incident:
    incident = Incident(
        key="0123456789abcdef",
        diagnosis="job_exceeds_max_vcpus",
        severity=Severity.CRITICAL,
        confidence=Confidence.CERTAIN,
        account=ACCOUNT,
        region=REGION,
        subject=QUEUE,
        title="Job needs more vCPUs than its compute environments may grow to",
        summary="Jobs need 32 vCPUs; the largest maxvCpus is 16.",
        job_queues=(QUEUE,),
        compute_environments=(ENVIRONMENT,),
        job_count=3,
        opened_at=NOW,
        last_seen_at=NOW,
        recommendation="Raise maxvCpus to at least 32.",
        steps=("aws batch update-compute-environment --region eu-west-1 --compute-environment align-ec2",),
        docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    )
    return replace(incident, **changes)

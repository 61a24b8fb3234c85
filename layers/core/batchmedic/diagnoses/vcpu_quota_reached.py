"""The account may not run as many vCPUs of a kind as the compute environment needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.capacity import KEYWORD_FAMILIES, InstanceType
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.launch_trouble import PATIENCE, Cause, Trouble, jobs_of, launch_trouble
from batchmedic.model.offers import in_words, smallest_for
from batchmedic.model.quotas import Quota, quota_of, quotas_of, stated_limit
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.waiting import overdue

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The quota where it is known which, its limit where that is known, and who wants how many vCPUs of it."""

    environment: ComputeEnvironment
    quota: Quota | None
    limit: float | None
    smallest: InstanceType | None
    asked_for: int

    @property
    def below_one_instance(self) -> bool:
        return self.smallest is not None and self.limit is not None and self.limit < self.smallest.vcpus

    @property
    def name(self) -> str:
        if self.quota:
            return str(self.quota)
        known = tuple(sorted(str(one) for one in quotas_of(self.environment) if one))
        may = f"; it may be {in_words(known)}" if known else ""
        return f"for its instance types (EC2 does not say which{may})"

    @property
    def enough(self) -> int:
        """What is asked for, but at least one instance more than now; 0 where nothing of that is known."""
        now = 0 if self.below_one_instance else self.limit or 0
        return max(self.asked_for, ceil(now + self.smallest.vcpus) if self.smallest else 0)

    @property
    def facts(self) -> dict[str, object]:
        return {
            **_facts(self.quota, self.limit),
            "asked_for": self.asked_for if self.quota else None,
            "instance_type": self.smallest.name if self.smallest else None,
            "vcpus": self.smallest.vcpus if self.smallest else None,
        }


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """A quota that is used up while jobs run is no fault: they finish, and make room."""
    if environment.fargate:
        yield from _of_fargate(environment, snapshot)
        return
    trouble = launch_trouble(environment, snapshot, Cause.QUOTA)
    if trouble is None:
        return
    reached = _reached(environment, trouble, snapshot)
    never = reached.below_one_instance
    if not never and _jobs_run(environment, trouble.queues, snapshot):
        return
    wanted = f"at least {reached.enough:,} vCPUs" if reached.enough else "more vCPUs"
    yield Evidence(
        subject=reached.quota.arn(environment) if reached.quota else None,
        message=_below_one_instance(reached, trouble) if never else _used_up(reached, trouble),
        facts={**trouble.facts, **reached.facts},
        jobs=trouble.jobs,
        recommendation=f"Request a quota of {wanted}{f' for {reached.quota}' if reached.quota else ''}"
        + ("." if never else ", or stop other instances that count in it."),
        steps=_steps(reached.quota, reached.enough, snapshot.region),
        patience=AT_ONCE if never and _listed_by_name(environment) else None,
    )


def _reached(environment: ComputeEnvironment, trouble: Trouble, snapshot: Snapshot) -> Reached:
    stated = next((limit for one in trouble.failures if (limit := stated_limit(one.message)) is not None), None)
    quota = _quota(environment, stated, snapshot)
    smallest = smallest_for(environment, trouble.queues, snapshot)
    counts = smallest is not None and quota_of(smallest.name, spot=environment.kind == "SPOT") == quota
    alike = [
        one for one in snapshot.compute_environments if one.launches_instances and quota and quotas_of(one) == {quota}
    ]
    return Reached(
        environment=environment,
        quota=quota,
        limit=snapshot.launching.quotas.found.get(quota.code) if quota and stated is None else stated,
        smallest=smallest if quota and counts else None,
        asked_for=sum(one.desired_vcpus for one in alike),
    )


def _quota(environment: ComputeEnvironment, stated: float | None, snapshot: Snapshot) -> Quota | None:
    """EC2 does not say which: the only one that its types count in, or of several the only one with this limit."""
    candidates = quotas_of(environment)
    known = [one for one in candidates if one is not None]
    if len(known) < len(candidates):
        return None
    if len(known) > 1:
        limits = snapshot.launching.quotas.found
        known = [one for one in known if stated is not None and limits.get(one.code) == stated]
    return known[0] if len(known) == 1 else None


def _listed_by_name(environment: ComputeEnvironment) -> bool:
    """AWS may mean smaller types with a keyword than those listed here."""
    return bool(environment.instance_types) and not KEYWORD_FAMILIES.keys() & set(environment.instance_types)


def _jobs_run(environment: ComputeEnvironment, queues: tuple[JobQueue, ...], snapshot: Snapshot) -> bool:
    """What runs on an EKS cluster is not read: there the wait has to show that nothing moves."""
    if environment.orchestration != "ECS":
        return not any(overdue(queue, snapshot) for queue in queues)
    registered = snapshot.capacity.container_instances.get(environment.ecs_cluster or "") or ()
    return any(one.running_tasks for one in registered)


def _below_one_instance(reached: Reached, trouble: Trouble) -> str:
    name, smallest = reached.environment.name, reached.smallest
    least = f"the smallest instance type that fits, {smallest.name}, has {smallest.vcpus} vCPUs" if smallest else ""
    return (
        f"No instance of compute environment {name} can ever launch: the vCPU quota {reached.name} is "
        f"{reached.limit:g}, and {least}. EC2 has refused them {trouble.in_words}."
    )


def _used_up(reached: Reached, trouble: Trouble) -> str:
    of = f" of {reached.limit:,g}" if reached.limit is not None else ""
    full = reached.limit is not None and reached.asked_for <= reached.limit
    others = "; other instances of the account use the rest" if full else ""
    asked = f" The compute environments here ask for {reached.asked_for:,} of it{others}." if reached.quota else ""
    smallest = reached.smallest
    needs = f" The smallest instance type that fits, {smallest.name}, needs {smallest.vcpus}." if smallest else ""
    return (
        f"EC2 has refused instances for compute environment {reached.environment.name} {trouble.in_words}: the vCPU "
        f"quota {reached.name}{of} is used up.{asked}{needs}"
    )


def _facts(quota: Quota | None, limit: float | None) -> dict[str, object]:
    return {"quota_code": quota.code if quota else None, "quota": quota.name if quota else None, "limit": limit}


def _steps(quota: Quota | None, enough: int, region: str) -> tuple[str, ...]:
    if quota is None:
        return (
            f"aws service-quotas list-service-quotas --region {region} --service-code ec2 --query "
            "'Quotas[?contains(QuotaName,`On-Demand`)||contains(QuotaName,`Spot Instance`)]"
            ".[QuotaCode,QuotaName,Value]' --output text",
        )
    return (
        f"aws service-quotas request-service-quota-increase --region {region} --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {enough or 'VCPUS'}",
    )


def _of_fargate(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """AWS Fargate launches nothing that could be seen; but a job larger than the whole quota can never start."""
    (quota,) = quotas_of(environment)
    limit = snapshot.launching.quotas.found.get(quota.code) if quota else None
    if quota is None or limit is None or not environment.usable:
        return
    for queue in snapshot.queues_of(environment):
        wanted = queue.head.requirements if queue.head else None
        others = any(other.usable for other in snapshot.environments_of(queue) if other.arn != environment.arn)
        if wanted is None or wanted.vcpus <= limit or (others and not overdue(queue, snapshot)):
            continue
        enough = ceil(wanted.vcpus)
        yield Evidence(
            subject=quota.arn(environment),
            message=f"The job at the head of job queue {queue.name} can never start in compute environment "
            f"{environment.name}: it asks for {wanted.vcpus:g} vCPUs, and the quota {quota} is {limit:g}.",
            facts={**_facts(quota, limit), "vcpus": wanted.vcpus},
            jobs=jobs_of((queue,)),
            recommendation=f"Request a quota of at least {enough} vCPUs for {quota}.",
            steps=_steps(quota, enough, snapshot.region),
            patience=AT_ONCE,
        )


DIAGNOSIS = Diagnosis(
    id="vcpu_quota_reached",
    title="vCPU quota of the account is used up",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-quotas.html",
    check_environment=check,
    patience=PATIENCE,
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "autoscaling:DescribeScalingActivities",
        "ecs:DescribeContainerInstances",
    ),
)

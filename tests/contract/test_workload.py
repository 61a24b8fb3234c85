"""Whether environments have work: what AWS is asked, in which order, and that what could not be read is never idle."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.aws.ownership_evidence import OwnershipEvidence
from batchmedic.aws.workload import AwsWorkload
from batchmedic.errors import ReadError
from batchmedic.floors.watching import Watch
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.job_queue import JobQueue
from tests.contract.answering import answering, refusal
from tests.factories import ACCOUNT, ENVIRONMENT, NOW, QUEUE, REGION, a_compute_environment

STATUSES = ["RUNNING", "RUNNABLE", "STARTING", "SUBMITTED", "PENDING"]
GAPS = [
    pytest.param(refusal("AccessDeniedException", status=403), id="denied"),
    pytest.param(refusal("TooManyRequestsException", status=429), id="throttled"),
    pytest.param(ReadTimeoutError(endpoint_url="x"), id="timeout"),
]
JOB = {"jobId": "j-1", "jobName": "sample"}
TEMPLATE = LaunchTemplateReference(template="lt-0a1", version="3")
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/AWSBatch-align-ec2"


@pytest.fixture
def workload(aws):
    return AwsWorkload(
        batch=aws("batch"),
        capacity=CapacityEvidence(ec2=lambda: aws("ec2"), ecs=lambda: aws("ecs")),
        network=NetworkEvidence(ec2=lambda: aws("ec2")),
        ownership=OwnershipEvidence(aws),
    )


def described(name: str = "align-ec2", **changes: Any) -> dict[str, Any]:
    arn = f"arn:aws:batch:{REGION}:{ACCOUNT}:compute-environment/{name}"
    one = {
        "computeEnvironmentName": name,
        "computeEnvironmentArn": arn,
        "ecsClusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/AWSBatch-{name}",
        "type": "MANAGED",
        "state": "ENABLED",
        "status": "VALID",
        "computeResources": {
            "type": "EC2",
            "minvCpus": 16,
            "maxvCpus": 64,
            "instanceTypes": ["c7g.4xlarge"],
            "subnets": [],
        },
        "tags": {"batchmedic:scale-to-zero": "on"},
    }
    return one | changes


def paged(member: str, *pages: list[dict[str, Any]]):
    """The answers in order, each with the token of the next."""

    def answer(asked):
        number = int(asked.get("nextToken", 0))
        more = {"nextToken": str(number + 1)} if number + 1 < len(pages) else {}
        return {member: pages[number], **more}

    return answer


def asked_for(calls, operation="ListJobs"):
    return [dict(parameters) for name, parameters in calls if name == operation]


class TestEnvironments:
    def test_every_page_is_read(self, aws, workload):
        answer = paged("computeEnvironments", [described("a"), described("b")], [], [described("c")])
        with answering(aws("batch"), DescribeComputeEnvironments=answer) as calls:
            found = workload.environments()

        assert [one.name for one in found] == ["a", "b", "c"]
        assert asked_for(calls, "DescribeComputeEnvironments") == [{}, {"nextToken": "1"}, {"nextToken": "2"}]

    def test_some_are_asked_for_by_name_on_every_page(self, aws, workload):
        answer = paged("computeEnvironments", [], [described()])
        with answering(aws("batch"), DescribeComputeEnvironments=answer) as calls:
            [found] = workload.environments([ENVIRONMENT])

        assert (found.arn, found.min_vcpus, found.tags) == (ENVIRONMENT, 16, {"batchmedic:scale-to-zero": "on"})
        assert all(one["computeEnvironments"] == [ENVIRONMENT] for one in asked_for(calls, calls[0][0]))

    @pytest.mark.parametrize("gap", GAPS)
    def test_a_gap_is_a_read_error(self, aws, workload, gap):
        with (
            answering(aws("batch"), DescribeComputeEnvironments=gap),
            pytest.raises(ReadError, match="batch:DescribeComputeEnvironments"),
        ):
            workload.environments()


class TestQueues:
    def test_every_page_is_read_with_the_environments_of_each(self, aws, workload):
        def queue(name):
            return {
                "jobQueueName": name,
                "jobQueueArn": f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/{name}",
                "state": "ENABLED",
                "priority": 1,
                "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": ENVIRONMENT}],
            }

        with answering(aws("batch"), DescribeJobQueues=paged("jobQueues", [queue("a")], [queue("b")])):
            found = workload.queues()

        assert [(one.name, one.compute_environments) for one in found] == [("a", (ENVIRONMENT,)), ("b", (ENVIRONMENT,))]

    @pytest.mark.parametrize("gap", GAPS)
    def test_a_gap_is_a_read_error(self, aws, workload, gap):
        with answering(aws("batch"), DescribeJobQueues=gap), pytest.raises(ReadError, match="batch:DescribeJobQueues"):
            workload.queues()


class TestJobs:
    def test_an_empty_queue_is_asked_for_each_status_once_and_one_job_would_do(self, aws, workload):
        with answering(aws("batch"), ListJobs={"jobSummaryList": []}) as calls:
            assert workload.work_in(QUEUE) is None

        wanted = [{"jobQueue": QUEUE, "jobStatus": status, "maxResults": 1} for status in STATUSES]
        assert asked_for(calls) == wanted

    @pytest.mark.parametrize("status", STATUSES)
    def test_after_the_first_hit_nothing_is_asked(self, aws, workload, status):
        def answer(asked):
            return {"jobSummaryList": [JOB] if asked["jobStatus"] == status else []}

        with answering(aws("batch"), ListJobs=answer) as calls:
            assert workload.work_in(QUEUE) == status

        assert [one["jobStatus"] for one in asked_for(calls)] == STATUSES[: STATUSES.index(status) + 1]

    def test_an_empty_page_that_is_not_the_last_counts_as_work(self, aws, workload):
        """AWS filters after it has cut the page, so jobs may be on the next."""

        def answer(asked):
            return {"jobSummaryList": [], **({"nextToken": "x"} if asked["jobStatus"] == "RUNNABLE" else {})}

        with answering(aws("batch"), ListJobs=answer):
            assert workload.work_in(QUEUE) == "RUNNABLE"

    @pytest.mark.parametrize("gap", GAPS)
    @pytest.mark.parametrize("at", STATUSES)
    def test_a_gap_at_any_status_is_a_read_error(self, aws, workload, gap, at):
        def answer(asked):
            if asked["jobStatus"] != at:
                return {"jobSummaryList": []}
            if isinstance(gap, Exception):
                raise gap
            return gap

        with answering(aws("batch"), ListJobs=answer), pytest.raises(ReadError, match="batch:ListJobs"):
            workload.work_in(QUEUE)


def clusters(*described_clusters: dict[str, Any]) -> dict[str, Any]:
    return {"clusters": list(described_clusters)}


def a_cluster(**counts: int) -> dict[str, Any]:
    return {"clusterArn": CLUSTER, "status": "ACTIVE", **counts}


def activity(aws, workload, *, jobs: Any = None, ecs: Any = None, queues: int = 1):
    listed = [JobQueue(arn=f"{QUEUE}-{n}", name=f"q-{n}", compute_environments=(ENVIRONMENT,)) for n in range(queues)]
    one = a_compute_environment(ecs_cluster=CLUSTER)
    with (
        answering(aws("batch"), ListJobs=jobs or {"jobSummaryList": []}),
        answering(aws("ecs"), DescribeClusters=ecs or clusters(a_cluster())) as calls,
    ):
        return Watch(workload=workload, queues=tuple(listed)).activity(one), calls


class TestActivity:
    def test_no_job_and_no_task_is_idle(self, aws, workload):
        found, calls = activity(aws, workload)

        assert (found.idle, found.unknown) == (True, False)
        assert asked_for(calls, "DescribeClusters") == [{"clusters": [CLUSTER]}]

    @pytest.mark.parametrize("count", ["runningTasksCount", "pendingTasksCount"])
    def test_a_task_that_runs_or_starts_is_work(self, aws, workload, count):
        found, _ = activity(aws, workload, ecs=clusters(a_cluster(**{count: 1})))

        assert (found.idle, found.unknown) == (False, False)

    @pytest.mark.parametrize("queues", [0, 1, 2])
    def test_without_a_queue_only_the_tasks_count(self, aws, workload, queues):
        found, _ = activity(aws, workload, jobs={"jobSummaryList": [JOB]}, queues=queues)

        assert found.idle is (queues == 0)

    @pytest.mark.parametrize("gap", GAPS)
    def test_what_could_not_be_read_is_not_idle(self, aws, workload, gap):
        by_jobs, _ = activity(aws, workload, jobs=gap)
        by_tasks, _ = activity(aws, workload, ecs=gap)

        assert [(found.idle, found.unknown) for found in (by_jobs, by_tasks)] == [(False, True)] * 2

    def test_a_cluster_that_is_gone_is_not_idle(self, aws, workload):
        found, _ = activity(aws, workload, ecs=clusters())

        assert (found.idle, found.unknown) == (False, True)


def a_version(**data: Any) -> dict[str, Any]:
    return {"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-0a1", "VersionNumber": 3, "LaunchTemplateData": data}]}


TARGET = {"CapacityReservationTarget": {"CapacityReservationId": "cr-0a1"}}


def prefers(preference: str) -> dict[str, Any]:
    return {"CapacityReservationSpecification": {"CapacityReservationPreference": preference}}


class TestReservedCapacity:
    @pytest.mark.parametrize(
        ("data", "reserves"),
        [
            ({}, False),
            ({"CapacityReservationSpecification": {"CapacityReservationPreference": "open"}}, False),
            ({"CapacityReservationSpecification": TARGET}, True),
            (
                {"CapacityReservationSpecification": {"CapacityReservationPreference": "capacity-reservations-only"}},
                True,
            ),
            ({"InstanceMarketOptions": {"MarketType": "capacity-block"}}, True),
        ],
    )
    def test_a_template_says_whether_it_uses_reservations(self, aws, workload, data, reserves):
        with answering(aws("ec2"), DescribeLaunchTemplateVersions=a_version(**data)):
            assert workload.reserves(a_compute_environment(launch_templates=(TEMPLATE,))) is reserves

    @pytest.mark.parametrize(
        "gap", [*GAPS, pytest.param(refusal("InvalidLaunchTemplateId.NotFound"), id="the template is gone")]
    )
    def test_where_nobody_can_say_it_does(self, aws, workload, gap):
        with answering(aws("ec2"), DescribeLaunchTemplateVersions=gap):
            assert workload.reserves(a_compute_environment(launch_templates=(TEMPLATE,)))


def owner(aws, workload, *, stacks: Any, events: Any, **changes: Any):
    with (
        answering(aws("cloudformation"), DescribeStackResources=stacks),
        answering(aws("cloudtrail"), LookupEvents=events),
    ):
        return workload.owner(a_compute_environment(**changes))


NO_STACK = refusal("ValidationError")
NOBODY: dict[str, Any] = {"Events": []}


class TestOwner:
    def test_nobody_is_named_where_nobody_can_say(self, aws, workload):
        denied = refusal("AccessDenied", status=403)

        assert owner(aws, workload, stacks=NO_STACK, events=NOBODY) is None
        assert owner(aws, workload, stacks=denied, events=denied) is None

    def test_a_stack_is_named_by_its_tag_or_by_cloudformation(self, aws, workload):
        tags = {"aws:cloudformation:stack-name": "x"}
        resource = {
            "StackName": "x",
            "LogicalResourceId": "E",
            "ResourceType": "AWS::Batch::ComputeEnvironment",
            "Timestamp": NOW,
            "ResourceStatus": "CREATE_COMPLETE",
        }

        assert owner(aws, workload, stacks=NO_STACK, events=NOBODY, tags=tags) == "AWS CloudFormation"
        assert owner(aws, workload, stacks={"StackResources": [resource]}, events=NOBODY) == "AWS CloudFormation"

    def test_terraform_is_named_by_who_made_it(self, aws, workload):
        made = {"EventName": "CreateComputeEnvironment", "CloudTrailEvent": '{"userAgent": "HashiCorp Terraform/1.9"}'}

        assert owner(aws, workload, stacks=NO_STACK, events={"Events": [made]}) == "Terraform"

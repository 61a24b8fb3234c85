"""The cheap look at AWS Batch: how many calls it costs, what it reads, and what becomes of what it cannot read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.snapshot_reader import reader_by
from batchmedic.errors import ReadError
from batchmedic.model.job import Requirements
from batchmedic.model.snapshot import Snapshot
from tests.contract.answering import answering, refusal
from tests.factories import ACCOUNT, NOW, REGION, minutes

TIMEOUT = ReadTimeoutError(endpoint_url="x")
JOB_CALLS = ("GetJobQueueSnapshot", "DescribeJobs")


def arn(kind: str, name: str) -> str:
    return f"arn:aws:batch:{REGION}:{ACCOUNT}:{kind}/{name}"


def a_described_job(job_arn: str, **changes: Any) -> dict[str, Any]:
    wanted = [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "2048"}]
    job = {
        "jobArn": job_arn,
        "jobId": job_arn.rpartition("/")[2],
        "jobName": "sample",
        "jobQueue": arn("job-queue", "q0"),
        "jobDefinition": arn("job-definition", "d:1"),
        "status": "RUNNABLE",
        "startedAt": 0,
        "container": {"resourceRequirements": wanted},
    }
    return job | changes


@dataclass
class World:
    """AWS Batch with these jobs at the front of its queues, by queue; `jobs` overrides how a job is described."""

    fronts: Mapping[str, list[str]]
    jobs: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    page: int = 100

    def answers(self) -> dict[str, Any]:
        return {
            "DescribeJobQueues": self.describe_job_queues,
            "DescribeComputeEnvironments": self.describe_compute_environments,
            "GetJobQueueSnapshot": self.get_job_queue_snapshot,
            "DescribeJobs": self.describe_jobs,
        }

    def describe_job_queues(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        queues = [
            {
                "jobQueueArn": arn("job-queue", name),
                "jobQueueName": name,
                "state": "ENABLED",
                "status": "VALID",
                "priority": 1,
                "computeEnvironmentOrder": [
                    {"order": 2, "computeEnvironment": arn("compute-environment", "second")},
                    {"order": 1, "computeEnvironment": arn("compute-environment", "first")},
                ],
            }
            for name in self.fronts
        ]
        return self._page("jobQueues", queues, parameters)

    def describe_compute_environments(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        environments = [
            {
                "computeEnvironmentArn": arn("compute-environment", name),
                "computeEnvironmentName": name,
                "ecsClusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}",
            }
            for name in ("first", "second")
        ]
        return self._page("computeEnvironments", environments, parameters)

    def get_job_queue_snapshot(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        jobs = self.fronts[parameters["jobQueue"].rpartition("/")[2]]
        at = int(NOW.timestamp() * 1000)
        listed = [{"jobArn": arn("job", job), "earliestTimeAtPosition": at - 60_000 * n} for n, job in enumerate(jobs)]
        return {"frontOfQueue": {"jobs": listed, "lastUpdatedAt": at}}

    def describe_jobs(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        assert 1 <= len(parameters["jobs"]) <= 100, "DescribeJobs takes 1 to 100 ids"
        described = (self.jobs.get(job, a_described_job(arn("job", job))) for job in parameters["jobs"])
        return {"jobs": [job for job in reversed(list(described)) if job is not None]}  # in no promised order

    def _page(self, member: str, items: list[dict[str, Any]], parameters: Mapping[str, Any]) -> dict[str, Any]:
        start = int(parameters.get("nextToken", 0))
        more = {"nextToken": str(start + self.page)} if start + self.page < len(items) else {}
        return {member: items[start : start + self.page], **more}


@pytest.fixture
def batch(clients):
    return clients("batch")


def look(
    batch: Any, world: World, *queues: str, time_left: timedelta | None = None, **instead: Any
) -> tuple[Snapshot, list[str]]:
    """The snapshot and the names of the calls; `instead` replaces answers by operation."""
    named = frozenset(arn("job-queue", name) for name in queues) if queues else None
    reader = reader_by(lambda _: batch, account=ACCOUNT, region=REGION, clock=lambda: NOW)
    with answering(batch, **world.answers() | instead) as calls:
        snapshot = reader.triage(named, until=NOW + (time_left or minutes(1)))
    return snapshot, [operation for operation, _ in calls]


def front(snapshot: Snapshot, name: str) -> list[str] | None:
    queue = snapshot.job_queue(arn("job-queue", name))
    assert queue is not None
    return None if queue.front is None else [job.id for job in queue.front]


@pytest.mark.parametrize("number", [1, 3, 50])
@pytest.mark.parametrize("depth", [1, 100])
def test_a_look_at_q_queues_costs_q_and_3_calls(batch, number, depth):
    world = World({f"q{n}": [f"{n}-{m}" for m in range(depth)] for n in range(number)})

    _, calls = look(batch, world)

    assert len(calls) == number + 3


def test_only_the_named_queues_are_asked_for_their_jobs(batch):
    world = World({f"q{n}": [f"job-{n}"] for n in range(40)})

    snapshot, calls = look(batch, world, "q7", "q9", "unknown")

    assert len(calls) == 2 + 3
    assert [queue.name for queue in snapshot.job_queues if queue.front is not None] == ["q7", "q9"]
    assert len(snapshot.job_queues) == 40


def test_where_nothing_waits_no_job_is_described(batch):
    snapshot, calls = look(batch, World({"q0": []}))

    assert front(snapshot, "q0") == []
    assert "DescribeJobs" not in calls


def test_every_page_is_read(batch):
    world = World({f"q{n}": [] for n in range(5)}, page=1)

    snapshot, calls = look(batch, world, "q0")

    assert [queue.name for queue in snapshot.job_queues] == [f"q{n}" for n in range(5)]
    assert [one.name for one in snapshot.compute_environments] == ["first", "second"]
    assert (calls.count("DescribeJobQueues"), calls.count("DescribeComputeEnvironments")) == (5, 2)


def test_a_snapshot_says_when_and_where(batch):
    snapshot, _ = look(batch, World({"q0": []}))

    assert (snapshot.at, snapshot.account, snapshot.region) == (NOW, ACCOUNT, REGION)
    assert [each.rpartition("/")[2] for each in snapshot.job_queues[0].compute_environments] == ["first", "second"]


def test_jobs_stand_in_dispatch_order_with_their_times(batch):
    snapshot, _ = look(batch, World({"q0": ["c", "a", "b"]}))

    assert front(snapshot, "q0") == ["c", "a", "b"]
    waited = [NOW - job.at_position_since for job in snapshot.job_queues[0].front]
    assert waited == [minutes(0), minutes(1), minutes(2)]


@pytest.mark.parametrize("status", ["STARTING", "RUNNING", "SUCCEEDED", "FAILED", "SOMETHING_NEW"])
def test_a_job_that_left_runnable_no_longer_waits(batch, status):
    world = World({"q0": ["left", "waits"]}, jobs={"left": a_described_job(arn("job", "left"), status=status)})

    snapshot, _ = look(batch, world)

    assert front(snapshot, "q0") == ["waits"]
    assert snapshot.job_queues[0].front_count == 1


def test_a_job_that_batch_no_longer_knows_does_not_stand_at_the_front(batch):
    snapshot, _ = look(batch, World({"q0": ["gone", "waits"]}, jobs={"gone": None}))

    assert front(snapshot, "q0") == ["waits"]


def test_a_child_of_an_array_is_described_by_its_own_id(batch):
    snapshot, _ = look(batch, World({"q0": ["0f3c:17"]}))

    assert front(snapshot, "q0") == ["0f3c:17"]


@pytest.mark.parametrize(("number", "share"), [(1, 100), (2, 50), (3, 33), (50, 2)])
def test_queues_share_one_describe_jobs(batch, number, share):
    world = World({f"q{n}": [f"{n}-{m}" for m in range(100)] for n in range(number)})

    snapshot, calls = look(batch, world)

    assert calls.count("DescribeJobs") == 1
    assert [front(snapshot, f"q{n}") for n in range(number)] == [
        [f"{n}-{m}" for m in range(share)] for n in range(number)
    ]
    assert {queue.front_count for queue in snapshot.job_queues} == {100}


@pytest.mark.parametrize("operation", ["DescribeJobQueues", "DescribeComputeEnvironments"])
@pytest.mark.parametrize(
    ("answer", "because", "retryable"),
    [
        (refusal("AccessDeniedException", status=403), "AccessDeniedException", False),
        (refusal("TooManyRequestsException", status=429), "TooManyRequestsException", True),
        (refusal("ServerException", status=500), "ServerException", True),
        (TIMEOUT, "ReadTimeoutError", True),
    ],
)
def test_without_queues_or_environments_there_is_no_look(batch, operation, answer, because, retryable):
    with pytest.raises(ReadError) as caught:
        look(batch, World({"q0": ["a"]}), **{operation: answer})

    error = caught.value
    assert (error.call, error.because, error.retryable) == (f"batch:{operation}", because, retryable)


@pytest.mark.parametrize("operation", JOB_CALLS)
@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (refusal("AccessDeniedException", status=403), "AccessDeniedException"),
        (refusal("TooManyRequestsException", status=429), "TooManyRequestsException"),
        (TIMEOUT, "ReadTimeoutError"),
    ],
)
def test_an_unread_front_is_not_an_empty_one(batch, operation, answer, because):
    snapshot, _ = look(batch, World({"q0": ["a"]}), **{operation: answer})

    [queue] = snapshot.job_queues
    assert (queue.front, queue.front_unread) == (None, because)


def test_one_unread_front_leaves_the_others(batch):
    world = World({"q0": ["a"], "q1": ["b"]})

    def refuses_q0(parameters: Mapping[str, Any]) -> dict[str, Any]:
        if parameters["jobQueue"].endswith("q0"):
            return refusal("ClientException")
        return world.get_job_queue_snapshot(parameters)

    snapshot, _ = look(batch, world, GetJobQueueSnapshot=refuses_q0)

    assert (front(snapshot, "q0"), front(snapshot, "q1")) == (None, ["b"])


def test_a_job_without_a_name_at_the_front_hides_no_other(batch):
    """AWS Batch does not promise the member (API reference, FrontOfQueueJobSummary)."""
    answer = {"frontOfQueue": {"jobs": [{}, {"jobArn": arn("job", "a")}]}}

    snapshot, _ = look(batch, World({"q0": ["a"]}), GetJobQueueSnapshot=answer)

    assert front(snapshot, "q0") == ["a"]


def test_empty_answers_are_an_empty_world(batch):
    snapshot, _ = look(batch, World({}), DescribeJobQueues={}, DescribeComputeEnvironments={})

    assert (snapshot.job_queues, snapshot.compute_environments) == ((), ())


@pytest.mark.parametrize("answer", [{}, {"frontOfQueue": {}}, {"frontOfQueue": {"jobs": []}}])
def test_a_snapshot_without_a_front_is_an_empty_one(batch, answer):
    snapshot, _ = look(batch, World({"q0": []}), GetJobQueueSnapshot=answer)

    assert front(snapshot, "q0") == []


def test_a_job_without_a_time_at_its_position_has_none(batch):
    answer = {"frontOfQueue": {"jobs": [{"jobArn": arn("job", "a")}]}}

    snapshot, _ = look(batch, World({"q0": ["a"]}), GetJobQueueSnapshot=answer)

    assert [job.at_position_since for job in snapshot.job_queues[0].front] == [None]
    assert snapshot.job_queues[0].head_has_waited(NOW) == timedelta(0)


def test_descriptions_of_nobody_are_an_empty_front(batch):
    snapshot, _ = look(batch, World({"q0": ["a"]}), DescribeJobs={})

    assert front(snapshot, "q0") == []


def test_what_a_described_job_asks_for_is_read(batch):
    container = {"resourceRequirements": [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "512"}]}
    world = World({"q0": ["a"]}, jobs={"a": a_described_job(arn("job", "a"), container=container, statusReason="why")})

    snapshot, _ = look(batch, world)

    [job] = snapshot.job_queues[0].front
    assert (job.requirements, job.status_reason) == (Requirements(vcpus=0.25, memory=512), "why")

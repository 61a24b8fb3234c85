"""Jobs: from state to state, arrays, dependencies, cancelling, and how they are listed."""

from typing import Any

import pytest

from tests.unit.account.building import SMALL_JOB, Owner, code_of

WHOLE_LIFE = ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture
def queue(owner: Owner) -> str:
    owner.an_environment()
    return owner.a_queue()


@pytest.mark.usefixtures("queue")
class TestOneJob:
    def test_goes_from_state_to_state_and_tells_each_but_the_submission(self, owner: Owner) -> None:
        job = owner.submit()
        assert owner.status(job) == "SUBMITTED"
        owner.pass_minutes(30)

        assert owner.statuses_told(job) == WHOLE_LIFE
        found = owner.job(job)
        assert found["createdAt"] < found["startedAt"] < found["stoppedAt"]
        assert found["stoppedAt"] - found["startedAt"] == 600_000
        assert found["attempts"][0]["container"]["exitCode"] == 0

    def test_runs_as_long_as_its_environment_variable_says(self, owner: Owner) -> None:
        variable = [{"name": "SIMULATED_SECONDS", "value": "90"}]
        job = owner.submit(containerOverrides={"environment": variable})
        owner.pass_minutes(10)
        found = owner.job(job)

        assert (found["status"], found["stoppedAt"] - found["startedAt"]) == ("SUCCEEDED", 90_000)

    def test_fails_at_its_timeout(self, owner: Owner) -> None:
        job = owner.submit(timeout={"attemptDurationSeconds": 60})
        owner.pass_minutes(10)

        assert (owner.status(job), owner.job(job)["statusReason"]) == (
            "FAILED",
            "Job attempt duration exceeded timeout",
        )

    def test_is_described_with_its_overrides(self, owner: Owner) -> None:
        job = owner.submit(memory=4000, vcpus=2)
        listed = owner.job(job)["container"]["resourceRequirements"]

        assert {each["type"]: each["value"] for each in listed} == {"VCPU": "2", "MEMORY": "4000"}

    def test_cancelling_ends_it_while_it_waits_and_does_nothing_later(self, owner: Owner) -> None:
        waiting, running = owner.submit(vcpus=16), owner.submit(vcpus=4)
        owner.batch.cancel_job(jobId=waiting, reason="not needed")
        owner.pass_minutes(5)
        owner.batch.cancel_job(jobId=running, reason="too late")

        found = owner.job(waiting)
        assert (found["status"], found["statusReason"], found["isCancelled"]) == ("FAILED", "not needed", True)
        assert owner.status(running) == "RUNNING"

    def test_terminating_ends_it_wherever_it_is(self, owner: Owner) -> None:
        job = owner.submit()
        owner.pass_minutes(5)
        owner.batch.terminate_job(jobId=job, reason="enough")
        owner.pass_minutes(30)

        found = owner.job(job)
        assert (found["status"], found["statusReason"], found["isTerminated"]) == ("FAILED", "enough", True)
        assert owner.statuses_told(job)[-1] == "FAILED"

    def test_waits_pending_for_what_it_depends_on(self, owner: Owner) -> None:
        first = owner.submit()
        second = owner.submit(dependsOn=[{"jobId": first}])
        owner.pass_minutes(5)
        assert owner.status(second) == "PENDING"

        owner.pass_minutes(30)
        assert owner.statuses_told(second) == ["PENDING", *WHOLE_LIFE]

    def test_fails_with_what_it_depends_on(self, owner: Owner) -> None:
        first = owner.submit()
        second, third = owner.submit(dependsOn=[{"jobId": first}]), owner.submit(dependsOn=[{"jobId": first}])
        owner.pass_minutes(1)
        owner.batch.terminate_job(jobId=first, reason="x")
        late = owner.submit(dependsOn=[{"jobId": first}])
        owner.pass_minutes(1)

        assert [owner.status(each) for each in (second, third, late)] == ["FAILED"] * 3


class TestArrays:
    def test_the_parent_is_pending_while_its_children_run(self, owner: Owner, queue: str) -> None:
        parent = owner.submit(arrayProperties={"size": 3})
        owner.pass_minutes(5)

        assert owner.job(parent)["status"] == "PENDING"
        assert owner.job(parent)["arrayProperties"]["statusSummary"]["RUNNING"] == 3
        assert owner.job(f"{parent}:2")["arrayProperties"]["index"] == 2
        assert owner.batch.list_jobs(jobQueue=queue, jobStatus="RUNNING")["jobSummaryList"] == []
        children = owner.batch.list_jobs(arrayJobId=parent)["jobSummaryList"]
        assert [each["jobId"] for each in children] == [f"{parent}:{index}" for index in range(3)]

        owner.pass_minutes(30)
        assert owner.statuses_told(parent) == ["PENDING", "SUCCEEDED"]
        assert owner.statuses_told(f"{parent}:0") == WHOLE_LIFE

    def test_the_parent_fails_if_a_child_does(self, owner: Owner, queue: str) -> None:
        parent = owner.submit(arrayProperties={"size": 2})
        owner.pass_minutes(5)
        owner.batch.terminate_job(jobId=f"{parent}:1", reason="x")
        owner.pass_minutes(30)

        assert [owner.status(each) for each in (parent, f"{parent}:0", f"{parent}:1")] == [
            "FAILED",
            "SUCCEEDED",
            "FAILED",
        ]

    def test_cancelling_the_parent_ends_all_children(self, owner: Owner, queue: str) -> None:
        parent = owner.submit(arrayProperties={"size": 2})
        owner.batch.cancel_job(jobId=parent, reason="x")

        assert [owner.status(each) for each in (parent, f"{parent}:0", f"{parent}:1")] == ["FAILED"] * 3
        owner.pass_minutes(5)
        assert owner.statuses_told(parent) == ["FAILED"]

    @pytest.mark.parametrize("size", [1, 10_001])
    def test_sizes_that_are_refused(self, owner: Owner, queue: str, size: int) -> None:
        owner.a_definition()
        parameters = {"jobName": "j", "jobQueue": queue, "jobDefinition": "align", "arrayProperties": {"size": size}}

        assert code_of(owner.account, "batch", "SubmitJob", **parameters) == "ClientException"


class TestDefinitions:
    def test_a_bare_name_means_the_latest_active_revision(self, owner: Owner, queue: str) -> None:
        first, second = owner.a_definition(), owner.a_definition()
        assert owner.job(owner.submit())["jobDefinition"] == second
        assert owner.job(owner.submit(jobDefinition="align:1"))["jobDefinition"] == first

        owner.batch.deregister_job_definition(jobDefinition=second)
        assert owner.job(owner.submit())["jobDefinition"] == first
        listed = owner.batch.describe_job_definitions(jobDefinitionName="align", status="ACTIVE")["jobDefinitions"]
        assert [each["revision"] for each in listed] == [1]

    def test_the_containers_of_a_task_are_summed_up(self, owner: Owner, queue: str) -> None:
        container = {"image": "busybox", "resourceRequirements": SMALL_JOB}
        task = {"containers": [{**container, "name": "a"}, {**container, "name": "b"}]}
        owner.batch.register_job_definition(
            jobDefinitionName="align", type="container", ecsProperties={"taskProperties": [task]}
        )
        job = owner.submit()
        owner.pass_minutes(5)

        assert (owner.status(job), owner.job(job)["container"]) == ("RUNNING", {})
        usage = owner.batch.get_job_queue_snapshot(jobQueue=queue)["queueUtilization"]["totalCapacityUsage"]
        assert usage == [{"capacityUnit": "VCPU", "quantity": 8.0}]

    def test_one_container_of_a_task_is_overridden_by_name(self, owner: Owner, queue: str) -> None:
        container = {"image": "busybox", "resourceRequirements": SMALL_JOB}
        task = {"containers": [{**container, "name": "a"}, {**container, "name": "b"}]}
        owner.a_definition(containerProperties=None, ecsProperties={"taskProperties": [task]})
        more = {"name": "b", "resourceRequirements": [{"type": "VCPU", "value": "12"}]}
        job = owner.submit(ecsPropertiesOverride={"taskProperties": [{"containers": [more]}]})
        containers = owner.job(job)["ecsProperties"]["taskProperties"][0]["containers"]

        wanted = [{each["type"]: each["value"] for each in one["resourceRequirements"]} for one in containers]
        assert wanted == [{"VCPU": "4", "MEMORY": "8000"}, {"VCPU": "12", "MEMORY": "8000"}]
        owner.pass_minutes(5)
        assert owner.status(job) == "RUNNING"

    def test_overrides_of_pods_are_not_simulated_and_say_so(self, owner: Owner, queue: str) -> None:
        owner.a_definition()
        parameters = {"jobName": "j", "jobQueue": queue, "jobDefinition": "align", "eksPropertiesOverride": {}}

        assert code_of(owner.account, "batch", "SubmitJob", **parameters) == "NotSimulated"


class TestListing:
    def test_without_a_status_only_running_jobs(self, owner: Owner, queue: str) -> None:
        running = owner.submit()
        owner.pass_minutes(5)
        waiting = owner.submit(vcpus=65)
        owner.pass_minutes(1)

        def ids(**parameters: Any) -> list[str]:
            return [one["jobId"] for one in owner.batch.list_jobs(jobQueue=queue, **parameters)["jobSummaryList"]]

        assert ids() == [running]
        assert ids(jobStatus="RUNNABLE") == [waiting]
        assert ids(filters=[{"name": "JOB_NAME", "values": ["SAM*"]}], jobStatus="RUNNABLE") == [running, waiting]
        assert ids(filters=[{"name": "JOB_DEFINITION", "values": ["align"]}]) == [running, waiting]
        created = owner.job(running)["createdAt"]
        assert ids(filters=[{"name": "AFTER_CREATED_AT", "values": [str(created)]}]) == [waiting]
        assert ids(filters=[{"name": "BEFORE_CREATED_AT", "values": [str(created + 1)]}]) == [running]

    def test_by_share_identifier_with_a_status(self, owner: Owner, queue: str) -> None:
        mine, _ = (owner.submit(shareIdentifier=share, vcpus=65) for share in ("a", "b"))
        owner.pass_minutes(1)
        chosen = owner.batch.list_jobs(
            jobQueue=queue, filters=[{"name": "SHARE_IDENTIFIER", "values": ["a"]}], jobStatus="RUNNABLE"
        )

        assert [each["jobId"] for each in chosen["jobSummaryList"]] == [mine]

    @pytest.mark.parametrize("parameters", [{}, {"jobQueue": "queue", "arrayJobId": "x"}, {"arrayJobId": "x"}])
    def test_exactly_one_scope_must_be_given(self, owner: Owner, queue: str, parameters: dict) -> None:
        assert code_of(owner.account, "batch", "ListJobs", **parameters) == "ClientException"

    def test_pages_are_shorter_with_a_filter(self, owner: Owner, queue: str) -> None:
        owner.a_definition()
        for _ in range(101):
            owner.account.handle("batch", "SubmitJob", {"jobName": "j", "jobQueue": queue, "jobDefinition": "align"})
        owner.pass_minutes(0.1)
        everything = owner.batch.list_jobs(jobQueue=queue, jobStatus="RUNNABLE")
        chosen = owner.batch.list_jobs(jobQueue=queue, filters=[{"name": "JOB_NAME", "values": ["*"]}])

        assert (len(everything["jobSummaryList"]), len(chosen["jobSummaryList"])) == (101, 100)

    def test_describing_leaves_out_unknown_ids_and_takes_a_hundred(self, owner: Owner, queue: str) -> None:
        job = owner.submit()

        assert [each["jobId"] for each in owner.batch.describe_jobs(jobs=["gone", job])["jobs"]] == [job]
        assert code_of(owner.account, "batch", "DescribeJobs", jobs=["x"] * 101) == "ClientException"

    def test_the_front_of_the_queue_says_since_when(self, owner: Owner, queue: str) -> None:
        jobs = [owner.submit(vcpus=16) for _ in range(4)]
        jobs += [owner.submit(vcpus=16) for _ in range(120)]
        owner.pass_minutes(10)
        front = owner.batch.get_job_queue_snapshot(jobQueue=queue)["frontOfQueue"]

        assert [each["jobArn"].rpartition("/")[2] for each in front["jobs"]] == jobs[4:104]
        moved_up = owner.job(jobs[3])["startedAt"] - 20_000  # four started, all the others moved up
        assert {each["earliestTimeAtPosition"] for each in front["jobs"]} == {moved_up}
        assert owner.job(jobs[4])["createdAt"] < moved_up

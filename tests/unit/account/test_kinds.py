"""Kinds of environments and of jobs: what runs where, and what waits for ever."""

from typing import Any

import pytest

from tests.unit.account.building import SMALL_JOB, Owner, code_of

UNDETERMINED = "UNDETERMINED - Batch job is blocked, root cause is undetermined."
JOB_RESOURCE = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"


def nodes(count: int, vcpus: int = 16) -> dict[str, Any]:
    container = {"image": "busybox", "resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}, SMALL_JOB[1]]}
    alike = {"targetNodes": f"0:{count - 1}", "container": container}
    properties = {"numNodes": count, "mainNode": 0, "nodeRangeProperties": [alike]}
    return {"type": "multinode", "containerProperties": None, "nodeProperties": properties}


def pod(cpu: str = "4", memory: str = "8000Mi", seconds: int = 600) -> dict[str, Any]:
    container = {
        "image": "busybox",
        "env": [{"name": "SIMULATED_SECONDS", "value": str(seconds)}],
        "resources": {"limits": {"memory": memory}, "requests": {"cpu": cpu, "memory": memory}},
    }
    return {"containerProperties": None, "eksProperties": {"podProperties": {"containers": [container]}}}


def windows() -> dict[str, Any]:
    platform = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"}
    requirements = [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "8192"}]
    return {
        "platformCapabilities": ["FARGATE"],
        "containerProperties": {"image": "x", "runtimePlatform": platform, "resourceRequirements": requirements},
    }


def reason(owner: Owner, job: str) -> str:
    """Why it waits, an hour later."""
    owner.pass_minutes(60)
    assert owner.status(job) == "RUNNABLE"
    return str(owner.job(job).get("statusReason", ""))


class TestFargate:
    @pytest.mark.parametrize(
        ("vcpus", "memory", "runs"),
        [("0.25", 512, True), ("0.25", 4096, False), ("4", 8192, True), ("4", 8000, False), ("3", 8192, False)],
    )
    def test_jobs_of_documented_sizes_run_others_wait(self, owner: Owner, vcpus: str, memory: int, runs: bool) -> None:
        owner.an_environment(resources=owner.on_fargate())
        owner.a_queue()
        wanted = [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": str(memory)}]
        owner.a_definition(requirements=wanted, platformCapabilities=["FARGATE"])
        job = owner.submit()
        owner.pass_minutes(5)

        assert owner.status(job) == ("RUNNING" if runs else "RUNNABLE")
        if not runs:
            assert reason(owner, job).startswith(JOB_RESOURCE)

    @pytest.mark.parametrize(("kind", "runs"), [("FARGATE", True), ("FARGATE_SPOT", False)])
    def test_windows_runs_on_fargate_and_waits_for_ever_on_fargate_spot(
        self, owner: Owner, kind: str, runs: bool
    ) -> None:
        owner.an_environment(resources={**owner.on_fargate(), "type": kind})
        owner.a_queue()
        owner.a_definition(**windows())
        job = owner.submit()
        owner.pass_minutes(5)

        assert owner.status(job) == ("RUNNING" if runs else "RUNNABLE")
        if not runs:
            assert reason(owner, job) == UNDETERMINED

    @pytest.mark.parametrize("members", [{"requirements": [{"type": "GPU", "value": "1"}]}, nodes(2)])
    def test_gpus_and_nodes_are_refused_for_fargate(self, owner: Owner, members: dict[str, Any]) -> None:
        wanted = members.get("requirements")
        definition = {"type": "container", "containerProperties": {"image": "x", "resourceRequirements": wanted}}
        definition = definition if wanted else {k: v for k, v in members.items() if v is not None}
        parameters = {"jobDefinitionName": "j", "platformCapabilities": ["FARGATE"], **definition}

        assert code_of(owner.account, "batch", "RegisterJobDefinition", **parameters) == "ClientException"

    def test_a_gpu_job_that_does_not_say_where_waits_on_fargate(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.on_fargate())
        owner.a_queue()
        owner.a_definition(requirements=[*SMALL_JOB, {"type": "GPU", "value": "1"}])

        assert reason(owner, owner.submit()).startswith(JOB_RESOURCE)

    def test_a_job_for_ec2_waits_on_fargate_and_the_other_way_round(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.on_fargate())
        owner.an_environment("instances")
        owner.a_queue()
        owner.a_queue("other", "instances")
        owner.a_definition(platformCapabilities=["EC2"])
        on_fargate = owner.submit()
        owner.a_definition(platformCapabilities=["FARGATE"])
        on_instances = owner.submit("other")

        assert (reason(owner, on_fargate), reason(owner, on_instances)) == (UNDETERMINED, UNDETERMINED)


class TestNodes:
    def test_all_nodes_start_together_each_on_an_instance_of_its_own(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.resources(minvCpus=16))
        owner.a_queue()
        owner.a_definition(**nodes(3, vcpus=4))
        job = owner.submit()
        owner.pass_minutes(5)

        found = owner.job(job)
        assert (found["status"], found["nodeProperties"]["numNodes"], "container" in found) == ("RUNNING", 3, False)
        assert len(owner.ec2.describe_instances()["Reservations"]) == 3 + 1  # the floor is for other jobs
        small = owner.submit(jobDefinition=owner.a_definition("small"))
        owner.pass_minutes(1)
        assert owner.status(small) == "RUNNING"  # on the floor, not beside a node
        (listed, _) = owner.batch.list_jobs(jobQueue="queue")["jobSummaryList"]
        assert listed["nodeProperties"] == {"numNodes": 3}

        owner.pass_minutes(40)
        assert owner.statuses_told(job) == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
        states = [one["Instances"][0]["State"]["Name"] for one in owner.ec2.describe_instances()["Reservations"]]
        assert sorted(states) == ["running", "terminated", "terminated", "terminated"]

    def test_it_waits_until_there_is_room_for_all(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.resources(maxvCpus=32))
        owner.a_queue()
        before = owner.submit(vcpus=16, jobDefinition=owner.a_definition("before"))
        owner.pass_minutes(1)
        owner.a_definition(**nodes(2))
        job = owner.submit()
        owner.pass_minutes(8)
        assert (owner.status(before), owner.status(job)) == ("RUNNING", "RUNNABLE")

        owner.pass_minutes(25)
        assert owner.status(job) == "RUNNING"

    def test_more_vcpus_than_the_ceiling_in_all(self, owner: Owner) -> None:
        owner.an_environment()
        owner.a_queue()
        owner.a_definition(**nodes(2))

        job = owner.submit(nodeOverrides={"numNodes": 5})
        assert reason(owner, job).startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE")

    def test_never_on_spot(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.resources(type="SPOT", allocationStrategy="SPOT_CAPACITY_OPTIMIZED"))
        owner.a_queue()
        owner.a_definition(**nodes(2))

        assert reason(owner, owner.submit()) == UNDETERMINED
        assert owner.ec2.describe_instances()["Reservations"] == []

    def test_not_on_an_unmanaged_environment_but_on_another_one_of_the_queue(self, owner: Owner) -> None:
        owner.an_unmanaged_environment("own")
        for _ in range(2):
            owner.account.join_instance("own", "c7g.4xlarge")
        owner.an_environment()
        owner.a_queue("queue", "own", "ce")
        owner.a_definition(**nodes(2))
        job = owner.submit()
        owner.pass_minutes(1)
        assert owner.status(job) == "RUNNABLE"

        owner.pass_minutes(4)
        assert owner.status(job) == "RUNNING"

    def test_a_definition_needs_its_nodes(self, owner: Owner) -> None:
        parameters = {"jobDefinitionName": "mnp", "type": "multinode"}

        assert code_of(owner.account, "batch", "RegisterJobDefinition", **parameters) == "ClientException"


class TestKubernetes:
    def test_a_pod_runs_on_a_node(self, owner: Owner) -> None:
        owner.an_eks_environment(owner.account.add_eks_cluster("c"))
        owner.a_queue()
        owner.a_definition(**pod())
        job = owner.submit()
        owner.pass_minutes(5)
        assert (owner.status(job), "container" in owner.job(job)) == ("RUNNING", False)

        owner.pass_minutes(10)
        assert owner.status(job) == "SUCCEEDED"

    @pytest.mark.parametrize(("cpu", "memory"), [("17", "1Gi"), ("500m", "32Gi")])
    def test_a_pod_that_is_too_big(self, owner: Owner, cpu: str, memory: str) -> None:
        owner.an_eks_environment(owner.account.add_eks_cluster("c"))
        owner.a_queue()
        owner.a_definition(**pod(cpu, memory))

        assert reason(owner, owner.submit()).startswith(JOB_RESOURCE)

    @pytest.mark.parametrize(
        ("cluster", "text"),
        [
            ({"version": "2.01"}, "CLIENT_ERROR - EKS Cluster version [2.01] is unsupported"),
            ({"namespaces": ["other"]}, "CLIENT_ERROR - Unable to validate Kubernetes Namespace"),
        ],
    )
    def test_invalid_by_cause(self, owner: Owner, cluster: dict[str, Any], text: str) -> None:
        owner.an_eks_environment(owner.account.add_eks_cluster("c", **cluster))

        assert (owner.environment()["status"], owner.environment()["statusReason"]) == ("INVALID", text)

    def test_an_image_for_an_unsupported_version_is_refused(self, owner: Owner) -> None:
        cluster = {"eksClusterArn": owner.account.add_eks_cluster("c"), "kubernetesNamespace": "batch"}
        images = [{"imageType": "EKS_AL2023", "imageKubernetesVersion": "1.12"}]
        resources = owner.resources(ec2Configuration=images)
        members = {"type": "MANAGED", "computeResources": resources, "eksConfiguration": cluster}

        assert code_of(owner.account, "batch", "CreateComputeEnvironment", computeEnvironmentName="ce", **members) == (
            "ClientException"
        )

    def test_given_up_if_no_node_ever_joins(self, owner: Owner) -> None:
        owner.an_eks_environment(owner.account.add_eks_cluster("c", nodes_join=False), minvCpus=16)
        owner.pass_minutes(25)
        assert owner.environment()["status"] == "VALID"
        owner.pass_minutes(10)

        found = owner.environment()
        assert found["status"] == "INVALID"
        assert found["statusReason"].startswith(
            "Your compute environment has been INVALIDATED and scaled down because none of the nodes joined the "
            "underlying Amazon EKS Cluster."
        )
        assert found["computeResources"]["desiredvCpus"] == 16  # the floor is still asked for


class TestRoom:
    def test_idle_instances_that_the_floor_keeps_can_be_too_small_for_the_head(self, owner: Owner) -> None:
        types = ["c7g.xlarge", "c7g.4xlarge"]
        owner.an_environment(resources=owner.resources(instanceTypes=types, minvCpus=16, maxvCpus=16))
        owner.a_queue()
        owner.pass_minutes(10)
        job = owner.submit(vcpus=8)

        assert reason(owner, job) == ""  # AWS gives none: inferred
        launched = [one["Instances"][0]["InstanceType"] for one in owner.ec2.describe_instances()["Reservations"]]
        assert launched == ["c7g.xlarge"] * 4

    def test_a_job_holds_an_update_up_for_as_long_as_it_may(self, owner: Owner) -> None:
        owner.an_environment()
        owner.a_queue()
        variable = [{"name": "SIMULATED_SECONDS", "value": "100000"}]
        owner.submit(containerOverrides={"environment": variable})
        owner.pass_minutes(5)
        policy = {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 360}
        owner.update(computeResources={"instanceTypes": ["c7g"]}, updatePolicy=policy, minutes=350)
        assert owner.environment()["status"] == "UPDATING"

        owner.pass_minutes(15)
        assert owner.environment()["status"] == "VALID"

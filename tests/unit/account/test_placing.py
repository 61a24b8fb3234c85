"""Registered instances that get no jobs all the same: disconnected agents, and images without a log driver."""

from typing import Any

from tests.unit.account.building import SMALL_JOB, Owner

AWSLOGS = "com.amazonaws.ecs.capability.logging-driver.awslogs"


def container_instance(owner: Owner) -> dict[str, Any]:
    cluster = owner.environment()["ecsClusterArn"]
    arns = owner.ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
    (found,) = owner.ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"]
    return dict(found)


def on_an_image(owner: Owner, *, awslogs: bool) -> None:
    image = owner.account.add_image("mine", architecture="arm64", awslogs=awslogs)
    owner.an_environment(resources=owner.resources(imageId=image))
    owner.a_queue()


def definition(driver: str | None) -> dict[str, Any]:
    log = {"logConfiguration": {"logDriver": driver}} if driver else {}
    return {"image": "busybox", "resourceRequirements": SMALL_JOB, **log}


class TestAgents:
    def test_disconnected_ones_show_it_and_get_no_jobs(self, owner: Owner) -> None:
        owner.an_environment(resources=owner.resources(minvCpus=16))
        owner.a_queue()
        running = owner.submit()
        owner.pass_minutes(5)
        owner.account.disconnect_agents("ce")
        waiting = owner.submit()
        owner.pass_minutes(20)

        assert (owner.status(running), owner.status(waiting)) == ("SUCCEEDED", "RUNNABLE")
        assert (container_instance(owner)["agentConnected"], owner.told_blocked()) == (False, [])

        owner.account.connect_agents("ce")
        owner.pass_minutes(1)
        assert (owner.status(waiting), container_instance(owner)["agentConnected"]) == ("RUNNING", True)

    def test_an_instance_that_a_job_waits_for_stays(self, owner: Owner) -> None:
        owner.an_environment()
        owner.a_queue()
        owner.account.disconnect_agents("ce")
        owner.submit()
        owner.pass_minutes(5)
        first = container_instance(owner)["ec2InstanceId"]
        owner.pass_minutes(60)
        assert container_instance(owner)["ec2InstanceId"] == first

        job = owner.batch.list_jobs(jobQueue="queue", jobStatus="RUNNABLE")["jobSummaryList"][0]["jobId"]
        owner.batch.terminate_job(jobId=job, reason="enough")
        owner.pass_minutes(1)
        assert owner.environment()["computeResources"]["desiredvCpus"] == 0

    def test_an_instance_that_the_head_could_never_use_does_not_stay(self, owner: Owner) -> None:
        owner.an_environment()
        owner.a_queue()
        owner.submit()
        owner.pass_minutes(5)
        owner.a_definition("serverless", platformCapabilities=["FARGATE"])
        owner.submit(jobDefinition="serverless")
        owner.pass_minutes(30)

        assert owner.environment()["computeResources"]["desiredvCpus"] == 0


class TestLogDrivers:
    def test_without_awslogs_its_jobs_are_not_placed(self, owner: Owner) -> None:
        on_an_image(owner, awslogs=False)
        job = owner.submit()
        owner.pass_minutes(30)

        assert (owner.status(job), owner.told_blocked()) == ("RUNNABLE", [])
        assert AWSLOGS not in [each["name"] for each in container_instance(owner)["attributes"]]

    def test_with_it_they_are(self, owner: Owner) -> None:
        on_an_image(owner, awslogs=True)
        job = owner.submit()
        owner.pass_minutes(5)

        assert owner.status(job) == "RUNNING"
        assert AWSLOGS in [each["name"] for each in container_instance(owner)["attributes"]]

    def test_jobs_with_another_driver_are_placed(self, owner: Owner) -> None:
        on_an_image(owner, awslogs=False)
        owner.a_definition("quiet", containerProperties=definition("json-file"))
        job = owner.submit(jobDefinition="quiet")
        owner.pass_minutes(5)

        assert owner.status(job) == "RUNNING"

    def test_one_container_or_node_among_others_is_enough(self, owner: Owner) -> None:
        on_an_image(owner, awslogs=False)
        containers = [{"name": str(driver), **definition(driver)} for driver in ("json-file", None)]
        tasks = {"taskProperties": [{"containers": containers}]}
        owner.a_definition("several", containerProperties=None, ecsProperties=tasks)
        several = owner.submit(jobDefinition="several")
        owner.pass_minutes(5)
        assert owner.status(several) == "RUNNABLE"
        owner.batch.terminate_job(jobId=several, reason="enough")

        alike = {"targetNodes": "0:1", "container": definition(None)}
        nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [alike]}
        owner.a_definition("nodes", type="multinode", containerProperties=None, nodeProperties=nodes)
        multi = owner.submit(jobDefinition="nodes")
        owner.pass_minutes(10)
        assert owner.status(multi) == "RUNNABLE"

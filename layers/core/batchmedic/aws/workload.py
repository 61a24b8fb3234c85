"""Reads whether compute environments have work: their queues' jobs, and the tasks on their clusters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from batchmedic.aws import parse_batch
from batchmedic.aws.answering import read
from batchmedic.aws.batch_triage import all_pages
from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.aws.ownership_evidence import OwnershipEvidence
from batchmedic.aws.template_evidence import launch_templates
from batchmedic.model.answers import Answers
from batchmedic.model.capacity import Cluster
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.ownership import CLOUDFORMATION, STACK_TAG, tool_of

WORK = ("RUNNING", "RUNNABLE", "STARTING", "SUBMITTED", "PENDING")  # likeliest first; parents of arrays are PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsWorkload:
    batch: Any
    capacity: CapacityEvidence
    network: NetworkEvidence
    ownership: OwnershipEvidence

    def environments(self, arns: Iterable[str] = ()) -> tuple[ComputeEnvironment, ...]:
        wanted = list(arns)
        named: dict[str, Any] = {"computeEnvironments": wanted} if wanted else {}

        def describe(**page: Any) -> Any:
            return self.batch.describe_compute_environments(**named, **page)

        found = all_pages("batch:DescribeComputeEnvironments", describe, "computeEnvironments")
        return tuple(parse_batch.compute_environment(described) for described in found)

    def queues(self) -> tuple[JobQueue, ...]:
        found = all_pages("batch:DescribeJobQueues", self.batch.describe_job_queues, "jobQueues")
        return tuple(parse_batch.job_queue(described) for described in found)

    def work_in(self, queue: str) -> str | None:
        """The status of a job that is not over; at most five calls, and none after the first hit."""
        for status in WORK:
            answer = read("batch:ListJobs", self._jobs(queue, status))
            if answer.get("jobSummaryList") or answer.get("nextToken"):
                return status
        return None

    def _jobs(self, queue: str, status: str) -> Callable[[], Any]:
        return lambda: self.batch.list_jobs(jobQueue=queue, jobStatus=status, maxResults=1)

    def clusters(self, environments: list[ComputeEnvironment]) -> Answers[Cluster]:
        return self.capacity.clusters(environments)

    def reserves(self, environment: ComputeEnvironment) -> bool:
        """Whether a launch template targets reserved capacity; yes where nobody can say."""
        templates = launch_templates(self.network.ec2, [environment])
        gone = any(each.key not in templates.found for each in environment.launch_templates)
        return gone or any(each.reserved_capacity for each in templates.found.values())

    def owner(self, environment: ComputeEnvironment) -> str | None:
        """The tool whose code holds its floor, as far as anybody can say."""
        stacks = self.ownership.stacks([environment.arn])
        if environment.tags.get(STACK_TAG) or environment.arn in stacks.found:
            return CLOUDFORMATION
        return tool_of(self.ownership.makers(environment.name).found.get(environment.name, ""))

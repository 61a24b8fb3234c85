"""The commands that make a compute environment anew, where AWS Batch does not let it be updated."""

from collections.abc import Iterable, Sequence

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue

STRATEGIES = {"SPOT": "SPOT_PRICE_CAPACITY_OPTIMIZED"}  # the others: BEST_FIT_PROGRESSIVE
LONGEST_LINE = 1_500  # characters; an alert takes 2,000 of a command
LONGEST_NAME = 128  # AWS Batch API, CreateComputeEnvironment


def replacement_steps(
    environment: ComputeEnvironment, queues: Iterable[JobQueue], region: str, groups: Sequence[str]
) -> tuple[str, ...]:
    """A twin with AWS Batch's own service role, another strategy and these groups (an upper-case one is a variable of
    the shell); then every queue gets it in the old one's place. Blue/green, as the Batch user guide has it."""
    new = f"{environment.name[: LONGEST_NAME - 2]}-2"
    strategy = STRATEGIES.get(environment.kind, "BEST_FIT_PROGRESSIVE")
    ids = ",".join(f"'${{{each}}}'" if each.isupper() else f"'{each}'" for each in groups)
    changed = f"{{allocationStrategy:'{strategy}',securityGroupIds:[{ids}]}}"
    return (
        f"aws batch describe-compute-environments --region {region} --compute-environments {environment.name} "
        f"--query \"computeEnvironments[0].{{computeEnvironmentName:'{new}',type:type,"
        f'computeResources:merge(computeResources,{changed})}}" > {new}.json',
        f"aws batch create-compute-environment --region {region} --cli-input-json file://{new}.json",
        *_together(_give(queue, environment, new, region) for queue in queues),
    )


def _together(commands: Iterable[str]) -> list[str]:
    """What is one step to a person is one line to paste, as far as a line goes."""
    lines: list[str] = []
    for command in commands:
        if lines and len(lines[-1]) + len(command) < LONGEST_LINE:
            lines[-1] += f" && {command}"
        else:
            lines.append(command)
    return lines


def _give(queue: JobQueue, environment: ComputeEnvironment, new: str, region: str) -> str:
    listed = (new if arn == environment.arn else arn for arn in queue.compute_environments)
    order = " ".join(f"order={number},computeEnvironment={name}" for number, name in enumerate(listed, 1))
    return f"aws batch update-job-queue --region {region} --job-queue {queue.name} --compute-environment-order {order}"

"""EC2 refuses the instances of the compute environment, or ends them at once, for a cause of no other diagnosis."""

from collections.abc import Iterator

from batchmedic.findings import Diagnosis, Evidence, Severity
from batchmedic.model.commands import launch_history
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.launch_trouble import PATIENCE, Cause, Trouble, launch_trouble
from batchmedic.model.launching import Launch
from batchmedic.model.snapshot import Snapshot

LONGEST = 255  # characters: as much as Auto Scaling keeps
ALIKE = 60  # messages that begin alike are one: ids and encoded details come later


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """EC2's own words, which nobody here can take apart; one piece for each message, the most frequent first."""
    trouble = launch_trouble(environment, snapshot, Cause.OTHER)
    if trouble is None:
        return
    for failures in _by_message(trouble):
        said = failures[-1].message[:LONGEST].strip()  # the first of them, so that the sentence stays
        words = f'It says: "{said}"' if said else "It does not say why."
        yield Evidence(
            message=f"EC2 has launched no instance for compute environment {environment.name} "
            f"{trouble.of(failures).in_words}. {words}",
            facts={**trouble.of(failures).facts, "message": said},
            jobs=trouble.jobs,
            recommendation="Do what EC2's sentence asks for, most often in the launch template or in an IAM policy; "
            "the command lists the latest tries.",
            steps=(launch_history(environment, snapshot.region),),
        )


def _by_message(trouble: Trouble) -> list[tuple[Launch, ...]]:
    groups: dict[str, list[Launch]] = {}
    for one in trouble.failures:
        groups.setdefault(one.message[:ALIKE], []).append(one)
    return [tuple(group) for group in sorted(groups.values(), key=len, reverse=True)]


DIAGNOSIS = Diagnosis(
    id="launch_failed",
    title="EC2 refuses to launch instances",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html",
    check_environment=check,
    patience=PATIENCE,
    reads=(
        "batch:GetJobQueueSnapshot",
        "batch:DescribeJobs",
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeInstances",
    ),
)

"""Accounts in which something is to be repaired, and how to read what was done."""

import json
import re
import shlex
from typing import Any

from local.owner import Place
from tests.functions.platform import Platform
from tests.functions.worlds import healthy, mismatch

ENVIRONMENT = "align-ec2"
# on the way, and told apart only where something else was told before it came
IN_BETWEEN = ("FIX APPLIED", "FIX FAILED", "FIX PLANNED", "FIX WAITS FOR YOU", "WORSE, CRITICAL")


def waiting_mismatch(platform: Platform, *, jobs: int = 3, seconds: int = 4 * 3600) -> Place:
    """`align-ec2` is INVALID with a security group of another VPC, and jobs wait; gives that other place."""
    elsewhere = mismatch(platform)
    platform.run(12)
    platform.owner.submit("align", vcpus=2, memory=2_048, jobs=jobs, seconds=seconds)
    return elsewhere


def waiting_fargate_mismatch(platform: Platform) -> Place:
    home = healthy(platform)
    elsewhere = platform.owner.place("elsewhere", cidr="10.9.0.0/16")
    fargate = platform.owner.fargate_environment("quick", subnet=home.subnet, security_group=home.security_group)
    platform.run(2)
    platform.owner.job_queue("quick", fargate)
    platform.run(1)
    platform.owner.use_security_group("quick", elsewhere.security_group)
    platform.run(6)
    platform.owner.submit("quick", vcpus=1, memory=2_048)
    return elsewhere


def waiting_too_small(platform: Platform) -> None:
    """`small` may not grow to even one of its instances, and a job waits."""
    place = healthy(platform)
    small = platform.owner.compute_environment(
        "small",
        subnet=place.subnet,
        security_group=place.security_group,
        max_vcpus=8,
        resources={"allocationStrategy": "BEST_FIT"},
    )
    platform.run(2)
    platform.owner.job_queue("small", small)
    platform.run(1)
    platform.owner.submit("small", vcpus=2, memory=2_048)


def described(platform: Platform, name: str = ENVIRONMENT) -> dict[str, Any]:
    (found,) = platform.owner.batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
    environment: dict[str, Any] = found
    return environment


def groups_of(platform: Platform, name: str = ENVIRONMENT) -> list[str]:
    groups: list[str] = described(platform, name)["computeResources"]["securityGroupIds"]
    return groups


def made(platform: Platform) -> list[dict[str, Any]]:
    """The security groups that carry our tag."""
    filters = [{"Name": "tag:batchmedic:managed", "Values": ["true"]}]
    groups: list[dict[str, Any]] = platform.owner.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    return groups


def remedies(platform: Platform) -> list[dict[str, Any]]:
    """What stands in the table of each repair, by the incident's id."""
    return [one["remedy"] for one in platform.incidents()]


def statuses(platform: Platform) -> list[str]:
    return [one["status"] for one in remedies(platform)]


def heads(platform: Platform) -> list[str]:
    """The first words of each mail."""
    return [line.split(":")[0] for line in platform.headlines[0]]


def ends(platform: Platform) -> list[str]:
    """What people cannot do without: that it is broken, that it is repaired, that it was taken back."""
    return [head for head in heads(platform) if head not in IN_BETWEEN]


def pasted(platform: Platform, wanted: str) -> dict[str, Any] | None:
    """Run the command for a person of the last mail that has one: `apply` or `rollback`, as its text says it."""
    for mail in reversed(platform.sns):
        for line in mail["Message"].splitlines():
            if "aws lambda invoke" in line and f'"{wanted}"' in line:
                words = shlex.split(line)
                assert re.fullmatch(r"batchmedic-RemediateFunction-\w+", words[words.index("--function-name") + 1])
                return platform.handle("remediate", json.loads(words[words.index("--payload") + 1]))
    raise AssertionError(f"no mail has a command to {wanted}")

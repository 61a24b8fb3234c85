"""The Auto Scaling groups that AWS Batch makes, by name: Batch itself does not tell which one is whose."""

import re

# AWSBatch-<environment>-asg-<uuid>, and without the prefix where it was made long ago: inferred from names in the wild
# and the resource patterns of the AWS managed policy BatchServiceRolePolicy
_GROUP = re.compile(
    r"(?:AWSBatch-)?(?P<environment>[\w-]{1,128})-asg-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII
)


def environment_of(group: str) -> str | None:
    """The name of the compute environment; None where the group is not of AWS Batch."""
    found = _GROUP.fullmatch(group)
    return found["environment"] if found else None


def patterns_of_groups(environment: str) -> tuple[str, str]:
    """What a filter with wildcards finds its groups by."""
    return f"AWSBatch-{environment}-asg-*", f"{environment}-asg-*"

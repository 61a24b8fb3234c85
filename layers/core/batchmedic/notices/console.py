"""Where a person sees the sick thing in the AWS Management Console."""

import re

from batchmedic.incidents import Incident

DOMAINS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
PAGES = {"job-queue": "queues", "compute-environment": "compute-environments"}
ARN = re.compile(r"arn:(?P<partition>[\w-]+):batch:(?P<region>[\w-]+):\d{12}:(?P<kind>[\w-]+)/[\w-]+", re.ASCII)


def console_of(incident: Incident) -> str | None:
    """The page of its subject or, where something else is the subject, of the first environment or queue it touches.

    AWS documents no such addresses; these are the ones that the console itself shows.
    """
    for arn in (incident.subject, *incident.compute_environments, *incident.job_queues):
        parts = ARN.fullmatch(arn)
        if parts and parts["kind"] in PAGES:
            domain = DOMAINS.get(parts["partition"], f"{parts['region']}.console.aws.amazon.com")
            return f"https://{domain}/batch/home?region={parts['region']}#{PAGES[parts['kind']]}/detail/{arn}"
    return None

"""Lambda's Python runtime as far as start-up goes: its packages and no others, variables, a fresh process.

Python is this machine's and not Lambda's 3.13 on arm64, so only ratios travel.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import distribution
from pathlib import Path

from tests.factories import ACCOUNT, REGION

# What the managed runtime and Powertools' layer (V3, with all its extras) have; neither has awscrt or PyOpenSSL,
# which the SAM CLI brings along here, and which botocore and urllib3 load wherever they find them.
BOTO = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
POWERTOOLS = ("aws-lambda-powertools", "typing-extensions")
EXTRAS = ("pydantic", "pydantic-core", "annotated-types", "typing-inspection", "aws-xray-sdk", "wrapt")
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")

VARIABLES = {
    "POWERTOOLS_METRICS_NAMESPACE": "batchmedic",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "ACCOUNT_ID": ACCOUNT,
    "STACK_NAME": "batchmedic",
    "INCIDENT_TABLE": "incidents",
    "STATE_TABLE": "state",
    "LOOKS_QUEUE_URL": "looks",
    "NOTICES_QUEUE_URL": "notices",
    "REMEDIES_QUEUE_URL": "remedies",
    "EVENT_BUS": "findings",
    "ALERT_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts",
    "SLACK_WEBHOOK_PARAMETER": "/batchmedic/slack",
    "REMEDIATION_MODE": "plan",
    "SCALE_TO_ZERO_MODE": "plan",
    "IDLE_MINUTES": "30",
    "FLOOR_RESTORE": "on-activity",
    "REMINDER_HOURS": "24",
}


def link_packages(folder: Path, names: Iterable[str]) -> Path:
    """As the managed runtime has them: with bytecode."""
    for name in names:
        found = distribution(name)
        for file in found.files or ():
            if file.parts[0] == "..":  # a script
                continue
            top = Path(*file.parts[: 2 if file.parts[0] == "__pycache__" else 1])
            (folder / top).parent.mkdir(parents=True, exist_ok=True)
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(found.locate_file(top))))
    return folder


def copy_packages(folder: Path, names: Iterable[str]) -> Path:
    """As layers and functions have them: without bytecode.

    Powertools deletes it from its layer (layer_v3/docker/Dockerfile), and `sam build` makes none.
    """
    for name in names:
        found = distribution(name)
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(found.locate_file(file)), folder / file)
    return folder


def start(arguments: Sequence[str], *, path: Sequence[Path], stdout: int, **variables: str) -> subprocess.Popen[str]:
    """A Python that sees `path` and the standard library. It writes no bytecode: where the code lies, Lambda cannot."""
    return subprocess.Popen(
        [sys.executable, "-S", *arguments],
        cwd=path[0],
        env={
            **VARIABLES,
            **variables,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
    )

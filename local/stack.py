"""Run the template on this machine: start the local AWS, build, deploy, and leave nothing behind."""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import boto3
from botocore.config import Config

from local.process import ROOT, EmulatorProcess, LocalStackError, choose_port, emulator_python

ACCOUNT_ID = "123456789012"  # with this Region, the account in AWS's own examples of events
REGION = "us-east-1"
POWERTOOLS_LAYER_PARAMETER = "/local/powertools-layer"

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployed stack: its name, its outputs, and the physical id of each resource by logical id."""

    name: str
    outputs: Mapping[str, str]
    resources: Mapping[str, str]


@dataclass(kw_only=True)
class LocalStack:
    """The emulator and what is deployed on it; use it in a `with` statement."""

    port: int | None = None  # None: any free one
    head_start: timedelta = timedelta(hours=1)  # how far behind real time the simulated account begins
    progress: Callable[[str], None] = lambda _line: None
    _owner: str = field(default_factory=lambda: f"OWNER{secrets.token_hex(16).upper()}", init=False, repr=False)
    _emulator: EmulatorProcess = field(init=False, repr=False)

    def __enter__(self) -> Self:
        require_tools()
        port = choose_port(self.port)
        folder = Path(tempfile.mkdtemp(prefix="batchmedic-local-"))
        self._emulator = EmulatorProcess(port=port, folder=folder, settings=self._settings())
        try:
            self._emulator.start()
            self._publish_powertools_layer()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._emulator.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _settings(self) -> dict[str, str]:
        return {
            **self._credentials(),
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": REGION,
            "HEAD_START_SECONDS": str(self.head_start.total_seconds()),
        }

    def _credentials(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self._owner, "AWS_SECRET_ACCESS_KEY": self._owner}

    @property
    def folder(self) -> Path:
        """Where the logs and the build are, as long as the stack runs."""
        return self._emulator.folder

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._emulator.port}"

    # the owner's hands

    def client(self, service: str) -> Any:
        """A boto3 client with the rights of the account's owner."""
        session = boto3.Session(self._owner, self._owner, region_name=REGION)
        config = Config(retries={"mode": "standard", "total_max_attempts": 2}, proxies={})
        return session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]

    def advance(self, seconds: float, *, may_run_ahead: bool = False) -> datetime:
        """Let time pass in the simulated account; ahead of real time, which the deployed functions have, only if so."""
        wanted = {"advance_seconds": seconds, "may_run_ahead": may_run_ahead}
        return datetime.fromisoformat(self._emulator.command(wanted)["now"])

    def catch_up(self) -> datetime:
        """Let time pass in the simulated account until it is as late there as it is here."""
        return datetime.fromisoformat(self._emulator.command({"catch_up": True})["now"])

    def publish(self, event: Mapping[str, Any]) -> None:
        """Put an event on the bus as AWS itself would, whatever its source."""
        self._emulator.command({"publish": event})

    # build and deploy

    def deploy(
        self, *, source: Path = ROOT, name: str = "batchmedic", parameters: Mapping[str, str] | None = None
    ) -> Deployment:
        """Build a source tree with SAM and deploy it with SAM, as one would on AWS."""
        build = self.folder / f"build-{name}"
        self.progress("sam build")
        self._sam("build", "--build-dir", str(build), cwd=source)
        self.progress("sam deploy")
        overrides = {
            "PowertoolsLayerParameter": POWERTOOLS_LAYER_PARAMETER,
            "SchemaRegistry": "false",  # the emulator has none
            **(parameters or {}),
        }
        self._sam(
            "deploy",
            *("--template-file", str(build / "template.yaml")),
            *("--config-file", str(ROOT / "samconfig.toml")),
            *("--stack-name", name),
            *("--parameter-overrides", *(f"{key}={value}" for key, value in overrides.items())),
            cwd=source,
        )
        return self._deployment(name)

    def remove(self, deployment: Deployment) -> None:
        """As the README says it."""
        self._sam("delete", "--stack-name", deployment.name, "--no-prompts", "--region", REGION, cwd=ROOT)

    def _sam(self, *arguments: str, cwd: Path) -> None:
        result = subprocess.run(
            [sam(), *arguments], cwd=cwd, env=self._sam_environment(), capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise LocalStackError(f"sam {arguments[0]} failed:\n{result.stdout}{result.stderr}".rstrip())

    def _sam_environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "LANG": "C.UTF-8",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.3",
            "AWS_ENDPOINT_URL": self.endpoint,
            **self._credentials(),
            "AWS_DEFAULT_REGION": REGION,
        }

    def _deployment(self, name: str) -> Deployment:
        cloudformation = self.client("cloudformation")
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return Deployment(
            name=name,
            outputs={output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
            resources={resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources},
        )

    def _publish_powertools_layer(self) -> None:
        """Stand in for the public layer: the emulator's own interpreter, which runs the functions, has Powertools."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("python/README", "Powertools comes with the interpreter of the emulator.\n")
        version = self.client("lambda").publish_layer_version(
            LayerName="powertools", Content={"ZipFile": content.getvalue()}, CompatibleRuntimes=["python3.13"]
        )
        self.client("ssm").put_parameter(
            Name=POWERTOOLS_LAYER_PARAMETER, Value=version["LayerVersionArn"], Type="String"
        )

    def set_delay(self, queue_url: str, *, seconds: int) -> None:
        """Make what is put into a queue from now on wait less, or longer, than the template says."""
        self.client("sqs").set_queue_attributes(QueueUrl=queue_url, Attributes={"DelaySeconds": str(seconds)})

    def set_variables(self, deployment: Deployment, function: str, **variables: str) -> None:
        """Add to the environment of a function, named by its logical id."""
        name, client = deployment.resources[function], self.client("lambda")
        before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=name, Environment={"Variables": {**before, **variables}})

    # looking on

    def invoke(self, deployment: Deployment, function: str, event: object) -> Any:
        """The answer of a function, named by its logical id; LocalStackError if it raised."""
        answer = self.client("lambda").invoke(
            FunctionName=deployment.resources[function], Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise LocalStackError(f"{function} failed: {payload}")
        return payload

    def lambda_logs(self, deployment: Deployment) -> list[str]:
        """What the functions of a deployment wrote, oldest first."""
        pages = self.client("logs").get_paginator("filter_log_events")
        events = [
            event
            for page in pages.paginate(logGroupName=deployment.outputs["LogGroupName"])
            for event in page["events"]
        ]
        return [event["message"].rstrip("\n") for event in sorted(events, key=lambda event: event["timestamp"])]

    def emulator_log(self) -> str:
        return self._emulator.log_file.read_text()


def require_tools() -> None:
    for tool in (emulator_python(), sam()):
        if not Path(tool).exists():
            raise LocalStackError(f"{tool} is missing; run `make setup`.")


def sam() -> str:
    return str(Path(sys.executable).parent / "sam")


def wait_for(find: Callable[[], Found], *, seconds: float, what: str) -> Found:
    """What `find` returns as soon as it is not empty."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        if time.monotonic() > deadline:
            raise LocalStackError(f"Waited {seconds:g} s in vain for {what}.")
        time.sleep(0.1)
    return found

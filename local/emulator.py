"""The local AWS, as a process of its own: ministack, with the simulated account in place of what it only pretends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib import metadata
from typing import Any, NoReturn, TextIO
from urllib.parse import parse_qsl

from local.account.account import SimulatedAccount
from local.account.clock import ManualClock
from local.account.wire import respond
from local.emulator_iam import mend

# Private names of this one version are used below; a test holds them to what is expected here.
MINISTACK_VERSION = "1.5.33"
SIMULATED_SERVICES = ("autoscaling", "batch", "cloudtrail", "ec2", "ecs", "service-quotas")
NOT_OF_MINISTACK = "service-quotas"  # it has to be taught to know these requests, and their prefix in IAM
IAM_READS = ("GetRole", "GetInstanceProfile")  # of roles that environments use; those of the stack are ministack's

OLD_SERVICE_ROLE = "service-role/AWSBatchServiceRole"  # as old accounts have it, from before the service-linked role

Answer = tuple[int, dict[str, str], bytes]


class World:
    """The simulated account; its time stands still unless told to pass, and runs ahead of real time only where told."""

    def __init__(self, *, account_id: str, region: str, head_start: timedelta) -> None:
        self._lock = threading.Lock()
        self._outbox: list[dict[str, Any]] = []
        self._now = datetime.now(UTC).replace(microsecond=0) - head_start
        self._account = SimulatedAccount(
            clock=ManualClock(self._now), account_id=account_id, region=region, emit=self._outbox.append
        )
        self._account.add_role(OLD_SERVICE_ROLE)

    def tags_of_group(self, group_id: str) -> dict[str, str]:
        with self._lock:
            filters = [{"Name": "group-id", "Values": [group_id]}]
            found = self._account.handle("ec2", "DescribeSecurityGroups", {"Filters": filters})["SecurityGroups"]
        return {tag["Key"]: tag["Value"] for group in found for tag in group["Tags"]}

    def respond(self, service: str, *request: Any) -> Answer:
        with self._lock:
            status, headers, body = respond(self._account, service, *request)
        self._publish_outbox()
        return status, dict(headers), body

    def pass_time(self, seconds: float, *, may_run_ahead: bool = False) -> datetime:
        with self._lock:
            later = self._now + timedelta(seconds=seconds)
            ahead = (later - datetime.now(UTC)).total_seconds()
            if ahead > 0 and not may_run_ahead:
                raise ValueError(f"the simulated account would run {ahead:.0f} s ahead of real time")
            self._account.pass_time(later - self._now)
            self._now = later
        self._publish_outbox()
        return later

    def catch_up(self) -> datetime:
        return self.pass_time((datetime.now(UTC) - self._now).total_seconds())

    def _publish_outbox(self) -> None:
        # Never under the lock: a function that is invoked by the event may ask the account something at once.
        with self._lock:
            events = self._outbox[:]
            self._outbox.clear()
        for event in events:
            publish(event)


def publish(event: Mapping[str, Any]) -> None:
    """Put an event on the default bus exactly as AWS would send it, with its own time and id."""
    from ministack.core import responses
    from ministack.services import eventbridge

    responses.set_request_account_id(event["account"])
    responses.set_request_region(event["region"])
    eventbridge._dispatch_event(
        {
            "EventId": event["id"],
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "EventBusName": "default",
            "Time": event["time"],
            "Resources": event["resources"],
            "Account": event["account"],
            "Region": event["region"],
        }
    )


def _take_saved_queries() -> None:
    """ministack's CloudFormation does not know them; nothing asks for them here, so an id is all that is made."""
    from ministack.services.cloudformation import provisioners

    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        made = f"{stack}-{logical_id}"
        return made, {"QueryDefinitionId": made}

    handlers = {"create": create, "delete": lambda *_: None}
    provisioners._RESOURCE_HANDLERS["AWS::Logs::QueryDefinition"] = handlers


def plug_in(world: World) -> None:
    """Let the simulated account answer for its services, and mend what ministack's IAM gets wrong about them."""
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator, router

    router.SERVICE_PATTERNS[NOT_OF_MINISTACK] = {"target_prefixes": ["ServiceQuotasV20190624"]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[NOT_OF_MINISTACK] = "servicequotas"

    def handler(service: str) -> Callable[..., Any]:
        async def handle(*request: Any) -> Answer:  # method, path, headers, body, query
            return world.respond(service, *request)

        return handle

    for service in SIMULATED_SERVICES:
        app.SERVICE_HANDLERS[service] = handler(service)
    app.SERVICE_HANDLERS["iam"] = _iam(world, app.SERVICE_HANDLERS["iam"])
    app.SERVICE_HANDLERS["cloudformation"] = _cloudformation(world, app.SERVICE_HANDLERS["cloudformation"])

    mend(world.tags_of_group)
    _take_saved_queries()

    # ministack checks no signature of root, and lets anybody be root: here the key itself is the secret of its owner.
    owner = os.environ["AWS_ACCESS_KEY_ID"]
    iam_evaluator.is_root_access_key = lambda access_key_id: access_key_id == owner

    # The loopback stands for TLS; without this, policies that refuse plain HTTP would refuse everything.
    original_origin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: original_origin(source_ip, True)


def _iam(world: World, ministack: Callable[..., Any]) -> Callable[..., Any]:
    """Roles that the account knows are read from it, all other requests are ministack's, which enforces the roles."""

    async def handle(*request: Any) -> Answer:
        body: bytes = request[3]
        if dict(parse_qsl(body.decode())).get("Action") in IAM_READS:
            known = world.respond("iam", *request)
            if known[0] == HTTPStatus.OK:
                return known
        answer: Answer = await ministack(*request)
        return answer

    return handle


def _cloudformation(world: World, ministack: Callable[..., Any]) -> Callable[..., Any]:
    """Which stack holds a resource is asked of the account, which ministack's own stacks do not know."""

    async def handle(*request: Any) -> Answer:
        form = dict(parse_qsl(request[3].decode()))
        if form.get("Action") == "DescribeStackResources" and "StackName" not in form:
            return world.respond("cloudformation", *request)
        answer: Answer = await ministack(*request)
        return answer

    return handle


def serve_commands(world: World, commands: TextIO, replies: TextIO, stop: Callable[[], object]) -> None:
    """Obey one JSON command a line until the launcher is gone."""
    for line in commands:
        try:
            reply = obey(world, json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            reply = {"error": str(error)}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
    stop()


def obey(world: World, command: Mapping[str, Any]) -> dict[str, Any]:
    match command:
        case {"advance_seconds": seconds}:
            ahead = command.get("may_run_ahead") is True
            return {"now": world.pass_time(float(seconds), may_run_ahead=ahead).isoformat()}
        case {"catch_up": True}:
            return {"now": world.catch_up().isoformat()}
        case {"publish": event}:
            publish(event)
            return {"published": event["id"]}
    raise ValueError(f"unknown command {command}")


def _require_version() -> None:
    installed = metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        raise SystemExit(f"ministack {installed} is installed, but {MINISTACK_VERSION} is needed: make setup")


def _own_environment(workspace: str) -> None:
    tempfile.tempdir = workspace
    os.environ.update(
        TMPDIR=workspace,
        STATE_DIR=f"{workspace}/state",
        S3_DATA_DIR=f"{workspace}/s3",
        BIND_HOST="127.0.0.1",
        AUTH="true",  # the roles of the template are enforced
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        DOCKER_HOST=f"unix://{workspace}/no-docker.sock",
    )


def _claim_stdout() -> TextIO:
    """Keep the replies apart from whatever the emulator prints."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies


def _end(workspace: str) -> NoReturn:
    from ministack.core import lambda_runtime

    lambda_runtime.reset()  # ends the processes of the functions
    shutil.rmtree(workspace, ignore_errors=True)
    os._exit(0)


def main() -> None:
    _require_version()
    replies = _claim_stdout()
    workspace = tempfile.mkdtemp(prefix="batchmedic-emulator-")
    _own_environment(workspace)
    from ministack import app  # reads the environment when it is imported

    world = World(
        account_id=os.environ["MINISTACK_ACCOUNT_ID"],
        region=os.environ["MINISTACK_REGION"],
        head_start=timedelta(seconds=float(os.environ["HEAD_START_SECONDS"])),
    )
    plug_in(world)
    threading.Thread(
        target=serve_commands, args=(world, sys.stdin, replies, lambda: _end(workspace)), daemon=True
    ).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the launcher's to handle
    sys.argv = sys.argv[:1]
    try:
        app.main()  # in the main thread, because it installs signal handlers
    finally:
        _end(workspace)


if __name__ == "__main__":
    main()

"""The emulator keeps to itself, obeys, and leaves nothing behind; and its private names are still what we think."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from local.process import ROOT, LocalStackError, answers, emulator_python
from local.stack import REGION, LocalStack, wait_for

PRIVATE_NAMES = {
    "ministack.app:SERVICE_HANDLERS": ["autoscaling", "batch", "cloudformation", "cloudtrail", "ec2", "ecs", "iam"],
    "ministack.app:main": [],
    "ministack.app:pin_request_origin": ["source_ip", "secure_transport"],
    "ministack.core.iam_actions:SERVICE_TO_IAM_NAMESPACE": ["batch"],
    "ministack.core.iam_actions:extract_iam_action": ["service", "method", "path", "headers", "body", "query_params"],
    "ministack.core.iam_actions:extract_resource_arn": [
        *("service", "method", "path", "headers", "body", "query_params"),
        *("region", "account_id"),
    ],
    "ministack.core.iam_actions:request_tag_context": ["service", "iam_action", "body", "params"],
    "ministack.core.iam_evaluator:enforce": [
        *("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"),
    ],
    "ministack.core.iam_evaluator:is_root_access_key": ["access_key_id"],
    "ministack.core.lambda_runtime:reset": [],
    "ministack.core.router:SERVICE_PATTERNS": ["batch"],
    "ministack.core.responses:set_request_account_id": ["access_key_id"],
    "ministack.core.responses:set_request_region": ["region"],
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS": ["AWS::Logs::LogGroup"],
    "ministack.services.eventbridge:_dispatch_event": ["event", "view"],
    "ministack.services.tagging:resource_tags": ["arn"],
}
DESCRIBE = """
import importlib, inspect, json, sys
def described(name):
    module, attribute = name.split(":")
    found = getattr(importlib.import_module(module), attribute)
    return list(inspect.signature(found).parameters) if callable(found) else sorted(found)
print(json.dumps({name: described(name) for name in json.load(sys.stdin)}))
"""


def test_private_names_of_the_pinned_emulator_have_not_moved(tmp_path: Path) -> None:
    described = subprocess.run(
        [emulator_python(), "-c", DESCRIBE],
        input=json.dumps(list(PRIVATE_NAMES)),
        env={"PATH": os.defpath, "STATE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(described.stdout)
    tables = [name for name in PRIVATE_NAMES if name.rpartition(":")[2].isupper()]
    assert all(set(found.pop(name)) >= set(PRIVATE_NAMES[name]) for name in tables)
    assert found == {name: parts for name, parts in PRIVATE_NAMES.items() if name not in tables}


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_service_that_ministack_does_not_have_is_answered_by_the_account(local_stack: LocalStack) -> None:
    quotas = local_stack.client("service-quotas")

    assert quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-1216C47A")["Quota"]["Value"] == 5000
    assert [each["ServiceCode"] for each in quotas.list_service_quotas(ServiceCode="fargate")["Quotas"]] == ["fargate"]


def port_of(stack: LocalStack) -> int:
    return int(stack.endpoint.rsplit(":", 1)[1])


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_listens_on_127_0_0_1_only(local_stack: LocalStack) -> None:
    with socket.create_connection(("127.0.0.1", port_of(local_stack)), timeout=1):
        pass
    with pytest.raises(OSError, match=r"refused|assign|unreachable"):
        socket.create_connection(("127.0.0.2", port_of(local_stack)), timeout=1)


@pytest.mark.parametrize("key", ["test", "123456789012", "AKIAIOSFODNN7EXAMPLE"])
def test_strangers_are_denied(local_stack: LocalStack, key: str) -> None:
    stranger = boto3.client(
        "sqs",
        region_name=REGION,
        endpoint_url=local_stack.endpoint,
        aws_access_key_id=key,
        aws_secret_access_key="test",
    )

    with pytest.raises(ClientError, match=r"security token|InvalidClientTokenId"):
        stranger.list_queues()


def test_time_does_not_run_ahead_of_real_time_unless_told_to(local_stack: LocalStack) -> None:
    before = local_stack.advance(0)

    assert (local_stack.advance(1) - before).total_seconds() == 1
    with pytest.raises(LocalStackError, match="ahead of real time"):
        local_stack.advance(86_400)
    assert (local_stack.advance(0) - before).total_seconds() == 1


def test_taken_port_is_said_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalStackError) as caught, LocalStack(port=port):
            pass

    assert str(caught.value) == f"Port {port} on 127.0.0.1 is taken; free it, or choose another one."


def test_missing_tool_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.stack.emulator_python", lambda: "/nowhere/python")

    with pytest.raises(LocalStackError, match=r"^/nowhere/python is missing; run `make setup`\.$"), LocalStack():
        pass


LAUNCHER = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background may have it ignored
from local.process import ROOT, LocalStackError, answers, emulator_python
from local.stack import REGION, LocalStack, wait_for
with LocalStack() as stack:
    print(stack.endpoint, stack.folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_keeps_running_when_the_launcher_ends(how: signal.Signals) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert launcher.stdout is not None
    endpoint, folder = launcher.stdout.readline().split()
    port = int(endpoint.rsplit(":", 1)[1])
    assert answers(port)
    launcher.send_signal(how)
    launcher.wait(30)
    launcher.stdout.close()

    wait_for(lambda: not answers(port), seconds=10, what="the emulator's end")
    wait_for(lambda: not list(Path(folder).glob("batchmedic-emulator-*")), seconds=5, what="its folder's end")
    if how == signal.SIGKILL:  # nobody is left to remove what the launcher itself had
        shutil.rmtree(folder)
    assert not Path(folder).exists()

"""One local stack for all tests of this folder; they may open sockets, on the loopback only."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.process import ROOT
from local.sinks import TopicReader, WebhookSink
from local.stack import Deployment, LocalStack
from tests.stack.probing import SLACK_WEBHOOK_PARAMETER, Probe

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(scope="session")
def local_stack() -> Iterator[LocalStack]:
    with LocalStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def slack(local_stack: LocalStack) -> Iterator[WebhookSink]:
    with WebhookSink() as sink:
        local_stack.client("ssm").put_parameter(Name=SLACK_WEBHOOK_PARAMETER, Value=sink.url, Type="SecureString")
        yield sink


@pytest.fixture(scope="session")
def deployed(local_stack: LocalStack, slack: WebhookSink) -> Deployment:
    """The product as it is, without the waits."""
    deployment = local_stack.deploy(parameters={"GraceSeconds": "0", "SlackWebhookParameter": SLACK_WEBHOOK_PARAMETER})
    local_stack.set_delay(deployment.resources["NoticesQueue"], seconds=1)
    return deployment


@pytest.fixture(scope="session")
def subscriber(local_stack: LocalStack, deployed: Deployment) -> TopicReader:
    return TopicReader(
        sns=local_stack.client("sns"), sqs=local_stack.client("sqs"), topic_arn=deployed.outputs["AlertTopicArn"]
    )


@pytest.fixture(scope="session")
def probe(local_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """The same template as a second stack, with a stand-in in place of every function."""
    source = tmp_path_factory.mktemp("probe")
    shutil.copy(ROOT / "template.yaml", source)
    for function in (ROOT / "functions").glob("*/app.py"):
        shutil.copytree(HERE / "probe", source / "functions" / function.parent.name)
    (source / "layers/core/batchmedic").mkdir(parents=True)
    (source / "layers/core/batchmedic/__init__.py").touch()
    parameters = {"GraceSeconds": "0", "SlackWebhookParameter": SLACK_WEBHOOK_PARAMETER}
    return Probe(local_stack, local_stack.deploy(source=source, name="probe", parameters=parameters))


@pytest.fixture(scope="session")
def bus_sample() -> Any:
    def read(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((ROOT / f"events/bus/{name}.json").read_text())
        return event

    return read

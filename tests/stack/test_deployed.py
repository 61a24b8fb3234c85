"""The product itself, deployed: it takes its own sample events, beside another stack of the same template."""

import json
from pathlib import Path

import pytest

from local.process import ROOT
from local.stack import Deployment, LocalStack
from tests.stack.probing import Probe, logical_id

SAMPLES = sorted(
    path for function in ("diagnose", "notify", "scale_to_zero") for path in (ROOT / "events" / function).glob("*.json")
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_function_takes_its_sample_event(local_stack: LocalStack, deployed: Deployment, sample: Path) -> None:
    event = json.loads(sample.read_text())
    answer = local_stack.invoke(deployed, logical_id(sample.parent.name), event)

    assert isinstance(answer, dict)
    assert answer.get("batchItemFailures", []) == []


def test_second_stack_shares_nothing_with_the_first(deployed: Deployment, probe: Probe) -> None:
    shared = set(deployed.resources.values()) & set(probe.deployment.resources.values())

    assert deployed.resources.keys() >= {"DiagnoseFunction", "NotifyFunction"}
    assert shared == set()

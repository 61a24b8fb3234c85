"""Start-up is paid for: what each function loads in Lambda's INIT, and what none of them does."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.runtime import BOTO, EXTRAS, POWERTOOLS, link_packages, start

ROOT = Path(__file__).resolve().parents[2]
SAY = "import json, sys, app; print(json.dumps(sorted(sys.modules)))"

# There to be found, and not loaded. cryptography comes here with PyOpenSSL, which urllib3 takes wherever it is:
# the SAM CLI brings it along, Lambda does not have it, nor do these interpreters.
UNWANTED = ("pydantic", "aws_xray_sdk", "slack_sdk", "requests", "cryptography", "rich", "jinja2", "moto", "asyncio")
INSTALLED = tuple(name for name in UNWANTED if name != "asyncio")

# All modules, the standard library's, botocore's and Powertools' too; a little more than were counted on Python 3.11,
# since others differ.
AT_MOST = {"diagnose": 560, "notify": 460, "remediate": 560, "scale_to_zero": 465}

LOADED_BY = {
    "diagnose": "engine flight_recorder harm heartbeat intake ledger recall aws.history aws.leases aws.state_table",
    "notify": "channels telling notices.notice notices.summary aws.parameters aws.switchboard aws.topic",
    "remediate": "repairs aws.repair_memory aws.repair_table aws.surveyor",
    "scale_to_zero": "floors scaling.deciding scaling.news scaling.words aws.workload",
    "diagnose notify": "board aws.diary",
    "diagnose remediate": "diagnoses remedies safeguards plugins remedy by_hand model.joining aws.snapshot_reader",
    "remediate scale_to_zero": "aws.changer aws.kill_switch aws.ownership_evidence",
    "diagnose notify remediate": "notices transitions aws.incident_table",
    "diagnose notify scale_to_zero": "aws.bus aws.floors",
    "diagnose remediate scale_to_zero": "model.snapshot model.network aws.batch_triage aws.capacity_evidence",
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, frozenset[str]]:
    """The modules by function, each in an interpreter of its own, clients and all."""
    packages = link_packages(tmp_path_factory.mktemp("packages"), (*BOTO, *POWERTOOLS, *EXTRAS, *INSTALLED))
    started = {
        name: start(
            ["-c", SAY],
            path=(ROOT / "functions" / name, ROOT / "layers" / "core", packages),
            stdout=subprocess.PIPE,
        )
        for name in AT_MOST
    }
    return {name: frozenset(json.loads(process.communicate()[0])) for name, process in started.items()}


def test_no_function_is_left_out() -> None:
    assert set(AT_MOST) == {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}


@pytest.mark.parametrize("package", UNWANTED)
def test_no_function_loads(loaded: Mapping[str, frozenset[str]], package: str) -> None:
    assert [name for name, modules in loaded.items() if package in modules] == []


@pytest.mark.parametrize(
    ("functions", "module"), [(functions, name) for functions, names in LOADED_BY.items() for name in names.split()]
)
def test_is_loaded_by(loaded: Mapping[str, frozenset[str]], functions: str, module: str) -> None:
    assert [name for name, modules in loaded.items() if f"batchmedic.{module}" in modules] == functions.split()


@pytest.mark.parametrize("part", ["bootstrap", "usecases"])
def test_each_loads_its_own(loaded: Mapping[str, frozenset[str]], part: str) -> None:
    for name in loaded:
        assert [other for other, modules in loaded.items() if f"batchmedic.{part}.{name}" in modules] == [name]


@pytest.mark.parametrize("name", AT_MOST)
def test_loads_no_more_modules(loaded: Mapping[str, frozenset[str]], name: str) -> None:
    assert len(loaded[name]) <= AT_MOST[name]

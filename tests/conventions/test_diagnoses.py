"""Every diagnosis is complete, and the project keeps its own promises about imports."""

import re
from pathlib import Path

import pytest

from batchmedic.findings import Diagnosis
from batchmedic.plugins import all_diagnoses

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for folder in ("layers", "functions", "local", "tests") for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("diagnosis", all_diagnoses(), ids=lambda diagnosis: diagnosis.id)
def test_every_diagnosis_is_complete(diagnosis: Diagnosis) -> None:
    check = diagnosis.check_environment or diagnosis.check_queue

    assert check is not None
    assert check.__module__ == f"batchmedic.diagnoses.{diagnosis.id}"
    assert bool(diagnosis.check_environment) != bool(diagnosis.check_queue)
    assert diagnosis.docs.startswith("https://docs.aws.amazon.com/")
    assert (ROOT / f"tests/unit/diagnoses/test_{diagnosis.id}.py").exists()
    assert (ROOT / f"tests/cases/{diagnosis.id}.json").exists()


def test_what_a_diagnosis_explains_exists() -> None:
    known = {diagnosis.id for diagnosis in all_diagnoses()}

    assert {symptom for diagnosis in all_diagnoses() for symptom in diagnosis.explains} <= known


def test_ids_are_unique() -> None:
    ids = [diagnosis.id for diagnosis in all_diagnoses()]

    assert len(ids) == len(set(ids))


def test_nobody_touches_the_import_path() -> None:
    word = "sys" + ".path"

    assert [path.name for path in SOURCES if word in path.read_text()] == []


def test_nothing_that_goes_to_lambda_has_a_requirements_file() -> None:
    # With one, `sam build` would want the runtime's own interpreter; see docs/decisions/0005.
    assert [path for folder in ("functions", "layers") for path in (ROOT / folder).rglob("requirements*.txt")] == []


def test_pins_record_no_addresses() -> None:
    for pins in (ROOT / "requirements").glob("*.txt"):
        assert not re.search(r"https?://", pins.read_text())


def test_the_simulated_account_knows_nothing_of_the_product() -> None:
    importing = re.compile(r"^\s*(from|import) batchmedic", re.MULTILINE)

    assert [path.name for path in (ROOT / "local/account").rglob("*.py") if importing.search(path.read_text())] == []

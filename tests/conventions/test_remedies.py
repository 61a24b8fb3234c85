"""Every remedy is complete: found by its name, tested, about a diagnosis that exists, with granted permissions."""

from pathlib import Path

import pytest

from batchmedic.aws.changer import REPAIRS
from batchmedic.plugins import all_diagnoses, all_remedies
from batchmedic.remedy import Remedy
from tests.conventions.test_template import actions_of, statements

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("remedy", all_remedies(), ids=lambda remedy: remedy.id)
def test_every_remedy_is_complete(remedy: Remedy) -> None:
    granted = {action for name, one in statements() if name == "RemediateFunction" for action in actions_of(one)}

    assert remedy.plan.__module__ == f"batchmedic.remedies.{remedy.id}"
    assert (TESTS / f"unit/remedies/test_{remedy.id}.py").exists()
    assert remedy.mends in {diagnosis.id for diagnosis in all_diagnoses()}
    assert set(remedy.permissions) <= granted


def test_no_two_remedies_mend_the_same() -> None:
    mended = [remedy.mends for remedy in all_remedies()]

    assert len(mended) == len(set(mended))


def test_what_the_changer_may_send_is_what_remedies_need() -> None:
    needed = {action for remedy in all_remedies() for action in remedy.permissions}

    assert set(REPAIRS) == needed - {"ec2:CreateTags"}  # tags are made in the call that makes the group

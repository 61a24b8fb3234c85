"""An account in this state leads to exactly these findings, and to no other."""

import pytest

from tests.cases.replay import HERE, findings, load, sweep

CASES = sorted(path.stem for path in HERE.glob("*.json"))


@pytest.mark.parametrize("name", CASES)
def test_exactly_these_findings(name: str) -> None:
    case = load(name)

    examination = sweep(case)

    assert findings(examination) == case["findings"]
    assert [gap.diagnosis for gap in examination.gaps] == case["not_checked"]
    assert [one.diagnosis for one in examination.blind_spots] == case["blind_spots"]


def test_there_are_cases_in_which_nothing_is_wrong() -> None:
    assert [name for name in CASES if not load(name)["findings"]]

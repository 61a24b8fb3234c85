"""An account in this state leads to exactly these findings, and to no other."""

from collections import Counter

import pytest

from tests.cases.replay import HERE, findings, load, sweep

CASES = sorted(path.stem for path in HERE.glob("*.json"))


@pytest.mark.parametrize("name", CASES)
def test_exactly_these_findings(name: str) -> None:
    case = load(name)

    examination = sweep(case).examination

    assert findings(examination) == case["findings"]
    assert [gap.diagnosis for gap in examination.gaps] == case["not_checked"]
    assert [one.diagnosis for one in examination.blind_spots] == case["blind_spots"]


@pytest.mark.parametrize("name", CASES)
def test_a_look_costs_at_most_eight_calls_a_sick_environment_and_three_beside_the_queues(name: str) -> None:
    done = sweep(load(name))
    of_batch = [call for call in done.asked if call.startswith("batch:")]

    assert len(of_batch) <= done.queues + 3
    assert len(done.asked) - len(of_batch) <= 8 * done.sick


@pytest.mark.parametrize("name", CASES)
def test_a_case_holds_just_the_calls_that_are_made(name: str) -> None:
    """One that is left over was recorded from code of before: `make cases`."""
    case = load(name)

    assert Counter(sweep(case).asked) == Counter(call["call"] for call in case["calls"])


def test_there_are_cases_in_which_nothing_is_wrong() -> None:
    assert [name for name in CASES if not load(name)["findings"]]

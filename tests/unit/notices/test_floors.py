"""What people hear of a run: a line for each floor, and never more than a notice holds."""

import pytest

from batchmedic.findings import Severity
from batchmedic.notices.floors import NAMED, floors_notice
from batchmedic.notices.notice import HEADLINE, LINES
from tests.factories import ACCOUNT, ENVIRONMENT, REGION


def a_notice(number, *, reason="minvCpus is 0 now.", name="ce"):
    base = ENVIRONMENT.rpartition("/")[0]
    news = [(f"{base}/{name}-{each}", f"{each}: {reason}") for each in range(number)]
    return floors_notice(news, account=ACCOUNT, region=REGION)


def test_one_floor_is_one_line_and_where():
    notice = a_notice(1)

    assert notice.headline == "IDLE CAPACITY: ce-0"
    assert notice.lines == (
        ("Compute environment ce-0", "0: minvCpus is 0 now."),
        ("Where", f"account {ACCOUNT}, Region {REGION}"),
    )
    assert notice.severity is Severity.INFO


@pytest.mark.parametrize("number", [2, 3, NAMED - 1, NAMED])
def test_each_has_its_line(number):
    labels = [label for label, _ in a_notice(number).lines]

    assert labels == [*[f"Compute environment ce-{each}" for each in range(number)], "Where"]


@pytest.mark.parametrize(("number", "rest"), [(NAMED + 1, "1 more;"), (50, "41 more;"), (500, "491 more;")])
def test_the_rest_is_counted(number, rest):
    notice = a_notice(number)

    assert notice.lines[NAMED][0] == "And"
    assert notice.lines[NAMED][1].startswith(rest)
    assert len(notice.lines) + 1 <= LINES


@pytest.mark.parametrize(
    ("number", "headline"),
    [(3, "ce-0, ce-1, ce-2"), (4, "ce-0, ce-1, ce-2 and 1 more"), (50, "ce-0, ce-1, ce-2 and 47 more")],
)
def test_the_headline_names_three(number, headline):
    assert a_notice(number).headline == f"IDLE CAPACITY: {headline}"


def test_long_names_and_reasons_are_cut():
    notice = a_notice(50, name="x" * 128, reason="because " * 500)

    assert len(notice.headline) <= HEADLINE
    assert all(len(text) <= 900 for _, text in notice.lines)


def test_what_a_name_brings_along_breaks_no_line():
    [(_, text), _] = a_notice(1, reason="two\nlines").lines

    assert "\n" not in text

"""The pages that alerts link to are what the cards say today."""

from pathlib import Path

import pytest

from batchmedic.channels import sns
from batchmedic.notices.notice import Notice
from local.alerts_page import messages
from local.docs import ALERTS, PAGES, PERMISSIONS, README, ROOT, TABLE, pages, stray


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    return pages()


def test_pages_are_what_make_docs_writes(generated: dict[Path, str]) -> None:
    missing = [path for path in generated if not (ROOT / path).exists()]
    stale = [path for path in generated if path not in missing and (ROOT / path).read_text() != generated[path]]

    assert (missing, stale) == ([], []), "run `make docs`"


def test_no_page_is_left_of_a_diagnosis_that_is_gone(generated: dict[Path, str]) -> None:
    assert TABLE in generated
    assert stray(generated) == []


def test_every_link_between_pages_leads_somewhere(generated: dict[Path, str]) -> None:
    for path, text in generated.items():
        targets = {part.split(")")[0] for part in text.split("](")[1:] if not part.startswith("https://")}
        assert targets
        assert [target for target in targets if not (ROOT / path.parent / target).resolve().exists()] == []
        assert path in (README, TABLE, ALERTS, PERMISSIONS) or path.parent == PAGES


@pytest.mark.parametrize("notice", [pytest.param(notice, id=when) for when, notice in messages()])
def test_every_kind_of_message_has_twelve_lines_at_most(notice: Notice) -> None:
    assert len([line for line in sns.body(notice).splitlines() if line.strip()]) <= 12


def test_the_alert_of_every_diagnosis_has_twelve_lines_at_most(generated: dict[Path, str]) -> None:
    shown = {path: text.split("```text\n")[1:] for path, text in generated.items() if path.parent == PAGES}
    long = {
        path.stem: alert.partition("```")[0]
        for path, alerts in shown.items()
        for alert in alerts
        if len([line for line in alert.partition("```")[0].splitlines() if line.strip()]) > 12
    }

    assert long == {}
    assert sum(map(bool, shown.values())) > 20

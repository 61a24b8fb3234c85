"""The pages that alerts link to are what the cards say today."""

from pathlib import Path

import pytest

from local.docs import ALERTS, PAGES, ROOT, TABLE, pages, stray


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
        assert path in (TABLE, ALERTS) or path.parent == PAGES

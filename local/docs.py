"""Writes a page for each diagnosis from its card, so that the links in alerts lead to what the code does today."""

import inspect
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from batchmedic.channels import sns
from batchmedic.engine import CRASHED, NOT_PERMITTED, Examination
from batchmedic.findings import Diagnosis, Finding
from batchmedic.incidents import Incident, incident_of
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from batchmedic.plugins import all_diagnoses, all_remedies
from batchmedic.remedy import Remedy
from local import alerts_page, permissions_page
from tests.cases.replay import HERE as CASES
from tests.cases.replay import load, sweep

ROOT = Path(__file__).resolve().parents[1]
README, PERMISSIONS = Path("README.md"), Path("docs/permissions.md")
TABLE, ALERTS, PAGES = Path("docs/diagnoses.md"), Path("docs/alerts.md"), Path("docs/diagnoses")
OF_THE_ENGINE = {  # cards without a check of their own
    CRASHED: "A check met something that it was not written for; the others still ran.",
    NOT_PERMITTED: "AWS denies batchmedic a read, so what depends on it cannot be checked.",
}
HEAD = """# Diagnoses

Generated from the cards in `layers/core/batchmedic/diagnoses/` by `make docs`; do not edit.

The severity is the worst case: it falls to `warning` where nothing waits or another usable environment serves the
queue, and to `info` where no job queue is touched. `info` is kept and never told. A *blind spot* is no fault: it is
counted and shown in reports, and never becomes an incident.

| diagnosis | title | subject | severity | in one sentence |
|---|---|---|---|---|
"""


def pages() -> dict[Path, str]:
    """Every generated file, relative to the project, with its text."""
    cards = sorted((*all_diagnoses(), *OF_THE_ENGINE), key=lambda card: card.id)
    table = {TABLE: HEAD + "\n".join(_row(card) for card in cards) + "\n"}
    table[ALERTS] = alerts_page.page()
    table[PERMISSIONS] = permissions_page.page(ROOT / "template.yaml")
    table[README] = alerts_page.in_readme((ROOT / README).read_text())
    return table | {PAGES / f"{card.id}.md": "\n".join(_page(card, cards)) + "\n" for card in cards}


def stray(generated: Iterable[Path]) -> list[Path]:
    """Pages of diagnoses that are no more."""
    known = {ROOT / path for path in generated}
    return sorted(path for path in (ROOT / PAGES).glob("*") if path not in known)


def _row(card: Diagnosis) -> str:
    cells = (f"[`{card.id}`](diagnoses/{card.id}.md)", card.title, _subject(card), _severity(card), _meaning(card))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _page(card: Diagnosis, cards: Iterable[Diagnosis]) -> Iterator[str]:
    yield f"# {card.title}"
    yield ""
    yield f"`{card.id}` · asked about each {_subject(card)} · {_severity(card)} · [AWS documentation]({card.docs})"
    yield ""
    yield _meaning(card)
    decides = _docstring(card.check_environment or card.check_queue)
    if decides:
        yield from ("", "## What decides it", "", decides)
    if card.reads:
        yield from ("", "## What must be readable", "", "Where AWS denies one of these, the check is *not made*.", "")
        yield from (f"- `{action}`" for action in card.reads)
    beside = list(_neighbours(card, cards))
    if beside:
        yield from ("", "## Beside other diagnoses", "", *beside)
    for remedy in all_remedies():
        if remedy.mends == card.id:
            yield from _repair(remedy)
    if card not in OF_THE_ENGINE:
        yield from _example(card)
    yield from ("", "[All diagnoses](../diagnoses.md)")


def _neighbours(card: Diagnosis, cards: Iterable[Diagnosis]) -> Iterator[str]:
    causes = [other.id for other in cards if card.id in other.explains]
    if card.explains:
        yield f"- Where it fires, it explains {_links(card.explains)}, which is then not told."
    if causes:
        yield f"- It is not told where one of these explains it: {_links(causes)}."
    if card.last_resort:
        yield "- By elimination: it is not told where anything more definite touches the same job queue."


def _repair(remedy: Remedy) -> Iterator[str]:
    module = inspect.getmodule(remedy.plan)
    yield from ("", "## What batchmedic does about it", "", inspect.getdoc(module) or "", "")
    yield _docstring(remedy.plan)
    yield ""
    yield f"It needs {', '.join(f'`{action}`' for action in remedy.permissions)}. When it does so by itself, what holds"
    yield "it back, and how it is taken back: [what batchmedic changes](../repairs.md)."


def _links(ids: Iterable[str]) -> str:
    return ", ".join(f"[`{each}`]({each}.md)" for each in ids)


def _example(card: Diagnosis) -> Iterator[str]:
    if not (CASES / f"{card.id}.json").exists():
        return
    incident, says = _recorded(card)
    yield from ("", "## What it looks like", "", f"From a recorded account. {says}", "", "```text")
    if card.blind_spot:
        yield from (incident.summary, incident.recommendation, *(f"    {step}" for step in incident.steps))
    else:
        yield sns.body(notice_of(incident, Reason.OPENED))
    yield "```"


def _recorded(card: Diagnosis) -> tuple[Incident, str]:
    """The incident of this diagnosis in the case of its name, and what that case is about."""
    case = load(card.id)
    examination = sweep(case).examination
    found = next((one for one in _all(examination) if one.diagnosis == card.id), None)
    if found is None:
        raise LookupError(f"tests/cases/{card.id}.json holds no {card.id}; record it again with `make cases`.")
    incident = incident_of(
        found,
        examination.checks_about(found),
        account=case["account"],
        region=case["region"],
        now=datetime.fromisoformat(case["at"]),
    )
    return incident, " ".join(case["says"].split())


def _all(examination: Examination) -> Iterator[Finding]:
    yield from (*examination.findings, *examination.blind_spots, *(one.symptom for one in examination.inhibited))


def _subject(card: Diagnosis) -> str:
    if card in OF_THE_ENGINE:
        return "check"
    return "compute environment" if card.check_environment else "job queue"


def _severity(card: Diagnosis) -> str:
    return f"{card.severity.value}, blind spot" if card.blind_spot else card.severity.value


def _meaning(card: Diagnosis) -> str:
    check = card.check_environment or card.check_queue
    return OF_THE_ENGINE[card] if check is None else _docstring(sys.modules[check.__module__])


def _docstring(documented: object) -> str:
    return " ".join((inspect.getdoc(documented) or "").split()) if documented else ""


def main() -> None:
    (ROOT / PAGES).mkdir(parents=True, exist_ok=True)
    written = pages()
    for path in stray(written):
        path.unlink()
    for path, text in written.items():
        (ROOT / path).write_text(text)
    print(f"{len(written)} pages in docs/")


if __name__ == "__main__":
    main()

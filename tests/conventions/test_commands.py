"""Every command of the AWS CLI that people are told to paste is one that the CLI takes: service, operation, options.

Held against botocore's models, which the CLI is made from; its customizations that are used here are listed.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel

from tests.cases.replay import load, sweep
from tests.cases.test_cases import CASES
from tests.conventions.test_template import ROOT

GLOBAL = {"region", "query", "output", "profile", "cli-binary-format", "no-cli-pager", "no-paginate"}
CUSTOM = {  # options that only the CLI has (AWS CLI command reference)
    ("ec2", "authorize-security-group-egress"): {"protocol", "port", "cidr"},
    ("ec2", "create-network-acl-entry"): {"ingress"},
}
OF_THE_CLI_ITSELF = {("logs", "tail"), ("cloudformation", "deploy"), ("eks", "update-kubeconfig")}
PAGING = {"max-items", "starting-token", "page-size"}
SESSION = botocore.session.get_session()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def operations(service: str) -> dict[str, OperationModel]:
    """By their names in the CLI; of `service-quotas` and others the CLI says the same as botocore."""
    model = SESSION.get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of each `aws …` in a shell line, also of those in a pipe, a list or `$(…)`."""
    plain = text.replace("$(", " ; ").replace("`", "")
    words: list[str] = []
    for word in [*shlex.split(plain, comments=False, posix=True), ";"]:
        if word in ("|", "&&", ";", "||", ">") or word == "aws":
            if words[:1] == ["aws"]:
                yield words
            words = [word] if word == "aws" else []
        elif words:
            words.append(word)


def wrong(words: list[str]) -> str:
    """What the CLI would not take of it; empty if it takes all."""
    _, service, operation, *rest = [*words, "", ""][: max(len(words), 3)]
    if (service, operation) in OF_THE_CLI_ITSELF:
        return ""
    try:
        known = operations(service)
    except UnknownServiceError:
        return f"no service {service}"
    if operation not in known:
        return f"{service} has no {operation}"
    shape = known[operation].input_shape
    members = {xform_name(name, "-") for name in (shape.members if shape else ())}
    flags = {f"no-{name}" for name in members}
    takes = members | flags | GLOBAL | PAGING | CUSTOM.get((service, operation), set())
    odd = [word for word in rest if word.startswith("--") and word[2:].split("=")[0] not in takes]
    return f"{service} {operation} has no {', '.join(odd)}" if odd else ""


def shell_lines(page: str) -> Iterator[str]:
    """Those of code blocks, continued ones joined, and of code in sentences."""
    for block in re.findall(r"```\w*\n(.*?)```", page, re.DOTALL):
        joined = re.sub(r"\\\n\s*", " ", block)
        yield from (line.strip() for line in joined.splitlines() if re.match(r"\s*aws [a-z]", line))
    inline = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    yield from (" ".join(code.split()) for code in re.findall(r"`(aws [^`]+)`", inline))


@pytest.mark.parametrize("name", CASES)
def test_what_a_finding_tells_people_to_paste(name: str) -> None:
    examination = sweep(load(name)).examination
    found = (*examination.findings, *examination.blind_spots)
    steps = [step for one in found for piece in one.evidence for step in piece.steps]

    assert {step: said for step in steps for words in commands_in(step) if (said := wrong(words))} == {}
    assert all(any(True for _ in commands_in(step)) for step in steps if step.startswith("aws "))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_the_docs_tell_people_to_paste(page: Path) -> None:
    lines = list(shell_lines(page.read_text()))

    assert {line: said for line in lines for words in commands_in(line) if (said := wrong(words))} == {}


def test_what_is_wrong_is_seen() -> None:
    assert wrong(["aws", "batch", "no-such-thing"]) == "batch has no no-such-thing"
    assert wrong(["aws", "batch", "describe-jobs", "--job", "1"]) == "batch describe-jobs has no --job"
    assert wrong(["aws", "nothing", "at-all"]) == "no service nothing"
    assert wrong(["aws"]) != ""

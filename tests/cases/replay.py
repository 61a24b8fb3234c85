"""Plays a recorded account back: the answers of AWS's own operations, by request."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from batchmedic.aws.snapshot_reader import reader_by
from batchmedic.engine import Examination, examine
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.view import sick_environments, view_of
from batchmedic.plugins import all_diagnoses

HERE = Path(__file__).parent
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00:00")  # what str() makes of a time in UTC


def revived(answer: Any) -> Any:
    """With times as boto3 gives them: the recording wrote them as text."""
    match answer:
        case dict():
            return {name: revived(value) for name, value in answer.items()}
        case list():
            return [revived(value) for value in answer]
        case str() if TIME.fullmatch(answer):
            return datetime.fromisoformat(answer)
    return answer


@dataclass(frozen=True, slots=True)
class Recorded:
    """A client of one service that knows only what was recorded; anything else is the test's failure."""

    service: str
    calls: list[Mapping[str, Any]]
    asked: list[str]  # every call that was made, as "service:Operation"

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def answer(**parameters: Any) -> Any:
            for call in self.calls:
                service, _, operation = call["call"].partition(":")
                same = (service, xform_name(operation)) == (self.service, method)
                if same and revived(call["parameters"]) == parameters:
                    self.asked.append(call["call"])
                    if "Error" in call["answer"]:
                        raise ClientError(call["answer"], operation)
                    return revived(call["answer"])
            raise AssertionError(f"{self.service} {method} with {parameters} was not recorded")

        return answer

    def get_paginator(self, method: str) -> "Pages":
        return Pages(getattr(self, method))


@dataclass(frozen=True, slots=True)
class Pages:
    """All recorded pages of one operation; the page size is the reader's own affair."""

    request: Callable[..., Any]

    def paginate(self, *, PaginationConfig: Mapping[str, Any], **parameters: Any) -> Iterator[Any]:
        page = self.request(**parameters, MaxResults=PaginationConfig["PageSize"])
        yield page
        while page.get("NextToken"):
            page = self.request(**parameters, MaxResults=PaginationConfig["PageSize"], NextToken=page["NextToken"])
            yield page


def load(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return case


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What all diagnoses say of the account, how much there was to look at, and the calls that it took."""

    examination: Examination
    queues: int
    sick: int
    asked: tuple[str, ...]


def sweep(case: Mapping[str, Any], client: Callable[[str], Any] | None = None) -> Sweep:
    """`client` replaces the recorded one when a case is recorded."""
    asked: list[str] = []
    clients = client or (lambda service: Recorded(service, case["calls"], asked))
    reader = reader_by(
        clients,
        account=case["account"],
        region=case["region"],
        clock=lambda: datetime.fromisoformat(case["at"]),
    )
    now = datetime.fromisoformat(case["at"])
    snapshot = _remembering(reader.triage(None, until=now + timedelta(minutes=1)), case)
    view = view_of(snapshot, None)
    sick = sick_environments(snapshot, view, ())
    examination = examine(reader.evidence(snapshot, sick) if sick else snapshot, view, all_diagnoses())
    return Sweep(examination=examination, queues=len(snapshot.job_queues), sick=len(sick), asked=tuple(asked))


def _remembering(snapshot: Snapshot, case: Mapping[str, Any]) -> Snapshot:
    """With what earlier runs saw: since when an environment (ARN) has its passing status, and no job."""
    seen_since = case.get("seen_since", {})
    jobless = {arn: datetime.fromisoformat(since) for arn, since in case.get("jobless_since", {}).items()}
    return replace(
        snapshot,
        jobless=replace(snapshot.jobless, found=jobless, unread=None),
        scaling_mode=case.get("scaling_mode", "apply"),
        compute_environments=tuple(
            replace(one, unchanged_since=datetime.fromisoformat(seen_since[one.arn])) if one.arn in seen_since else one
            for one in snapshot.compute_environments
        ),
    )


def findings(examination: Examination) -> list[dict[str, Any]]:
    """What a case expects, sorted."""
    found = [
        {
            "diagnosis": one.diagnosis,
            "subject": one.subject,
            "severity": one.severity.value,
            "confidence": one.confidence.value,
            "messages": [piece.message for piece in one.evidence],
        }
        for one in examination.findings
    ]
    return sorted(found, key=lambda one: (one["diagnosis"], one["subject"]))

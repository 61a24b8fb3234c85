"""A repair as it is kept and as it is published, and what `remediate` may be asked."""

import json
from dataclasses import replace

import pytest

from batchmedic.changes import RemedyStatus, Repair
from batchmedic.contracts import Command, errand
from batchmedic.errors import MessageError
from batchmedic.remedies.move_to_security_group_of_own_vpc import plan
from batchmedic.repair_json import kept, published, repair_from_json
from tests.factories import NOW
from tests.repair_factories import a_survey

ID = "0123456789abcdef-1"
WHOLE = Repair(
    remedy="r",
    status=RemedyStatus.FAILED,
    plan=plan(a_survey()),
    why_not="w",
    said="s",
    approved="a" * 16,
    version=3,
    group="sg-0new",
    was_valid=True,
    digest_after="d",
    waiting_jobs=("j",),
    began_at=NOW,
    applied_at=NOW,
    valid_since=NOW,
    due_at=NOW,
    commands=("c",),
)


@pytest.mark.parametrize(
    "repair", [WHOLE, replace(WHOLE, plan=None, due_at=None), Repair(remedy="r", status=RemedyStatus.NONE)]
)
def test_what_is_kept_comes_back(repair: Repair) -> None:
    back = repair_from_json(json.loads(json.dumps(kept(repair))))

    assert back == repair
    assert (back.plan.id if back.plan else None) == (repair.plan.id if repair.plan else None)


def test_members_of_a_later_version_are_ignored() -> None:
    assert repair_from_json({**kept(WHOLE), "later": 1}) == WHOLE


@pytest.mark.parametrize("change", [{"status": "odd"}, {"remedy": None, "version": "x"}, {"plan": {"remedy": "r"}}])
def test_what_cannot_be_read_is_named(change: dict[str, object]) -> None:
    with pytest.raises(MessageError, match="not a repair"):
        repair_from_json({**kept(WHOLE), **change})


def test_the_published_form_has_the_plan_by_which_it_is_approved() -> None:
    shown = published(WHOLE)

    assert shown.keys() == {"id", "status", "plan", "changes", "why_not"}
    assert WHOLE.plan is not None
    assert (shown["status"], shown["plan"]) == ("failed", WHOLE.plan.id)
    assert [change.keys() for change in shown["changes"]] == [{"call", "parameters", "undo"}] * 2
    assert published(None) == {"id": None, "status": "none", "plan": None, "changes": [], "why_not": None}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"incident_id": ID}, (ID,)),
        (json.dumps({"incident_ids": [ID, ID]}), (ID,)),
        ({"apply": ID, "plan": "0" * 16}, Command(kind="apply", incident_id=ID, plan="0" * 16)),
        ({"rollback": ID}, Command(kind="rollback", incident_id=ID)),
    ],
)
def test_errands(body: object, wanted: object) -> None:
    assert errand(body, by_hand=True) == wanted


@pytest.mark.parametrize(
    ("body", "by_hand", "because"),
    [
        ({"apply": ID, "plan": "0" * 16}, False, "by invoking the function"),
        ({"rollback": ID}, False, "by invoking the function"),
        ({"apply": ID}, True, "apply names no plan"),
        ({"apply": ID, "plan": "0" * 15}, True, "apply names no plan"),
        ({"apply": "x", "plan": "0" * 16}, True, "apply names no incident"),
        ({"rollback": ["x"]}, True, "rollback names no incident"),
        ({"incident": {}}, True, "not an incident"),
        ({}, True, "names no incident"),
        ([], True, "not a JSON object"),
        ("{", True, "not JSON"),
    ],
)
def test_what_is_no_errand(body: object, by_hand: bool, because: str) -> None:
    with pytest.raises(MessageError, match=because):
        errand(body, by_hand=by_hand)

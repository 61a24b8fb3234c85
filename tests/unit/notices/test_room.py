"""A notice has twelve lines at most: what gives way to its commands, and what becomes of those that do not fit."""

from dataclasses import replace

import pytest

from batchmedic.changes import RemedyStatus
from batchmedic.channels import sns
from batchmedic.findings import Severity
from batchmedic.incidents import ChangedBy, Checks, Status
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import OF_STATUS, Reason
from batchmedic.notices.summary import summary_of
from tests.factories import ENVIRONMENT, NOW, an_incident
from tests.repair_factories import a_repair

GAPS = Checks(not_checked=({"check": "c", "because": "denied"},))
FULL = an_incident(
    aws_reason="MISCONFIGURATION",
    changed_by=ChangedBy(principal="ann", event="UpdateComputeEnvironment", at=NOW),
    checks=GAPS,
    steps=("step 1", "step 2", "step 3", "step 4"),
)
ALWAYS = ["What is wrong", "Waiting", "Could not check"]
NO_LINK = {"subject": "x", "compute_environments": (), "job_queues": ()}  # and so no link to the console
COMMANDS = tuple(f"command {number}" for number in range(12))


def labels(notice):
    return [label for label, _ in notice.lines]


def lines_of(notice):
    return [line for line in sns.body(notice).splitlines() if line.strip()]


def with_commands(number, incident=FULL, *, why_not="it waits"):
    repair = a_repair(RemedyStatus.AWAITING_APPROVAL, commands=COMMANDS[:number], why_not=why_not)
    return notice_of(incident, Reason.REMEDY_PLANNED, repair)


@pytest.mark.parametrize(
    ("commands", "gone"),
    [
        (0, []),
        (1, ["AWS Batch says"]),
        (2, ["AWS Batch says", "Last changed"]),
        (3, ["AWS Batch says", "Last changed", "What to do"]),
        (4, ["AWS Batch says", "Last changed", "What to do", "How sure"]),
    ],
)
def test_what_matters_less_gives_way_first(commands, gone):
    """Nine lines are there beside the headline and the two links: without a fix, the first alert fills eight."""
    incident = replace(FULL, steps=tuple(COMMANDS[:commands]))
    everything = labels(notice_of(replace(incident, steps=()), Reason.OPENED))
    assert len(everything) == 8
    repair = a_repair(RemedyStatus.NONE, commands=COMMANDS[: commands + 1])

    notice = notice_of(incident, Reason.OPENED, repair)

    assert labels(notice) == [label for label in everything if label not in gone]
    assert notice.commands == COMMANDS[: commands + 1]
    assert len(lines_of(notice)) == 12


def test_without_a_link_there_is_room_for_one_more():
    with_link, without = with_commands(3), with_commands(3, replace(FULL, **NO_LINK))

    assert with_link.console is not None
    assert without.console is None
    assert len(labels(without)) == len(labels(with_link)) + 1
    assert len(lines_of(with_link)) == len(lines_of(without)) == 12


def test_nothing_gives_way_where_there_is_room():
    notice = notice_of(replace(FULL, checks=Checks(), steps=COMMANDS[:2]), Reason.OPENED)

    assert {"AWS Batch says", "Last changed", "What to do", "How sure"} <= set(labels(notice))


@pytest.mark.parametrize(("number", "kept"), [(3, 3), (4, 2), (5, 2), (12, 2)])
def test_commands_that_do_not_fit_are_counted_and_said_to_stand_elsewhere(number, kept):
    notice = with_commands(number)

    assert notice.commands == COMMANDS[:kept]
    assert labels(notice)[: len(ALWAYS)] == ALWAYS
    assert len(lines_of(notice)) == 12
    rest = number - kept
    assert dict(notice.lines).get("And") == (
        f"{rest} more commands stand in the incident, in the table of incidents and on the bus." if rest else None
    )


def test_three_steps_of_a_diagnosis_are_enough():
    assert notice_of(FULL, Reason.OPENED).commands == FULL.steps[:3]


REASONS = [
    *(pytest.param(each, None, id=each.value) for each in (Reason.OPENED, Reason.BACK, Reason.STILL_OPEN)),
    *(pytest.param(each, None, id=each.value) for each in (Reason.WORSENED, Reason.RESOLVED, Reason.MERGED)),
    *(pytest.param(Reason.OPENED, status, id=f"opened, its repair {status.value}") for status in RemedyStatus),
    *(pytest.param(reason, status, id=f"its repair {status.value}") for status, reason in OF_STATUS.items()),
]


@pytest.mark.parametrize("commands", [0, 1, 3, 12])
@pytest.mark.parametrize(("reason", "status"), REASONS)
def test_the_fullest_notice_has_twelve_lines(reason, status, commands):
    repair = None
    if status is not None:
        repair = a_repair(
            status, commands=COMMANDS[:commands], why_not="no\nreally", said="a\nb", group="sg-1", applied_at=NOW
        )
    for incident in (FULL, replace(FULL, steps=("for a in b; do\n  c\ndone",) * 3, summary="x\ny\u2028z" * 900)):
        notice = notice_of(incident, reason, repair, returns=(NOW,) * 20)

        assert len(lines_of(notice)) <= 12
        assert labels(notice)[-1] in ("Where", "And")


@pytest.mark.parametrize(("news", "last"), [(6, "critical"), (9, "critical"), (10, "and"), (500, "and")])
def test_a_summary_has_twelve_lines_however_much_there_is(news, last):
    incidents = [an_incident(subject=f"{ENVIRONMENT}-{n}", title="T\n" * 900) for n in range(news)]

    notice = summary_of([(incident, Reason.OPENED) for incident in incidents])

    assert len(lines_of(notice)) == min(news, 10) + 2
    assert labels(notice)[-1] == last
    if last == "and":
        assert dict(notice.lines)["and"].startswith(f"{news - 9} more; ")


def test_a_summary_has_the_worst_first_and_says_what_is_over():
    over = an_incident(subject=f"{ENVIRONMENT}-over", status=Status.RESOLVED, resolved_at=NOW, job_count=9)
    minor = an_incident(subject=f"{ENVIRONMENT}-minor", severity=Severity.WARNING, job_count=900)
    few = an_incident(subject=f"{ENVIRONMENT}-few", job_count=1)
    merged = replace(over, subject=f"{ENVIRONMENT}-merged", job_count=8)

    notice = summary_of([(minor, Reason.OPENED), (few, Reason.BACK), (merged, Reason.MERGED), (over, Reason.RESOLVED)])

    assert notice.headline == "4 news at once: 3 critical, 1 warning"
    assert [(label, text.partition(": Job")[0]) for label, text in notice.lines] == [
        ("critical", "over: compute environment align-ec2-over"),
        ("critical", "over: compute environment align-ec2-merged"),
        ("critical", "compute environment align-ec2-few"),
        ("warning", "compute environment align-ec2-minor"),
    ]
    assert (notice.reason, notice.incident) == (Reason.RESOLVED, over)

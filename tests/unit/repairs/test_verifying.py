"""What counts as proof that a change did what it should, and what as its failure."""

from collections.abc import Callable
from typing import Any

import pytest

from batchmedic.changes import RemedyStatus, Repair
from batchmedic.errors import ReadError
from tests.factories import NOW, a_job, minutes
from tests.fakes_repairs import PACE, FakeAccount, Workshop
from tests.repair_factories import MADE, a_sick_environment, a_sick_snapshot, a_survey, an_applied_repair

JOB = a_job().arn
ID = a_job().id
VERIFIED, VERIFYING, FAILED = RemedyStatus.VERIFIED, RemedyStatus.VERIFYING, RemedyStatus.FAILED


def fixed(status: str = "VALID", *, job: str | None = "RUNNABLE", **changes: Any) -> Workshop:
    """The environment has its new group, in this status; and the one job that waited, in that."""
    survey = a_survey(a_sick_snapshot(a_sick_environment(**changes)))
    account = FakeAccount(seen=survey, jobs={JOB: job} if job else {})
    account.edit(status=status, security_groups=(MADE,))
    return Workshop(account=account)


def looked(workshop: Workshop, repair: Repair | None = None, *, after: float = 0) -> Repair:
    workshop.clock.advance(minutes(after))
    return workshop.verify(workshop.claim(repair or an_applied_repair()))


def twice(workshop: Workshop, *, after: float = 2) -> Repair:
    return looked(workshop, looked(workshop), after=after)


@pytest.mark.parametrize(
    ("job", "said"),
    [
        pytest.param("STARTING", f"align-ec2 is VALID, and job {ID} is STARTING", id="starting"),
        pytest.param("RUNNING", f"align-ec2 is VALID, and job {ID} is RUNNING", id="running"),
        pytest.param("SUCCEEDED", f"align-ec2 is VALID, and job {ID} is SUCCEEDED", id="over already"),
        pytest.param("FAILED", "align-ec2 is VALID; no job waits that could show more", id="ended by itself"),
        pytest.param(None, "align-ec2 is VALID; no job waits that could show more", id="not known any more"),
    ],
)
def test_valid_twice_and_a_job_on_its_way_is_proof(job: str | None, said: str) -> None:
    after = twice(fixed(job=job))

    assert (after.status, after.said, after.version, after.due_at) == (VERIFIED, said, 2, None)


def test_where_nobody_waited_valid_twice_is_all_that_can_be_shown() -> None:
    workshop = fixed()
    once = looked(workshop, an_applied_repair(waiting_jobs=()))

    after = looked(workshop, once, after=2)

    assert (once.status, after.status) == (VERIFYING, VERIFIED)
    assert after.said == "align-ec2 is VALID; no job waits that could show more"


def test_valid_once_is_not_enough() -> None:
    after = looked(fixed(job="RUNNING"))

    assert (after.status, after.valid_since, after.due_at) == (VERIFYING, NOW, NOW + PACE)


def test_two_looks_in_a_hurry_are_one() -> None:
    after = twice(fixed(job="RUNNING"), after=1.9)

    assert (after.status, after.due_at) == (VERIFYING, NOW + PACE)


def test_valid_must_hold_from_the_first_look_to_the_second() -> None:
    workshop = fixed(job="RUNNING")
    once = looked(workshop)
    workshop.account.edit(status="UPDATING")
    interrupted = looked(workshop, once, after=2)
    workshop.account.edit(status="VALID")

    after = looked(workshop, interrupted, after=2)

    assert interrupted.valid_since is None
    assert (after.status, after.valid_since) == (VERIFYING, NOW + minutes(4))


def test_while_it_is_updating_it_is_looked_at_half_as_often() -> None:
    after = looked(fixed("UPDATING"))

    assert (after.status, after.version, after.due_at) == (VERIFYING, 1, NOW + 2 * PACE)


def deleted(workshop: Workshop) -> None:
    workshop.account.seen = None


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        pytest.param(
            lambda workshop: workshop.account.edit(status="INVALID", status_reason="CLIENT_ERROR - still no"),
            "align-ec2 is INVALID again: CLIENT_ERROR - still no",
            id="INVALID again",
        ),
        pytest.param(
            lambda workshop: workshop.account.edit(security_groups=("sg-0f6",)),
            "somebody changed align-ec2 again before it was proved",
            id="edited",
        ),
        pytest.param(deleted, "the compute environment was deleted meanwhile", id="deleted"),
    ],
)
def test_what_disproves_it_is_told_once_with_the_command_that_takes_it_back(
    happens: Callable[[Workshop], None], said: str
) -> None:
    workshop = fixed()
    happens(workshop)

    after = looked(workshop)

    assert (after.status, after.said, after.version, after.commands) == (FAILED, said, 2, ("undo",))


@pytest.mark.parametrize(("kind", "longest"), [("EC2", 45), ("SPOT", 45), ("FARGATE", 10), ("FARGATE_SPOT", 10)])
def test_an_update_that_takes_longer_than_its_kind_ever_does_has_failed(kind: str, longest: int) -> None:
    in_time = looked(fixed("UPDATING", kind=kind), after=longest - 0.1)
    too_late = looked(fixed("UPDATING", kind=kind), after=longest)

    assert in_time.status is VERIFYING
    assert (too_late.status, too_late.said) == (FAILED, f"align-ec2 is still UPDATING after {longest} minutes")


@pytest.mark.parametrize(("kind", "longest"), [("EC2", 10), ("SPOT", 15), ("FARGATE", 5)])
def test_valid_and_yet_no_job_starts_within_the_time_of_its_kind(kind: str, longest: int) -> None:
    workshop = fixed(kind=kind)
    waiting = twice(workshop)
    too_late = looked(workshop, waiting, after=longest - 2)

    assert (waiting.status, waiting.due_at) == (VERIFYING, NOW + 2 * PACE)
    assert too_late.status is FAILED
    assert too_late.said == f"align-ec2 is VALID, but in {longest} minutes none of the jobs that waited has started"


def test_what_cannot_be_read_is_looked_at_again() -> None:
    workshop = fixed()
    workshop.account.unreadable = ReadError("batch:DescribeComputeEnvironments", "Throttling", retryable=True)

    with pytest.raises(ReadError):
        looked(workshop)

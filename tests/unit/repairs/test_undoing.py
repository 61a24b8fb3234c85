"""A change is taken back once, only if nobody touched it since; and nothing of ours is left lying about."""

from collections.abc import Callable

import pytest

from batchmedic.changes import RemedyStatus, Repair
from batchmedic.errors import ChangeError, CommandError, NotReadError
from batchmedic.model.digest import digest
from batchmedic.remedies.raise_max_vcpus_to_one_instance import plan as raising
from tests.factories import ENVIRONMENT, NOW, a_capacity, a_compute_environment, a_snapshot, minutes
from tests.fakes_repairs import FakeAccount, Workshop
from tests.repair_factories import MADE, STRAY, a_group, a_repair, a_survey, an_applied_repair

DELETE, UPDATE = "ec2:DeleteSecurityGroup", "batch:UpdateComputeEnvironment"
VERIFIED, ROLLED_BACK = RemedyStatus.VERIFIED, RemedyStatus.ROLLED_BACK


def fixed(status: str = "VALID") -> Workshop:
    account = FakeAccount(groups={MADE: a_group(MADE)}, users=("align-ec2",))
    account.edit(status=status, security_groups=(MADE,))
    return Workshop(account=account)


def undone(workshop: Workshop, repair: Repair | None = None) -> Repair:
    return workshop.undo(workshop.claim(repair or an_applied_repair(VERIFIED)))


def groups(workshop: Workshop) -> tuple[str, ...]:
    found = workshop.account.environment(ENVIRONMENT)
    assert found is not None
    return found.security_groups


@pytest.mark.parametrize("status", [RemedyStatus.VERIFYING, VERIFIED, RemedyStatus.FAILED])
def test_what_was_applied_is_taken_back_and_the_group_is_due_to_be_tidied(status: RemedyStatus) -> None:
    workshop = fixed()

    after = undone(workshop, an_applied_repair(status))

    assert (groups(workshop), workshop.calls) == ((STRAY,), [UPDATE])
    assert (after.status, after.version, after.group) == (ROLLED_BACK, 2, MADE)
    assert after.said == (
        "align-ec2 has its earlier configuration, which leads back to INVALID: the fault is there again"
    )
    assert after.due_at == NOW + minutes(60)


def test_it_says_where_it_leads_back_to() -> None:
    after = undone(fixed(), an_applied_repair(VERIFIED, was_valid=True))

    assert after.said == "align-ec2 has its earlier configuration, which leads back to VALID"


def test_after_a_cut_it_is_taken_back_only_once() -> None:
    workshop = fixed()
    undone(workshop)

    after = undone(workshop)

    assert (after.status, workshop.calls) == (ROLLED_BACK, [UPDATE])


def deleted(workshop: Workshop) -> None:
    workshop.account.seen = None


def switched_off(workshop: Workshop) -> None:
    workshop.switch.because = "x"


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        pytest.param(
            lambda workshop: workshop.account.edit(security_groups=("sg-0f6",)),
            "align-ec2 was changed since, so it is left as it is",
            id="groups edited",
        ),
        pytest.param(
            lambda workshop: workshop.account.edit(subnets=("subnet-0b2",)),
            "align-ec2 was changed since, so it is left as it is",
            id="subnets edited",
        ),
        pytest.param(deleted, "the compute environment does not exist any more", id="deleted"),
        pytest.param(
            lambda workshop: workshop.account.edit(status="UPDATING"),
            "align-ec2 is UPDATING: try again when that is over",
            id="UPDATING",
        ),
        pytest.param(switched_off, "it could not be taken back: the kill switch is on: x", id="kill switch"),
        pytest.param(
            lambda workshop: workshop.account.refusals.append(ChangeError(UPDATE, "no", code="no", retryable=False)),
            "it could not be taken back: AWS refused batch:UpdateComputeEnvironment: no",
            id="refused",
        ),
    ],
)
def test_it_is_refused_and_says_why(happens: Callable[[Workshop], None], says: str) -> None:
    workshop = fixed()
    happens(workshop)

    with pytest.raises(CommandError) as refusal:
        undone(workshop)

    assert (str(refusal.value), workshop.calls) == (says, [])


@pytest.mark.parametrize(
    "repair",
    [
        pytest.param(None, id="no repair"),
        pytest.param(a_repair(RemedyStatus.PLANNED), id="planned"),
        pytest.param(a_repair(RemedyStatus.APPLYING), id="under way"),
        pytest.param(a_repair(RemedyStatus.FAILED), id="failed before it was applied"),
        pytest.param(an_applied_repair(ROLLED_BACK), id="taken back already"),
    ],
)
def test_there_is_nothing_to_take_back(repair: Repair | None) -> None:
    workshop = fixed()

    with pytest.raises(CommandError, match="nothing was applied here that could be taken back"):
        workshop.undo(workshop.claim(repair))


def test_a_limit_that_a_user_raised_since_is_left_alone() -> None:
    survey = a_survey(a_snapshot(compute_environments=(a_compute_environment(max_vcpus=8),), capacity=a_capacity()))
    workshop = Workshop(account=FakeAccount(seen=survey))
    workshop.account.edit(max_vcpus=128)
    after = digest(survey.environment)

    with pytest.raises(CommandError):
        undone(workshop, an_applied_repair(VERIFIED, plan=raising(survey), group=None, digest_after=after))


# tidying


def left_behind(*, users: tuple[str, ...] = ()) -> Workshop:
    return Workshop(account=FakeAccount(groups={MADE: a_group(MADE)}, users=users))


def tidied(workshop: Workshop, repair: Repair | None = None, *, after: float = 60) -> Repair:
    workshop.clock.advance(minutes(after))
    found = workshop.tidy(workshop.claim(repair or an_applied_repair(ROLLED_BACK)))
    assert found is not None
    return found


def test_a_group_that_nobody_uses_is_removed_after_an_hour() -> None:
    workshop = left_behind()

    early = tidied(workshop, after=59)
    assert (early.group, early.due_at, workshop.calls) == (MADE, NOW + minutes(60), [])
    late = tidied(workshop, early, after=1)

    assert (late.group, late.due_at, workshop.calls) == (None, None, [DELETE])


@pytest.mark.parametrize("status", [ROLLED_BACK, RemedyStatus.FAILED, VERIFIED])
def test_a_group_that_somebody_uses_stays_and_is_remembered(status: RemedyStatus) -> None:
    workshop = left_behind(users=("align-ec2",))

    after = tidied(workshop, an_applied_repair(status))

    assert (after.status, after.group, after.due_at, workshop.calls) == (status, MADE, None, [])


@pytest.mark.parametrize(
    ("code", "retryable", "group"),
    [
        pytest.param("InvalidGroup.NotFound", False, None, id="deleted by hand"),
        pytest.param("DependencyViolation", False, MADE, id="an instance still has it"),
        pytest.param("RequestLimitExceeded", True, MADE, id="throttled"),
    ],
)
def test_what_becomes_of_a_group_that_is_not_let_go(code: str, retryable: bool, group: str | None) -> None:
    workshop = left_behind()
    workshop.account.refusals.append(ChangeError(DELETE, f"{code}: x", code=code, retryable=retryable))

    after = tidied(workshop)

    assert after.group == group
    assert after.due_at == (workshop.clock() + minutes(60) if group else None)


def test_with_the_kill_switch_on_it_stays_for_now() -> None:
    workshop = left_behind()
    switched_off(workshop)

    assert tidied(workshop).group == MADE
    assert workshop.calls == []


def test_without_an_answer_who_uses_it_stays_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(*_: object) -> None:
        raise NotReadError("ec2:DescribeLaunchTemplateVersions", "AccessDenied")

    monkeypatch.setattr(FakeAccount, "users_of", unread)
    workshop = left_behind()

    assert tidied(workshop).group == MADE
    assert workshop.calls == []


@pytest.mark.parametrize(
    "repair",
    [
        pytest.param(None, id="no repair"),
        pytest.param(an_applied_repair(ROLLED_BACK, group=None), id="no group of ours"),
    ],
)
def test_there_is_nothing_to_tidy(repair: Repair | None) -> None:
    workshop = left_behind()

    assert workshop.tidy(workshop.claim(repair)) is None


def test_the_group_of_a_failed_repair_is_removed_after_a_late_rollback() -> None:
    workshop = fixed()
    failed = tidied(workshop, an_applied_repair(RemedyStatus.FAILED))
    back = undone(workshop, failed)
    workshop.account.users = ()

    workshop.clock.advance(minutes(60))
    workshop.tidy(workshop.claim(back))

    assert workshop.account.groups == {}

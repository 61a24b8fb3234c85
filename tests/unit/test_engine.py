from collections.abc import Iterator

import pytest

from batchmedic.engine import examine
from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.view import View
from batchmedic.plugins import all_diagnoses
from tests.factories import ENVIRONMENT, QUEUE, a_compute_environment, a_job, a_job_queue, a_snapshot

EVERYTHING = View(job_queues=frozenset({QUEUE}), compute_environments=frozenset({ENVIRONMENT}))


def card(name="sick", *, severity=Severity.CRITICAL, on_queue=None, on_environment=None, **more):
    return Diagnosis(
        id=name,
        title=name,
        severity=severity,
        docs="",
        **more,
        check_queue=on_queue,
        check_environment=on_environment,
    )


def fires(subject, snapshot) -> Iterator[Evidence]:
    yield Evidence(message=f"{subject.name} is sick.")


def keeps_quiet(subject, snapshot) -> Iterator[Evidence]:
    yield from ()


def cannot_look(subject, snapshot) -> Iterator[Evidence]:
    yield Evidence(message="what was seen before the gap counts")
    raise NotReadError("ec2:DescribeSubnets", "AccessDenied")


def crashes(subject, snapshot) -> Iterator[Evidence]:
    raise ZeroDivisionError
    yield Evidence(message="never reached")


def test_the_healthy_world_has_no_finding_and_every_check_is_made():
    examination = examine(a_snapshot(), EVERYTHING, all_diagnoses())

    assert examination.findings == ()
    assert examination.not_made == ()
    asked = {diagnosis for diagnosis, _ in examination.passed}
    assert asked == {diagnosis.id for diagnosis in all_diagnoses()} | {"diagnosis_crashed"}


def test_only_what_is_in_view_is_asked_about():
    nothing = View(job_queues=frozenset(), compute_environments=frozenset())

    examination = examine(a_snapshot(), nothing, [card(on_queue=fires), card("other", on_environment=fires)])

    assert (examination.findings, examination.passed) == ((), frozenset())


def test_a_crash_becomes_an_info_finding_and_the_others_still_run():
    cards = [card("broken", on_queue=crashes), card("sound", on_queue=fires)]

    examination = examine(a_snapshot(), EVERYTHING, cards)

    sound, crashed = sorted(examination.findings, key=lambda finding: finding.diagnosis, reverse=True)
    assert sound.diagnosis == "sound"
    assert (crashed.diagnosis, crashed.severity, crashed.subject) == ("diagnosis_crashed", Severity.INFO, QUEUE)
    assert "broken crashed here with ZeroDivisionError" in crashed.evidence[0].message
    assert ("broken", QUEUE) not in examination.passed


def test_a_gap_is_a_check_not_made_and_neither_passed_nor_forgotten():
    examination = examine(a_snapshot(), EVERYTHING, [card(on_environment=cannot_look)])

    assert [finding.evidence[0].message for finding in examination.findings] == ["what was seen before the gap counts"]
    (gap,) = examination.gaps
    assert (gap.diagnosis, gap.subject, gap.call, gap.because) == (
        "sick",
        ENVIRONMENT,
        "ec2:DescribeSubnets",
        "AccessDenied",
    )
    assert ("sick", ENVIRONMENT) not in examination.passed


@pytest.mark.parametrize("order", [1, -1])
def test_a_symptom_is_inhibited_by_what_explains_it(order):
    cards = [card("symptom", on_environment=fires), card("cause", explains=("symptom",), on_environment=fires)][::order]

    examination = examine(a_snapshot(), EVERYTHING, cards)

    assert [finding.diagnosis for finding in examination.findings] == ["cause"]
    assert [(one.symptom.diagnosis, one.cause.diagnosis) for one in examination.inhibited] == [("symptom", "cause")]
    assert ("symptom", ENVIRONMENT) not in examination.passed


def test_a_symptom_speaks_where_its_cause_keeps_quiet():
    cards = [card("symptom", on_environment=fires), card("cause", explains=("symptom",), on_environment=keeps_quiet)]

    assert [finding.diagnosis for finding in examine(a_snapshot(), EVERYTHING, cards).findings] == ["symptom"]


WAITS, EMPTY = a_job_queue(a_job()), a_job_queue()


@pytest.mark.parametrize(
    ("queues", "others", "severity"),
    [
        pytest.param([WAITS], [], Severity.CRITICAL, id="a job waits and nothing else serves its queue"),
        pytest.param([WAITS], ["VALID"], Severity.WARNING, id="another environment serves the queue"),
        pytest.param([WAITS], ["INVALID"], Severity.CRITICAL, id="the other one is INVALID too"),
        pytest.param([EMPTY], [], Severity.WARNING, id="nothing waits"),
        pytest.param([], [], Severity.INFO, id="on no queue"),
    ],
)
def test_severity_falls_with_harm(queues, others, severity):
    spare = tuple(a_compute_environment(f"spare-{n}", status=status) for n, status in enumerate(others))
    environments = (a_compute_environment(), *spare)
    arns = tuple(one.arn for one in environments)
    listed = tuple(a_job_queue(*(queue.front or ()), compute_environments=arns) for queue in queues)
    snapshot = a_snapshot(job_queues=listed, compute_environments=environments)

    (finding,) = examine(snapshot, EVERYTHING, [card(on_environment=fires)]).findings

    assert finding.severity is severity


def test_harm_never_raises_a_severity():
    (finding,) = examine(a_snapshot(), EVERYTHING, [card(severity=Severity.INFO, on_environment=fires)]).findings

    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    ("listed", "exact"),
    [pytest.param(99, True, id="all listed"), pytest.param(100, False, id="as many as Batch lists")],
)
def test_a_full_snapshot_counts_at_least(listed, exact):
    snapshot = a_snapshot(job_queues=(a_job_queue(a_job(), front_count=listed),))

    (finding,) = examine(snapshot, EVERYTHING, [card(on_queue=fires)]).findings

    assert (finding.job_count, finding.job_count_is_exact) == (listed, exact)


def test_a_queue_that_nobody_looked_at_is_said_to_be_unseen():
    unseen = a_job_queue(arn=f"{QUEUE}-2", front=None)
    snapshot = a_snapshot(job_queues=(WAITS, unseen))

    (finding,) = examine(snapshot, EVERYTHING, [card(on_environment=fires)]).findings

    assert finding.job_queues == (QUEUE, f"{QUEUE}-2")
    assert not finding.all_queues_seen


def test_what_aws_says_of_an_invalid_environment_comes_before_what_it_says_of_the_job():
    blocked = a_job_queue(a_job(status_reason="ACTION_REQUIRED - CE(s) associated with the job queue are invalid."))
    sick = a_compute_environment(status="INVALID", status_reason="CLIENT_ERROR - why")

    def reason(environment):
        snapshot = a_snapshot(job_queues=(blocked,), compute_environments=(environment,))
        return examine(snapshot, EVERYTHING, [card(on_environment=fires)]).findings[0].aws_reason

    assert reason(sick) == "CLIENT_ERROR - why"
    assert reason(a_compute_environment()) == "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."


def test_the_elimination_list_tells_passed_failed_and_not_made():
    cards = [
        card("fine", on_environment=keeps_quiet),
        card("sick", on_environment=fires),
        card("blind", on_queue=cannot_look),
    ]
    examination = examine(a_snapshot(), EVERYTHING, cards)
    finding = next(one for one in examination.findings if one.diagnosis == "sick")

    checks = examination.checks_about(finding)

    assert checks.passed == ("diagnosis_crashed", "fine")
    assert checks.failed == ("blind", "sick")
    assert checks.not_checked == ({"check": "blind", "because": "ec2:DescribeSubnets: AccessDenied"},)


def test_the_surest_evidence_gives_the_confidence():
    def both(subject, snapshot):
        yield Evidence(message="maybe", confidence=Confidence.POSSIBLE)
        yield Evidence(message="surely", confidence=Confidence.PROBABLE)

    (finding,) = examine(a_snapshot(), EVERYTHING, [card(on_queue=both)]).findings

    assert finding.confidence is Confidence.PROBABLE


def test_what_several_environments_share_is_one_finding_on_the_shared_thing():
    def role_is_gone(environment, snapshot):
        yield Evidence(message=f"{environment.name} uses a role that is gone.", subject="arn:aws:iam::1:role/batch")

    environments = (a_compute_environment(), a_compute_environment("second"))
    arns = tuple(one.arn for one in environments)
    snapshot = a_snapshot(
        job_queues=(a_job_queue(a_job(), compute_environments=arns),), compute_environments=environments
    )
    view = View(job_queues=frozenset({QUEUE}), compute_environments=frozenset(arns))

    (finding,) = examine(snapshot, view, [card(on_environment=role_is_gone)]).findings

    assert finding.subject == "arn:aws:iam::1:role/batch"
    assert finding.compute_environments == arns
    assert finding.job_queues == (QUEUE,)
    assert len(finding.evidence) == 2
    assert finding.severity is Severity.CRITICAL  # no other environment serves the queue


@pytest.mark.parametrize("order", [1, -1])
def test_a_last_resort_speaks_only_where_nothing_more_definite_does(order):
    cards = [
        card("not_found", last_resort=2, on_queue=fires),
        card("by_elimination", last_resort=1, on_environment=fires),
        card("definite", on_environment=fires),
    ][::order]

    examination = examine(a_snapshot(), EVERYTHING, cards)
    without = examine(a_snapshot(), EVERYTHING, [one for one in cards if one.id != "definite"])

    assert [finding.diagnosis for finding in examination.findings] == ["definite"]
    assert {one.cause.diagnosis for one in examination.inhibited} == {"definite"}
    assert [finding.diagnosis for finding in without.findings] == ["by_elimination"]


def test_a_blind_spot_is_no_finding_and_explains_nothing():
    cards = [card("blind", blind_spot=True, on_environment=fires), card("not_found", last_resort=2, on_queue=fires)]

    examination = examine(a_snapshot(), EVERYTHING, cards)

    assert [finding.diagnosis for finding in examination.findings] == ["not_found"]
    assert [finding.diagnosis for finding in examination.blind_spots] == ["blind"]


def test_a_denied_call_is_a_blind_spot_that_names_the_checks():
    (spot,) = examine(a_snapshot(), EVERYTHING, [card(on_environment=cannot_look)]).blind_spots

    assert (spot.diagnosis, spot.subject) == ("check_not_permitted", "ec2:DescribeSubnets")
    assert "it cannot check: sick" in spot.evidence[0].message

import pytest

from batchmedic.model.alerts_tag import TAG, hushed, odd_tags
from tests.factories import ENVIRONMENT, QUEUE, a_compute_environment, a_job_queue, a_snapshot

ROLE = "arn:aws:iam::111122223333:role/batch"
OFF, ON = {TAG: "off"}, {TAG: "on"}
SECOND = f"{QUEUE}-2"
OTHER = a_compute_environment("other").arn


def account(*, queue=None, second=None, environment=None, other=None):
    """Two queues and two environments, with these tags."""
    return a_snapshot(
        job_queues=(
            a_job_queue(tags=queue or {}),
            a_job_queue(arn=SECOND, name="align-2", tags=second or {}),
        ),
        compute_environments=(
            a_compute_environment(tags=environment or {}),
            a_compute_environment("other", tags=other or {}),
        ),
    )


@pytest.mark.parametrize(
    ("tags", "subject", "environments", "queues", "why"),
    [
        pytest.param({}, QUEUE, (ENVIRONMENT,), (QUEUE,), "", id="no tag"),
        pytest.param({"queue": ON}, QUEUE, (ENVIRONMENT,), (QUEUE,), "", id="on"),
        pytest.param({"queue": {"alerts": "off", "Name": "off"}}, QUEUE, (), (QUEUE,), "", id="other tags"),
        pytest.param({"queue": OFF}, QUEUE, (ENVIRONMENT,), (QUEUE,), "align", id="its subject"),
        pytest.param({"environment": OFF}, ENVIRONMENT, (ENVIRONMENT,), (QUEUE,), "align-ec2", id="another subject"),
        pytest.param({"second": OFF}, QUEUE, (ENVIRONMENT,), (QUEUE,), "", id="what it does not touch"),
        pytest.param({"environment": OFF}, QUEUE, (ENVIRONMENT, OTHER), (QUEUE,), "", id="one of two environments"),
        pytest.param(
            {"environment": OFF, "other": OFF},
            *(QUEUE, (ENVIRONMENT, OTHER), (QUEUE,), "align-ec2, other"),
            id="all environments",
        ),
        pytest.param({"queue": OFF}, ROLE, (ENVIRONMENT,), (QUEUE, SECOND), "", id="one of two queues"),
        pytest.param(
            {"queue": OFF, "second": OFF},
            *(ROLE, (ENVIRONMENT,), (QUEUE, SECOND), "align, align-2"),
            id="all queues of a shared thing",
        ),
        pytest.param({"queue": OFF}, ROLE, (), (QUEUE, f"{QUEUE}-gone"), "align", id="what is gone does not count"),
        pytest.param({"queue": OFF}, ROLE, (), (), "", id="it touches nothing"),
    ],
)
def test_nobody_is_told_where_the_subject_or_all_that_it_touches_is_tagged_off(
    tags, subject, environments, queues, why
):
    said = hushed(account(**tags), subject, environments, queues)

    assert said == (f"{why} tagged batchmedic:alerts=off" if why else "")


@pytest.mark.parametrize("value", ["", "OFF", "On", "no", "off "])
def test_an_unknown_value_counts_as_off_and_is_named(value):
    odd = account(queue={TAG: value}, other=ON)

    assert hushed(odd, QUEUE, (), ()) == f"align tagged batchmedic:alerts={value}"
    assert odd_tags(odd) == [
        f'align is tagged batchmedic:alerts="{value}", which counts as off; the values are on and off.'
    ]


def test_known_values_are_not_odd():
    assert odd_tags(account(queue=ON, second=OFF, environment=OFF)) == []


def test_of_many_only_three_are_named():
    queues = tuple(a_job_queue(arn=f"{QUEUE}-{n}", name=f"q{n}", tags=OFF) for n in range(5))

    said = hushed(a_snapshot(job_queues=queues), ROLE, (), (queue.arn for queue in queues))

    assert said == "q0, q1, q2 tagged batchmedic:alerts=off"

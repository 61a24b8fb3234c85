"""What running instances showed stays on their incident, and holds when they are gone."""

import json
from dataclasses import replace

import pytest

from batchmedic.flight_recorder import recorded
from batchmedic.incident_json import incident_from_json, incident_to_json
from batchmedic.incidents import Record, Row, Status
from batchmedic.model.answers import Answers
from batchmedic.model.fit import rooms_of
from batchmedic.model.joining import not_joining
from tests.factories import (
    C7G_4XLARGE,
    ENVIRONMENT,
    NOW,
    a_capacity,
    a_compute_environment,
    a_launching,
    a_snapshot,
    an_incident,
    an_instance,
)

BROKEN = a_snapshot(launching=a_launching(an_instance(1), an_instance(2)))


def a_record(facts, **changes):
    """As it comes back from the table."""
    row = Row(subject=ENVIRONMENT, message="They do not join.", facts=facts)
    told = incident_to_json(an_incident(evidence=(row,), **changes))
    return Record(incident=incident_from_json(json.loads(json.dumps(told))))


def facts_of(snapshot):
    return not_joining(a_compute_environment(), snapshot).facts


def test_instances_that_never_registered_count_when_they_are_gone():
    record = a_record(facts_of(BROKEN))

    later = recorded(a_snapshot(), [record])

    who = not_joining(a_compute_environment(), later)
    assert (who.recorded, [one.id for one in who.late], who.subnets) == (True, ["i-0a1", "i-0a2"], ("subnet-0a1",))
    assert who.in_words == "2 instances of align-ec2 ran and left without joining its ECS cluster"


def test_they_count_no_more_once_an_instance_registered():
    joined = a_snapshot(capacity=a_capacity(registered={"c7g.4xlarge": 31_129}))

    assert not_joining(a_compute_environment(), recorded(joined, [a_record(facts_of(BROKEN))])) is None


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(a_record(facts_of(BROKEN), status=Status.RESOLVED, resolved_at=NOW), id="the incident is over"),
        pytest.param(a_record({"never_registered": "i-1"}), id="facts of another form"),
        pytest.param(a_record({"never_registered": [1, {}]}), id="rows of another form"),
        pytest.param(a_record({}), id="no facts"),
    ],
)
def test_nothing_is_made_of_nothing(record):
    assert recorded(a_snapshot(), [record]).recorded.never_registered == {}


def test_memory_that_was_measured_once_is_known_after_the_instance_left():
    record = a_record({"measured": True, "instance_type": "c7g.4xlarge", "fits": 31_129})

    (room,) = rooms_of(a_compute_environment(), recorded(a_snapshot(), [record]))

    assert (room.measured, room.surely, room.at_most) == (True, 31_129, 31_129)


def test_an_estimate_is_not_taken_for_a_measure():
    record = a_record({"measured": False, "instance_type": "c7g.4xlarge", "fits": 31_129})

    (room,) = rooms_of(a_compute_environment(), recorded(a_snapshot(), [record]))

    assert not room.measured


def test_an_instance_in_any_cluster_measures_its_type():
    there = a_capacity(C7G_4XLARGE, registered={"c7g.4xlarge": 31_129})
    (instances,) = there.container_instances.found.values()
    elsewhere = replace(
        there, container_instances=Answers(call="ecs:DescribeContainerInstances", found={"another": instances})
    )

    (room,) = rooms_of(a_compute_environment(), a_snapshot(capacity=elsewhere))

    assert (room.measured, room.surely) == (True, 31_129)

import json
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchmedic import contracts
from batchmedic.contracts import Hint, Wish
from batchmedic.errors import MessageError
from batchmedic.incident_json import incident_from_json, incident_to_json
from batchmedic.incidents import Checks, Row, Status
from tests.factories import ACCOUNT, ENVIRONMENT, NOW, QUEUE, REGION, an_incident

HINT = {"v": 1, "hint": "runnable", "queue": QUEUE, "compute_environment": None, "at": "2026-11-25T12:00:00Z"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("kind", ["runnable", "blocked", "launch_failed", "verify"])
def test_a_hint_names_a_queue(kind):
    assert contracts.hint(json.dumps({**HINT, "hint": kind})) == Hint(kind=kind, queue=QUEUE)


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(ENVIRONMENT, id="ARN"),
        pytest.param("align-ec2", id="name"),
        pytest.param("AWSBatch-align-ec2-asg-0f3c1a2b-5c2e-4f8e-9d9c-0f3c1a2b4d5e", id="its Auto Scaling group"),
        pytest.param("align-ec2-asg-0f3c1a2b-5c2e-4f8e-9d9c-0f3c1a2b4d5e", id="its group, as they once were called"),
    ],
)
def test_a_hint_names_a_compute_environment(named):
    hint = contracts.hint({**HINT, "hint": "launch_failed", "queue": None, "compute_environment": named})

    assert (hint.compute_environment, hint.place) == ("align-ec2", "align-ec2")
    assert contracts.hint(hint.as_message(NOW)) == hint == contracts.hint_of(hint.place)


def test_a_queue_comes_before_an_environment():
    hint = contracts.hint({**HINT, "compute_environment": ENVIRONMENT})

    assert (hint.queue, hint.place) == (QUEUE, QUEUE)
    assert contracts.hint(hint.as_message(NOW)) == hint == contracts.hint_of(hint.place)


def test_a_sweep_needs_nothing_more_and_unknown_fields_are_no_fault():
    assert contracts.hint({"v": 1, "hint": "sweep", "new": [1]}) == Hint(kind="sweep")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="broken"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("[1]", id="a list"),
        pytest.param(None, id="nothing"),
        pytest.param({**HINT, "v": 2}, id="version of tomorrow"),
        pytest.param({**HINT, "hint": "dance"}, id="unknown kind"),
        pytest.param({**HINT, "hint": ["sweep"]}, id="a list for a kind"),
        pytest.param({**HINT, "queue": None}, id="no queue"),
        pytest.param({**HINT, "queue": {"arn": QUEUE}}, id="wrong type"),
        pytest.param({**HINT, "queue": "align"}, id="a name"),
        pytest.param({**HINT, "queue": QUEUE.replace("job-queue", "compute-environment")}, id="another resource"),
        pytest.param({**HINT, "queue": QUEUE + "\n"}, id="a line break"),
        pytest.param({**HINT, "queue": None, "compute_environment": ""}, id="an environment without a name"),
        pytest.param({**HINT, "queue": None, "compute_environment": "a b"}, id="what cannot be a name"),
        pytest.param({**HINT, "queue": None, "compute_environment": "a\n"}, id="a name and a line break"),
        pytest.param({**HINT, "queue": None, "compute_environment": ["align-ec2"]}, id="a list of environments"),
        pytest.param({**HINT, "queue": None, "compute_environment": QUEUE}, id="a queue for an environment"),
        pytest.param("x" * 1_000_000, id="a megabyte of junk"),
    ],
)
def test_what_is_no_hint_says_why(body):
    with pytest.raises(MessageError, match=r"."):
        contracts.hint(body)


almost_hints = st.fixed_dictionaries({"v": st.just(1), "hint": json_values | st.sampled_from(contracts.HINTS)})


@given(json_values | json_values.map(json.dumps) | almost_hints)
def test_whatever_comes_is_a_hint_or_a_message_error(body):
    with suppress(MessageError):
        assert contracts.hint(body).kind in contracts.HINTS


@pytest.mark.parametrize(
    ("queue", "ours"),
    [
        (QUEUE, True),
        (None, True),
        (QUEUE.replace(ACCOUNT, "444455556666"), False),
        (QUEUE.replace(REGION, "us-east-1"), False),
    ],
)
def test_foreign_accounts_and_regions_are_recognised(queue, ours):
    assert contracts.is_of(Hint(kind="runnable", queue=queue), account=ACCOUNT, region=REGION) is ours


@pytest.mark.parametrize(
    "body",
    [
        *("{}", "[]", '{"incident_id": 7}', '{"incident_id": "../etc"}', '{"incident": {}}'),
        *('{"incident_ids": []}', '{"incident_ids": [1]}', '{"incident_ids": "x"}'),
        json.dumps({"incident_ids": ["0123456789abcdef-1"] * 101}),
    ],
)
def test_what_is_no_doorbell_says_why(body):
    with pytest.raises(MessageError, match=r"."):
        contracts.doorbell(body)


def test_a_doorbell_names_an_incident_or_carries_it():
    incident = an_incident()

    assert contracts.doorbell(json.dumps({"incident_id": incident.incident_id})) == (incident.incident_id,)
    many = [f"0123456789abcdef-{n}" for n in range(1, 8)]
    assert contracts.doorbell(json.dumps({"incident_ids": many})) == tuple(many)
    assert contracts.doorbell(json.dumps({"incident": incident_to_json(incident)})) == incident


INCIDENT_ID = "0123456789abcdef-1"
END = "2026-12-24T08:00:00Z"
A_MUTE = {"mute": QUEUE, "until": END, "because": "a test queue"}
ROLE = "arn:aws:iam::111122223333:role/service-role/Batch+a=b,c@d.e_f"


@pytest.mark.parametrize("as_sent", [dict, json.dumps], ids=["an object", "text"])
@pytest.mark.parametrize(
    ("body", "wish"),
    [
        *(pytest.param({kind: True}, Wish(kind=kind), id=kind) for kind in ("test", "hello", "digest")),
        *(
            pytest.param(
                {**A_MUTE, "mute": target},
                Wish(kind="mute", target=target, until=datetime.fromisoformat(END), because="a test queue"),
                id=f"mute of {what}",
            )
            for what, target in (("an incident", INCIDENT_ID), ("a queue", QUEUE), ("a role", ROLE))
        ),
        pytest.param({"unmute": QUEUE, "until": 7, "because": 7}, Wish(kind="unmute", target=QUEUE), id="unmute"),
    ],
)
def test_a_person_may_ask(body, wish, as_sent):
    assert contracts.telling(as_sent(body), by_hand=True) == wish


def test_a_long_reason_is_cut():
    assert len(contracts.telling({**A_MUTE, "because": "x" * 10_000}, by_hand=True).because) == 300


NO_TARGETS = [None, 7, [QUEUE], "", "align", "0123456789abcdef", "0123456789abcdef-0", f"{INCIDENT_ID}\n", f" {QUEUE}"]
NO_TARGETS += ["arn:aws:batch:eu-west-1:1:job-queue/x", QUEUE * 20]
NO_ENDS = [None, "", "tomorrow", "2026-12-24", "2026-12-24T08:00:00", 1_798_099_200, "2026-13-01T00:00:00Z"]


def bad(kind, values, why, beside=None):
    return [pytest.param({**(beside or {}), kind: value}, why, id=f"{kind} {value!r}".strip()[:40]) for value in values]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        *bad("test", [1, "true", False], "test is asked as"),
        *bad("hello", [None, 1], "hello is asked as"),
        *bad("digest", [{}, "now"], "digest is asked as"),
        *bad("mute", NO_TARGETS, "mute names neither an incident's id, .* nor the ARN", A_MUTE),
        *bad("unmute", NO_TARGETS, "unmute names neither an incident's id, .* nor the ARN"),
        *bad("because", ["", " \n", None, 7, ["x"]], "a mute needs a reason", A_MUTE),
        *bad("until", NO_ENDS, "a mute needs its end, with a time zone", A_MUTE),
        pytest.param({"mute": QUEUE, "until": END}, "a mute needs a reason", id="no reason"),
        pytest.param({"mute": QUEUE, "because": "x"}, "a mute needs its end", id="no end"),
    ],
)
def test_a_bad_wish_says_why(body, why):
    with pytest.raises(MessageError, match=why):
        contracts.telling(body, by_hand=True)


@pytest.mark.parametrize("body", [{"test": True}, {"digest": True}, A_MUTE, {"unmute": QUEUE}])
def test_only_a_person_may_ask_this_not_a_message(body):
    with pytest.raises(MessageError, match="is asked by invoking the function, not by a message"):
        contracts.telling(json.dumps(body), by_hand=False)


def test_hello_and_doorbells_come_by_message():
    assert contracts.telling('{"hello": true}', by_hand=False) == Wish(kind="hello")
    assert contracts.telling({"incident_id": INCIDENT_ID}, by_hand=False) == (INCIDENT_ID,)
    assert contracts.telling({"incident": incident_to_json(an_incident())}, by_hand=False) == an_incident()


almost_wishes = st.dictionaries(
    st.sampled_from((*contracts.WISHES, "until", "because")),
    json_values | st.sampled_from((True, QUEUE, INCIDENT_ID, END, "why")),
)


@given(json_values | almost_wishes, st.booleans())
def test_whatever_notify_is_asked_it_is_something_known_or_a_message_error(body, by_hand):
    with suppress(MessageError):
        asked = contracts.telling(body, by_hand=by_hand)
        assert isinstance(asked, tuple) or asked.kind in (contracts.WISHES if by_hand else contracts.OF_QUEUE)


def test_an_incident_survives_the_round_trip():
    incident = an_incident(
        status=Status.RESOLVED,
        resolved_at=NOW,
        evidence=(Row(subject=QUEUE, message="m", facts={"n": 1, "list": ["x"]}),),
        checks=Checks(passed=("a",), failed=("b",), not_checked=({"check": "c", "because": "denied"},)),
        aws_reason="why",
        sample_jobs=("arn:1", "arn:2"),
        generation=7,
    )

    assert incident_from_json(json.loads(json.dumps(incident_to_json(incident)))) == incident


def test_fields_of_a_later_version_are_ignored():
    published = {**incident_to_json(an_incident()), "new_field": {"x": 1}}

    assert incident_from_json(published) == an_incident()


def test_an_incident_stays_under_its_limit_however_much_there_is_to_say():
    rows = tuple(Row(subject=QUEUE, message="x" * 5_000, facts={"long": "y" * 20_000}) for _ in range(10))
    incident = an_incident(evidence=rows, summary="s" * 100_000, aws_reason="r" * 100_000, recommendation="q" * 100_000)

    published = incident_to_json(incident)

    assert len(json.dumps(published).encode()) <= 64 * 1024
    assert published["evidence"]
    assert published["summary"].startswith("sss")


def test_the_published_fields_are_the_contract():
    assert set(incident_to_json(an_incident())) == {
        *("schema_version", "incident_id", "status", "diagnosis", "severity", "confidence", "account", "region"),
        *("subject", "title", "summary", "evidence", "checks", "job_queues", "compute_environments", "job_count"),
        *("job_count_is", "explained_by", "changed_by", "sample_jobs", "aws_reason", "opened_at", "last_seen_at"),
        *("resolved_at", "recommendation", "steps", "remedy", "docs"),
    }


def test_sqs_batches_and_direct_invocations_are_told_apart():
    batch = {"Records": [{"messageId": "1", "body": "a"}, {"messageId": "2"}, "junk"]}

    assert contracts.message_bodies(batch) == (("1", "a"), ("2", None))
    assert contracts.message_bodies({"hint": "sweep"}) == (("", {"hint": "sweep"}),)
    assert contracts.answer(batch, {"looks": 1}, ["2"]) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert contracts.answer({}, {"looks": 1}, []) == {"looks": 1}


A_FLOOR = {
    "compute_environment": "arn:aws:batch:eu-west-1:111122223333:compute-environment/align-ec2",
    "reason": "idle",
}


def test_what_happened_to_floors_comes_by_message():
    asked = contracts.telling(json.dumps({"floors": [{"event": None, **A_FLOOR}]}), by_hand=False)

    assert asked == Wish(kind="floors", floors=(tuple(A_FLOOR.values()),))


@pytest.mark.parametrize(
    "news",
    [None, [], "x", [A_FLOOR] * 101, [7], [{**A_FLOOR, "reason": None}], [{**A_FLOOR, "compute_environment": 1}]],
)
def test_floors_without_a_name_or_a_reason_are_no_message(news):
    with pytest.raises(MessageError, match="floors names"):
        contracts.telling({"floors": news}, by_hand=False)


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ({"v": 1}, None),
        ({"wake": "all"}, "all"),
        ({"wake": "align-ec2"}, "align-ec2"),
        ({"wake": A_FLOOR["compute_environment"]},) * 2,
    ],
)
def test_which_floors_a_person_wants_back(event, wanted):
    assert contracts.wake(event) == (wanted["wake"] if isinstance(wanted, dict) else wanted)

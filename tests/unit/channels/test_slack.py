import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchmedic.channels.slack import Slack, render
from batchmedic.errors import DeliveryError
from batchmedic.incidents import Status
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from tests.factories import NOW, an_incident

URL = "https://hooks.slack.com/services/T000/B000/secret"
NOTICE = notice_of(an_incident(), Reason.OPENED)


def slack(status):
    return Slack(url=lambda: URL, post=lambda url, payload: status)


@pytest.mark.parametrize("status", [200, 204])
def test_an_accepted_notice_is_delivered(status):
    slack(status).deliver(NOTICE)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(429, True), (500, True), (503, True), (400, False), (403, False), (404, False), (410, False)],
)
def test_says_whether_to_try_again_and_never_where(status, retryable):
    with pytest.raises(DeliveryError, match=str(status)) as refused:
        slack(status).deliver(NOTICE)

    assert refused.value.retryable is retryable
    assert "secret" not in str(refused.value)


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


@given(st.text())
def test_hostile_text_stays_text_within_slacks_limits(text):
    incident = an_incident(title=text, summary=f"<!channel> {text} & <http://evil|click>" * 50, steps=(f"`{text}`",))
    payload = render(notice_of(incident, Reason.OPENED))
    blocks = payload["attachments"][0]["blocks"]

    assert "<!channel>" not in json.dumps(payload)
    assert "<http://evil" not in json.dumps(payload)
    assert len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150
    assert all(0 < len(block["text"]["text"]) <= 3_000 for block in blocks if block["type"] == "section")

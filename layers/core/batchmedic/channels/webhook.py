"""Posts JSON over HTTPS without ever saying where to: a webhook's URL is its secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import urllib3

from batchmedic.errors import DeliveryError

LOOPBACK = ("127.0.0.1", "localhost", "::1")  # plain HTTP is for the local stack only
TIMEOUT = urllib3.Timeout(connect=2, read=5)
TOO_MANY, SERVER_ERROR = 429, 500
LONGEST_REST = timedelta(hours=1)
SHORTEST_REST = timedelta(seconds=30)  # where the other side asks for a rest and does not say how long
_pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a webhook said; `retry_after` is how long it wants to be left alone."""

    status: int
    retry_after: timedelta | None = None

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP

    @property
    def is_elsewhere(self) -> bool:
        """A redirect is not followed: it could lead anywhere, also off HTTPS."""
        return 300 <= self.status < 400  # noqa: PLR2004 - HTTP

    @property
    def may_pass(self) -> bool:
        return self.status == TOO_MANY or self.status >= SERVER_ERROR


def encoded(payload: dict[str, Any]) -> bytes:
    """The very bytes that are posted, for who signs them."""
    return json.dumps(payload).encode()


def post(url: str, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """What the webhook says. DeliveryError, without the URL, where there is no answer or the URL is unusable."""
    if not _is_allowed(url):
        wrong = "the webhook is not an https:// address; correct its SSM parameter"
        raise DeliveryError(wrong, retryable=False, channel_is_gone=True)
    sent = {"Content-Type": "application/json", **(headers or {})}
    try:
        answer = _pool.request("POST", url, body=encoded(payload), headers=sent)
    except urllib3.exceptions.HTTPError as error:  # its text holds the URL
        raise DeliveryError(f"no answer from the webhook ({type(error).__name__})", retryable=True) from None
    return Answer(
        status=int(answer.status), retry_after=_rest(int(answer.status), answer.headers.get("Retry-After", ""))
    )


def _rest(status: int, header: str) -> timedelta | None:
    """RFC 9110, "Retry-After": seconds, as Slack sends them; a date is taken for "a while"."""
    if status != TOO_MANY:
        return None
    return min(timedelta(seconds=int(header[:9])), LONGEST_REST) if header.isdecimal() else SHORTEST_REST


def _is_allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all; its text holds parts of the URL
        return False
    return parts.scheme == "https" or parts.hostname in LOOPBACK

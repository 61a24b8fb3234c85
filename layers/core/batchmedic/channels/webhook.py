"""Posts JSON over HTTPS without ever saying where to: a webhook's URL is its secret."""

import json
from typing import Any
from urllib.parse import urlsplit

import urllib3

from batchmedic.errors import DeliveryError

LOOPBACK = ("127.0.0.1", "localhost", "::1")  # plain HTTP is for the local stack only
TIMEOUT = urllib3.Timeout(connect=2, read=5)
_pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)


def post(url: str, payload: dict[str, Any]) -> int:
    """The HTTP status. DeliveryError, without the URL, where there is no answer or the URL is unusable."""
    if not _is_allowed(url):
        raise DeliveryError("the webhook is not an https:// address; correct its SSM parameter", retryable=False)
    try:
        answer = _pool.request("POST", url, body=json.dumps(payload), headers={"Content-Type": "application/json"})
    except urllib3.exceptions.HTTPError as error:  # its text holds the URL
        raise DeliveryError(f"no answer from the webhook ({type(error).__name__})", retryable=True) from None
    return int(answer.status)


def _is_allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all; its text holds parts of the URL
        return False
    return parts.scheme == "https" or parts.hostname in LOOPBACK

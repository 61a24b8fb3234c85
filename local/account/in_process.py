"""Lets boto3 clients talk to a simulated account without a network: botocore's before-send hook answers for it."""

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from local.account import wire

SERVICES = {  # by botocore's event name
    "auto-scaling": "autoscaling",
    "batch": "batch",
    "cloudformation": "cloudformation",
    "cloudtrail": "cloudtrail",
    "ec2": "ec2",
    "ecs": "ecs",
    "iam": "iam",
    "service-quotas": "service-quotas",
}

HOOK = "simulated-account"


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def attach(client_or_session: Any, account: wire.Account) -> None:
    """Answer for the simulated services of a boto3 client, or of the clients a boto3 or botocore session will make.

    Comes before every other hook, so that it also wins over moto where both are active. To attach another account to
    the same client replaces the first: clients are dear, accounts are not.
    """

    def answer(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
        service = SERVICES.get(event_name.split(".")[1])
        if service is None:
            return None
        url = urlsplit(request.url)
        headers = {key: _text(value) for key, value in request.headers.items()}
        status, answer_headers, body = wire.respond(
            account, service, request.method, url.path, headers, _bytes(request.body), parse_qs(url.query)
        )
        return AWSResponse(request.url, status, answer_headers, _Body(body))  # type: ignore[arg-type]

    emitter = _emitter(client_or_session)
    emitter.unregister("before-send", unique_id=HOOK)
    emitter.register_first("before-send", answer, unique_id=HOOK)


def _emitter(client_or_session: Any) -> Any:
    if hasattr(client_or_session, "meta"):
        return client_or_session.meta.events
    if hasattr(client_or_session, "events"):
        return client_or_session.events
    return client_or_session.get_component("event_emitter")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else bytes(body)

"""Stands between a client and AWS: answers some operations itself, lets others pass, and remembers every call."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.validate import validate_parameters

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]
Call = tuple[str, Mapping[str, Any]]


@contextmanager
def recorded(client: Any) -> Iterator[list[Call]]:
    """Every (operation, parameters) that passes meanwhile; retries of botocore's own are not counted."""
    calls: list[Call] = []

    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.name, dict(params)))

    client.meta.events.register("provide-client-params", note)
    try:
        yield calls
    finally:
        client.meta.events.unregister("provide-client-params", note)


@contextmanager
def answering(client: Any, **answers: Answer | dict[str, Any] | Exception) -> Iterator[list[Call]]:
    """Answers these operations, each checked against botocore's model of the service; raises what is an exception."""
    with recorded(client) as calls:

        def answer(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
            if model.name not in answers:
                return None
            given = answers[model.name]
            if isinstance(given, Exception):
                raise given
            body = given(calls[-1][1]) if callable(given) else given
            if "Error" in body:
                return _response(body["ResponseMetadata"]["HTTPStatusCode"]), body
            validate_parameters(body, model.output_shape)
            return _response(200), body

        client.meta.events.register_first("before-call", answer)
        try:
            yield calls
        finally:
            client.meta.events.unregister("before-call", answer)


@contextmanager
def failing(client: Any, error: str | Exception) -> Iterator[None]:
    """Every operation of the client fails: with this error code, or by raising the exception."""
    operations = client.meta.service_model.operation_names
    with answering(client, **dict.fromkeys(operations, refusal(error) if isinstance(error, str) else error)):
        yield


def refusal(code: str, *, status: int = 400, message: str = "no") -> dict[str, Any]:
    """What botocore makes of an error that a service answered."""
    return {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}


def _response(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)

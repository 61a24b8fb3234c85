"""AWS's wire formats: an HTTP request becomes an operation with parameters, an answer becomes bytes.

Protocols, as Smithy describes them: rest-json (AWS Batch), json 1.1 (ECS, CloudTrail, Service Quotas),
query (Auto Scaling, CloudFormation, IAM), ec2 (Amazon EC2).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

from local.account import shapes, wire_query, wire_xml
from local.account.errors import AwsError

Response = tuple[int, dict[str, str], bytes]
Query = Mapping[str, str | list[str]]


class Account(Protocol):
    """Whoever answers; a SimulatedAccount, or something that chooses between several."""

    def handle(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]: ...


REQUEST_ID = "00000000-0000-4000-8000-000000000000"
JSON = {
    "batch": "application/json",
    "cloudtrail": "application/x-amz-json-1.1",
    "ecs": "application/x-amz-json-1.1",
    "service-quotas": "application/x-amz-json-1.1",
}


def respond(  # noqa: PLR0917 - the parts of an HTTP request, in the order in which servers hand them on
    account: Account,
    service: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes | str | None,
    query: Query,
) -> Response:
    """What AWS would send back."""
    text = body.decode() if isinstance(body, bytes) else body or ""
    try:
        if service == "batch":
            operation, parameters = _rest_request(method, path, _json(text), query)
        elif service in JSON:
            operation, parameters = _target(headers), _json(text)
        else:
            operation, parameters = _form_request(service, text, query)
        return _success(service, operation, account.handle(service, operation, parameters))
    except AwsError as error:
        return _failure(service, error)


def _json(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise AwsError("SerializationException", str(error)) from error
    if not isinstance(body, dict):
        raise AwsError("SerializationException", "Start of structure expected")
    return body


def _target(headers: Mapping[str, str]) -> str:
    target = next((value for key, value in headers.items() if key.lower() == "x-amz-target"), "")
    return target.rpartition(".")[2]


def _form_request(service: str, text: str, query: Query) -> tuple[str, dict[str, Any]]:
    fields = dict(parse_qsl(text, keep_blank_values=True)) or {key: _first(value) for key, value in query.items()}
    operation = fields.pop("Action", "")
    if operation not in shapes.operation_names(service):
        raise AwsError("InvalidAction", f"The action {operation} is not valid for this web service.")
    try:
        return operation, wire_query.parameters(service, operation, fields)
    except (AttributeError, TypeError, ValueError) as error:  # a name or a value that does not fit its place
        raise AwsError("MalformedQueryString", str(error)) from error


def _rest_request(method: str, path: str, body: dict[str, Any], query: Query) -> tuple[str, dict[str, Any]]:
    for operation in shapes.operation_names("batch"):
        model = shapes.operation_model("batch", operation)
        fixed, label, _ = model.http["requestUri"].partition("{")
        if method != model.http["method"] or not (path.startswith(fixed) if label else path == fixed):
            continue
        parameters = dict(body)
        for name, shape in model.input_shape.members.items() if model.input_shape else ():
            where = shape.serialization.get("location")
            if where == "uri":
                parameters[name] = unquote(path.removeprefix(fixed))
            elif where == "querystring":
                parameters[name] = _all(query.get(shape.serialization.get("name", name), []))
        return operation, parameters
    raise AwsError("UnknownOperationException", f"{method} {path}", 404)


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else value[0]


def _all(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _success(service: str, operation: str, answer: dict[str, Any]) -> Response:
    if service in JSON:
        return 200, _headers(JSON[service]), json.dumps(answer, default=_timestamp).encode()
    return 200, _headers("text/xml"), wire_xml.answer(service, operation, answer, REQUEST_ID)


def _failure(service: str, error: AwsError) -> Response:
    if service in JSON:
        body = json.dumps({"__type": error.code, "message": error.message}).encode()
        return error.status, {**_headers(JSON[service]), "x-amzn-errortype": error.code}, body
    return error.status, _headers("text/xml"), wire_xml.error(service, error, REQUEST_ID)


def _headers(content_type: str) -> dict[str, str]:
    return {"content-type": content_type, "x-amzn-requestid": REQUEST_ID}


def _timestamp(value: datetime) -> float:
    return value.timestamp()

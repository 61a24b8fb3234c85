"""Writes the XML answers of Amazon EC2, of Auto Scaling and of IAM."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, Shape, StructureShape

from local.account import shapes
from local.account.errors import AwsError


def answer(service: str, operation: str, value: dict[str, Any], request_id: str) -> bytes:
    shape = shapes.operation_model(service, operation).output_shape
    inside = "".join(_members(shape, value)) if isinstance(shape, StructureShape) else ""
    if service == "ec2":
        inside = f"<requestId>{request_id}</requestId>{inside}"
    else:
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        inside = f"<{operation}Result>{inside}</{operation}Result>{metadata}"
    namespace = shapes.service_model(service).metadata.get("xmlNamespace", "")
    return f'<{operation}Response xmlns="{namespace}">{inside}</{operation}Response>'.encode()


def error(service: str, problem: AwsError, request_id: str) -> bytes:
    said = f"<Code>{escape(problem.code)}</Code><Message>{escape(problem.message)}</Message>"
    if service == "ec2":
        said = f"<Response><Errors><Error>{said}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        request = f"<RequestId>{request_id}</RequestId>"
        said = f"<ErrorResponse><Error><Type>Sender</Type>{said}</Error>{request}</ErrorResponse>"
    return said.encode()


def _members(shape: StructureShape, value: dict[str, Any]) -> Iterator[str]:
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _element(member.serialization.get("name", name), member, value[name])


def _element(name: str, shape: Shape, value: Any) -> Iterator[str]:
    yield f"<{name}>"
    if isinstance(shape, StructureShape):
        yield from _members(shape, value)
    elif isinstance(shape, ListShape):
        for each in value:
            yield from _element(shape.member.serialization.get("name", "member"), shape.member, each)
    else:
        yield _text(value)
    yield f"</{name}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return escape(str(value))

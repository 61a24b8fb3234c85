"""Turns what botocore raises into the project's own errors: who may try again, and why it failed."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from batchmedic.errors import ReadError

Answer = TypeVar("Answer")

RETRYABLE = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "ServiceUnavailable", "InternalError", "Internal")
SERVER_ERROR = 500
NO_ANSWER = (BotoCoreError, ResponseParserError)  # no connection, not in time, or nothing that can be read
FILTER_VALUES = 200  # EC2 takes up to 200 values per filter


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def may_pass(error: ClientError) -> bool:
    """Whether the same call may be answered a little later: AWS was busy, or failed on its own side."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(code_of(error).startswith(RETRYABLE) or status >= SERVER_ERROR)


def read(call: str, request: Callable[[], Answer]) -> Answer:
    """The answer, or a ReadError that names the call ("batch:DescribeJobs") and AWS's code, never its whole text."""
    try:
        return request()
    except ClientError as error:
        raise ReadError(call, code_of(error), retryable=may_pass(error)) from error
    except NO_ANSWER as error:
        raise ReadError(call, type(error).__name__, retryable=True) from error


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many values at once as a filter of EC2 takes."""
    return (values[start : start + FILTER_VALUES] for start in range(0, len(values), FILTER_VALUES))

"""Whatever botocore raises becomes an error that says which call, why, and whether to ask again."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from batchmedic.aws.answering import read
from batchmedic.errors import ReadError
from tests.contract.answering import refusal

TEXT = "User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform"


def raising(error):
    def request():
        raise error

    return request


def test_an_answer_is_the_answer():
    assert read("batch:DescribeJobs", lambda: {"jobs": []}) == {"jobs": []}


@pytest.mark.parametrize(
    ("code", "status", "retryable"),
    [
        ("AccessDeniedException", 403, False),
        ("UnauthorizedOperation", 403, False),  # EC2
        ("ClientException", 400, False),
        ("InvalidParameterValue", 400, False),
        ("ThrottlingException", 400, True),
        ("Throttling", 400, True),
        ("TooManyRequestsException", 429, True),
        ("RequestLimitExceeded", 503, True),  # EC2
        ("ServerException", 500, True),  # Batch, ECS
        ("InternalError", 500, True),
        ("ServiceUnavailable", 503, True),
        ("Unavailable", 503, True),
        ("Whatever", 502, True),
    ],
)
def test_a_refusal_is_a_read_error(code, status, retryable):
    error = ClientError(refusal(code, status=status, message=TEXT), "DescribeJobs")

    with pytest.raises(ReadError) as caught:
        read("batch:DescribeJobs", raising(error))

    assert (caught.value.call, caught.value.because) == ("batch:DescribeJobs", code)
    assert caught.value.retryable is retryable
    assert str(caught.value) == f"batch:DescribeJobs: {code}"


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://batch.eu-west-1.amazonaws.com"),
        ReadTimeoutError(endpoint_url="https://batch.eu-west-1.amazonaws.com"),
        EndpointConnectionError(endpoint_url="https://batch.eu-west-1.amazonaws.com"),
        NoCredentialsError(),
        BotoCoreError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_is_a_read_error_worth_another_try(error):
    with pytest.raises(ReadError) as caught:
        read("batch:DescribeJobs", raising(error))

    assert (caught.value.because, caught.value.retryable) == (type(error).__name__, True)


@pytest.mark.parametrize("response", [{}, {"Error": {}}], ids=["nothing", "no code"])
def test_an_error_without_a_code_is_a_read_error_too(response):
    with pytest.raises(ReadError, match="Unknown") as caught:
        read("batch:DescribeJobs", raising(ClientError(response, "DescribeJobs")))

    assert not caught.value.retryable


def test_our_own_mistakes_are_not_dressed_up():
    with pytest.raises(KeyError):
        read("batch:DescribeJobs", raising(KeyError("jobs")))

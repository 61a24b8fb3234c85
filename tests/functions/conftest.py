"""Handlers in a simulated account; what Lambda gives them by environment is given here before they are imported."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws

os.environ.update(
    POWERTOOLS_METRICS_NAMESPACE="batchmedic",
    POWERTOOLS_SERVICE_NAME="test",
    POWERTOOLS_LOG_LEVEL="WARNING",
    AWS_LAMBDA_FUNCTION_NAME="test",
)

from tests.functions.platform import Platform
from tests.functions.wire import Wire

WIRE = Wire()


@pytest.fixture(scope="module")
def make_platforms() -> Iterator[Callable[..., Platform]]:
    """Makes platforms with empty backends, one at a time."""
    with mock_aws() as mock:

        def make(**changes: Any) -> Platform:
            mock.stop()
            mock.start(reset=True)
            return Platform(WIRE, **changes)

        yield make


@pytest.fixture
def platform(make_platforms: Callable[..., Platform]) -> Platform:
    return make_platforms()

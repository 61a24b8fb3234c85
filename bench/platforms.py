"""Makes deployed products in empty accounts, one at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moto import mock_aws

from tests.functions.platform import Platform
from tests.functions.wire import Wire


@contextmanager
def platforms() -> Iterator[Callable[[], Platform]]:
    wire = Wire()
    with mock_aws() as mock:

        def make() -> Platform:
            mock.stop()
            mock.start(reset=True)
            return Platform(wire)

        yield make

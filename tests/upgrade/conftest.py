from collections.abc import Iterator

import pytest

from tests.functions.conftest import make_platforms
from tests.upgrade.moments import counted_ids

__all__ = ["make_platforms"]


@pytest.fixture(autouse=True)
def _same_ids() -> Iterator[None]:
    with counted_ids():
        yield

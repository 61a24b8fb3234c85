"""A fresh account for every test; it takes a millisecond."""

import pytest

from tests.unit.account.building import Owner


@pytest.fixture
def owner() -> Owner:
    return Owner()

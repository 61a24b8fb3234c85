"""Ids as people mistype them."""

import pytest

from batchmedic.model.spelling import SECURITY_GROUP, SUBNET


@pytest.mark.parametrize(
    ("text", "malformed", "meant"),
    [
        pytest.param("sg-0a1b2c3d", False, [], id="one id"),
        pytest.param("sg-0a1,sg-0b2", True, ["sg-0a1", "sg-0b2"], id="two ids in one text"),
        pytest.param("sg-0a1 sg-0a1", True, [], id="the same id twice"),
        pytest.param("default", True, [], id="a name"),
        pytest.param("subnet-0a1", True, [], id="the id of something else"),
        pytest.param("", True, [], id="nothing"),
    ],
)
def test_what_was_written_and_what_was_meant(text, malformed, meant):
    assert SECURITY_GROUP.malformed(text) is malformed
    assert SECURITY_GROUP.meant(text) == meant


def test_the_reason_names_the_ids_or_says_how_one_is_spelt():
    assert "2 ids in it (subnet-0a1, subnet-0b2)" in SUBNET.why("subnet-0a1,subnet-0b2")
    assert "no id of a subnet (subnet- and" in SUBNET.why("eu-west-1a")

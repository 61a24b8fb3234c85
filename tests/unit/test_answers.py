import pytest

from batchmedic.errors import NotReadError
from batchmedic.model.answers import Answers


def test_what_was_not_asked_for_is_not_absent():
    answers = Answers(call="ec2:DescribeSubnets", found={"a": 1}, asked=frozenset({"a", "b"}))

    assert (answers.get("a"), answers.get("b")) == (1, None)
    with pytest.raises(NotReadError, match="not asked in this look"):
        answers.get("c")


def test_what_could_not_be_read_says_why():
    answers = Answers(call="ec2:DescribeSubnets", found={"a": 1}, unread="AccessDenied")

    with pytest.raises(NotReadError, match="ec2:DescribeSubnets: AccessDenied"):
        answers.known(["a"])


def test_without_a_list_of_ids_everything_was_asked():
    assert Answers(call="x", found={"a": 1}).known(["b", "a"]) == (1,)

"""Walks through the pages of EC2's Describe calls."""

from collections.abc import Iterable, Iterator
from typing import Any

from batchmedic.aws.answering import chunks


def every(client: Any, operation: str, member: str, **request: Any) -> Iterator[Any]:
    """The items of all pages."""
    token: dict[str, str] = {}
    while True:
        page = getattr(client, operation)(**request, **token)
        yield from page.get(member) or ()
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def filtered(
    client: Any, listing: tuple[str, str], filter_name: str, values: Iterable[str], **request: Any
) -> Iterator[Any]:
    """By filter, since a request by ids fails as a whole on one missing id."""
    for some in chunks(list(values)):
        yield from every(client, *listing, Filters=[{"Name": filter_name, "Values": list(some)}], **request)

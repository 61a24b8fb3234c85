"""One page of a list, and the token of the next."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

TOKEN = "page-"


class BadTokenError(ValueError):
    """The token was not given out by this account."""


def page(items: Sequence[Item], token: str | None, size: int) -> tuple[list[Item], str | None]:
    start = _start(token)
    end = start + size
    return list(items[start:end]), f"{TOKEN}{end}" if end < len(items) else None


def _start(token: str | None) -> int:
    if not token:
        return 0
    if not token.startswith(TOKEN) or not token.removeprefix(TOKEN).isdecimal():
        raise BadTokenError(token)
    return int(token.removeprefix(TOKEN))

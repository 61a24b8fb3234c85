"""What AWS answered to one read, so that "it is not there" and "nobody looked" stay two things."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from batchmedic.errors import NotReadError

Value = TypeVar("Value")

NOT_ASKED = "not asked in this look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(Generic[Value]):
    """The answers of one API operation by id; `unread` says why there are none, `asked` for which ids (None: all)."""

    call: str
    found: Mapping[str, Value] = field(default_factory=dict)
    asked: frozenset[str] | None = None
    unread: str | None = None

    def get(self, key: str) -> Value | None:
        """The answer for this id, None where AWS does not know it; NotReadError where nobody asked, or could ask."""
        if self.unread is not None:
            raise NotReadError(self.call, self.unread)
        if self.asked is not None and key not in self.asked:
            raise NotReadError(self.call, NOT_ASKED)
        return self.found.get(key)

    def only(self, keys: Iterable[str]) -> "Answers[Value]":
        """As if only these had been asked for."""
        some = frozenset(keys)
        return Answers(
            call=self.call,
            found={key: value for key, value in self.found.items() if key in some},
            asked=some if self.asked is None else self.asked & some,
            unread=self.unread,
        )

    def known(self, keys: Iterable[str]) -> tuple[Value, ...]:
        """The answers for those of the ids that AWS knows, in their order."""
        return tuple(value for key in keys if (value := self.get(key)) is not None)

    def joined(self, other: "Answers[Value]") -> "Answers[Value]":
        """Both reads of one operation as one; what could not be read hides what the other one lacks."""
        if NOT_ASKED in (self.unread, other.unread):
            return other if self.unread == NOT_ASKED else self
        asked = None if self.asked is None or other.asked is None else self.asked | other.asked
        failed = other if other.unread and not self.unread else self
        return Answers(call=failed.call, found={**self.found, **other.found}, asked=asked, unread=failed.unread)

"""Ids as people mistype them: two in one text, or no id at all."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How the ids of one kind of thing are spelt; `kind` with its article."""

    prefix: str
    kind: str

    def malformed(self, text: str) -> bool:
        return re.fullmatch(self._pattern, text) is None

    def why(self, text: str) -> str:
        ids = self.ids_in(text)
        if len(ids) > 1:
            return f"this is one text with {len(ids)} ids in it ({', '.join(ids)}) where a list of ids belongs"
        return f"this is no id of {self.kind} ({self.prefix} and hexadecimal digits)"

    def ids_in(self, text: str) -> list[str]:
        return list(dict.fromkeys(re.findall(self._pattern, text)))

    def meant(self, text: str) -> list[str]:
        """The ids that stand in one text together; of a single one nobody can tell what was meant."""
        ids = self.ids_in(text)
        return ids if len(ids) > 1 else []

    @property
    def _pattern(self) -> str:
        return re.escape(self.prefix) + "[0-9a-z]+"


SECURITY_GROUP = Spelling(prefix="sg-", kind="a security group")
SUBNET = Spelling(prefix="subnet-", kind="a subnet")

"""Makes text that somebody else wrote safe to print: nothing invisible, nothing that moves the cursor."""

import unicodedata
from collections.abc import Mapping
from typing import Any

INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # controls, bidi and zero-width marks, surrogates, separators
# letters, marks and selectors that show nothing (Unicode, Default_Ignorable_Code_Point), but for those of emoji
FILLERS = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0, *range(0xE0100, 0xE01F0)))
)
CUT = "…"
MOST = 10  # times the limit are looked at: the rest of a flood is not worth the time


def clean(text: str, limit: int) -> str:
    """One line of visible characters, at most `limit` of them."""
    line = " ".join(visible(text[: MOST * limit]).split())
    return line if len(line) <= limit else line[: limit - len(CUT)] + CUT


def visible(text: str) -> str:
    """Without what cannot be seen; each white space is a plain one."""
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or (unicodedata.category(character) not in INVISIBLE and character not in FILLERS)
    )


def visible_in(value: Any) -> Any:
    """The same JSON, with only what can be seen in its texts."""
    match value:
        case str():
            return visible(value)
        case Mapping():
            return {visible(str(name)): visible_in(each) for name, each in value.items()}
        case list() | tuple():
            return [visible_in(each) for each in value]
    return value

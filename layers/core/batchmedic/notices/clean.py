"""Makes text that somebody else wrote safe to print: nothing invisible, nothing that moves the cursor."""

import unicodedata

INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # controls, bidi and zero-width marks, surrogates, separators
CUT = "…"


def clean(text: str, limit: int) -> str:
    """One line of visible characters, at most `limit` of them."""
    visible = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in INVISIBLE
    )
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - len(CUT)] + CUT

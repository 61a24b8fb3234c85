"""What kind of message people got, by the first words of its headline: the one place that knows these words."""

import re

OPENING, UPDATE, END, SUMMARY = "opening", "update", "end", "summary"
FIRST_WORDS = {
    OPENING: re.compile(r"(CRITICAL|WARNING): "),
    UPDATE: re.compile(r"(WORSE|STILL)\b"),
    END: re.compile(r"RESOLVED: "),
    SUMMARY: re.compile(r"\d+ news at once: "),
}


def kind_of(headline: str) -> str:
    """OPENING, UPDATE, END or SUMMARY; a headline that is none of them fails the test."""
    kinds = [kind for kind, words in FIRST_WORDS.items() if words.match(headline)]
    assert len(kinds) == 1, f"a headline of an unknown kind: {headline}"
    return kinds[0]


def news_in(headline: str) -> int:
    """Of how many incidents the message tells."""
    return int(headline.split(maxsplit=1)[0]) if kind_of(headline) == SUMMARY else 1

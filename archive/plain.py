"""Makes texts of an account safe to show: they may come from anybody who can send it an alert."""

from __future__ import annotations

import re
import unicodedata

# Two marks that write emoji and several scripts: without them words would fall apart.
JOINERS = "\u200c\u200d"

# Controls, marks that turn the direction of what follows, surrogates, separators of lines and paragraphs.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
REPLACEMENT = "\ufffd"

# The number of one call, in the API's own words.
REQUEST = re.compile(r" \(request [^)]*\)")

MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~$&])")


def plain(text: object) -> str:
    """Return a text on one line, in which each character that a terminal or a browser would obey is replaced."""
    return "".join(
        character
        if character in JOINERS or unicodedata.category(character) not in UNSEEN
        else " "
        if character.isspace()
        else REPLACEMENT
        for character in str(text)
    )


def markdown(text: object) -> str:
    """Return a text that Markdown, and HTML in it, takes for nothing but text."""
    return MARKUP.sub(r"\\\1", plain(text))


def without_request(text: str) -> str:
    """Drop the number of a call from a reason: two calls that fail alike have different ones."""
    return REQUEST.sub("", text)

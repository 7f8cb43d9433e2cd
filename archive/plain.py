"""Makes texts from an account safe to print, because anybody who can send it an alert may have written them."""

from __future__ import annotations

import re
import unicodedata

# Two invisible characters that are kept, because emoji and several scripts need them.
JOINERS = "\u200c\u200d"

# Control characters, marks that change the writing direction, surrogates, line and paragraph separators.
UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
REPLACEMENT = "\ufffd"

# The id of one call in an error message. The connector shows 64 characters of it and three dots; its constant is not
# imported, because some processes of the archive import nothing large.
REQUEST_ID = re.compile(r" \(request [^)]{0,67}\)")

MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~$&])")


def plain(text: object) -> str:
    """Return a text on one line, with characters replaced that would control a terminal or a browser."""
    return "".join(
        character
        if character in JOINERS or unicodedata.category(character) not in UNSAFE_CATEGORIES
        else " "
        if character.isspace()
        else REPLACEMENT
        for character in str(text)
    )


def markdown(text: object) -> str:
    """Escape a text for Markdown, and for HTML within Markdown."""
    return MARKUP.sub(r"\\\1", plain(text))


def without_request_id(text: str) -> str:
    """Remove the id of the call from a reason, so that calls that failed for the same reason have equal texts."""
    return REQUEST_ID.sub("", text)

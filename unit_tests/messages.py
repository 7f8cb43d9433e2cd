"""The messages that the documentation explains, and the texts in the connector's code, with a blank for each value."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = ROOT / "source_opsgenie"
PAGE = ROOT / "docs" / "opsgenie.md"

# Shorter texts are parts of sentences: names, marks, single words.
FEWEST_WORDS = 3

BLANK = "\N{REPLACEMENT CHARACTER}"


@cache
def texts() -> frozenset[str]:
    """Return every text of the code; one that is made of several, as an f-string is, is one."""
    trees = [ast.parse(path.read_text()) for path in CODE.rglob("*.py")]
    return frozenset(_text(node) for tree in trees for node in ast.walk(tree))


@cache
def explained() -> tuple[str, ...]:
    """Return the messages that the page explains, with a blank for each `<value>`.

    They stand between backticks: in the first cell of a table's row, and in the sentences between the tables.
    """
    section = PAGE.read_text().partition("## Troubleshooting")[2].partition("## Data type map")[0]
    cells = [line.split("|")[1] if line.startswith("|") else line for line in section.splitlines()]
    found = [re.sub(r"<[^>]+>", BLANK, span) for cell in cells for span in re.findall(r"`([^`]+)`", cell)]
    return tuple(text for text in found if len(text.replace(BLANK, " ").split()) >= FEWEST_WORDS)


def is_explained(message: str) -> bool:
    """Return whether the page explains a message that a user was given."""
    return any(_fits(text.split(BLANK), message) for text in explained())


def _fits(parts: list[str], message: str) -> bool:
    """Return whether the parts occur in a message in their order, with something in each blank between them.

    A regular expression with several blanks would take minutes for a message of some thousand characters.
    """
    end = -1
    for part in parts:
        begin = message.find(part, end + 1)
        if begin < 0:
            return False
        end = begin + len(part)
    return end <= len(message)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else BLANK for part in node.values]
        return _clean("".join(parts))
    return _clean(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _clean(text: str) -> str:
    return re.sub(r"%[sd]", BLANK, " ".join(text.split()))

"""What the connector can say to its user: the sentences and clauses in its code, with a blank for each value."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = Path(__file__).parents[1] / "source_opsgenie"

# Calls that take a message, as which of their arguments; and functions whose texts are parts of one.
SPEAKERS = {
    **dict.fromkeys(("config_error", "transient_error", "system_error", "ValueError", "WalkError"), 0),
    **dict.fromkeys(("UnusableBodyError", "PagingLoopError", "CallGivenUpError"), 0),
    **dict.fromkeys(("warning", "warn_once", "info", "write", "_retry"), 0),
    **dict.fromkeys(("log", "_fail"), 1),
}
COMPOSERS = frozenset(
    {"explain", "_unauthorized", "_forbidden", "refusal", "_sentence", "_refusal_log", "cost", "_unknown"}
    | {
        "no_connection",
        "network_cause",
        "_why_never",
        "_unsent",
        "_tls",
        "_certificate",
        "_proxy",
        "_name",
        "_future",
        "_why_not",
    }
)
ADVICE = "_ADVICE"  # ends the names of constants that are sentences

# Shorter texts are parts of sentences: names, marks, single words.
FEWEST_WORDS = 3

BLANK = "\N{REPLACEMENT CHARACTER}"


@cache
def said() -> dict[str, str]:
    """Give each text, and the file that it is in."""
    found: dict[str, str] = {}
    for path in sorted(CODE.rglob("*.py")):
        for text in _texts_of(ast.parse(path.read_text())):
            if len(text.replace(BLANK, " ").split()) >= FEWEST_WORDS:
                found[text] = str(path.relative_to(CODE))
    return found


def blanked(text: str) -> str:
    """Write a message of the documentation as `said` gives it: `<word>` stands for a value."""
    return re.sub(r"<[^>]+>", BLANK, text)


def _texts_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > SPEAKERS.get(_name_of(node.func), len(node.args)):
            yield from _texts(node.args[SPEAKERS[_name_of(node.func)]])
        elif isinstance(node, ast.Assign) and any(_name_of(target).endswith(ADVICE) for target in node.targets):
            yield from _texts(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in COMPOSERS:
            for statement in node.body[ast.get_docstring(node) is not None :]:
                yield from _texts(statement)


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _texts(node: ast.AST) -> Iterator[str]:
    """Give the whole texts below a node: an f-string is one, and what is inserted into it may hold others."""
    if isinstance(node, ast.JoinedStr):
        yield _clean("".join(str(part.value) if isinstance(part, ast.Constant) else BLANK for part in node.values))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _texts(part.value)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield _clean(node.value)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _clean(text: str) -> str:
    return re.sub(r"%[sd]", BLANK, " ".join(text.split()))

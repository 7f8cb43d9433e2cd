"""The archive judges every warning that the connector can log: something may be missing, or it says why nothing is."""

from __future__ import annotations

import ast
import importlib
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from archive.counts import Counts
from archive.relay import SKIPPED
from unit_tests.test_archive_holes import JSM, verified

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "source_opsgenie").rglob("*.py"))

# The methods that log a warning, each with the place of its text.
LOGGING = {"warning": 0, "warn": 0, "warn_once": 0, "log": 1}

# The values that stand in a text for those that are known in a sync only.
TEXT, NUMBER = "users", 7

# The warnings after which nothing is missing that the copy is said to have: how each begins, and why.
HARMLESS = {
    # About the way of the sync, after which all rows are there.
    "%s: %s: it is not used, and the stream starts from": "all rows are read",
    "%s: 'alert_query' has changed since": "all rows are read",
    "%s: %s does not give the rows in the order of their change": "all rows are listed instead",
    "The state names streams that do not exist": "they have no rows",
    "%s: the state is that of another connector": "the archive has none",
    # About what the next run will lack, which it says itself.
    "%s: a row of %s is from %s, but the 'updatedAt' of the": "all rows are there so far: `holes.NO_LATER_ROWS`",
    # About what nobody can have.
    "%s: %s could not be found (HTTP %d), probably because of deletions": "others were found, so these were deleted",
    "%s: JSM Operations keeps the audit log for 180 days": "the API has no older lines",
    "%s: JSM Operations shows the timelines of one year only, so months before": "`Verification.absences` says so",
    "%s: JSM Operations shows notification rules to their owner only": "the API lists no others",
    "%s: an answer of JSM Operations does not have all layers": "the others are probably empty, and `final` is there",
    "%s: an answer contains values that no destination can store": "what stands in their place is there",
    "%s: a row has no '%s', which is part of the primary key": "`moved.key_of` tells such rows apart by their content",
    "%s: the primary key in the catalog does not contain": "the archive's catalog is always the connector's own",
    # About what the archive finds out in another way.
    "%s: the owner of the token sees no team": "the check has said so, and the verdict does: `Sight.limits`",
    "%s: this stream cannot be read with this configuration": "the stream is not read: `UnavailableStream`",
    "%s: the files of %s could not be fetched, because %s: %s. The rows were delivered, and": "see archive/files.py",
    "%s: the files of %s could not be fetched, because %s: %s. The rows were delivered. Only": "see archive/files.py",
    "%s: the syncs before this one did not include files": "the archive fetches them itself, see archive/files.py",
}

# The texts of calls that get them from elsewhere.
FROM_ELSEWHERE = {
    ("streams/base.py", "'%s: %s'"): "`warn_once`, whose own calls are judged",
    ("source.py", "warning"): "about the configuration or from the check, which the archive runs first: see sight.py",
}


class UnknownTextError(Exception):
    """The text of a warning cannot be found."""


class Module:
    """A module of the connector, and the texts of the warnings in it, with %s and %d for values.

    The name of the stream, which `warn_once` adds, is one of them.
    """

    def __init__(self, path: Path, source: str | None = None) -> None:
        self.path = path.relative_to(ROOT / "source_opsgenie").as_posix()
        self.tree = ast.parse(path.read_text() if source is None else source)
        self.values: dict[str, Any] = {}
        if source is None:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            self.values = {} if path.stem == "__main__" else vars(importlib.import_module(name))

    def calls(self) -> Iterator[ast.Call]:
        """Yield the calls that log a warning."""
        followed = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGING:
                followed.add(node.func)
                yield node
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and node.attr in LOGGING and node not in followed:
                raise UnknownTextError(f"{self.path}:{node.lineno}: {ast.unparse(node)} is not called here")

    def texts(self) -> Iterator[str]:
        """Yield the text of each warning."""
        for call in self.calls():
            assert isinstance(call.func, ast.Attribute)
            text = call.args[LOGGING[call.func.attr]]
            if (self.path, ast.unparse(text)) in FROM_ELSEWHERE:
                continue
            begin = "%s: " if call.func.attr == "warn_once" else ""
            for each in self.resolved(text):
                yield f"{begin}{each}"

    def resolved(self, node: ast.expr) -> Iterator[str]:
        """Yield the texts that an expression may be."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "%s" for each in node.values)
        elif isinstance(node, ast.IfExp):
            yield from self.resolved(node.body)
            yield from self.resolved(node.orelse)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            yield from self.resolved(node.left)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            for text in self.resolved(node.func.value):
                yield re.sub(r"\{\w*\}", "%s", text)
        elif isinstance(node, ast.Name) and isinstance(self.values.get(node.id), str):
            yield self.values[node.id]
        elif isinstance(node, ast.Name) and node.id not in self.values:
            yield from self.all_texts(node)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            yield from attributes(node.attr)
        else:
            raise UnknownTextError(f"{self.path}:{node.lineno}: {ast.unparse(node)}")

    def all_texts(self, node: ast.Name) -> list[str]:
        """Return all texts of warnings that the module defines: the variable may hold any of them."""
        texts = [each for name, each in self.values.items() if name.isupper() and str(each).startswith("%s: ")]
        if not texts:
            raise UnknownTextError(f"{self.path}:{node.lineno}: {node.id}")
        return texts


def attributes(name: str) -> list[str]:
    """Return the texts that classes of the connector have as an attribute."""
    found = [
        text
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant | ast.Name)
        if name in {ast.unparse(each) for each in getattr(statement, "targets", [getattr(statement, "target", None)])}
        for text in Module(path).resolved(statement.value)
        if text
    ]
    if not found:
        raise UnknownTextError(name)
    return found


def said(text: str, stream: str) -> str:
    """Return a warning as it may be in the log."""
    text = text.replace("%s", stream, 1) if text.startswith("%s: ") else text
    return text.replace("%s", TEXT).replace("%d", str(NUMBER))


def is_heeded(text: str) -> bool:
    """Return whether the archive does not call a stream complete after a warning."""
    stream = "schedule_timelines"
    warning = said(text, stream)
    return bool(SKIPPED.match(warning)) or not verified(stream, warnings=[warning], origin=JSM).is_sound


def reasons_for(text: str) -> list[str]:
    return [begin for begin in HARMLESS if text.startswith(begin)]


@cache  # made by the tests that use it, not by each process that collects them
def texts() -> list[str]:
    return sorted({text for path in MODULES for text in Module(path).texts()})


@pytest.fixture(autouse=True)
def nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counts, "compare", lambda *_: None)


def test_the_archive_heeds_every_warning_unless_it_is_harmless() -> None:
    assert texts()
    assert [text for text in texts() if is_heeded(text) == bool(reasons_for(text))] == [], (
        "archive/holes.py must recognize a warning if rows or fields may be missing; if not, HARMLESS says why"
    )


def test_every_reason_is_that_of_one_warning() -> None:
    of = {begin: [text for text in texts() if begin in reasons_for(text)] for begin in HARMLESS}
    assert {begin: texts for begin, texts in of.items() if len(texts) != 1} == {}


@pytest.mark.slow
def test_every_call_is_found_that_the_sources_have() -> None:
    written = re.compile(rf"\.(?:{'|'.join(LOGGING)})\(")
    for path in MODULES:
        assert len(list(Module(path).calls())) == len(written.findall(path.read_text())), path


@pytest.mark.parametrize(
    "statement",
    [
        'self.warn_once("rows are lost.")',
        'self.warn_once(f"{count} rows are lost.")',
        'self.logger.warning("%s: rows are lost", self.name)',
        'self._logger.log(logging.WARNING, "%s: rows are lost", self.name)',
    ],
)
def test_a_warning_that_the_archive_does_not_know_is_noticed(statement: str) -> None:
    (text,) = Module(MODULES[0], f"def read(self, count):\n    {statement}").texts()
    assert not is_heeded(text)
    assert not reasons_for(text)


@pytest.mark.parametrize("statement", ["self.warn_once(text)", "logger.warning(text())", "warn = logger.warning"])
def test_a_text_that_cannot_be_found_is_noticed(statement: str) -> None:
    with pytest.raises(UnknownTextError):
        list(Module(MODULES[0], textwrap.dedent(f"def read(self, text):\n    {statement}")).texts())

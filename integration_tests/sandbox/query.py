"""Opsgenie's search language: read a text, give back a range of createdAt and a test for the rest."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from fnmatch import translate
from typing import Any, NoReturn

from integration_tests.sandbox import text
from integration_tests.sandbox.refusal import Refusal

Row = dict[str, Any]
Test = Callable[[Row], bool]
Values = Callable[[Row], Iterable[Any]]
FOREVER = 2**62
EPOCH_DIGITS = 13

_TOKEN = re.compile(
    r'\s*(?:(?P<bracket>[()])|"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<sign><=|>=|[<>:=])|(?P<word>[^\s()"<>:=]+))'
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    ":": operator.eq,
    "=": operator.eq,
}
_EQUAL = (":", "=")
# A quoted time names a whole day or a whole second.
_DATES = {"%d-%m-%Y": text.DAY, "%d-%m-%YT%H:%M:%S": text.SECOND, "%d-%m-%YT%H:%M:%SZ": text.SECOND}


@dataclass(frozen=True)
class Language:
    """The fields that one kind of object can be searched by."""

    values: dict[str, Values]  # compared as a whole
    words: dict[str, Values] = field(default_factory=dict)  # searched for a phrase
    numbers: dict[str, Values] = field(default_factory=dict)
    times: frozenset[str] = frozenset({"createdAt"})
    updated_at: str = "refuse"  # the setting updated_at_filter


class Condition:
    """Any condition on a row."""

    def __init__(self, test: Test) -> None:
        self.test = test


class Created(Condition):
    """A range of createdAt: told apart from other conditions because rows are stored in this order."""

    def __init__(self, since: int, until: int) -> None:
        super().__init__(lambda row: since <= text.millis(row["createdAt"]) < until)
        self.since = since
        self.until = until


class Every(Condition):
    """Conditions that must all hold."""

    def __init__(self, parts: list[Condition]) -> None:
        super().__init__(lambda row: all(part.test(row) for part in parts))
        self.parts = parts


@dataclass(frozen=True)
class Query:
    """Rows created in [since, until) that pass the test."""

    since: int = 0
    until: int = FOREVER
    test: Test | None = None


def parse(source: str, language: Language) -> Query:
    """Read a query; refuse it as the API does when it cannot be read."""
    if not source.strip():
        return Query()
    top = _Parser(source, language).whole()
    parts = top.parts if isinstance(top, Every) else [top]
    bounds = [part for part in parts if isinstance(part, Created)]
    rest = [part for part in parts if not isinstance(part, Created)]
    return Query(
        since=max((bound.since for bound in bounds), default=0),
        until=min((bound.until for bound in bounds), default=FOREVER),
        test=Every(rest).test if rest else None,
    )


@dataclass(frozen=True)
class _Token:
    """A bracket, a sign, a word or a quoted phrase."""

    kind: str
    value: str

    def is_word(self, value: str) -> bool:
        return self.kind == "word" and self.value == value

    def is_bracket(self, value: str) -> bool:
        return self.kind == "bracket" and self.value == value


class _Parser:
    """Recursive descent over: any of (every of (not a thing))."""

    END = _Token("end", "")

    def __init__(self, source: str, language: Language) -> None:
        self.source = source
        self.language = language
        self.tokens = self._tokens(source.strip())
        self.at = 0

    def whole(self) -> Condition:
        found = self.either(None)
        if self.seen is not self.END:
            self.fail()
        return found

    def fail(self) -> NoReturn:
        raise Refusal(422, f"Could not parse query [{self.source}]")

    def _tokens(self, source: str) -> list[_Token]:
        tokens, at = [], 0
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None or match.lastgroup is None:
                self.fail()
            tokens.append(_Token(match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return tokens

    @property
    def seen(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.END

    def take(self) -> _Token:
        token = self.seen
        self.at += 1
        return token

    def either(self, name: str | None) -> Condition:
        parts = [self.every(name)]
        while self.seen.is_word("OR"):
            self.take()
            parts.append(self.every(name))
        return parts[0] if len(parts) == 1 else Condition(lambda row: any(part.test(row) for part in parts))

    def every(self, name: str | None) -> Condition:
        parts = [self.single(name)]
        while self.seen.is_word("AND"):
            self.take()
            parts.append(self.single(name))
        if len(parts) == 1:
            return parts[0]
        # One flat list, so that a bound on createdAt inside brackets is still seen as one.
        return Every([inner for part in parts for inner in (part.parts if isinstance(part, Every) else [part])])

    def single(self, name: str | None) -> Condition:
        token = self.take()
        if token.is_word("NOT"):
            denied = self.single(name)
            return Condition(lambda row: not denied.test(row))
        if token.is_bracket("("):
            inner = self.either(name)
            if not self.take().is_bracket(")"):
                self.fail()
            return inner
        if token.kind not in ("word", "phrase") or token.is_word("AND") or token.is_word("OR"):
            self.fail()
        if name is not None:
            return self.compared(name, ":", token)
        if self.seen.kind == "sign":
            return self.field(token.value)
        return self.compared("message", ":", token)

    def field(self, name: str) -> Condition:
        sign = self.take().value
        if sign in _EQUAL and self.seen.is_bracket("("):
            return self.single(name)
        value = self.take()
        if value.kind not in ("word", "phrase"):
            self.fail()
        return self.compared(name, sign, value)

    def compared(self, name: str, sign: str, value: _Token) -> Condition:
        language = self.language
        if name in language.times:
            return _in_time(name, sign, value)
        if name == "updatedAt" and language.updated_at != "refuse":
            passes = language.updated_at == "everything"
            return Condition(lambda _row: passes)
        if name in language.numbers:
            return self.number(language.numbers[name], sign, value.value)
        if sign not in _EQUAL:
            self.fail()
        if name in language.values:
            return _equal(language.values[name], value.value)
        if name in language.words:
            return _phrase(language.words[name], value.value)
        raise Refusal(422, f"Field [{name}] is not searchable")

    def number(self, values: Values, sign: str, value: str) -> Condition:
        if not value.isdigit():
            self.fail()
        wanted, compare = int(value), _COMPARE[sign]
        return Condition(lambda row: any(compare(each, wanted) for each in values(row)))


def _equal(values: Values, wanted: str) -> Condition:
    if "*" in wanted:
        matches = re.compile(translate(wanted.lower())).match
        return Condition(lambda row: any(matches(str(each).lower()) is not None for each in values(row)))
    lower = wanted.lower()
    return Condition(lambda row: any(str(each).lower() == lower for each in values(row)))


def _phrase(values: Values, wanted: str) -> Condition:
    pattern = re.compile(rf"(?<!\w){re.escape(wanted.lower())}(?!\w)".replace(r"\*", r"\w*"))
    return Condition(lambda row: any(pattern.search(each.lower()) is not None for each in values(row)))


def _in_time(name: str, sign: str, value: _Token) -> Condition:
    start, length = _moment(value)
    since, until = {
        "<": (0, start),
        "<=": (0, start + 1),
        ">": (start + 1, FOREVER),
        ">=": (start, FOREVER),
    }.get(sign, (start, start + length))
    if name == "createdAt":
        return Created(since, until)
    return Condition(lambda row: bool(row.get(name)) and since <= text.millis(row[name]) < until)


def _moment(value: _Token) -> tuple[int, int]:
    """Return the first millisecond that a time names, and how many it spans."""
    # Every epoch value that is known has 13 digits; nothing proves that the API takes others.
    if value.value.isdigit() and len(value.value) == EPOCH_DIGITS:
        return int(value.value), 1
    for form, length in _DATES.items():
        try:
            moment = datetime.strptime(value.value, form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
        return int(moment.timestamp()) * text.SECOND, length
    raise Refusal(422, text.TIME_FORMAT)

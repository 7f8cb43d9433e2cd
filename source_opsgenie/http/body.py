"""The JSON bodies of answers: parsed once, with values that destinations cannot store replaced."""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeVar

import orjson
import requests

from source_opsgenie.http.errors import REFUSAL_STATUSES
from source_opsgenie.http.redact import SECRETS
from source_opsgenie.http.transport import LARGEST_BODY

Body = Any  # an object, in some lists of some APIs an array
Row = dict[str, Any]

WEB_PAGE = "a web page instead of JSON"

Found = TypeVar("Found")
_FAULTS: dict[type, str] = {
    dict: "is not an object",
    list: "is not a list",
    bool: "is not true or false",
    str: "is not a text",
}

_PARSED = "_parsed_body"

# Characters that no destination can store: lone surrogates, which UTF-8 cannot encode, and U+0000, which PostgreSQL
# refuses.
_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")
_ESCAPED_NUL = b"\\u0000"
_REPLACEMENT = "\ufffd"

# Values in one answer, without names; an empty list or object counts twice. An alert with everything that it may have
# (20 tags, 50 responders, 50 teams) has about 300, and a page has a hundred alerts. The longest answers that come
# without pages, a month of a schedule with ten rotations that change hourly, have some 170,000. A value takes up to 300
# bytes of memory, but as few as two bytes in an answer.
MOST_VALUES = 300_000

# Python refuses to parse longer whole numbers by default; they stay text.
_MOST_DIGITS = 4300

# orjson rounds whole numbers beyond 64 bits. Few answers have so many digits in a row, and a search for one text is ten
# times as fast as one for a pattern. The second step is for texts of as many digits, such as offsets.
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_DIGITS = b"0" * 19
_LONG_NUMBER = re.compile(rb"[:\[,]\s*-?[0-9]{19}")

# Control characters, which the lenient parser accepts as they are, though JSON writes each of them in six bytes.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))

# What may be a secret in an address: its user and password, and its query or fragment.
_USER = re.compile(r'//[^\s"<>/?#@]+@')
_QUERY = re.compile(r'([?#])[^\s"<>?#=]*=[^\s"<>]*')


class UnusableBodyError(ValueError):
    """An answer that does not have the API's form; the text is a clause for the user."""


def decode(response: requests.Response) -> Body:
    """Return the body of an answer, parsed once for the error handler and the stream.

    Raises:
        UnusableBodyError: the body is empty, cut off, a web page, or JSON of another shape.
    """
    if not hasattr(response, _PARSED):
        setattr(response, _PARSED, _parse(response.content))
    return getattr(response, _PARSED)[0]


def object_in(response: requests.Response) -> Row:
    """Return the body of an error answer; empty if it is not a JSON object."""
    try:
        body = decode(response)
    except UnusableBodyError:
        return {}
    return body if isinstance(body, dict) else {}


def instead_of_json(response: requests.Response) -> str | None:
    """Return what a gateway or proxy answers in the API's place, in words; None if the answer may be the API's own.

    The APIs refuse objects and streams in JSON, or without a body. Other errors, such as a 401, may be plain text.
    """
    if _is_web_page(response.content):
        return WEB_PAGE
    if response.status_code in REFUSAL_STATUSES and response.content.strip():
        try:
            decode(response)
        except UnusableBodyError as error:
            return str(error)
    return None


def _is_web_page(content: bytes) -> bool:
    return content.lstrip()[:1] == b"<"


def is_mended(response: requests.Response) -> bool:
    """Return whether decoding replaced values that no destination can store."""
    return bool(getattr(response, _PARSED, (None, False))[1])


def _parse(content: bytes) -> tuple[Body, bool]:
    """Return a body, and whether anything in it was replaced."""
    if not content.strip():
        raise UnusableBodyError("an empty answer")
    if _is_web_page(content):
        raise UnusableBodyError(WEB_PAGE)
    if _holds_too_many_values(content):
        raise UnusableBodyError(f"an answer of more than {MOST_VALUES:,} values")
    mended = False
    if _ESCAPED_NUL in content or (_LONG_DIGITS in content.translate(_DIGITS) and _LONG_NUMBER.search(content)):
        body, mended = _parse_leniently(content)
    else:
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError:
            body, mended = _parse_leniently(content)
    if not isinstance(body, (dict, list)):
        raise UnusableBodyError("JSON that is neither an object nor an array")
    return body, mended


def _holds_too_many_values(content: bytes) -> bool:
    """Return whether a body has too many values, without parsing it: parsing would take the memory to be saved."""
    if _values_at_most(content) <= MOST_VALUES:
        return False
    # Texts may hold commas and brackets, too. With escaped quotes removed, every other part between quotes is a text.
    plain = content.replace(rb"\\", b"").replace(rb"\"", b"")
    quotes_at_most = 4 * MOST_VALUES  # around a name and a value
    return plain.count(b'"') > quotes_at_most or _values_at_most(b"".join(plain.split(b'"')[::2])) > MOST_VALUES


def _values_at_most(content: bytes) -> int:
    """Return an upper bound: every value but the outermost, or its name, follows a comma or an opening bracket."""
    return sum(map(content.count, (b",", b"[", b"{")))


def _parse_leniently(content: bytes) -> tuple[Any, bool]:
    """Parse what orjson refuses, rounds or leaves unstorable, and return whether anything was replaced.

    Numbers beyond 64 bits, control characters and a byte order mark are read as they are. A value that a destination
    cannot store would end the whole sync, so it is replaced: U+0000, lone surrogates and bytes that are not UTF-8
    become U+FFFD; NaN, infinite values and numbers too large for any reader (1e400) become text.
    """
    unheld: list[str] = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", errors="replace")
        unheld.append(_REPLACEMENT)
    controls = len(content) - len(content.translate(None, _CONTROLS))
    if len(content) + 5 * controls + 2 * text.count(_REPLACEMENT) > LARGEST_BODY:
        raise UnusableBodyError(f"an answer of more than {LARGEST_BODY // 2**20} MB when it is written without faults")

    def as_text(literal: str) -> str:
        unheld.append(literal)
        return literal

    def whole(literal: str) -> int | str:
        return int(literal) if len(literal) <= _MOST_DIGITS else as_text(literal)

    def fraction(literal: str) -> float | str:
        value = float(literal)
        return as_text(literal) if math.isinf(value) else value

    try:
        value = json.loads(
            text,
            strict=False,
            parse_int=whole,
            parse_float=fraction,
            parse_constant=as_text,
            object_pairs_hook=_kept_apart,
        )
    except RecursionError:
        raise UnusableBodyError("an answer that is nested too deeply") from None
    except ValueError as error:
        raise UnusableBodyError("an answer that is cut off or not JSON") from error
    return value, _replace_unstorable(value) or bool(unheld)


def _replace_unstorable(body: Any) -> bool:
    """Replace unstorable characters in all texts and names of a list or an object; return whether there were any.

    It works in place and without recursion, because an answer may be large and deeply nested.
    """
    found = False
    pending = [body] if isinstance(body, dict | list) else []
    while pending:
        holder = pending.pop()
        for place, value in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            if isinstance(value, dict | list):
                pending.append(value)
            elif isinstance(value, str) and _UNSTORABLE.search(value):
                holder[place] = _UNSTORABLE.sub(_REPLACEMENT, value)
                found = True
        if isinstance(holder, dict) and any(map(_UNSTORABLE.search, holder)):
            mended = _kept_apart([(_UNSTORABLE.sub(_REPLACEMENT, name), value) for name, value in holder.items()])
            holder.clear()
            holder.update(mended)
            found = True
    return found


def _kept_apart(entries: list[tuple[str, Any]]) -> Body:
    """Build an object; number the names that became equal by replacing characters, so that no entry is lost."""
    made: Body = {}
    numbers: dict[str, int] = {}
    for name, value in entries:
        unique = name
        while unique in made and _REPLACEMENT in name:
            numbers[name] = numbers.get(name, 1) + 1
            unique = f"{name}{numbers[name]}"
        made[unique] = value
    return made


def require_no_error(body: Body) -> None:
    """Accept a body as an answer, unless it has the fields of an error: what is in it may be a part only.

    In an answer, `code` can only be 200, which some of Opsgenie's lists have.

    Raises:
        UnusableBodyError: the body contains an error.
    """
    if not isinstance(body, dict):
        return
    code, errors = body.get("code"), body.get("errors")
    if (isinstance(code, int) and code >= requests.codes.bad_request) or (errors and isinstance(errors, dict | list)):
        raise UnusableBodyError("an answer that contains an error")


def data_at(body: Body, path: str) -> Any:
    """Return the value at a dotted path such as `data.logs`.

    Raises:
        UnusableBodyError: the envelope has no such value.
    """
    value: Any = body
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            raise UnusableBodyError(f"an answer without '{path}'")
        value = value[name]
    return value


def found_at(body: Body, path: str, kind: type[Found]) -> Found:
    """Return the value at a dotted path, which is of a kind.

    Raises:
        UnusableBodyError: there is none, or one of another kind. Null is one, because no source says that it means
            "no rows".
    """
    value = data_at(body, path)
    if not isinstance(value, kind):
        raise UnusableBodyError(f"an answer whose '{path}' {_FAULTS[kind]}")
    return value


def objects_of(value: Any) -> list[Row]:
    """Return the objects in a list; none if it is not a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def words_in(body: Row, *fields: str) -> str:
    """Return the words in some fields of an error answer, or those in `error` if these fields have none.

    A field is a text, or a list of texts or of objects with titles, or an object of texts by name.
    """
    told: list[object] = []
    for value in map(body.get, fields):
        entries = [f"{name}: {text}." for name, text in value.items() if text] if isinstance(value, dict) else value
        told += entries if isinstance(entries, list) else [entries]
    texts = [each.get("title") if isinstance(each, dict) else each for each in told]
    words = " ".join(text for text in texts if isinstance(text, str) and text)
    error = body.get("error")
    return words or (error if isinstance(error, str) else "")


def quotable(text: str, most: int) -> str:
    """Return at most so many characters of a server's text, with control characters escaped.

    Secrets are masked before the text is cut, because half of a key would not be recognized later. So are the secret
    parts of addresses: anyone with the signed address of a file can read it.
    """
    masked = _QUERY.sub(r"\1***", _USER.sub("//***@", SECRETS.mask(text)))
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in masked[: most + 1]
    )
    return shown if len(shown) <= most else f"{shown[:most]}..."

"""The JSON bodies of answers: parsed once, with values that destinations cannot store replaced."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import orjson

from source_opsgenie.http.redact import SECRETS

if TYPE_CHECKING:
    import requests

Body = Any  # an object, in some lists of some APIs an array
Row = dict[str, Any]

_DECODED = "_decoded_body"
_MENDED = "_mended_body"

# Characters that no destination can store, in a text that `json.dumps` wrote: lone surrogates, which UTF-8 cannot
# encode, and U+0000, which PostgreSQL refuses. U+0000 is written as an escape; after an odd number of backslashes the
# same letters are plain text.
_UNSTORABLE = re.compile(r"[\ud800-\udfff]|(?<!\\)((?:\\\\)*)\\u0000")
_ESCAPED_NUL = b"\\u0000"
_REPLACEMENT = "\ufffd"

# Python's own bound for whole numbers that it reads or writes; longer ones stay text.
_MOST_DIGITS = 4300

# orjson rounds whole numbers beyond 64 bits. Looked for in two steps: texts such as offsets are as long, and common.
_LONG_DIGITS = re.compile(rb"[0-9]{19}")
_LONG_NUMBER = re.compile(rb"[:\[,]\s*-?[0-9]{19}")


class UnusableBodyError(ValueError):
    """An answer of another form than the API's; its text is a clause for the user."""


def decode(response: requests.Response) -> Body:
    """Give the envelope of an answer, parsed once: the error handler and the stream share the result.

    Raises:
        UnusableBodyError: the body is empty, cut off, a web page, or JSON of another shape.
    """
    body: Body | None = getattr(response, _DECODED, None)
    if body is None:
        body, mended = _parse(response)
        setattr(response, _DECODED, body)
        setattr(response, _MENDED, mended)
    return body


def is_mended(response: requests.Response) -> bool:
    """Tell whether a decoded answer held what no destination can take, and decoding replaced it."""
    return bool(getattr(response, _MENDED, False))


def _parse(response: requests.Response) -> tuple[Body, bool]:
    content = response.content
    if not content.strip():
        raise UnusableBodyError("an empty answer")
    if content.lstrip()[:1] == b"<":
        raise UnusableBodyError("a web page instead of JSON")
    mended = False
    if _ESCAPED_NUL in content or (_LONG_DIGITS.search(content) and _LONG_NUMBER.search(content)):
        body, mended = _parse_leniently(content)
    else:
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError:
            body, mended = _parse_leniently(content)
    if not isinstance(body, (dict, list)):
        raise UnusableBodyError("JSON that is neither an object nor an array")
    return body, mended


def _parse_leniently(content: bytes) -> tuple[Any, bool]:
    """Read what orjson refuses, rounds or leaves unstorable, and tell whether anything was replaced.

    Numbers beyond 64 bits, control characters and a byte order mark are read as they are. What a destination could not
    store would end the whole sync, so it is replaced: U+0000, lone surrogates and bytes that are not UTF-8 become
    U+FFFD; NaN, infinite values and numbers too large for any reader (1e400) become text.
    """
    unheld: list[str] = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", errors="replace")
        unheld.append(_REPLACEMENT)

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
            object_pairs_hook=_kept_apart if unheld else None,
        )
        written = json.dumps(value, ensure_ascii=False)
        mended, replaced = _UNSTORABLE.subn(rf"\g<1>{_REPLACEMENT}", written)
        if replaced:
            value = json.loads(mended, object_pairs_hook=_kept_apart)
    except RecursionError:
        raise UnusableBodyError("an answer that is nested too deeply") from None
    except ValueError as error:
        raise UnusableBodyError("an answer that is cut off or not JSON") from error
    return value, bool(unheld or replaced)


def _kept_apart(entries: list[tuple[str, Any]]) -> Body:
    """Make an object; number the names that replacing characters made equal, so that no entry is lost."""
    made: Body = {}
    numbers: dict[str, int] = {}
    for name, value in entries:
        unique = name
        while unique in made and _REPLACEMENT in name:
            numbers[name] = numbers.get(name, 1) + 1
            unique = f"{name}{numbers[name]}"
        made[unique] = value
    return made


def data_at(body: Body, path: str) -> Any:  # noqa: ANN401 - any JSON value
    """Give the value at a dotted path such as `data.logs`.

    Raises:
        UnusableBodyError: the envelope has no such value.
    """
    value: Any = body
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            raise UnusableBodyError(f"an answer without '{path}'")
        value = value[name]
    return value


def rows_at(body: Body, path: str) -> list[Any]:
    """Give the list at a dotted path; an object there is a list of one.

    Raises:
        UnusableBodyError: nothing, null or a bare value is there. Null is not "no rows": nothing says so.
    """
    value = data_at(body, path)
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise UnusableBodyError(f"an answer whose '{path}' is not a list")


def quotable(text: str, most: int) -> str:
    """Give so many characters of what a server says, with control characters escaped.

    Secrets are masked before it is shortened: half of a key would not be recognized as one later.
    """
    masked = SECRETS.mask(text)
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in masked[: most + 1]
    )
    return shown if len(shown) <= most else f"{shown[:most]}..."

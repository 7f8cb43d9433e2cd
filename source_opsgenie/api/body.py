"""The envelope in which Opsgenie answers: `{"data": ..., "paging": ..., "took": ..., "requestId": ...}`."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import orjson

from source_opsgenie.api.transport import LARGEST_BODY

if TYPE_CHECKING:
    import requests

Body = dict[str, Any]
Row = dict[str, Any]

_DECODED = "_opsgenie_body"
_MENDED = "_opsgenie_mended"

# Half of a character beyond 16 bits, as is left of a text cut in the wrong place: no UTF-8 can hold it.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"

# Values in one answer, without names; an empty list or object counts twice. An alert with all that it may have (20
# tags, 50 responders, 50 teams) has about 300, and a page a hundred alerts. The longest answers that come without
# pages, a month of a schedule with ten rotations that change hourly, have some 170,000. A value takes up to 300 bytes
# of memory, and as few as two to write.
MOST_VALUES = 300_000

# Python's own bound for whole numbers that it reads or writes; longer ones stay text.
_MOST_DIGITS = 4300

# orjson rounds whole numbers beyond 64 bits. Looked for in two steps: texts such as offsets are as long, and common.
_LONG_DIGITS = re.compile(rb"[0-9]{19}")
_LONG_NUMBER = re.compile(rb"[:\[,]\s*-?[0-9]{19}")

# What the lenient reader takes as it is, though JSON wants six bytes for it.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))

# What may be half of a character, or a whole one beyond 16 bits.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class UnusableBodyError(ValueError):
    """An answer that is not one of Opsgenie's envelopes; its text is a clause for the user."""


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
    if len(content) > MOST_VALUES and _holds_too_many_values(content):
        raise UnusableBodyError(f"an answer of more than {MOST_VALUES:,} values")
    mended = False
    if _LONG_DIGITS.search(content) and _LONG_NUMBER.search(content):
        body, mended = _parse_leniently(content)
    else:
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError:
            body, mended = _parse_leniently(content)
    if not isinstance(body, dict):
        raise UnusableBodyError("JSON that is not an object")
    return body, mended


def _holds_too_many_values(content: bytes) -> bool:
    """Tell without reading the values, which would take the memory that this is to save."""
    if _values_at_most(content) <= MOST_VALUES:
        return False
    # Texts may hold commas and brackets, too. Without escaped quotes every other part between quotes is no text.
    plain = content.replace(rb"\\", b"").replace(rb"\"", b"")
    texts_at_most = 2 * MOST_VALUES  # a name and a value
    return plain.count(b'"') > 2 * texts_at_most or _values_at_most(b"".join(plain.split(b'"')[::2])) > MOST_VALUES


def _values_at_most(content: bytes) -> int:
    """Count what stands before each value but the outermost, or before the name of one."""
    return sum(map(content.count, (b",", b"[", b"{")))


def _parse_leniently(content: bytes) -> tuple[Any, bool]:
    """Read what orjson refuses or rounds, and tell whether it had to be mended.

    As they are: numbers beyond 64 bits, control characters, a byte order mark. Mended, for it could not be written as
    JSON again and would cost the whole sync: half characters and bytes that are not UTF-8 become U+FFFD, and numbers
    that are none or that no reader holds (NaN, 1e400) become text.
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
        value = json.loads(text, strict=False, parse_int=whole, parse_float=fraction, parse_constant=as_text)
    except RecursionError:
        raise UnusableBodyError("an answer that is nested too deeply") from None
    except ValueError as error:
        raise UnusableBodyError("an answer that is cut off or not JSON") from error
    halves = _SURROGATE.search(content) is not None and _mend_halves(value)
    return value, bool(unheld) or halves


def _mend_halves(body: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Replace half characters in all texts below a list or an object, and tell whether there were any.

    In place and without recursion: the answer may be as large and as deep as answers may be.
    """
    found = False
    pending = [body] if isinstance(body, dict | list) else []
    while pending:
        holder = pending.pop()
        for place, value in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            if isinstance(value, dict | list):
                pending.append(value)
            elif isinstance(value, str) and _HALF_CHARACTER.search(value):
                holder[place] = _HALF_CHARACTER.sub(_REPLACEMENT, value)
                found = True
        if isinstance(holder, dict) and any(map(_HALF_CHARACTER.search, holder)):
            mended = {_HALF_CHARACTER.sub(_REPLACEMENT, name): value for name, value in holder.items()}
            holder.clear()
            holder.update(mended)
            found = True
    return found


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


def message_of(response: requests.Response) -> str:
    """Give Opsgenie's own words of an error answer, with the request's id for its support; empty if it has none."""
    try:
        body = decode(response)
    except UnusableBodyError:
        return ""
    message = str(body.get("message") or "")
    errors = body.get("errors")
    if isinstance(errors, dict) and errors:
        message = " ".join([message, *(f"{field}: {text}." for field, text in errors.items())])
    request_id = body.get("requestId") or response.headers.get("X-Request-ID")
    return f"{message} (request {request_id})" if message and request_id else message
